/* Records that are refused, each for one reason, and what they are to be refused with: over HTTP and GraphQL alike. */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import canonicalize from "canonicalize";
import { Client, type SignedRecord } from "../chain/client.ts";

/** A record, and the nonce that it would use up. */
export interface BadRecord {
  readonly what: string;
  readonly nonce: string;
  readonly record: SignedRecord;
  /** The name of the refusal. */
  readonly code: string;
  /** Over HTTP. */
  readonly status: number;
}

const HOUR = 3_600_000;

/** The payload of a record with a nonce of its own, in canonical JSON. */
export function payloadOf(nonce: string, content: object = {}, expiresIn = HOUR): string {
  return canonicalize({ ...content, nonce, expires_at: new Date(Date.now() + expiresIn).toISOString() }) ?? "";
}

export function signedBy(client: Client, payload: string): SignedRecord {
  return { payload, signature: client.sign(payload), publicKey: client.publicKey };
}

/** The other signature of the same key over the same text, which the curve has for each. */
export function withHighS(signature: string): string {
  const { r, s } = secp256k1.Signature.fromBytes(Buffer.from(signature, "base64"), "der");
  return Buffer.from(new secp256k1.Signature(r, secp256k1.Point.Fn.ORDER - s).toBytes("der")).toString("base64");
}

/** @param client whose key is registered, for whoever submits */
export function badRecords(client: Client): readonly BadRecord[] {
  const stranger = new Client();
  const make = (
    what: string,
    [code, status]: readonly [string, number],
    alter: (record: SignedRecord, nonce: string) => SignedRecord,
  ): BadRecord => {
    const nonce = what.replace(/\W+/g, "-");
    return { what, nonce, code, status, record: alter(signedBy(client, payloadOf(nonce)), nonce) };
  };
  const invalid = ["INVALID_INPUT", 400] as const;
  const notCanonical = ["NOT_CANONICAL", 400] as const;
  const wrong = ["SIGNATURE_INVALID", 403] as const;
  return [
    make("not canonical", notCanonical, ({ payload }) => signedBy(client, payload.replace(":", ": "))),
    make("not canonical and not signed", notCanonical, ({ payload, ...record }) => ({
      ...record,
      payload: payload.replace(":", ": "),
    })),
    make("a member twice", notCanonical, ({ payload }) => signedBy(client, payload.replace("{", '{"a":1,"a":1,'))),
    make("too large", invalid, (_record, nonce) => signedBy(client, payloadOf(nonce, { text: "x".repeat(10_000) }))),
    make("too large and not signed", invalid, (record, nonce) => ({
      ...record,
      payload: payloadOf(nonce, { text: "x".repeat(10_000) }),
    })),
    make("expired", ["EXPIRED", 422], (_record, nonce) => signedBy(client, payloadOf(nonce, {}, -HOUR))),
    make("for too long", invalid, (_record, nonce) => signedBy(client, payloadOf(nonce, {}, 8 * 24 * HOUR))),
    make("changed", wrong, (record, nonce) => ({ ...record, payload: payloadOf(nonce, { changed: true }) })),
    make("signed by another key", wrong, (record) => ({ ...record, signature: stranger.sign(record.payload) })),
    make("with a high S", wrong, (record) => ({ ...record, signature: withHighS(record.signature) })),
    make("with a signature of zeros", invalid, (record) => ({ ...record, signature: "AAAA" })),
    make("with something after the signature", invalid, (record) => ({
      ...record,
      signature: Buffer.concat([Buffer.from(record.signature, "base64"), Buffer.of(0)]).toString("base64"),
    })),
    make("with the key in capitals", invalid, (record) => ({
      ...record,
      publicKey: record.publicKey.toUpperCase(),
    })),
    make("of a key that nobody has registered", ["UNKNOWN_KEY", 403], ({ payload }) => signedBy(stranger, payload)),
  ];
}
