/* What the tests of publishing share: clients that sign records, a pool that was paid, and what became of it all. */
import { hash, randomBytes } from "node:crypto";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import canonicalize from "canonicalize";
import { expect } from "vitest";
import type { ChainOptions } from "../../../worker/chain/chain.ts";
import { startWorker, type Worker, type WorkerOptions } from "../../../worker/worker.ts";
import type { NodeTransaction, RegtestNode } from "../../chain/regtestNode.ts";
import type { TestDatabase } from "../../database.ts";
import { makeKey, makeLedger, makeLog } from "../support.ts";
import { chainOptions, wallet } from "./chainOptions.ts";

/** A record as its client signed it. */
export interface SignedRecord {
  readonly payload: string;
  readonly signature: string;
  readonly publicKey: string;
}

/** A client with a key of its own. */
export class Client {
  readonly #privateKey = randomBytes(32);
  readonly publicKey = Buffer.from(secp256k1.getPublicKey(this.#privateKey, true)).toString("hex");
  #records = 0;

  /** ECDSA over SHA-256 with a low S: DER, base64. */
  sign(text: string): string {
    const digest = hash("sha256", text, "buffer");
    const signature = secp256k1.sign(digest, this.#privateKey, { prehash: false, lowS: true, format: "der" });
    return Buffer.from(signature).toString("base64");
  }

  /** Has an operator register the key for a person. The ledger has to have its first checkpoint. */
  async register(database: TestDatabase, subject: string): Promise<void> {
    const operator = database.pool("operator");
    const { rows } = await operator.query<{ text: string }>("select press.key_registration_text($1, $2) as text", [
      this.publicKey,
      subject,
    ]);
    const values = [this.publicKey, this.sign(rows[0]?.text ?? ""), subject];
    await operator.query("select press.register_public_key($1, $2, $3)", values);
    await operator.query("select press.set_publishing_quota($1, 100000)", [this.publicKey]);
  }

  /** A record that nobody has seen before. */
  record(content: object = {}): SignedRecord {
    this.#records += 1;
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const nonce = `${this.publicKey.slice(2, 10)}-${this.#records}`;
    const payload = canonicalize({ ...content, nonce, expires_at: expiresAt }) ?? "";
    return { payload, signature: this.sign(payload), publicKey: this.publicKey };
  }

  /** Submits records in one statement, and returns the ids of the publications in their order. */
  async submit(database: TestDatabase, records: readonly SignedRecord[]): Promise<string[]> {
    const { rows } = await database.pool("operator").query<{ id: string }>(
      `select (press.submit_record(r.payload, r.signature, r.key)).id
       from unnest($1::text[], $2::text[], $3::text[]) with ordinality r(payload, signature, key, place) order by r.place`,
      [
        records.map(({ payload }) => payload),
        records.map(({ signature }) => signature),
        records.map(({ publicKey }) => publicKey),
      ],
    );
    return rows.map(({ id }) => id);
  }
}

/** Pays coins to the wallet on the chain, and tells the press of them. */
export async function fundPool(
  database: TestDatabase,
  node: RegtestNode,
  satoshis: number,
  count: number,
): Promise<void> {
  const coins = await node.fund(wallet.script, satoshis, count);
  await database
    .pool("operator")
    .query(
      `select press.fund_pool(c.txid, c.output_index, $3, $4) from unnest($1::text[], $2::bigint[]) c(txid, output_index)`,
      [coins.map(({ txid }) => txid), coins.map(({ outputIndex }) => outputIndex), satoshis, wallet.script],
    );
}

/** A worker of the database that publishes with the test's wallet, with no window unless told. */
export function startPublishing(
  database: TestDatabase,
  node: Pick<RegtestNode, "url">,
  options: Partial<ChainOptions> & { readonly observe?: WorkerOptions["observe"] } = {},
  workerOptions: Partial<WorkerOptions> = {},
): Promise<Worker> {
  return startWorker({
    databaseUrl: database.url("press_worker"),
    signingKey: makeKey(),
    ledger: makeLedger(),
    log: makeLog(),
    chain: chainOptions(node.url, options),
    observe: options.observe,
    ...workerOptions,
  });
}

/** A publication as its client sees it. */
export interface PublicationRow {
  readonly id: string;
  readonly state: string;
  readonly error_code: string | null;
  readonly error_detail: string | null;
  readonly txid: string | null;
  readonly payload: string;
}

export async function publicationsOf(database: TestDatabase, ids?: readonly string[]): Promise<PublicationRow[]> {
  const { rows } = await database.pool("superuser").query<PublicationRow>(
    `select p.id, p.state, p.error_code, p.error_detail, t.txid, p.payload
     from press.publications p left join press.chain_transactions t on t.id = p.transaction_id
     where $1::uuid[] is null or p.id = any($1) order by p.submitted_at, p.id`,
    [ids ?? null],
  );
  return rows;
}

/** Whether every publication is in one of these states. */
export async function areAll(database: TestDatabase, ...states: string[]): Promise<boolean> {
  return (await publicationsOf(database)).every(({ state }) => states.includes(state));
}

/** The payloads that are on the chain or in the mempool, with the txids that carry them. */
export function publishedPayloads(transactions: readonly NodeTransaction[]): Map<string, string[]> {
  const published = new Map<string, string[]>();
  for (const { txid, vout } of transactions) {
    for (const { scriptPubKey } of vout) {
      const payload = payloadOf(scriptPubKey.hex);
      if (payload !== undefined) published.set(payload, [...(published.get(payload) ?? []), txid]);
    }
  }
  return published;
}

const PREFIX = `006a0c${Buffer.from("golden-press").toString("hex")}`;

function payloadOf(script: string): string | undefined {
  if (!script.startsWith(PREFIX)) return undefined;
  const bytes = Buffer.from(script.slice(PREFIX.length), "hex");
  const first = bytes.readUInt8(0);
  if (first === 0x4c) return bytes.toString("utf8", 2, 2 + bytes.readUInt8(1));
  if (first === 0x4d) return bytes.toString("utf8", 3, 3 + bytes.readUInt16LE(1));
  return bytes.toString("utf8", 1, 1 + first);
}

/** What every read of the pool has to show: nothing is lost and nothing made, and a coin has one transaction that is alive. */
export async function expectPoolWhole(database: TestDatabase): Promise<void> {
  const { rows } = await database
    .pool("superuser")
    .query<{ finding: string }>(
      `select f::text as finding from press_private.audit_pool() f union all select f::text from press_private.audit_outputs() f`,
    );
  expect(rows).toEqual([]);
}
