/** What the SDK says of a ticket, in the browser, from the press's public keys. */
import { readEnvelope } from "../../../verifier/envelope.ts";
import { type RecordedVerdict, type Verdict, Verifier } from "../../../verifier/verifier.ts";

/** The keys of the press as it publishes them. */
export interface PublicKeys {
  /** Of the tickets. */
  readonly tickets: readonly TicketKey[];
  /** Of the ledger; null before it has one. */
  readonly ledger: string | null;
}

/** As /keys has it. */
export interface TicketKey {
  /** 64 hex characters. */
  readonly public_key: string;
  /** Since when it is known that somebody else has it; null: it is trusted. */
  readonly revoked_at: string | null;
}

export interface Verdicts {
  readonly signed: Verdict;
  /** Null: there was no proof to judge, or no key of a ledger to judge it with. */
  readonly recorded: RecordedVerdict | null;
}

/** Reads the keys of the press. @throws {Error} when it cannot be reached, or has no key yet */
export async function readKeys(): Promise<PublicKeys> {
  const [keys, vkey] = await Promise.all([
    fetch("/keys", { headers: { accept: "application/json" } }),
    fetch("/ledger/vkey"),
  ]);
  if (!keys.ok) throw new Error("The press does not tell its keys at this moment. Try again.");
  const tickets: readonly TicketKey[] = await keys.json();
  return { tickets, ledger: vkey.ok ? (await vkey.text()).trim() : null };
}

/**
 * Judges an envelope, and a proof if there is one. Never throws over what it is given.
 *
 * @param envelope the text to the byte
 */
export function judge(envelope: string, proof: string | null, { tickets, ledger }: PublicKeys): Verdicts {
  const reading = readEnvelope(envelope);
  const named = "envelope" in reading ? reading.envelope.key_id : undefined;
  const options = ledger === null ? {} : { ledger };
  const verifiers = tickets.map(
    ({ public_key, revoked_at }) => new Verifier(public_key, { ...options, isRevoked: revoked_at !== null }),
  );
  // Without the key that it names, any other one says so.
  const verifier = verifiers.find(({ keyId }) => keyId === named) ?? verifiers[0];
  if (verifier === undefined) {
    const message = "The press has published no key yet.";
    return { signed: { isValid: false, reason: "UNKNOWN_KEY", message }, recorded: null };
  }
  const signed = verifier.verify(envelope);
  return { signed, recorded: proof === null || ledger === null ? null : verifier.verifyRecorded(envelope, proof) };
}

/** What a file is, by how it begins. */
export function kindOf(text: string): "envelope" | "proof" {
  return text.startsWith("c2sp.org/tlog-proof@") ? "proof" : "envelope";
}

/** The text of a file to the byte. @throws {TypeError} when it is no UTF-8 */
export function textOf(bytes: ArrayBuffer): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}
