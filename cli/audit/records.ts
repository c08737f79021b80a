import { createPublicKey, verify } from "node:crypto";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import type pg from "pg";
import { type Look, pages } from "./look.ts";

const PAGE = 500;
const FIRST = "00000000-0000-0000-0000-000000000000";

interface RecordRow {
  readonly id: string;
  readonly payload: string;
  readonly signature: string;
  readonly public_key: string;
}

// What was refused before it went anywhere was perhaps refused for just this; its seal says that it stays what it was.
const RECORDS = `
  select p.id, p.payload, p.signature, k.public_key
  from press.publications p join press.publishing_keys k on k.id = p.key_id
  where p.kind = 'record' and p.payload is not null and (p.state <> 'failed' or p.error_code = 'BROADCAST_REJECTED') and p.id > $1
  order by p.id limit ${PAGE}`;

interface KeyRow {
  readonly id: string;
  readonly public_key: string;
  readonly possession_signature: string;
  readonly subject: string;
}

// Only of those that a worker says it has verified, and only while there is a name that it could be of.
const KEYS = `
  select k.id, k.public_key, k.possession_signature, h.subject
  from press.publishing_keys k join press.holders h on h.id = k.holder_id
  where k.verified_at is not null and k.possession_signature is not null and h.subject is not null and k.id > $1 order by k.id limit ${PAGE}`;

/**
 * Verifies the signature of every record that waits, or that went out, and of every registered key the one that showed that its holder has it: the database has no arithmetic of
 * secp256k1, and takes whatever was submitted beside the gateway.
 */
export async function auditRecords({ client, report, steps, step }: Look, recordCount: number): Promise<void> {
  steps(Math.ceil(recordCount / PAGE));
  let done = 0;
  const records = pages(
    async (last: RecordRow | undefined) => (await client.query<RecordRow>(RECORDS, [last?.id ?? FIRST])).rows,
  );
  for await (const { id, payload, signature, public_key: publicKey } of records) {
    if (done % PAGE === 0) step(`${done} records`);
    done += 1;
    const problem = signatureProblem(payload, signature, publicKey);
    const check = "noble and node's crypto find that its key signed a record";
    if (problem !== undefined) report({ check, subject: `press.publications (${id})`, finding: problem });
  }

  const origins = await readOrigins(client);
  const keys = pages(async (last: KeyRow | undefined) => (await client.query<KeyRow>(KEYS, [last?.id ?? FIRST])).rows);
  for await (const { id, public_key: publicKey, possession_signature: signature, subject } of keys) {
    // The ledger may have had another name when the key was registered.
    const problems = origins.map((ledger) =>
      signatureProblem(registrationText(ledger, publicKey, subject), signature, publicKey),
    );
    const check = "noble and node's crypto find that a key which was verified signed its registration";
    const finding = problems[0] ?? "The ledger has no name.";
    if (problems.every((problem) => problem !== undefined))
      report({ check, subject: `press.publishing_keys (${id})`, finding });
  }
}

/** Every name that the ledger has had. */
async function readOrigins(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ origin: string }>(
    "select distinct split_part(note, E'\\n', 1) as origin from press.checkpoints",
  );
  return rows.map(({ origin }) => origin);
}

/** What press.key_registration_text says. */
function registrationText(ledger: string, publicKey: string, subject: string): string {
  return JSON.stringify({ ledger, public_key: publicKey, subject, type: "golden-press/key/v1" });
}

/** What is wrong with an ECDSA signature of a text, base64 of DER with a low S; nothing when both implementations find it valid. */
function signatureProblem(text: string, signature: string, publicKey: string): string | undefined {
  const [message, der] = [Buffer.from(text), Buffer.from(signature, "base64")];
  const verdicts = {
    noble: attempt(() => secp256k1.verify(der, message, Buffer.from(publicKey, "hex"), { format: "der", lowS: true })),
    "node's crypto": attempt(() => verify("sha256", message, keyObject(publicKey), der)),
  };
  const invalid = Object.entries(verdicts).flatMap(([name, isValid]) => (isValid ? [] : [name]));
  if (invalid.length === 0) return undefined;
  return `By ${invalid.join(" and by ")} the key ${publicKey} did not make the signature ${signature}.`;
}

function keyObject(publicKey: string) {
  const point = secp256k1.Point.fromHex(publicKey).toBytes(false);
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => Buffer.from(half).toString("base64url"));
  return createPublicKey({ key: { kty: "EC", crv: "secp256k1", x, y }, format: "jwk" });
}

/** Whether it is so; what throws, because a value is none of its kind, is not. */
function attempt(isSo: () => boolean): boolean {
  try {
    return isSo();
  } catch {
    return false;
  }
}
