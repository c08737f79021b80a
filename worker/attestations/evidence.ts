/** What the gatherers say of evidence. The database decides; what nobody can know but by asking others is gathered here. */

/** The form of what a holder is given and evidence has to name; what is of another form names nothing. */
export const NONCE = /^[0-9a-f]{64}$/;

/** Evidence that awaits its decision. */
export interface Evidence {
  /** A compact ID token, or `owner/name`. */
  readonly text: string;
  /** What its holder was given, and the evidence must name; null: nothing that is still valid. */
  readonly nonce: string | null;
  /** When it was submitted: its times are judged by then, however long others were away. */
  readonly submittedAt: Date;
  /** Aborts when the worker stops. */
  readonly signal: AbortSignal;
}

/** What evidence proves, and the facts that the rules are held against. */
export interface Proof {
  /** Canonical JSON that names the account: the same for everything that proves the same. */
  readonly proof: string;
  /** The nonce that the evidence names; null: none. */
  readonly nonce: string | null;
  readonly facts: Readonly<Record<string, string | number>>;
}

/** The evidence proves nothing, and will not tomorrow either: one sentence for the person who submitted it. */
export interface Problem {
  readonly problem: string;
  /** What is known all the same: the rules are held against it too, so that the person hears everything at once. */
  readonly facts?: Proof["facts"] | undefined;
}

/**
 * Finds out what evidence proves.
 *
 * @throws {OutsideError} when others have not said what is needed: another try may bring it
 */
export type Gather = (evidence: Evidence) => Promise<Proof | Problem>;
