import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { parsePublicKey, verifyEd25519 } from "./ed25519.ts";
import { isTextUpTo, type Problem } from "./refusal.ts";

/** The longest note that is read, in UTF-16 code units: sixteen of the longest post-quantum signatures fit twice. */
const NOTE_LENGTH_MAX = 262_144;
const SIGNATURE_COUNT_MAX = 64;

/** The type byte of Ed25519 in c2sp.org/signed-note. Other types are not verified here. */
const ED25519 = 1;

/** A key that signs notes, as a vkey names it. */
export interface NoteKey {
  /** Who signs, for example `press.example/ledger`. */
  readonly name: string;
  /** 8 hexadecimal characters that tell the keys of one name apart. */
  readonly id: string;
  /** The 32 bytes of an Ed25519 public key. */
  readonly publicKey: Uint8Array;
}

/**
 * Reads a verifier key (vkey) of c2sp.org/signed-note: name, key id and Ed25519 public key, joined by `+`.
 *
 * @param vkey - the text as the owner of the key publishes it, without a newline.
 * @throws RangeError when the text has another form, names another type of key, or its parts do not belong together.
 * @example
 * ```ts
 * import { parseVkey } from "@golden-press/verifier";
 *
 * const key = parseVkey("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");
 * console.log(key.name, key.id); // example.com/foo 530d903a
 * ```
 */
export function parseVkey(vkey: string): NoteKey {
  const parts = typeof vkey === "string" ? /^([^+]+)\+([0-9a-f]{8})\+(.{44})$/.exec(vkey) : null;
  const [, name = "", id, encoded = ""] = parts ?? [];
  const [type, ...publicKey] = decodeBase64(encoded) ?? [];
  if (type !== ED25519) {
    throw new RangeError(
      "A vkey is a name, a key id and an Ed25519 key joined by +; copy it as its owner publishes it.",
    );
  }
  const key = noteKey(name, Uint8Array.from(publicKey));
  if (key.id !== id) {
    throw new RangeError("The key id of this vkey does not belong to its key; copy it as its owner publishes it.");
  }
  return key;
}

/**
 * Writes the vkey of an Ed25519 key.
 *
 * @param name - who signs: no spaces, no `+`, no control characters. A URL without its scheme is recommended.
 * @param publicKey - 32 bytes.
 * @throws RangeError when the name or the key is unusable.
 * @example
 * ```ts
 * import { formatVkey, parseVkey } from "@golden-press/verifier";
 *
 * const { publicKey } = parseVkey("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");
 * console.log(formatVkey("press.example/ledger", publicKey)); // press.example/ledger+5177c401+AekyeRrm56hApGFkyQR4ZCbV…
 * ```
 */
export function formatVkey(name: string, publicKey: Uint8Array): string {
  const { id } = noteKey(name, publicKey);
  return `${name}+${id}+${encodeBase64(concatBytes(Uint8Array.of(ED25519), publicKey))}`;
}

/**
 * Writes the line that carries a signature in a note. A note is its text, which ends in a newline, then an empty line,
 * then its signature lines. The signature is made elsewhere, over the UTF-8 bytes of the text: no private key comes here.
 *
 * @param name - who signs, as in the vkey.
 * @param publicKey - 32 bytes: the key that signed.
 * @param signature - 64 bytes.
 * @returns the line with its newline.
 * @throws RangeError when the name, the key or the signature has another form.
 * @example
 * ```ts
 * import { noteSignatureLine, parseVkey } from "@golden-press/verifier";
 *
 * const { name, publicKey } = parseVkey("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");
 * const note = `the text\n\n${noteSignatureLine(name, publicKey, new Uint8Array(64))}`;
 * console.log(note.split("\n")[2]); // — example.com/foo Uw2QOgAAAAAAAAAA…
 * ```
 */
export function noteSignatureLine(name: string, publicKey: Uint8Array, signature: Uint8Array): string {
  if (signature.length !== 64) throw new RangeError("An Ed25519 signature has 64 bytes.");
  return `— ${name} ${encodeBase64(concatBytes(hexToBytes(noteKey(name, publicKey).id), signature))}\n`;
}

/**
 * Opens a signed note (c2sp.org/signed-note): gives its text, which says nothing until a key that you trust has signed
 * it. Signatures by other keys are ignored; each one by the trusted key must be valid. Never throws.
 *
 * @param note - the whole note.
 * @param key - the key to trust.
 * @returns the signed text with its last newline, or the problem as the predicate of a sentence about the note.
 * @example
 * ```ts
 * import { openNote, parseVkey } from "@golden-press/verifier";
 *
 * const key = parseVkey("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");
 * const signature =
 *   "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=";
 * const note = `This is an example message.\n\n— example.com/foo ${signature}\n`;
 * console.log(openNote(note, key)); // { text: 'This is an example message.\n' }
 * console.log(openNote(note.replace("an", "my"), key)); // { problem: 'has a wrong signature by example.com/foo' }
 * ```
 */
export function openNote(note: string, key: NoteKey): { text: string } | Problem {
  if (!isNoteText(note)) return { problem: "is not UTF-8 text without control characters" };
  const end = note.lastIndexOf("\n\n") + 1;
  const [text, block] = [note.slice(0, end), note.slice(end + 1)];
  if (end === 0 || !block.endsWith("\n")) return { problem: "has no signature lines after an empty line" };
  const lines = block.slice(0, -1).split("\n", SIGNATURE_COUNT_MAX + 1);
  if (lines.length > SIGNATURE_COUNT_MAX) return { problem: `has more than ${SIGNATURE_COUNT_MAX} signatures` };
  const signatures = lines.map(parseSignatureLine);
  if (!signatures.every((signature) => signature !== undefined)) return { problem: "has a malformed signature line" };
  const known = signatures.filter(({ name, id }) => name === key.name && id === key.id);
  if (known.length === 0) return { problem: `is not signed by ${key.name} with the key ${key.id}` };
  const message = utf8ToBytes(text);
  if (!known.every(({ bytes }) => verifyEd25519(key.publicKey, message, bytes))) {
    return { problem: `has a wrong signature by ${key.name}` };
  }
  return { text };
}

/** Whether a value may be a note, or a part of one: UTF-8 without control characters but newlines. */
export function isNoteText(value: unknown): value is string {
  return isTextUpTo(NOTE_LENGTH_MAX, value) && /^[\n -\u{10ffff}]*$/u.test(value);
}

function parseSignatureLine(line: string): { name: string; id: string; bytes: Uint8Array } | undefined {
  const [, name, encoded] = /^— ([^\p{White_Space}+]+) (\S+)$/u.exec(line) ?? [];
  const bytes = decodeBase64(encoded ?? "");
  if (name === undefined || bytes === undefined || bytes.length <= 4) return undefined;
  return { name, id: bytesToHex(bytes.subarray(0, 4)), bytes: bytes.subarray(4) };
}

/** The key with its id: the first four bytes of SHA-256(name || newline || type || public key). */
function noteKey(name: string, publicKey: Uint8Array): NoteKey {
  if (!isNoteText(name) || !/^[^\p{White_Space}+]+$/u.test(name)) {
    throw new RangeError("The name of a key has no spaces, no + and no control characters; choose another.");
  }
  const hash = sha256(concatBytes(utf8ToBytes(`${name}\n`), Uint8Array.of(ED25519), publicKey));
  return { name, id: bytesToHex(hash.subarray(0, 4)), publicKey: parsePublicKey(bytesToHex(publicKey)) };
}
