import { createPublicKey, hash, type KeyObject, verify } from "node:crypto";
import { gunzipSync } from "node:zlib";
import canonicalize from "canonicalize";
import type pg from "pg";
import { type Look, pages } from "./look.ts";

const PAGE = 500;
/** The places of a status list, and the bytes that they fill. */
const PLACES = 131_072;
const LIST_BYTES = PLACES / 8;
/** A list is counted a moment before it is signed. */
const COUNTED_BEFORE = "1 minute";
const DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

interface CredentialRow {
  readonly id: string;
  readonly document: string;
}

const CREDENTIALS = `
  select id, document from press.credentials
  where document is not null and id > $1 order by id limit ${PAGE}`;
const FIRST = "00000000-0000-0000-0000-000000000000";

/**
 * Has the proof of every credential verified twice over, in SQL and by node's crypto, and reads the status lists as everybody is served them: what
 * was revoked is, and nothing else.
 */
export async function auditCredentials(look: Look, credentialCount: number): Promise<void> {
  const { client, report, steps, step } = look;
  const keys = await credentialKeys(client);
  steps(Math.ceil(credentialCount / PAGE));
  const credentials = pages(async (last: CredentialRow | undefined) => {
    return (await client.query<CredentialRow>(CREDENTIALS, [last?.id ?? FIRST])).rows;
  });
  let done = 0;
  for await (const { id, document } of credentials) {
    if (done % PAGE === 0) step(`${done} credentials`);
    done += 1;
    const problem = await proofProblem(client, keys, document);
    const check = "SQL and node's crypto find its signature valid";
    if (problem !== undefined) report({ check, subject: `press.credentials (${id})`, finding: problem });
  }
  await auditStatusLists(look, keys);
}

interface CredentialKey {
  readonly keyObject: KeyObject;
  readonly publicKey: Buffer;
}

async function credentialKeys(client: pg.Client): Promise<Map<string, CredentialKey>> {
  const text = `select key_id, public_key from press.signing_keys
                where purpose = 'credential' and public_key collate "C" ~ '^[0-9a-f]{64}$'`;
  const { rows } = await client.query<{ key_id: string; public_key: string }>(text);
  return new Map(
    rows.map(({ key_id: keyId, public_key: hex }) => {
      const publicKey = Buffer.from(hex, "hex");
      const jwk = { kty: "OKP", crv: "Ed25519", x: publicKey.toString("base64url") };
      return [keyId, { keyObject: createPublicKey({ key: jwk, format: "jwk" }), publicKey }];
    }),
  );
}

/** Why the document has no proof of a key for credentials (W3C Data Integrity, eddsa-jcs-2022); undefined where it has. */
async function proofProblem(
  client: pg.Client,
  keys: ReadonlyMap<string, CredentialKey>,
  document: string,
): Promise<string | undefined> {
  const proved = readProved(document);
  if (proved === undefined) return "It is not the canonical text of a document with a proof.";
  const key = keys.get(proved.keyId);
  if (key === undefined) return `There is no usable key ${proved.keyId} for credentials.`;
  const inNode = verify(null, proved.message, key.keyObject, proved.signature);
  const { rows } = await client.query<{ is_valid: boolean }>("select press.ed25519_verify($1, $2, $3) as is_valid", [
    key.publicKey,
    proved.message,
    proved.signature,
  ]);
  const inSql = rows[0]?.is_valid ?? false;
  return inSql && inNode ? undefined : `It is ${inSql} in SQL, ${inNode} by node.`;
}

interface Proved {
  readonly keyId: string;
  /** What is signed: a hash of the proof's options, and one of the document without it. */
  readonly message: Buffer;
  readonly signature: Buffer;
}

function readProved(text: string): Proved | undefined {
  try {
    const { proof, ...unsigned } = JSON.parse(text);
    const { proofValue, ...options } = proof;
    if (canonicalize({ ...unsigned, proof }) !== text || proofValue[0] !== "z") return undefined;
    const hashes = [options, unsigned].map((part) => hash("sha256", canonicalize(part) ?? "", "buffer"));
    const signature = Buffer.from(bigNumber(proofValue.slice(1)).toString(16).padStart(128, "0"), "hex");
    return { keyId: options.verificationMethod.split("#")[1], message: Buffer.concat(hashes), signature };
  } catch {
    return undefined;
  }
}

/** The number that digits of base58btc are. */
function bigNumber(digits: string): bigint {
  return [...digits].reduce((number, digit) => number * 58n + BigInt(DIGITS.indexOf(digit)), 0n);
}

interface ListRow {
  readonly list: number;
  readonly document: string;
  /** The places of all that is revoked. */
  readonly revoked: readonly number[];
  /** Those of what had been revoked when the list was made. */
  readonly revoked_before: readonly number[];
}

const LISTS = `
  select s.list, s.document, coalesce(array_agg(c.status_index) filter (where c.id is not null), '{}') as revoked,
    coalesce(array_agg(c.status_index) filter (where c.revoked_at < s.made_at - interval '${COUNTED_BEFORE}'), '{}') as revoked_before
  from press_private.status_lists s
  left join press.credentials c on c.status_list = s.list and c.status = 'revoked'
  group by s.list, s.document order by s.list`;

async function auditStatusLists(
  { client, report, say }: Look,
  keys: ReadonlyMap<string, CredentialKey>,
): Promise<void> {
  const may = "select has_schema_privilege('press_private', 'usage') as may";
  if (!(await client.query<{ may: boolean }>(may)).rows[0]?.may) {
    return say("The status lists of credentials are not read, because that needs the login of an auditor.");
  }
  for (const { list, document, revoked, revoked_before: before } of (await client.query<ListRow>(LISTS)).rows) {
    const subject = `press_private.status_lists (${list})`;
    const problem = await proofProblem(client, keys, document);
    if (problem !== undefined)
      report({ check: "SQL and node's crypto find its signature valid", subject, finding: problem });
    const told = placesOf(document);
    const check = "a status list tells what was revoked, and nothing else";
    if (told === undefined) {
      report({ check, subject, finding: "It has no list that can be read." });
      continue;
    }
    const wrong = [...told].filter((place) => !revoked.includes(place));
    const missing = before.filter((place) => !told.has(place));
    if (wrong.length > 0) report({ check, subject, finding: `At ${wrong.join(", ")} nothing was revoked.` });
    if (missing.length > 0)
      report({ check, subject, finding: `At ${missing.join(", ")} it does not tell of a revocation.` });
  }
}

/** The places that are set in a W3C BitstringStatusListCredential; undefined where there is no list in it. */
function placesOf(document: string): Set<number> | undefined {
  try {
    const encoded: string = JSON.parse(document).credentialSubject.encodedList;
    const bits = gunzipSync(Buffer.from(encoded.slice(1), "base64url"), { maxOutputLength: LIST_BYTES });
    if (encoded[0] !== "u" || bits.length !== LIST_BYTES) return undefined;
    const places = Array.from({ length: PLACES }, (_, place) => place);
    return new Set(places.filter((place) => (bits.readUInt8(place >> 3) & (0x80 >> (place & 7))) !== 0));
  } catch {
    return undefined;
  }
}
