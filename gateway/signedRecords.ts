/**
 * What a key has to have signed is held against its key here, before the database is asked: that has no arithmetic of secp256k1, so that whoever cannot
 * sign for a key would else use up its nonces. Who calls, whose key it is and the rest of the rules the database judges.
 */
import { isCanonicalObject, isSignature, isSignedBy } from "../signedRecord.ts";
import type { Identity } from "./auth.ts";
import { refusal } from "./refusals.ts";

/** A record as a client submits it, by the names of the contract. */
export interface SubmittedRecord {
  readonly signedPayload: string;
  /** DER, base64. */
  readonly signature: string;
  /** 33 bytes, hexadecimal. */
  readonly pubkey: string;
}

/** As the database has them: press_private.require_public_key, press_private.require_record. */
const PUBLIC_KEY = /^0[23][0-9a-f]{64}$/;
const PAYLOAD_BYTES_MAX = 10_000;

/**
 * Lets a record pass that its key has signed, whatever else is wrong with it. One that it has not is refused in the order of the register, by what can be
 * seen without the database. Nobody's passes: the database refuses whoever is not signed in before it looks at anything.
 *
 * @throws {SafeError} INVALID_INPUT, NOT_CANONICAL or SIGNATURE_INVALID
 */
export function requireSignedRecord(
  { subject }: Identity,
  { signedPayload, signature, pubkey }: SubmittedRecord,
): void {
  if (subject === null || isSignedBy(signedPayload, signature, pubkey)) return;
  requireForms(signature, pubkey);
  const bytes = Buffer.byteLength(signedPayload);
  if (bytes < 1 || bytes > PAYLOAD_BYTES_MAX) throw invalid(`A payload has 1 to ${PAYLOAD_BYTES_MAX} bytes.`);
  if (!isCanonicalObject(signedPayload)) {
    throw refusal("NOT_CANONICAL", "This is not the canonical text of what it is to be.", {
      detail: "A payload is JSON of an object, to the byte as RFC 8785 writes it.",
      hint: "Write the record as RFC 8785 has it, and sign exactly these bytes.",
    });
  }
  throw signatureInvalid("The signature is not one of this key over exactly this payload, with a low S.");
}

/**
 * The same of a key that is to be registered, which has signed the text that names it and its holder.
 *
 * @param text of press.key_registration_text
 * @throws {SafeError} INVALID_INPUT or SIGNATURE_INVALID
 */
export function requireSignedRegistration(text: string, signature: string, publicKey: string): void {
  if (isSignedBy(text, signature, publicKey)) return;
  requireForms(signature, publicKey);
  throw signatureInvalid("The signature is not one of this key over the text of key_registration_text, with a low S.");
}

function requireForms(signature: string, publicKey: string): void {
  if (!PUBLIC_KEY.test(publicKey)) {
    throw invalid("A public key is a compressed point of secp256k1: 66 lower-case hexadecimal characters.");
  }
  if (!isSignature(signature)) {
    throw invalid("A signature is base64, with its padding, of the strict DER encoding of an ECDSA signature.");
  }
}

const invalid = (detail: string) =>
  refusal("INVALID_INPUT", "The request cannot be understood.", {
    detail,
    hint: "Change the request as the detail says and send it again.",
  });

const signatureInvalid = (detail: string) =>
  refusal("SIGNATURE_INVALID", "The signature is not one of the key that is named.", {
    detail,
    hint: "Sign the exact bytes, with the key whose public half you send.",
  });
