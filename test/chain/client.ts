/* Clients that sign records, a pool that was paid, and what of it is on the chain: for tests and the bench. */
import { hash, randomBytes } from "node:crypto";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import canonicalize from "canonicalize";
import type { QueryResult, QueryResultRow } from "pg";
import { wallet } from "../worker/chain/chainOptions.ts";
import type { NodeTransaction, RegtestNode } from "./regtestNode.ts";

/** Somebody who may do what an operator may. */
interface Queryable {
  query<Row extends QueryResultRow>(text: string, values: unknown[]): Promise<QueryResult<Row>>;
}

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
  async register(operator: Queryable, subject: string): Promise<void> {
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
  async submit(operator: Queryable, records: readonly SignedRecord[]): Promise<string[]> {
    const { rows } = await operator.query<{ id: string }>(
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
export async function fundPool(operator: Queryable, node: RegtestNode, satoshis: number, count: number): Promise<void> {
  const coins = await node.fund(wallet.script, satoshis, count);
  await operator.query(
    `select press.fund_pool(c.txid, c.output_index, $3, $4) from unnest($1::text[], $2::bigint[]) c(txid, output_index)`,
    [coins.map(({ txid }) => txid), coins.map(({ outputIndex }) => outputIndex), satoshis, wallet.script],
  );
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
