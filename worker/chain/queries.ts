/** What the database is asked about the chain. */
import type { Queryable } from "../guardedPool.ts";
import { retried } from "../retried.ts";
import type { ChainTip, SignedTransaction } from "./broadcaster.ts";
import type { Coin, PublicationContent } from "./transaction.ts";

/** A transaction that is to be made: it has its coins, and nobody else makes it while the claim lasts. */
export interface UnsignedTransaction {
  readonly transactionId: string;
  /** Rises with each claim of it. */
  readonly epoch: number;
  readonly coins: readonly Coin[];
  readonly publications: readonly Publication[];
  /** So many outputs of so many satoshis are made for the wallet, in one that splits a coin. */
  readonly splitCount: number;
  readonly splitSatoshis: number;
  /** Goes back to the wallet; 0 when it is not worth an output. */
  readonly changeSatoshis: number;
  readonly feeSatoshis: number;
}

export interface Publication extends PublicationContent {
  readonly id: string;
}

/** How transactions are made. */
export interface MakingOptions {
  /** Of the coins: hexadecimal. */
  readonly walletScript: string;
  readonly feeSatoshisPerKilobyte: number;
  /** How long records are gathered that go out together; 0: each goes out alone. */
  readonly windowMilliseconds: number;
  readonly transactionBytesMax: number;
  readonly batchSize: number;
  /** How long a transaction may take from its claim until it is stored. */
  readonly reserveSeconds: number;
}

/** How the pool is kept. */
export interface PoolOptions {
  readonly lowCount: number;
  readonly targetCount: number;
  readonly satoshisEach: number;
}

/** A stored transaction that is sent again. */
export interface StoredTransaction extends SignedTransaction {
  readonly transactionId: string;
  readonly attempt: number;
}

/** What became of storing one. */
export interface Storing {
  readonly transactionId: string;
  readonly outcome: "stored" | "repeated" | "refused" | "invalid";
  readonly detail: string | null;
}

interface UnsignedRow {
  readonly transaction_id: string;
  readonly epoch: number;
  readonly inputs: readonly { readonly txid: string; readonly output_index: number; readonly satoshis: number }[];
  readonly publications: readonly {
    readonly id: string;
    readonly payload: string;
    readonly signature: string | null;
    readonly public_key: string | null;
  }[];
  readonly split_count: number | null;
  readonly split_satoshis: string | null;
  readonly change_satoshis: string;
  readonly fee_satoshis: string;
}

const UNSIGNED = `select transaction_id, epoch, inputs, publications, split_count, split_satoshis, change_satoshis, fee_satoshis`;

/** Takes what is queued, and claims coins for it. */
export async function publicationsToSend(db: Queryable, options: MakingOptions): Promise<UnsignedTransaction[]> {
  const { rows } = await retried(() =>
    db.query<UnsignedRow>({
      name: "publications_to_send",
      text: `${UNSIGNED} from press_worker.publications_to_send($1, $2, $3, $4, $5, $6)`,
      values: [
        options.walletScript,
        options.feeSatoshisPerKilobyte,
        options.windowMilliseconds,
        options.transactionBytesMax,
        options.batchSize,
        options.reserveSeconds,
      ],
    }),
  );
  return rows.map(toUnsigned);
}

/** A transaction that makes coins of larger ones, when few are left. */
export async function splitToMake(
  db: Queryable,
  { walletScript, feeSatoshisPerKilobyte, reserveSeconds }: MakingOptions,
  { lowCount, targetCount, satoshisEach }: PoolOptions,
): Promise<UnsignedTransaction[]> {
  const { rows } = await retried(() =>
    db.query<UnsignedRow>({
      name: "split_to_make",
      text: `${UNSIGNED} from press_worker.split_to_make($1, $2, $3, $4, $5, $6)`,
      values: [walletScript, lowCount, targetCount, satoshisEach, feeSatoshisPerKilobyte, reserveSeconds],
    }),
  );
  return rows.map(toUnsigned);
}

/** Why publications wait for coins, if they do. */
export interface PoolShortage {
  readonly publications: number;
  /**
   * What has to be done: the wallet has no coins, those that it has are change that waits for a block, or all coins are another wallet's. Null: nothing.
   */
  readonly reason: "empty" | "unmined" | "other_wallet" | null;
}

export async function poolShortage(db: Queryable, walletScript: string): Promise<PoolShortage> {
  const { rows } = await db.query<{ publication_count: number; reason: PoolShortage["reason"] }>({
    name: "pool_shortage",
    text: "select publication_count, reason from press_worker.pool_shortage($1)",
    values: [walletScript],
  });
  return { publications: rows[0]?.publication_count ?? 0, reason: rows[0]?.reason ?? null };
}

/** Takes publications that must not go out from a transaction: it is made without them, if any are left. */
export async function failPublications(
  db: Queryable,
  { transactionId, epoch }: UnsignedTransaction,
  problems: readonly { readonly id: string; readonly code: string; readonly detail: string }[],
): Promise<UnsignedTransaction[]> {
  const { rows } = await retried(() =>
    db.query<UnsignedRow>({
      name: "fail_publications",
      text: `${UNSIGNED} from press_worker.fail_publications($1, $2, $3, $4, $5)`,
      values: [
        transactionId,
        epoch,
        problems.map(({ id }) => id),
        problems.map(({ code }) => code),
        problems.map(({ detail }) => detail),
      ],
    }),
  );
  return rows.map(toUnsigned);
}

/** Stores signed transactions, before anybody is sent them. */
export async function storeTransactions(
  db: Queryable,
  signed: readonly { readonly unsigned: UnsignedTransaction; readonly signed: SignedTransaction }[],
  attemptSeconds: number,
): Promise<Storing[]> {
  const { rows } = await retried(() =>
    db.query<{ transaction_id: string; outcome: Storing["outcome"]; detail: string | null }>({
      name: "store_transactions",
      text: "select transaction_id, outcome, detail from press_worker.store_transactions($1, $2, $3, $4, $5)",
      values: [
        signed.map(({ unsigned }) => unsigned.transactionId),
        signed.map(({ unsigned }) => unsigned.epoch),
        signed.map((made) => made.signed.txid),
        signed.map((made) => made.signed.raw),
        attemptSeconds,
      ],
    }),
  );
  return rows.map(({ transaction_id: transactionId, outcome, detail }) => ({ transactionId, outcome, detail }));
}

/** Stored transactions whose fate is not known, or that the nodes have lost: parents before children. */
export async function transactionsToSend(
  db: Queryable,
  batchSize: number,
  attemptSeconds: number,
): Promise<StoredTransaction[]> {
  const { rows } = await retried(() =>
    db.query<{ transaction_id: string; attempt: number; txid: string; raw: string; competing_txid: string | null }>({
      name: "transactions_to_send",
      text: "select transaction_id, attempt, txid, raw, competing_txid from press_worker.transactions_to_send($1, $2)",
      values: [batchSize, attemptSeconds],
    }),
  );
  return rows.map(({ transaction_id: transactionId, attempt, txid, raw, competing_txid }) => ({
    transactionId,
    attempt,
    txid,
    raw,
    competingTxid: competing_txid ?? undefined,
  }));
}

/** What the database is told of an attempt to send a transaction. */
export interface OutcomeReport {
  readonly transaction_id: string;
  readonly attempt: number;
  readonly outcome: "accepted" | "unknown" | "conflict" | "missing_inputs" | "fee_too_low" | "rejected";
  readonly detail?: string | undefined;
  readonly competing_txid?: string | undefined;
  readonly is_final?: boolean | undefined;
  /** Whether the transaction was found by its txid after the answer; undefined when nobody could say. */
  readonly is_seen?: boolean | undefined;
  readonly outpoints?: readonly string[] | undefined;
}

/** @returns what the database made of each */
export async function recordOutcomes(
  db: Queryable,
  outcomes: readonly OutcomeReport[],
): Promise<{ transaction_id: string; state: string; effect: "recorded" | "ignored" }[]> {
  const { rows } = await retried(() =>
    db.query<{ transaction_id: string; state: string; effect: "recorded" | "ignored" }>({
      name: "record_outcomes",
      text: "select transaction_id, state, effect from press_worker.record_outcomes($1)",
      values: [JSON.stringify(outcomes)],
    }),
  );
  return rows;
}

/** Transactions that somebody is to look for, by their txids. */
export async function transactionsToLookAt(
  db: Queryable,
  batchSize: number,
  intervalSeconds: number,
): Promise<{ transaction_id: string; txid: string; state: string }[]> {
  const { rows } = await retried(() =>
    db.query<{ transaction_id: string; txid: string; state: string }>({
      name: "transactions_to_look_at",
      text: "select transaction_id, txid, state from press_worker.transactions_to_look_at($1, $2)",
      values: [batchSize, intervalSeconds],
    }),
  );
  return rows;
}

/** What the database is told of a transaction that was looked for. */
export interface SightingReport {
  readonly transaction_id: string;
  readonly sighting: "mined" | "mempool" | "unseen" | "conflicted" | "unknown";
  readonly block_hash?: string | undefined;
  readonly block_height?: number | undefined;
  readonly header?: string | undefined;
  readonly merkle_index?: number | undefined;
  readonly merkle_hashes?: readonly string[] | undefined;
  readonly competing_txid?: string | undefined;
  readonly competing_is_mined?: boolean | undefined;
}

export async function recordSightings(db: Queryable, sightings: readonly SightingReport[]): Promise<void> {
  await retried(() =>
    db.query({
      name: "record_sightings",
      text: "select from press_worker.record_sightings($1)",
      values: [JSON.stringify(sightings)],
    }),
  );
}

export async function recordTip(db: Queryable, { height, hash }: ChainTip): Promise<void> {
  await retried(() =>
    db.query({ name: "record_tip", text: "select press_worker.record_tip($1, $2)", values: [height, hash] }),
  );
}

/** Queues the newest checkpoint, when the last one on the chain is older than this and something was recorded since. */
export async function anchorCheckpoint(db: Queryable, intervalSeconds: number): Promise<void> {
  await retried(() =>
    db.query({
      name: "anchor_checkpoint",
      text: "select press_worker.anchor_checkpoint($1)",
      values: [intervalSeconds],
    }),
  );
}

/** A key whose holder has to have it, before the first record that it signed goes out. */
export interface KeyToVerify {
  readonly keyId: string;
  readonly publicKey: string;
  readonly text: string;
  readonly signature: string;
}

export async function keysToVerify(db: Queryable, batchSize: number): Promise<KeyToVerify[]> {
  const { rows } = await db.query<{
    key_id: string;
    public_key: string;
    registration_text: string;
    signature: string;
  }>({
    name: "keys_to_verify",
    text: "select key_id, public_key, registration_text, signature from press_worker.keys_to_verify($1)",
    values: [batchSize],
  });
  return rows.map((row) => ({
    keyId: row.key_id,
    publicKey: row.public_key,
    text: row.registration_text,
    signature: row.signature,
  }));
}

export async function noteVerifiedKey(
  db: Queryable,
  { keyId, signature }: KeyToVerify,
  isGenuine: boolean,
): Promise<void> {
  await retried(() =>
    db.query({
      name: "note_verified_key",
      text: "select press_worker.note_verified_key($1, $2, $3)",
      values: [keyId, signature, isGenuine],
    }),
  );
}

function toUnsigned(row: UnsignedRow): UnsignedTransaction {
  return {
    transactionId: row.transaction_id,
    epoch: row.epoch,
    coins: row.inputs.map(({ txid, output_index, satoshis }) => ({ txid, outputIndex: output_index, satoshis })),
    publications: row.publications.map(({ id, payload, signature, public_key }) => ({
      id,
      payload,
      signature,
      publicKey: public_key,
    })),
    splitCount: row.split_count ?? 0,
    splitSatoshis: Number(row.split_satoshis ?? 0),
    changeSatoshis: Number(row.change_satoshis),
    feeSatoshis: Number(row.fee_satoshis),
  };
}
