/**
 * Keys that sign records, and records, in the browser: WebCrypto has no secp256k1. A key is in the memory of the page and in the file that its owner keeps,
 * which is the one that `golden-press publishing-key` has, and nowhere else.
 */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { bytesToHex, hexToBytes } from "@noble/curves/utils.js";
import canonicalize from "canonicalize";
import { readRecordContent } from "../../../recordContent.ts";

const KEY = /^[0-9a-f]{64}\s*$/i;
const LIFE_MILLISECONDS = 3_600_000;
/** As the press has it. */
const PAYLOAD_BYTES_MAX = 10_000;

/** A key whose private half is out of reach of whatever prints or stores objects. */
export class RecordKey {
  readonly #secret: Uint8Array;
  /** Compressed, in hex. */
  readonly publicKey: string;

  private constructor(secret: Uint8Array) {
    this.#secret = secret;
    this.publicKey = bytesToHex(secp256k1.getPublicKey(secret, true));
  }

  static make(): RecordKey {
    return new RecordKey(secp256k1.utils.randomSecretKey());
  }

  /** @param text what its file has; null where that is no key */
  static read(text: string): RecordKey | null {
    if (!KEY.test(text)) return null;
    const secret = hexToBytes(text.trim().toLowerCase());
    return secp256k1.utils.isValidSecretKey(secret) ? new RecordKey(secret) : null;
  }

  /** What its file has. */
  get fileText(): string {
    return `${bytesToHex(this.#secret)}\n`;
  }

  get fileName(): string {
    return `publishing-${this.publicKey.slice(2, 10)}.key`;
  }

  /** Signs the UTF-8 bytes of a text: ECDSA over SHA-256 with a low S (RFC 6979), DER in base64. */
  sign(text: string): string {
    const der = secp256k1.sign(new TextEncoder().encode(text), this.#secret, { format: "der" });
    return btoa(String.fromCharCode(...der));
  }
}

/**
 * Makes of what somebody has written the text that is signed: canonical JSON, with a nonce and an end of its own unless it has them.
 *
 * @returns the payload, or what is wrong with what was written
 */
export function payloadOf(
  written: string,
  now = Date.now(),
): { readonly payload: string } | { readonly fault: string } {
  const reading = readRecordContent(written);
  if ("fault" in reading) return reading;
  const defaults = { nonce: crypto.randomUUID(), expires_at: new Date(now + LIFE_MILLISECONDS).toISOString() };
  const payload = canonicalize({ ...defaults, ...reading.content }) ?? "";
  const size = new TextEncoder().encode(payload).length;
  if (size > PAYLOAD_BYTES_MAX)
    return {
      fault: `A record has ${PAYLOAD_BYTES_MAX.toLocaleString()} bytes at most; this one has ${size.toLocaleString()}.`,
    };
  return { payload };
}
