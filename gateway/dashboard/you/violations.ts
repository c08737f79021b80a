/** Why evidence was rejected, and what to do next: a sentence and a hint for every violation of the press's register. */
export interface ViolationWords {
  readonly sentence: string;
  readonly hint: string;
}

export const VIOLATIONS: Readonly<Record<string, ViolationWords>> = {
  evidence_invalid: {
    sentence: "The evidence does not hold.",
    hint: "Put right what is said here, and submit it again.",
  },
  nonce_invalid: {
    sentence: "The evidence does not name the number that you were given, or named it too late.",
    hint: "Begin again, put the new number where it belongs, and submit before it expires.",
  },
  proof_already_used: {
    sentence: "This account has given a credential already.",
    hint: "An account counts once, for one person. Take another account of yours.",
  },
  holder_inactive: {
    sentence: "You have been deactivated here.",
    hint: "Ask an operator of the press why.",
  },
  holder_erased: {
    sentence: "You were forgotten before the evidence was checked.",
    hint: "Begin again, if you are here again.",
  },
  repository_too_young: {
    sentence: "The repository is too young.",
    hint: "Wait until it is old enough, or take an older one.",
  },
  repository_too_small: {
    sentence: "The repository is too small.",
    hint: "Take a larger one; the hosting service may need an hour to see that one has grown.",
  },
  account_too_young: {
    sentence: "The account that the repository belongs to is too young.",
    hint: "Wait until it is old enough.",
  },
  address_checked_too_often: {
    sentence: "Too many proofs were submitted from your network address within an hour.",
    hint: "Submit it again after an hour, or from elsewhere.",
  },
};

/** The words for a violation; a press of a later version may have others. */
export function wordsOf(name: string): ViolationWords {
  const known = Object.hasOwn(VIOLATIONS, name) ? VIOLATIONS[name] : undefined;
  return known ?? { sentence: `It breaks the rule ${name}.`, hint: "Ask an operator of the press what it means." };
}
