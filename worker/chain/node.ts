/**
 * A node of the chain, over its JSON-RPC. It needs an index of transactions (`txindex=1`): without one it cannot tell a mined transaction from one
 * that it has never seen.
 */
import {
  type Broadcaster,
  type ChainTip,
  type Conflict,
  isHeight,
  type MerklePath,
  type Mined,
  type Outcome,
  type Sighting,
  type SignedTransaction,
} from "./broadcaster.ts";
import { NoAnswerError, unknownOf } from "./httpClient.ts";
import { JsonRpc, type RpcAnswer, type RpcCall } from "./jsonRpc.ts";
import { hashOfHeader, MerkleTree, readMerkleBlock, rootOf } from "./merkle.ts";
import { type Coin, findSpenderInBlock, outpointHex, parseTransaction, spends } from "./transaction.ts";
import type { ChainNetwork } from "./wallet.ts";

/** How a node is asked. */
export interface NodeOptions {
  /** With its user and password. */
  readonly url: string;
  /** For each request; 10 seconds unless told. */
  readonly timeoutMilliseconds?: number | undefined;
  /** Of which chain it has to be; any unless told. */
  readonly network?: ChainNetwork | undefined;
}

const TIMEOUT_MILLISECONDS = 10_000;
/** Of the transactions that are sent in one request. */
const SEND_CALLS_MAX = 50;
const SEND_CHARACTERS_MAX = 2_000_000;
const LOOK_CALLS_MAX = 50;
const ANSWER_BYTES_MAX = 64 * 1_048_576;
/** Who has spent a coin is looked for in a mempool of this size at most, and in as many of the newest blocks: about those of a day. */
const MEMPOOL_MAX = 20_000;
const BLOCKS_MAX = 144;
/** Transactions whose proofs are kept in memory. */
const REMEMBERED_MAX = 20_000;
const NOT_SAID: Sighting = { kind: "unknown", detail: "The node has not said." };
const SEARCH_MILLISECONDS = 30_000;
/** Coins whose spenders are looked for at once; those of others are when they are sent again. */
const SEARCHED_COINS_MAX = 50;

/** Codes of JSON-RPC, as nodes of the SV chain answer `sendrawtransaction`. */
const CODE = { missing: -25, rejected: -26, alreadyThere: -27, unreadable: -22, notFound: -5 } as const;
/** What stands before the reason of a refusal. */
const REASON = { doubleSpend: 18, fee: 66, beingProcessed: 257, conflict: 258, noSpace: 259 } as const;
/** Refusals of this moment: the same bytes are taken later. */
const FOR_NOW = /too-long-mempool-chain|too-long-validation-time|too-many-descendants|mempool[- ]full|non-final/;

type CoinId = Omit<Coin, "satoshis">;

/** What `getblockchaininfo` tells: any of it may be missing, or of another form. */
interface ChainInfo {
  readonly chain?: unknown;
  readonly blocks?: unknown;
  readonly headers?: unknown;
  readonly bestblockhash?: unknown;
  readonly initialblockdownload?: unknown;
  readonly problem?: string;
}

interface Spender {
  readonly txid: string;
  readonly isMined: boolean;
}

export class NodeBroadcaster implements Broadcaster {
  readonly name: string;
  readonly #rpc: JsonRpc;
  readonly #network: ChainNetwork | undefined;
  /** What was seen in blocks, the newest last: each new block asks for it again, and only its block may have changed. */
  readonly #mined = new Map<string, Mined>();

  constructor({ url, timeoutMilliseconds = TIMEOUT_MILLISECONDS, network }: NodeOptions) {
    this.#network = network;
    this.#rpc = new JsonRpc(url, timeoutMilliseconds);
    this.name = `the node ${this.#rpc.server}`;
  }

  async send(transactions: readonly SignedTransaction[], signal: AbortSignal): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const batch of batches(transactions)) outcomes.push(...(await this.#sendBatch(batch, signal)));
    return outcomes;
  }

  async look(txids: readonly string[], signal: AbortSignal): Promise<Sighting[]> {
    const places: Place[] = [];
    for (let start = 0; start < txids.length; start += LOOK_CALLS_MAX) {
      places.push(...(await this.#lookAt(txids.slice(start, start + LOOK_CALLS_MAX), signal)));
    }
    const sightings = await this.#addBlocks(txids, places, signal);
    return txids.map((txid, index) => this.#remember(txid, sightings[index] ?? NOT_SAID));
  }

  async tip(signal: AbortSignal): Promise<ChainTip> {
    const { blocks: height, bestblockhash: hash, problem } = await this.#chainInfo(signal);
    if (isHeight(height) && isHash(hash)) return { height, hash };
    throw new NoAnswerError(`${this.#rpc.server} does not say where the chain ends: ${problem ?? "no such answer"}.`);
  }

  close(): void {
    this.#rpc.close();
  }

  async #sendBatch(batch: readonly SignedTransaction[], signal: AbortSignal): Promise<Outcome[]> {
    const calls = batch.map(({ raw }) => ({ method: "sendrawtransaction", params: [raw] }));
    try {
      const outcomes = (await this.#rpc.ask(calls, signal)).map((answer, index) =>
        outcomeOf(answer, batch[index]?.txid),
      );
      return await this.#explain(batch, outcomes, signal).catch(() => outcomes.map(doubted));
    } catch (error) {
      return batch.map(() => unknownOf(error as Error));
    }
  }

  /** Looks for what was spent instead, where a coin is said to be gone. */
  async #explain(batch: readonly SignedTransaction[], outcomes: Outcome[], signal: AbortSignal): Promise<Outcome[]> {
    const inputs = batch.map(({ raw }, index) => (isGone(outcomes[index]) ? parseTransaction(raw).inputs : []));
    const coins = inputs.flat().slice(0, SEARCHED_COINS_MAX);
    if (coins.length === 0) return outcomes;
    const hasAll = await this.#hasAllBlocks(signal);
    const rivals = batch.flatMap(({ competingTxid }, index) => (isGone(outcomes[index]) ? (competingTxid ?? []) : []));
    const { spenders, unspent } = await this.#findSpenders(coins, rivals, signal);
    const found = outcomes.map((outcome, index) => {
      const its = inputs[index] ?? [];
      // It contradicts itself.
      if (outcome.kind === "missingInputs" && its.every((coin) => unspent.has(coinName(coin)))) return doubted(outcome);
      return explained(outcome, batch[index]?.txid, its, spenders);
    });
    return hasAll ? found : found.map(doubted);
  }

  /** One that is behind knows nothing of coins that later blocks have made. */
  async #hasAllBlocks(signal: AbortSignal): Promise<boolean> {
    const { chain, blocks, headers, initialblockdownload, problem } = await this.#chainInfo(signal);
    // A chain of one's own has no new blocks for days, and its nodes take that for being behind.
    const isLoading = initialblockdownload === true && chain !== "regtest";
    return problem === undefined && !isLoading && !(Number(headers) > Number(blocks));
  }

  /** @throws {NoAnswerError} when it is of another chain than the wallet */
  async #chainInfo(signal: AbortSignal): Promise<ChainInfo> {
    const [answer] = await this.#rpc.ask([{ method: "getblockchaininfo", params: [] }], signal);
    const info = (answer?.result ?? {}) as ChainInfo;
    if (this.#network !== undefined && isNetwork(info.chain) && info.chain !== this.#network) {
      throw new NoAnswerError(
        `${this.#rpc.server} is a node of the chain ${info.chain}, and CHAIN_NETWORK is ${this.#network}: correct one of them.`,
      );
    }
    return answer?.error === undefined ? info : { problem: answer.error.message };
  }

  /** Who spends which coin, as far as that can be found, and which of them nobody does. */
  async #findSpenders(
    coins: readonly CoinId[],
    rivals: readonly string[],
    outer: AbortSignal,
  ): Promise<{ spenders: Map<string, Spender>; unspent: Set<string> }> {
    // Its timer holds it: a signal of `AbortSignal.timeout` that nobody listens to between two requests may be collected, and never come.
    const time = new AbortController();
    const timer = setTimeout(() => time.abort(), SEARCH_MILLISECONDS);
    const signal = AbortSignal.any([outer, time.signal]);
    const spenders = new Map<string, Spender>();
    try {
      const calls = coins.map(({ txid, outputIndex }) => ({ method: "gettxout", params: [txid, outputIndex, true] }));
      const answers = await this.#rpc.ask(calls, signal);
      const gone = coins.filter((_, index) => answers[index]?.result === null);
      const unspent = new Set(coins.filter((_, index) => isObject(answers[index]?.result)).map(coinName));
      await this.#search(gone, rivals, spenders, signal).catch(() => undefined); // What was found until then is true.
      return { spenders, unspent };
    } finally {
      clearTimeout(timer);
    }
  }

  async #search(
    coins: readonly CoinId[],
    rivals: readonly string[],
    spenders: Map<string, Spender>,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#searchRivals(coins, rivals, spenders, signal);
    await this.#searchMempool(coins, spenders, signal);
    await this.#searchBlocks(coins, spenders, signal);
  }

  /** Whoever is known from before is found in any block, also where nobody searches any more. */
  async #searchRivals(
    coins: readonly CoinId[],
    txids: readonly string[],
    spenders: Map<string, Spender>,
    signal: AbortSignal,
  ): Promise<void> {
    const calls = txids.map((txid) => ({ method: "getrawtransaction", params: [txid, true] }));
    for (const { result } of await this.#rpc.ask(calls, signal, ANSWER_BYTES_MAX)) {
      const { hex, confirmations } = (result ?? {}) as { hex?: unknown; confirmations?: unknown };
      if (typeof hex !== "string") continue;
      const transaction = parseTransaction(hex);
      for (const coin of coins.filter((candidate) => spends(transaction, candidate))) {
        spenders.set(coinName(coin), { txid: transaction.txid, isMined: Number(confirmations) > 0 });
      }
    }
  }

  async #searchMempool(coins: readonly CoinId[], spenders: Map<string, Spender>, signal: AbortSignal): Promise<void> {
    if (coins.length === 0) return;
    const [listed] = await this.#rpc.ask([{ method: "getrawmempool", params: [] }], signal, ANSWER_BYTES_MAX);
    const txids = Array.isArray(listed?.result) ? listed.result.filter(isHash) : [];
    if (txids.length > MEMPOOL_MAX) return;
    for (let start = 0; start < txids.length; start += LOOK_CALLS_MAX) {
      const calls = txids.slice(start, start + LOOK_CALLS_MAX).map(rawTransactionCall);
      for (const { result: raw } of await this.#rpc.ask(calls, signal, ANSWER_BYTES_MAX)) {
        if (typeof raw !== "string") continue;
        const candidates = coins.filter((coin) => raw.includes(outpointHex(coin)));
        if (candidates.length === 0) continue;
        const transaction = parseTransaction(raw);
        for (const coin of candidates.filter((candidate) => spends(transaction, candidate))) {
          spenders.set(coinName(coin), { txid: transaction.txid, isMined: false });
        }
      }
    }
  }

  async #searchBlocks(coins: readonly CoinId[], spenders: Map<string, Spender>, signal: AbortSignal): Promise<void> {
    let hash: unknown = (await this.tip(signal)).hash;
    for (let count = 0; count < BLOCKS_MAX && isHash(hash); count += 1) {
      const left = coins.filter((coin) => !spenders.has(coinName(coin)));
      if (left.length === 0) return;
      const calls = [
        { method: "getblock", params: [hash, 0] },
        { method: "getblockheader", params: [hash, true] },
      ];
      const [block, header] = await this.#rpc
        .ask(calls, signal, ANSWER_BYTES_MAX)
        .catch(() => this.#header(hash, signal));
      for (const coin of left) {
        const txid = typeof block?.result === "string" ? findSpenderInBlock(block.result, coin) : undefined;
        if (txid !== undefined) spenders.set(coinName(coin), { txid, isMined: true });
      }
      hash = (header?.result as { previousblockhash?: unknown } | undefined)?.previousblockhash;
    }
  }

  /** Of a block that is too long to be searched. */
  async #header(hash: unknown, signal: AbortSignal): Promise<[undefined, RpcAnswer | undefined]> {
    const [header] = await this.#rpc.ask([{ method: "getblockheader", params: [hash, true] }], signal);
    return [undefined, header];
  }

  async #lookAt(txids: readonly string[], signal: AbortSignal): Promise<Place[]> {
    try {
      const known = await this.#stillMined(txids, signal);
      const others = txids.filter((txid) => !known.has(txid));
      const calls = others.map((txid) => ({ method: "getrawtransaction", params: [txid, true] }));
      const answers = await this.#rpc.ask(calls, signal, ANSWER_BYTES_MAX);
      const found = new Map(others.map((txid, index) => [txid, placeOf(answers[index], txid)] as const));
      return txids.map((txid) => known.get(txid) ?? found.get(txid) ?? NOT_SAID);
    } catch (error) {
      return txids.map(() => unknownOf(error as Error));
    }
  }

  /** Those whose block is where it was: one question for each block. */
  async #stillMined(txids: readonly string[], signal: AbortSignal): Promise<Map<string, Mined>> {
    const seen = txids.flatMap((txid) => this.#mined.get(txid) ?? []);
    const blocks = [...new Map(seen.map(({ blockHash, blockHeight }) => [blockHash, blockHeight]))];
    const calls = blocks.map(([, height]) => ({ method: "getblockhash", params: [height] }));
    const answers = await this.#rpc.ask(calls, signal);
    const standing = new Set(blocks.flatMap(([hash], index) => (answers[index]?.result === hash ? [hash] : [])));
    return new Map(
      txids.flatMap((txid) => {
        const mined = this.#mined.get(txid);
        return mined !== undefined && standing.has(mined.blockHash) ? [[txid, mined] as const] : [];
      }),
    );
  }

  #remember(txid: string, sighting: Sighting): Sighting {
    this.#mined.delete(txid);
    if (sighting.kind === "mined" && sighting.merklePath !== undefined) this.#mined.set(txid, sighting);
    const [oldest] = this.#mined.keys();
    if (this.#mined.size > REMEMBERED_MAX && oldest !== undefined) this.#mined.delete(oldest);
    return sighting;
  }

  /** Of what is mined: where, and what proves it. Each block is asked for once, whatever it has of ours. */
  async #addBlocks(txids: readonly string[], places: readonly Place[], signal: AbortSignal): Promise<Sighting[]> {
    const hashes = new Set(places.flatMap((place) => (place.kind === "inBlock" ? [place.blockHash] : [])));
    const sightings = new Map<string, Sighting>();
    for (const hash of hashes) {
      const inBlock = txids.filter((_, index) => isIn(places[index], hash));
      const found = await this.#readBlock(hash, inBlock, signal).catch((error: Error): Sighting[] =>
        inBlock.map(() => ({ kind: "unknown", detail: error.message })),
      );
      for (const [index, txid] of inBlock.entries()) sightings.set(txid, found[index] ?? NOT_SAID);
    }
    return places.map((place, index) =>
      place.kind === "inBlock" ? (sightings.get(txids[index] ?? "") ?? NOT_SAID) : place,
    );
  }

  async #readBlock(blockHash: string, txids: readonly string[], signal: AbortSignal): Promise<Sighting[]> {
    const calls = [true, false].map((isVerbose) => ({ method: "getblockheader", params: [blockHash, isVerbose] }));
    const [described, bytes] = await this.#rpc.ask(calls, signal);
    const blockHeight = heightOf(described);
    if (blockHeight === undefined) {
      return txids.map(() => ({ kind: "unknown", detail: `The node does not know its own block ${blockHash}.` }));
    }
    const block = { kind: "mined", blockHash, blockHeight } as const;
    const header = bytes?.result;
    if (!isHeader(header) || hashOfHeader(header) !== blockHash) {
      return txids.map(() => ({
        ...block,
        problem: `The header that the node tells is not that of block ${blockHash}.`,
      }));
    }
    const tree = await this.#readTree(blockHash, signal);
    if (tree === undefined) {
      const paths = await this.#proveEach(blockHash, txids, header, signal);
      return paths.map((merklePath) => (merklePath === undefined ? block : { ...block, header, merklePath }));
    }
    if (tree.root !== rootOf(header)) {
      const problem = `What the node lists of block ${blockHash} does not lead to the root in its header.`;
      return txids.map(() => ({ ...block, problem }));
    }
    return txids.map((txid) => {
      const merklePath = tree.pathOf(txid);
      if (merklePath !== undefined) return { ...block, header, merklePath };
      return { ...block, problem: `The node says that block ${blockHash} has ${txid}, and does not list it there.` };
    });
  }

  /** Undefined when the block is not told, or longer than is read at once. */
  async #readTree(blockHash: string, signal: AbortSignal): Promise<MerkleTree | undefined> {
    try {
      const calls = [{ method: "getblock", params: [blockHash, 1] }];
      const [answer] = await this.#rpc.ask(calls, signal, ANSWER_BYTES_MAX);
      const { tx: txids } = (answer?.result ?? {}) as { tx?: unknown };
      return Array.isArray(txids) && txids.length > 0 && txids.every(isHash) ? await MerkleTree.over(txids) : undefined;
    } catch {
      return undefined;
    }
  }

  /** As the node proves them, one by one. */
  async #proveEach(
    blockHash: string,
    txids: readonly string[],
    header: string,
    signal: AbortSignal,
  ): Promise<(MerklePath | undefined)[]> {
    const paths: (MerklePath | undefined)[] = [];
    for (let start = 0; start < txids.length; start += LOOK_CALLS_MAX) {
      const some = txids.slice(start, start + LOOK_CALLS_MAX);
      const calls = some.map((txid) => ({ method: "gettxoutproof", params: [[txid], blockHash] }));
      const answers = await this.#rpc.ask(calls, signal, ANSWER_BYTES_MAX);
      paths.push(...some.map((txid, index) => provedBy(answers[index], txid, header)));
    }
    return paths;
  }
}

/** A sighting, but for what its block has still to tell. */
type Place = Sighting | { readonly kind: "inBlock"; readonly blockHash: string };

function outcomeOf({ result, error }: RpcAnswer, txid: string | undefined): Outcome {
  if (error === undefined) {
    if (result === txid) return { kind: "accepted" };
    return { kind: "unknown", detail: "The node names another transaction than the one that it was sent." };
  }
  const { code, message } = error;
  const detail = `${code} ${message}`;
  const reason = code === CODE.rejected ? Number(/^(\d+)[: ]/.exec(message)?.[1]) : undefined;
  if (code === CODE.alreadyThere || reason === REASON.beingProcessed) return { kind: "accepted" };
  if ((code === CODE.missing || code === CODE.rejected) && /missing/i.test(message))
    return { kind: "missingInputs", detail };
  if (reason === REASON.noSpace || (code === CODE.rejected && FOR_NOW.test(message))) {
    return { kind: "unknown", detail };
  }
  if (reason === REASON.conflict || reason === REASON.doubleSpend) {
    return { kind: "conflict", isFinal: false, detail };
  }
  if (reason === REASON.fee) return { kind: "feeTooLow", detail };
  // Another -25 is a trouble of the node's own, and says nothing of the transaction.
  return { kind: code === CODE.rejected || code === CODE.unreadable ? "rejected" : "unknown", detail };
}

/** A coin that is missing, said by a node of which nobody knows whether it has all blocks. */
function doubted(outcome: Outcome): Outcome {
  return outcome.kind === "missingInputs" ? { kind: "unknown", detail: outcome.detail } : outcome;
}

function isGone(outcome: Outcome | undefined): boolean {
  return outcome?.kind === "conflict" || outcome?.kind === "missingInputs";
}

/** Its own coins spent by itself in a block: it is there, and the node only says that its outputs are spent as well. */
function explained(
  outcome: Outcome,
  txid: string | undefined,
  inputs: readonly CoinId[],
  spenders: ReadonlyMap<string, Spender>,
): Outcome {
  if (outcome.kind !== "conflict" && outcome.kind !== "missingInputs") return outcome;
  const found = inputs.flatMap((coin) => {
    const spender = spenders.get(coinName(coin));
    return spender === undefined ? [] : [{ coin, spender }];
  });
  const [competing] = found.toSorted((one, other) => Number(other.spender.isMined) - Number(one.spender.isMined));
  if (competing === undefined) return outcome;
  if (competing.spender.txid === txid) return { kind: "accepted" };
  const conflict: Conflict = {
    kind: "conflict",
    detail: outcome.detail,
    competingTxid: competing.spender.txid,
    isFinal: competing.spender.isMined,
    outpoints: found.filter(({ spender }) => spender.txid === competing.spender.txid).map(({ coin }) => coinName(coin)),
  };
  return conflict;
}

function placeOf(answer: RpcAnswer | undefined, asked: string): Place {
  if (answer === undefined) return NOT_SAID;
  const { result, error } = answer;
  if (error !== undefined) {
    if (error.code === CODE.notFound && /-txindex|being indexed/.test(error.message)) {
      return { kind: "unknown", detail: "The node keeps no index of transactions: start it with txindex=1." };
    }
    return error.code === CODE.notFound
      ? { kind: "unseen" }
      : { kind: "unknown", detail: `${error.code} ${error.message}` };
  }
  const { txid, blockhash, confirmations } = (result ?? {}) as {
    txid?: unknown;
    blockhash?: unknown;
    confirmations?: unknown;
  };
  if (txid !== asked)
    return { kind: "unknown", detail: "The node tells of another transaction than the one that it was asked for." };
  if (isHash(blockhash)) {
    // A block of a branch that was left has none: then the transaction is where it was before, or nowhere.
    return Number(confirmations) > 0 ? { kind: "inBlock", blockHash: blockhash } : { kind: "unseen" };
  }
  return { kind: "mempool" };
}

function isIn(place: Place | undefined, blockHash: string): boolean {
  return place?.kind === "inBlock" && place.blockHash === blockHash;
}

function provedBy(answer: RpcAnswer | undefined, txid: string, header: string): MerklePath | undefined {
  const proof = typeof answer?.result === "string" ? readMerkleBlock(answer.result, txid) : undefined;
  return proof?.header === header ? proof.path : undefined;
}

function heightOf(answer: RpcAnswer | undefined): number | undefined {
  const { height } = (answer?.result ?? {}) as { height?: unknown };
  return isHeight(height) ? height : undefined;
}

function rawTransactionCall(txid: string): RpcCall {
  return { method: "getrawtransaction", params: [txid] };
}

/** As many as fit into one request, in order. */
function batches(transactions: readonly SignedTransaction[]): SignedTransaction[][] {
  const made: SignedTransaction[][] = [];
  let characters = Number.POSITIVE_INFINITY;
  for (const transaction of transactions) {
    const last = made.at(-1);
    characters += transaction.raw.length;
    if (last !== undefined && last.length < SEND_CALLS_MAX && characters <= SEND_CHARACTERS_MAX) {
      last.push(transaction);
    } else {
      made.push([transaction]);
      characters = transaction.raw.length;
    }
  }
  return made;
}

/** How a coin is named: `txid:index`. */
function coinName({ txid, outputIndex }: CoinId): string {
  return `${txid}:${outputIndex}`;
}

const NETWORKS = ["main", "test", "regtest"] satisfies ChainNetwork[];

function isNetwork(chain: unknown): chain is ChainNetwork {
  return (NETWORKS as unknown[]).includes(chain);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isHash(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

function isHeader(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{160}$/.test(value);
}
