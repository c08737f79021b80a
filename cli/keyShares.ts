/**
 * A private key in shares: as many of them as the threshold give it back, and fewer say nothing of it (Shamir's secret sharing over GF(2^8), by the
 * audited library `shamir-secret-sharing`). That library does not know a wrong result from a right one, so everything that can be checked is checked
 * here: each share by its checksum, all of them against each other, and the key that they give against its public key.
 *
 * What is shared are the 32 bytes of the key (RFC 8032's seed, or the number of secp256k1): random, all of them, and as long for every key.
 */
import { createPrivateKey, hash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { combine, split } from "shamir-secret-sharing";
import { readWalletKey, WalletKey } from "../worker/chain/wallet.ts";
import { readSigningKey, SigningKey, writePem } from "../worker/keys.ts";

/** A share is none, is of another key, or there are too few. The message says which share, and what to do. */
export class KeyShareError extends Error {
  override readonly name = "KeyShareError";
}

/** `ed25519` signs tickets, checkpoints or credentials; `secp256k1` is a wallet's, or signs records. */
export type KeyKind = "ed25519" | "secp256k1";

/** A private key as its file has it. Whoever has the object has the key: it is kept for as long as it is needed, and written to one file only. */
export interface PrivateKey {
  readonly kind: KeyKind;
  /** 32 bytes. */
  readonly secret: Uint8Array;
  /** Lower-case hexadecimal: 64 characters of Ed25519, 66 of secp256k1 (compressed). */
  readonly publicKey: string;
  /** What its file holds: PKCS#8 PEM, or 64 hexadecimal characters. */
  readonly text: string;
}

/** A share, as its file says. */
export interface KeyShare {
  /** Names the ceremony: shares of two of them do not fit, even of the same key. 32 hexadecimal characters. */
  readonly ceremony: string;
  readonly kind: KeyKind;
  readonly publicKey: string;
  /** From 1. */
  readonly index: number;
  readonly count: number;
  /** How many give the key back. */
  readonly threshold: number;
  /** As the library has it: a byte for each of the key, then the place on the x axis, from 1 to 255. */
  readonly data: Uint8Array;
}

/** A share with the name of where it came from, for a sentence about it. */
export interface NamedShare {
  readonly name: string;
  readonly text: string;
}

/** So few that every combination of them can be tried: at most 12,870. */
export const SHARE_COUNT_MAX = 16;
const THRESHOLD_MIN = 2;

const HEADER = "golden-press/key-share/v1";
const FORM =
  /^golden-press\/key-share\/v1\nceremony ([0-9a-f]{32})\nkind (ed25519|secp256k1)\npublic-key ([0-9a-f]{64,66})\nshare (\d{1,2}) of (\d{1,2})\nthreshold (\d{1,2})\ndata ([0-9a-f]{66})\n$/;
const CHECKSUM = /checksum ([0-9a-f]{64})\n$/;
/** What PKCS#8 writes before the 32 bytes of an Ed25519 key (RFC 8410). */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * Reads a private key: a PEM of Ed25519, or 64 hexadecimal characters of secp256k1.
 *
 * @throws {SigningKeyError} or {WalletKeyError} when it is neither, or fails its self-test
 */
export function parsePrivateKey(text: string): PrivateKey {
  if (isHexadecimalKey(text)) return privateKeyOf("secp256k1", Buffer.from(text.trim(), "hex"));
  const { publicKey } = new SigningKey(text); // Refuses what is no such key, in words.
  const jwk = createPrivateKey({ key: text, format: "pem" }).export({ format: "jwk" });
  const key = privateKeyOf("ed25519", Buffer.from(jwk.d ?? "", "base64url"));
  if (key.publicKey !== publicKey) throw new KeyShareError("The key reads as two different keys; nothing was done.");
  return key;
}

/**
 * Reads such a key from its file, and refuses a file that others may read, as a worker does.
 *
 * @throws {SigningKeyError} or {WalletKeyError}
 */
export async function readPrivateKey(file: string): Promise<PrivateKey> {
  // The form tells whose rules hold; a file that cannot be read is refused by theirs.
  const text = await readFile(file, "utf8").catch(() => "");
  const { publicKey } = isHexadecimalKey(text) ? await readWalletKey(file) : await readSigningKey(file);
  const key = parsePrivateKey(text);
  const expected = typeof publicKey === "string" ? publicKey : Buffer.from(publicKey).toString("hex");
  if (key.publicKey === expected) return key;
  throw new KeyShareError(`${file} changed while it was read: nothing was done.`);
}

function isHexadecimalKey(text: string): boolean {
  return /^[0-9a-f]{64}\s*$/i.test(text);
}

/**
 * Splits a key, and tries every combination of as many shares as the threshold before it returns any.
 *
 * @param count how many shares, from 2 to 16
 * @param threshold how many of them give the key back, from 2
 * @returns the texts of the shares, each to be kept by somebody else
 * @throws {KeyShareError} when these numbers cannot be meant, or a combination does not give the key back
 */
export async function splitKey(
  key: PrivateKey,
  count: number,
  threshold: number,
): Promise<{ ceremony: string; texts: string[]; combinationCount: number }> {
  if (!(threshold >= THRESHOLD_MIN && threshold <= count && count <= SHARE_COUNT_MAX)) {
    throw new KeyShareError(
      `A key has ${THRESHOLD_MIN} to ${SHARE_COUNT_MAX} shares, of which ${THRESHOLD_MIN} or more, and no more than there are, give it back.`,
    );
  }
  const ceremony = randomBytes(16).toString("hex");
  const shares = await split(new Uint8Array(key.secret), count, threshold);
  const texts = shares.map((data, place) =>
    formatShare({ ceremony, kind: key.kind, publicKey: key.publicKey, index: place + 1, count, threshold, data }),
  );
  // The texts are tried, not what they were made of: what is tried is what people will have.
  const read = texts.map((text, place) => parseShare({ name: `share ${place + 1}`, text }).data);
  let combinationCount = 0;
  for (const chosen of combinations(read, threshold)) {
    const secret = await combine(chosen);
    const isTheKey = Buffer.compare(secret, key.secret) === 0;
    secret.fill(0);
    if (!isTheKey) throw new KeyShareError("Some shares do not give the key back; nothing was written. Try it again.");
    combinationCount += 1;
  }
  return { ceremony, texts, combinationCount };
}

/**
 * Gives the key back that shares are of.
 *
 * @param publicKey of the key that is wanted: what the shares themselves say of it could have been changed
 * @throws {KeyShareError} which names the share that was changed, given twice or is of another ceremony; when there are too few, or what they give is
 * another key
 */
export async function combineShares(named: readonly NamedShare[], publicKey: string): Promise<PrivateKey> {
  const shares = named.map((one) => ({ ...parseShare(one), name: one.name }));
  const [first] = shares;
  if (first === undefined) throw new KeyShareError("There is no share.");
  for (const share of shares) requireSameCeremony(first, share);
  requireDistinct(shares);
  if (shares.length < first.threshold) {
    throw new KeyShareError(
      `The key needs ${first.threshold} of its ${first.count} shares, and these are ${shares.length} (${shares.map(({ index }) => index).join(", ")}): find another.`,
    );
  }
  if (first.publicKey !== publicKey) {
    throw new KeyShareError(
      `These are shares of the key ${first.publicKey}, not of ${publicKey}: find the shares of that one.`,
    );
  }
  const secret = await combine(shares.map(({ data }) => data)).catch(() => undefined);
  const key = secret && keyIfAny(first.kind, secret);
  if (key?.publicKey === publicKey) return key;
  throw new KeyShareError(
    `These shares give another key than ${publicKey}, though each is whole: one of them was made up. Try it with others; nothing was written.`,
  );
}

/** The file of a share: lines of a name and a value, the last of them the SHA-256 of those before. */
export function formatShare({ ceremony, kind, publicKey, index, count, threshold, data }: KeyShare): string {
  const lines = [
    HEADER,
    `ceremony ${ceremony}`,
    `kind ${kind}`,
    `public-key ${publicKey}`,
    `share ${index} of ${count}`,
    `threshold ${threshold}`,
    `data ${Buffer.from(data).toString("hex")}`,
  ];
  const text = `${lines.join("\n")}\n`;
  return `${text}checksum ${hash("sha256", text)}\n`;
}

/**
 * Reads the file of a share.
 *
 * @throws {KeyShareError} when it is none, or was changed
 */
export function parseShare({ name, text }: NamedShare): KeyShare {
  if (!text.startsWith(`${HEADER}\n`)) {
    throw new KeyShareError(`${name} is no share of a key: its first line is not ${HEADER}.`);
  }
  const [checksumLine, checksum] = CHECKSUM.exec(text) ?? [];
  const body = text.slice(0, text.length - (checksumLine?.length ?? 0));
  const parts = FORM.exec(body);
  if (parts === null || hash("sha256", body) !== checksum) {
    throw new KeyShareError(
      `${name} was changed, or copied wrongly: its checksum does not fit. Compare it with another copy of this share, or use another share.`,
    );
  }
  const [, ceremony = "", kind, publicKey = "", index, count, threshold, data = ""] = parts;
  return {
    ceremony,
    kind: kind as KeyKind,
    publicKey,
    index: Number(index),
    count: Number(count),
    threshold: Number(threshold),
    data: new Uint8Array(Buffer.from(data, "hex")), // The library takes no Buffer.
  };
}

function requireSameCeremony(first: KeyShare & { name: string }, share: KeyShare & { name: string }): void {
  if (share.ceremony !== first.ceremony) {
    throw new KeyShareError(
      `${share.name} is of another ceremony (${share.ceremony}) than ${first.name} (${first.ceremony}): shares of two ceremonies do not fit together.`,
    );
  }
  const members = ["kind", "publicKey", "count", "threshold"] as const;
  if (members.some((member) => share[member] !== first[member])) {
    throw new KeyShareError(
      `${share.name} and ${first.name} are of one ceremony and contradict each other: one of them was made up.`,
    );
  }
}

function requireDistinct(shares: readonly (KeyShare & { name: string })[]): void {
  for (const [place, share] of shares.entries()) {
    const twin = shares.slice(0, place).find(({ index }) => index === share.index);
    if (twin !== undefined) {
      throw new KeyShareError(`${share.name} is share ${share.index}, and so is ${twin.name}: give each share once.`);
    }
  }
}

/** @throws {SigningKeyError} or {WalletKeyError} when these bytes are no key */
function privateKeyOf(kind: KeyKind, secret: Uint8Array): PrivateKey {
  if (kind === "secp256k1") {
    const hex = Buffer.from(secret).toString("hex");
    const publicKey = Buffer.from(new WalletKey(hex).publicKey).toString("hex");
    return { kind, secret, publicKey, text: `${hex}\n` };
  }
  const der = Buffer.concat([PKCS8_PREFIX, secret]);
  const text = writePem(createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
  return { kind, secret, publicKey: new SigningKey(text).publicKey, text };
}

function keyIfAny(kind: KeyKind, secret: Uint8Array): PrivateKey | undefined {
  try {
    return privateKeyOf(kind, secret);
  } catch {
    return undefined; // Not each number is a key of secp256k1.
  }
}

/** Every choice of so many of these, in their order. */
function* combinations<Item>(items: readonly Item[], size: number): Generator<Item[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (const [place, item] of items.entries()) {
    for (const rest of combinations(items.slice(place + 1), size - 1)) yield [item, ...rest];
  }
}
