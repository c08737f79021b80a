import { createPublicKey, hash, type KeyObject, verify } from "node:crypto";
import canonicalize from "canonicalize";
import type pg from "pg";
import { decodeBase58btc, readStatusList, type StatusList, verifyCredential } from "../../verifier/index.ts";
import { type Look, pages } from "./look.ts";

const PAGE = 500;
/** A list is counted a moment before it is signed. */
const COUNTED_BEFORE = "1 minute";
const SIGNED = "SQL, the SDK and node's crypto find its signature valid";

interface CredentialRow {
  readonly id: string;
  readonly document: string;
}

const CREDENTIALS = `
  select id, document from press.credentials
  where document is not null and id > $1 order by id limit ${PAGE}`;
const FIRST = "00000000-0000-0000-0000-000000000000";

/**
 * Has the proof of every credential verified three times over, in SQL, by the SDK and by node's crypto, and reads the status lists as everybody is
 * served them: what was revoked is, and nothing else.
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
    const problem = await proofProblem(client, keys, document, async (asked) => verifyCredential(asked).isValid);
    if (problem !== undefined) report({ check: SIGNED, subject: `press.credentials (${id})`, finding: problem });
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

/** What the SDK is asked about a document: whether it was good when it began to be. */
interface AskedOfSdk {
  readonly document: string;
  readonly publicKey: string;
  readonly at: string;
}

/** Why the document has no proof of a key for credentials (W3C Data Integrity, eddsa-jcs-2022); undefined where it has. */
async function proofProblem(
  client: pg.Client,
  keys: ReadonlyMap<string, CredentialKey>,
  document: string,
  askSdk: (asked: AskedOfSdk) => Promise<boolean>,
): Promise<string | undefined> {
  const proved = readProved(document);
  if (proved === undefined) return "It is not the canonical text of a document with a proof.";
  const key = keys.get(proved.keyId);
  if (key === undefined) return `There is no usable key ${proved.keyId} for credentials.`;
  const inSdk = await askSdk({ document, publicKey: key.publicKey.toString("hex"), at: proved.validFrom });
  const inNode = verify(null, proved.message, key.keyObject, proved.signature);
  const { rows } = await client.query<{ is_valid: boolean }>("select press.ed25519_verify($1, $2, $3) as is_valid", [
    key.publicKey,
    proved.message,
    proved.signature,
  ]);
  const inSql = rows[0]?.is_valid ?? false;
  if (inSql && inSdk && inNode) return undefined;
  return `It is ${inSql} in SQL, ${inSdk} by the SDK, ${inNode} by node.`;
}

interface Proved {
  readonly keyId: string;
  readonly validFrom: string;
  /** What is signed: a hash of the proof's options, and one of the document without it. */
  readonly message: Buffer;
  readonly signature: Buffer;
}

/** Without the SDK, but for its base58: the two judge by themselves. */
function readProved(text: string): Proved | undefined {
  try {
    const { proof, ...unsigned } = JSON.parse(text);
    const { proofValue, ...options } = proof;
    if (canonicalize({ ...unsigned, proof }) !== text || proofValue[0] !== "z") return undefined;
    const hashes = [options, unsigned].map((part) => hash("sha256", canonicalize(part) ?? "", "buffer"));
    const signature = Buffer.from(decodeBase58btc(proofValue.slice(1)) ?? []);
    const keyId = options.verificationMethod.split("#")[1];
    return { keyId, validFrom: unsigned.validFrom, message: Buffer.concat(hashes), signature };
  } catch {
    return undefined;
  }
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
    let read: StatusList | undefined;
    const problem = await proofProblem(client, keys, document, async (asked) => {
      const answer = await readStatusList(asked);
      if (answer.isValid) read = answer.statusList;
      return answer.isValid;
    });
    if (problem !== undefined) report({ check: SIGNED, subject, finding: problem });
    if (read === undefined) continue; // Of what nobody signed nothing is believed.
    const told = placesOf(read);
    const check = "a status list tells what was revoked, and nothing else";
    const wrong = [...told].filter((place) => !revoked.includes(place));
    const missing = before.filter((place) => !told.has(place));
    if (wrong.length > 0) report({ check, subject, finding: `At ${wrong.join(", ")} nothing was revoked.` });
    if (missing.length > 0)
      report({ check, subject, finding: `At ${missing.join(", ")} it does not tell of a revocation.` });
  }
}

/** The places that are set in a list. */
function placesOf(list: StatusList): ReadonlySet<number> {
  const places = Array.from({ length: list.placeCount }, (_, place) => place);
  return new Set(places.filter((place) => list.isRevoked(place)));
}
