/** An ARC endpoint, which brings transactions to nodes, over its REST API. */
import {
  type Broadcaster,
  type ChainTip,
  isHeight,
  type Outcome,
  type Sighting,
  type SignedTransaction,
} from "./broadcaster.ts";
import { type HttpAnswer, HttpClient, NoAnswerError, unknownOf } from "./httpClient.ts";
import { readBump } from "./merkle.ts";

/** How an ARC endpoint is asked. */
export interface ArcOptions {
  /** What `/v1` comes behind. */
  readonly url: string;
  readonly token?: string | undefined;
  /** For each request; 10 seconds unless told. */
  readonly timeoutMilliseconds?: number | undefined;
}

const TIMEOUT_MILLISECONDS = 10_000;
/** How long ARC waits for the nodes before it answers: less than it is waited for. */
const WAIT_SECONDS_MAX = 5;
const SEND_MAX = 50;
const LOOK_AT_ONCE = 4;
const ANSWER_BYTES_MAX = 16 * 1_048_576;

/** The nodes have it. */
const TAKEN = ["ACCEPTED_BY_NETWORK", "ACCEPTED", "SEEN_ON_NETWORK"];
/** It is on its way to them. */
const ON_ITS_WAY = [
  "UNKNOWN",
  "QUEUED",
  "RECEIVED",
  "STORED",
  "ANNOUNCED_TO_NETWORK",
  "REQUESTED_BY_NETWORK",
  "SENT_TO_NETWORK",
  "ANNOUNCED",
  "REQUESTED",
  "SENT",
];

/** What its statuses of errors mean; others are nobody's word about the transaction. */
const ERRORS: Readonly<Record<number, Exclude<Outcome["kind"], "accepted">>> = {
  460: "missingInputs", // It cannot find the parents.
  461: "rejected",
  462: "rejected",
  463: "rejected",
  464: "rejected",
  465: "feeTooLow",
  466: "conflict",
  471: "missingInputs", // Frozen coins: there, and not to be spent.
  472: "missingInputs",
  473: "feeTooLow",
  474: "rejected",
};

/** What ARC tells of a transaction: any of it may be missing, or of another form. */
interface ArcStatus {
  readonly status?: unknown;
  readonly txid?: unknown;
  readonly txStatus?: unknown;
  readonly extraInfo?: unknown;
  readonly title?: unknown;
  readonly detail?: unknown;
  readonly competingTxs?: unknown;
  readonly blockHash?: unknown;
  readonly blockHeight?: unknown;
  readonly merklePath?: unknown;
}

export class ArcBroadcaster implements Broadcaster {
  readonly name: string;
  readonly #client: HttpClient;
  #tip: ChainTip | undefined;

  constructor({ url, token, timeoutMilliseconds = TIMEOUT_MILLISECONDS }: ArcOptions) {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    this.#client = new HttpClient(url, headers, timeoutMilliseconds);
    this.name = `the ARC endpoint ${this.#client.server}`;
  }

  async send(transactions: readonly SignedTransaction[], signal: AbortSignal): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (let start = 0; start < transactions.length; start += SEND_MAX) {
      outcomes.push(...(await this.#sendBatch(transactions.slice(start, start + SEND_MAX), signal)));
    }
    return outcomes;
  }

  async look(txids: readonly string[], signal: AbortSignal): Promise<Sighting[]> {
    const sightings: Sighting[] = [];
    for (let start = 0; start < txids.length; start += LOOK_AT_ONCE) {
      const some = txids.slice(start, start + LOOK_AT_ONCE);
      sightings.push(...(await Promise.all(some.map((txid) => this.#lookAt(txid, signal)))));
    }
    return sightings;
  }

  /** ARC is never asked for the newest block: this is the newest one that it has told of. */
  async tip(): Promise<ChainTip | undefined> {
    return this.#tip;
  }

  close(): void {
    this.#client.close();
  }

  async #sendBatch(batch: readonly SignedTransaction[], signal: AbortSignal): Promise<Outcome[]> {
    try {
      const answer = await this.#client.ask({
        method: "POST",
        path: "/v1/txs",
        headers: {
          "content-type": "application/json",
          "x-waitfor": "SEEN_ON_NETWORK",
          "x-maxtimeout": String(WAIT_SECONDS_MAX),
        },
        body: JSON.stringify(batch.map(({ raw }) => ({ rawTx: raw }))),
        signal,
        bytesMax: ANSWER_BYTES_MAX,
      });
      const list = this.#readJson(answer);
      if (Array.isArray(list) && list.length === batch.length) {
        return list.map((item, index) => this.#outcomeOf(item ?? {}, batch[index]?.txid ?? ""));
      }
      // An error of the whole request is that of a transaction only where there is no other.
      const error = (Array.isArray(list) ? {} : list) as ArcStatus;
      const outcome = this.#outcomeOf({ status: answer.status, ...error }, batch[0]?.txid ?? "");
      if (batch.length === 1 && outcome.kind !== "unknown") return [outcome];
      const detail = `${this.#client.server} answers ${this.#detailOf({ status: answer.status, ...error })}.`;
      return batch.map(() => ({ kind: "unknown", detail, isUnanswered: true }));
    } catch (error) {
      return batch.map(() => unknownOf(error as Error));
    }
  }

  async #lookAt(txid: string, signal: AbortSignal): Promise<Sighting> {
    try {
      const answer = await this.#client.ask({ method: "GET", path: `/v1/tx/${txid}`, signal });
      const status = this.#readJson(answer) as ArcStatus;
      // In its own words only: a proxy that does not find ARC answers 404 as well.
      if (answer.status === 404 && status.status === 404) return { kind: "unseen" };
      return this.#sightingOf(status, txid);
    } catch (error) {
      return unknownOf(error as Error);
    }
  }

  #readJson({ status, text }: HttpAnswer): object {
    if (status === 401 || status === 403) {
      throw new NoAnswerError(`${this.#client.server} does not let the worker in: correct ARC_TOKEN.`);
    }
    try {
      const json: unknown = JSON.parse(text);
      if (typeof json === "object" && json !== null) return json;
    } catch {
      // What is said below.
    }
    throw new NoAnswerError(`${this.#client.server} answers ${status}, but not what it was asked.`);
  }

  #outcomeOf(answer: ArcStatus, txid: string): Outcome {
    const detail = this.#detailOf(answer);
    const { txStatus, status } = answer;
    if (isHash(answer.txid) && answer.txid !== txid) return { kind: "unknown", detail };
    if (typeof status === "number" && status !== 200)
      return { kind: ERRORS[status] ?? "unknown", isFinal: false, detail };
    if (answer.txid !== txid || typeof txStatus !== "string") return { kind: "unknown", detail };
    if (TAKEN.includes(txStatus)) return { kind: "accepted" };
    if (txStatus === "MINED") {
      this.#noteBlock(answer);
      return { kind: "accepted" };
    }
    if (txStatus === "DOUBLE_SPEND_ATTEMPTED") {
      return { kind: "conflict", isFinal: false, competingTxid: competingOf(answer), detail };
    }
    if (txStatus === "SEEN_IN_ORPHAN_MEMPOOL") return { kind: "missingInputs", detail };
    // Of a block that was left it says nothing of where the transaction is now.
    if (txStatus !== "REJECTED") return { kind: "unknown", detail };
    return { kind: rejectionOf(answer), isFinal: isBeaten(answer), competingTxid: competingOf(answer), detail };
  }

  #sightingOf(answer: ArcStatus, txid: string): Sighting {
    const { txStatus } = answer;
    const unknown: Sighting = { kind: "unknown", detail: this.#detailOf(answer) };
    if (answer.txid !== txid || typeof txStatus !== "string" || ON_ITS_WAY.includes(txStatus)) return unknown;
    if (TAKEN.includes(txStatus)) return { kind: "mempool" };
    if (txStatus === "DOUBLE_SPEND_ATTEMPTED") {
      return { kind: "conflicted", competingTxid: competingOf(answer), isFinal: false };
    }
    if (txStatus === "REJECTED") return { kind: "unseen" };
    // No block has it any more, nor is it gone: it is sent again.
    if (txStatus === "MINED_IN_STALE_BLOCK") return { kind: "mempool" };
    const block = txStatus === "MINED" ? this.#noteBlock(answer) : undefined;
    if (block === undefined) return unknown;
    const merklePath = typeof answer.merklePath === "string" ? readBump(answer.merklePath, txid) : undefined;
    return { kind: "mined", blockHash: block.hash, blockHeight: block.height, merklePath };
  }

  /** What ARC says of it, in its own words. */
  #detailOf({ status, txStatus, title, extraInfo, detail }: ArcStatus): string {
    const words = [status, txStatus, title, detail, extraInfo].filter(
      (word) => typeof word === "number" || (typeof word === "string" && word !== ""),
    );
    return this.#client.told(words.join(" ")).slice(0, DETAIL_LENGTH_MAX);
  }

  #noteBlock({ blockHash: hash, blockHeight: height }: ArcStatus): ChainTip | undefined {
    if (!isHash(hash) || !isHeight(height)) return undefined;
    const block = { hash, height };
    if (block.height > (this.#tip?.height ?? -1)) this.#tip = block;
    return block;
  }
}

/** A node's own words, which ARC passes on. */
function rejectionOf({ extraInfo }: ArcStatus): "conflict" | "missingInputs" | "feeTooLow" | "rejected" {
  const words = typeof extraInfo === "string" ? extraInfo : "";
  if (/txn-mempool-conflict|txn-double-spend-detected|double spend attempted/.test(words)) return "conflict";
  if (/missing.?inputs|bad-txns-inputs-missingorspent/i.test(words)) return "missingInputs";
  return /mempool min fee|insufficient (fee|priority)/i.test(words) ? "feeTooLow" : "rejected";
}

/** So ARC ends a double spend whose other side was mined. */
function isBeaten({ extraInfo }: ArcStatus): boolean {
  return typeof extraInfo === "string" && extraInfo.includes("double spend attempted");
}

function competingOf({ competingTxs }: ArcStatus): string | undefined {
  return Array.isArray(competingTxs) ? competingTxs.find(isHash) : undefined;
}

const DETAIL_LENGTH_MAX = 500;

function isHash(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}
