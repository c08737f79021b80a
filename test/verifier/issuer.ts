import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import canonicalize from "canonicalize";
import { random } from "../random.ts";

/** Tickets for tests, made without the SDK: node's crypto signs and hashes, the package `canonicalize` writes the text. */
export interface Issuer {
  readonly publicKey: Buffer;
  readonly publicKeyHex: string;
  readonly keyId: string;
  /** The text of a signed envelope: the sample's members, replaced or (by undefined) removed as `changes` says. */
  issue(changes?: Record<string, unknown>): string;
  /** 64 bytes over any message. */
  sign(message: Uint8Array): Buffer;
}

const PKCS8_ED25519 = "302e020100300506032b657004220420";
const SPKI_ED25519_LENGTH = 12;

/** An issuer with a key made from the seeded random numbers of this run. */
export function createIssuer(): Issuer {
  const pkcs8 = Buffer.concat([Buffer.from(PKCS8_ED25519, "hex"), random.bytes(32)]);
  const privateKey = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  const publicKey = spki.subarray(SPKI_ED25519_LENGTH);
  const keyId = createHash("sha256").update(publicKey).digest("hex").slice(0, 16);
  const signMessage = (message: Uint8Array) => sign(null, message, privateKey);
  return {
    publicKey,
    publicKeyHex: publicKey.toString("hex"),
    keyId,
    sign: signMessage,
    issue(changes = {}) {
      const members = { ...sampleMembers(keyId), ...changes };
      const signature = signMessage(Buffer.from(canonicalText(members))).toString("hex");
      return canonicalText({ signature, ...members });
    },
  };
}

/** RFC 8785 by a package that is not ours; members that are undefined are left out. */
export function canonicalText(members: Record<string, unknown>): string {
  const text = canonicalize(members);
  if (text === undefined) throw new Error("nothing to write");
  return text;
}

function sampleMembers(keyId: string) {
  return {
    edition: "golden-ticket",
    key_id: keyId,
    recipient: "charlie",
    ticket_id: "0d0f8f3c-6c1f-4b5e-9a53-1f8f5d7b2c11",
    ticket_number: 3,
    timestamp: "2026-11-21T15:09:26.535Z",
    type: "golden-press/ticket/v1",
  };
}
