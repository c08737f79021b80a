/**
 * What the database's register says of attestations, for programs that have not the right to read it: press_private.attestation_violations and
 * press_private.trust_level_of, word for word.
 */

/** What is to be said of a violation: a sentence for people, and what to do next. */
export interface ViolationWords {
  readonly sentence: string;
  readonly hint: string;
}

/** Every reason for which evidence is rejected, in the order in which they are given. */
export const VIOLATIONS: Readonly<Record<string, ViolationWords>> = {
  evidence_invalid: {
    sentence: "The evidence does not hold.",
    hint: 'The fact "problem" says why; submit evidence that holds.',
  },
  nonce_invalid: {
    sentence: "The evidence does not name the number that this holder was given, or named it too late.",
    hint: "Begin again, put the new number where it belongs, and submit before it expires.",
  },
  proof_already_used: {
    sentence: "This account has given a credential already.",
    hint: "An account counts once, for one holder; when its credential has ended, the same holder proves it again.",
  },
  holder_inactive: {
    sentence: "The holder has been deactivated.",
    hint: "An operator can tell why.",
  },
  holder_erased: {
    sentence: "The holder was forgotten before the evidence was checked.",
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
    sentence: "Too many attestations were submitted from this network address within an hour.",
    hint: "Submit it again after an hour, or from elsewhere.",
  },
};

/** The trust level that a credential of a kind raises its holder to. */
export const TRUST_LEVELS = { oidc: 1, repository: 2 } as const;

/** The words for a violation; a press of a later version may have others. */
export function wordsOf(name: string): ViolationWords {
  const known = Object.hasOwn(VIOLATIONS, name) ? VIOLATIONS[name] : undefined;
  return known ?? { sentence: `It breaks the rule ${name}.`, hint: "Ask an operator of the press what it means." };
}
