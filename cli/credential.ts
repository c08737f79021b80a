/** Credentials at the command line: whether one is good, and that it is so no longer. */
import { readFile } from "node:fs/promises";
import { buffer as readAll } from "node:stream/consumers";
import type { Configuration } from "../configuration.ts";
import { isLoopbackHost } from "../network/addresses.ts";
import {
  type Asked,
  type Credential,
  type DidDocument,
  didOfOrigin,
  formatMultikey,
  keyIdOf,
  parseMultikey,
  parsePublicKey,
  readDidDocument,
  readStatusList,
  type StatusList,
  verifyCredential,
} from "../verifier/index.ts";
import { CommandError, EXIT } from "./commandError.ts";
import { databaseUrl } from "./connection.ts";
import { explaining } from "./refusal.ts";
import { withPress } from "./withPress.ts";

export interface VerifyCredentialOptions {
  /** Public keys of the issuer, in hexadecimal or as Multikeys. */
  readonly key?: readonly string[];
  /** Where DID documents of issuers are: a DID, the URL of a press, or that of the document. */
  readonly did?: readonly string[];
  /** The file of the status list, or `-` for the standard input. */
  readonly status?: string;
}

/** Who may have signed: the keys that were given, by their ids, or the issuers whose documents were fetched, by their DIDs. */
type Signers =
  | { readonly keys: ReadonlyMap<string, Uint8Array> }
  | { readonly issuers: ReadonlyMap<string, DidDocument> };

interface Revoked {
  readonly holder_id: string;
  /** Null: it was revoked before, and its holder was forgotten since. */
  readonly reason: string | null;
}

const FETCH_MILLISECONDS = 10_000;
/** A DID document or a status list is shorter than this. */
const FETCH_BYTES_MAX = 1_048_576;

/**
 * `golden-press credential verify`: says whether a file is a credential that a key signed, and whether it was revoked. With keys nothing is
 * fetched. With DIDs their documents are and, once the credential is known to be genuine, the status list that it names.
 *
 * @param file its name, or `-` for the standard input
 * @returns the exit code: 0 valid, 1 not
 * @throws {CommandError} with exit code 2 when a key is no key, an option is missing or a file cannot be read
 */
export async function verifyCredentialFile(file: string, options: VerifyCredentialOptions): Promise<number> {
  const { key = [], did = [], status } = options;
  if ((key.length === 0) === (did.length === 0)) {
    throw new CommandError("Give the keys of the issuer (--key), or where its DID document is (--did).", EXIT.usage);
  }
  if (file === "-" && status === "-")
    throw new CommandError("The standard input is one file; name the other.", EXIT.usage);
  const signers: Signers = key.length > 0 ? { keys: keysOf(key) } : { issuers: await fetchIssuers(did) };
  const document = await readDocument(file);
  const asked = askedOf(document, signers);
  const signed = verifyCredential(asked);
  if (!signed.isValid) return refuse(`${signed.reason}: ${signed.message}`);
  const { credential } = signed;
  const shown = status ?? (did.length > 0 ? credential.credentialStatus.statusListCredential : undefined);
  if (shown === undefined) return report(credential, signers, undefined);
  const list = status === undefined ? await fetchList(shown) : await readDocument(status);
  const read = await readStatusList(askedOf(list, signers));
  if (!read.isValid) return refuse(`STATUS_UNKNOWN: ${read.reason}: ${read.message}`);
  const answer = verifyCredential({ ...asked, statusList: read.statusList });
  return answer.isValid ? report(credential, signers, read.statusList) : refuse(`${answer.reason}: ${answer.message}`);
}

/** `golden-press credential revoke`: withdraws a credential, for ever. */
export async function revokeCredential(
  configuration: Configuration,
  id: string,
  { reason }: { reason: string },
): Promise<void> {
  const url = await databaseUrl(configuration, "operator");
  await withPress(url, async (client) => {
    const revoke = "select holder_id, reason from press.revoke_credential($1, $2)";
    const [revoked] = (await explaining(client.query<Revoked>(revoke, [id, reason]))).rows;
    const level = "select trust_level from press.holders where id = $1";
    const [holder] = (await client.query<{ trust_level: number }>(level, [revoked?.holder_id])).rows;
    console.log(`revoked: credential ${id}: ${revoked?.reason ?? "nobody knows why any more"}`);
    const trust = `Holder ${revoked?.holder_id} has trust level ${holder?.trust_level} now.`;
    console.error(`${trust} The status list says it to everybody when the worker has signed it.`);
  });
}

function report(
  { id, credentialSubject, issuer, proof, validUntil }: Credential,
  signers: Signers,
  list: StatusList | undefined,
): number {
  const { attestationKind: kind, id: holder, trustLevel } = credentialSubject;
  const status =
    list === undefined
      ? "whether it was revoked was not looked at (--status)"
      : `not revoked by the list of ${list.validFrom}`;
  const key = `signed by the key ${proof.verificationMethod.split("#")[1]}`;
  const by = "issuers" in signers ? `${key} of ${issuer}` : `${key}, which claims to be of ${issuer}`;
  console.log(
    `valid: credential ${id} for ${holder}: trust level ${trustLevel} by ${kind}, until ${validUntil}, ${by}; ${status}`,
  );
  return EXIT.done;
}

function refuse(reason: string): number {
  console.log(`invalid: ${reason}`);
  return EXIT.failed;
}

/** What is asked about a document: by the issuer or the key that it names, or by any of them, for the SDK to say that it is none of these. */
function askedOf(document: string, signers: Signers): Asked {
  const name = nameOfKey(document);
  if ("keys" in signers) {
    const publicKey = pick(signers.keys, name.replace(/^.*#/, ""));
    return { document, publicKey: formatMultikey(publicKey) };
  }
  return { document, issuer: pick(signers.issuers, name.replace(/#.*$/, "")) };
}

function pick<Value>(values: ReadonlyMap<string, Value>, name: string): Value {
  const [first] = values.values();
  return values.get(name) ?? (first as Value); // There is one at least.
}

/** Only to find the key; nothing of it is believed. */
function nameOfKey(document: string): string {
  try {
    return String(JSON.parse(document).proof.verificationMethod);
  } catch {
    return "";
  }
}

function keysOf(texts: readonly string[]): ReadonlyMap<string, Uint8Array> {
  const keys = texts.map((text) => {
    try {
      return text.startsWith("z") ? parseMultikey(text) : parsePublicKey(text);
    } catch (error) {
      throw new CommandError(`--key: ${(error as Error).message}`, EXIT.usage);
    }
  });
  return new Map(keys.map((publicKey) => [keyIdOf(publicKey), publicKey]));
}

async function fetchIssuers(places: readonly string[]): Promise<ReadonlyMap<string, DidDocument>> {
  const documents = await Promise.all(places.map(fetchDidDocument));
  return new Map(documents.map((document) => [document.did, document]));
}

/** Whoever serves a document vouches for it, so it must be that of the DID of where it is. */
async function fetchDidDocument(place: string): Promise<DidDocument> {
  const origin = originOf(place);
  const reading = readDidDocument(await fetchText(`${origin}/.well-known/did.json`));
  if ("problem" in reading) throw new CommandError(`The DID document of ${origin} ${reading.problem}.`);
  const { did, keys } = reading.document;
  if (did !== didOfOrigin(origin)) {
    throw new CommandError(`${origin} serves the document of ${did}, which is at another place; name that one.`);
  }
  if (keys.size > 0) return reading.document;
  throw new CommandError(`The DID document of ${origin} has no keys: the press has signed no credential yet.`);
}

/** The origin of a DID of the method web, or of a URL. Of this machine it may be without TLS; elsewhere anybody on the way could give other keys. */
function originOf(place: string): string {
  const url = urlOf(place);
  const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.search === "";
  if (!isPlain || !["/", "/.well-known/did.json"].includes(url.pathname)) {
    const forms = "a DID like did:web:press.example, or a URL like https://press.example";
    throw new CommandError(`--did is ${forms}.`, EXIT.usage);
  }
  if (isProtected(url)) return url.origin;
  throw new CommandError(
    `--did: ${url.origin} is without TLS, so that nobody knows who answers; use https.`,
    EXIT.usage,
  );
}

function urlOf(place: string): URL | null {
  const encoded = /^did:web:([^:]+)$/.exec(place)?.[1];
  if (encoded === undefined) return URL.parse(place);
  try {
    const host = decodeURIComponent(encoded);
    const url = URL.parse(`https://${host}`);
    return url !== null && isLoopbackHost(url.hostname) ? URL.parse(`http://${host}`) : url;
  } catch {
    return null; // Half of an escape.
  }
}

/** Whether nobody on the way to a server can answer in its place. */
function isProtected({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || isLoopbackHost(hostname);
}

/** It is signed, but whoever is on the way could give an older one, without the latest revocations. */
async function fetchList(url: string): Promise<string> {
  if (isProtected(new URL(url))) return fetchText(url);
  throw new CommandError(
    `${url} is without TLS, so that nobody knows who answers; give the status list with --status.`,
  );
}

async function fetchText(url: string): Promise<string> {
  try {
    const response = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(FETCH_MILLISECONDS) });
    if (!response.ok) throw new Error(`it answers ${response.status}`);
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of response.body ?? []) {
      length += chunk.length;
      if (length > FETCH_BYTES_MAX) throw new Error(`it is longer than ${FETCH_BYTES_MAX} bytes`);
      chunks.push(chunk);
    }
    return decode(Buffer.concat(chunks)) ?? "";
  } catch (error) {
    const { message, cause } = error as Error;
    const why = cause instanceof Error ? cause.message : message;
    throw new CommandError(`${url} cannot be fetched: ${why}.`);
  }
}

/** The one line feed that ends the last line of a file is not part of the document; nothing else is forgiven. */
async function readDocument(file: string): Promise<string> {
  const bytes = file === "-" ? await readAll(process.stdin) : await readBytes(file);
  return (decode(bytes) ?? "").replace(/\n$/, "");
}

async function readBytes(file: string): Promise<Uint8Array> {
  return readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${file} cannot be read (${error.code}).`, EXIT.usage);
  });
}

/** The text of UTF-8 bytes, a byte order mark included; undefined when they are something else, which is no document. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
