import { hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Checkpoint } from "./checkpoint.ts";
import { keyIdOf, parsePublicKey, verifyEd25519 } from "./ed25519.ts";
import { canonicalEnvelope, readEnvelope, type SignedEnvelope } from "./envelope.ts";
import { LedgerVerifier } from "./ledgerVerifier.ts";
import { isTextUpTo, type Refusal, refuse } from "./refusal.ts";
import { mismatch, readTicketEntry } from "./ticketEntry.ts";

/** The longest envelope that is read, in UTF-16 code units. */
const ENVELOPE_LENGTH_MAX = 65_536;

/**
 * What a `Verifier` answers. `signed` says that the holder of the private key signed exactly this ticket: it excludes
 * forgers, but not an issuer who signs off the books.
 *
 * @example
 * ```ts
 * import type { Verdict } from "@golden-press/verifier";
 *
 * const describe = (answer: Verdict) => (answer.isValid ? `ticket ${answer.ticket.ticket_number}` : answer.reason);
 * console.log(describe({ isValid: false, reason: "UNKNOWN_KEY", message: "…" })); // UNKNOWN_KEY
 * ```
 */
export type Verdict = { readonly isValid: true; readonly verdict: "signed"; readonly ticket: SignedEnvelope } | Refusal;

/**
 * What a `Verifier` answers about a ticket with a proof. `recorded` says that the ticket is `signed`, and that the
 * ledger which everybody can read holds its entry at `place` (from 0): an issuer who signs off the books is excluded too.
 */
export type RecordedVerdict =
  | {
      readonly isValid: true;
      readonly verdict: "recorded";
      readonly ticket: SignedEnvelope;
      readonly place: number;
      readonly checkpoint: Checkpoint;
    }
  | Refusal;

/**
 * Verifies tickets offline, with the public key that signs tickets and, for `verifyRecorded`, the vkey of the ledger.
 *
 * @example
 * ```ts
 * import { Verifier } from "@golden-press/verifier";
 *
 * const verifier = new Verifier("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
 * const answer = verifier.verify('{"edition":"golden-ticket"}');
 * if (!answer.isValid) console.log(answer.reason); // NOT_CANONICAL
 * ```
 */
export class Verifier {
  /** Names the key: tickets with another `key_id` are answered with UNKNOWN_KEY. */
  readonly keyId: string;
  readonly #publicKey: Uint8Array;
  readonly #ledger: LedgerVerifier | undefined;
  readonly #isRevoked: boolean;

  /**
   * @param publicKeyHex - the issuer's public key, 64 lower-case hexadecimal characters.
   * @param options - `ledger`: the vkey of the issuer's ledger, which `verifyRecorded` needs. `isRevoked`: the issuer says that
   *   somebody else has this key, so its signature alone is worth nothing: `verify` answers KEY_REVOKED, and `verifyRecorded`
   *   judges as ever, because nobody but the issuer gets a ticket into the ledger.
   * @throws RangeError when a key is unusable: see `parsePublicKey` and `parseVkey`.
   */
  constructor(publicKeyHex: string, options: { readonly ledger?: string; readonly isRevoked?: boolean } = {}) {
    this.#publicKey = parsePublicKey(publicKeyHex);
    this.keyId = keyIdOf(this.#publicKey);
    this.#ledger = options.ledger === undefined ? undefined : new LedgerVerifier(options.ledger);
    this.#isRevoked = options.isRevoked ?? false;
  }

  /**
   * Says whether the text is a ticket that this key signed. Never throws, whatever it is given.
   *
   * @param envelope - the text exactly as the holder received it: not parsed, not reformatted, no newline added.
   * @returns the ticket, or the first reason in the order of `Reason` with a sentence that says what to do.
   */
  verify(envelope: string): Verdict {
    const signed = this.#verifySignature(envelope);
    if (!signed.isValid || !this.#isRevoked) return signed;
    const advice = "ask the holder for the proof that the ledger has the ticket";
    return refuse(
      "KEY_REVOKED",
      `Somebody else has the key that signed this, and signs whatever they like; ${advice}.`,
    );
  }

  #verifySignature(envelope: string): Verdict {
    if (!isTextUpTo(ENVELOPE_LENGTH_MAX, envelope)) {
      const form = `well-formed text of at most ${ENVELOPE_LENGTH_MAX} characters`;
      return refuse("INVALID_INPUT", `An envelope is ${form}; pass the text that the holder keeps.`);
    }
    const reading = readEnvelope(envelope);
    if ("problem" in reading) {
      return refuse("NOT_CANONICAL", `The envelope ${reading.problem}; pass it byte for byte as it was issued.`);
    }
    const { signature, ...unsigned } = reading.envelope;
    if (unsigned.key_id !== this.keyId) {
      const keys = `The ticket names the key ${unsigned.key_id} and this verifier holds ${this.keyId}`;
      return refuse("UNKNOWN_KEY", `${keys}; take the key of that name from the issuer's published keys.`);
    }
    if (!verifyEd25519(this.#publicKey, utf8ToBytes(canonicalEnvelope(unsigned)), hexToBytes(signature))) {
      const advice = "ask the holder for the envelope as issued";
      return refuse("SIGNATURE_INVALID", `This key did not sign this ticket; ${advice}.`);
    }
    return { isValid: true, verdict: "signed", ticket: reading.envelope };
  }

  /**
   * Says whether the text is a ticket that this key signed and that the ledger holds. Never throws, whatever it is given.
   *
   * @param envelope - as for `verify`.
   * @param proof - the ticket's proof from the ledger (c2sp.org/tlog-proof@v1), byte for byte as the press gave it.
   * @returns the ticket and its place, or the first reason in the order of `Reason` with a sentence that says what to do.
   * @example
   * ```ts
   * import { Verifier } from "@golden-press/verifier";
   *
   * const verifier = new Verifier("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", {
   *   ledger: "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
   * });
   * const answer = verifier.verifyRecorded("{}", "c2sp.org/tlog-proof@v1");
   * console.log(answer.isValid ? answer.place : answer.reason); // NOT_CANONICAL
   * ```
   */
  verifyRecorded(envelope: string, proof: string): RecordedVerdict {
    if (this.#ledger === undefined) {
      return refuse("INVALID_INPUT", "This verifier knows no ledger; make it with its vkey: see the constructor.");
    }
    const signed = this.#verifySignature(envelope);
    if (!signed.isValid) return signed;
    const included = this.#ledger.verifyEntry(proof);
    if (!included.isValid) return included;
    const { ticket } = signed;
    const { entry, place, checkpoint } = included;
    const reading = readTicketEntry(entry);
    const problem = "problem" in reading ? reading.problem : mismatch(reading.entry, envelope, ticket);
    if (problem !== undefined) {
      return refuse("PROOF_INVALID", `The proven entry ${problem}; take the proof of this ticket.`);
    }
    return { isValid: true, verdict: "recorded", ticket, place, checkpoint };
  }
}
