/** Why something is not valid, in the order in which it is checked. The names are stable. */
export type Reason =
  | "INVALID_INPUT"
  | "NOT_CANONICAL"
  | "UNKNOWN_KEY"
  | "SIGNATURE_INVALID"
  | "KEY_REVOKED"
  | "KEY_RETIRED"
  | "PROOF_INVALID"
  | "NOT_YET_VALID"
  | "EXPIRED"
  | "REVOKED"
  | "STATUS_UNKNOWN";

/** The answer "no", with its reason for programs and a sentence for people. */
export interface Refusal {
  readonly isValid: false;
  readonly reason: Reason;
  readonly message: string;
}

/** What is wrong with a text, as the predicate of a sentence about it. */
export interface Problem {
  readonly problem: string;
}

export function refuse(reason: Reason, message: string): Refusal {
  return { isValid: false, reason, message };
}

/** Whether a value is text that has UTF-8 bytes and is short enough that hostile input costs little. */
export function isTextUpTo(lengthMax: number, value: unknown): value is string {
  return typeof value === "string" && value.length <= lengthMax && value.isWellFormed();
}
