/* A node of a chain of its own, in a process of its own: bcash, with the answers that a node of the SV chain gives over JSON-RPC where bcash's differ.
   Its blocks are kept in a file, from which a node that was killed has its chain again, with an empty mempool. Arguments: a folder, a port or 0, and
   user:password. */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type BcashEntry, type BcashNode, type BcashTransaction, loadBcash } from "./bcash.ts";

const [folder = "", port = "", credentials = ""] = process.argv.slice(2);
/** A coinbase can be spent after a hundred blocks. */
const FIRST_BLOCKS = 110;
const COINBASE_DEPTH = 100;
/** As SV nodes name them before the reason, by what bcash calls them. */
const REJECT_CODES: Readonly<Record<string, number>> = {
  invalid: 16,
  duplicate: 18,
  nonstandard: 64,
  dust: 65,
  insufficientfee: 66,
};

const bcash = loadBcash();
const { TX, Block, MTX, Coin, Script, KeyRing, RPCError } = bcash;
const node: BcashNode = new bcash.FullNode({
  network: "regtest",
  memory: true,
  indexTx: true,
  logLevel: "none",
  logConsole: false,
  logFile: false,
  workers: false,
  listen: false,
  limitFree: false,
  rejectAbsurdFees: false,
});
// Its policy of fees is another chain's.
Object.assign(node.mempool.options, { relayPriority: false, minRelay: 0 });
Object.assign(node.miner.options, { minSize: 32_000_000 });
let feePerKilobyte = 0;
const blocksFile = join(folder, "blocks");
/** The key of its coinbases: worth nothing, and the same after a start. */
const ring = KeyRing.fromPrivate(Buffer.alloc(32, 7), true);
const ownScript = Script.fromAddress(ring.getAddress());
/** What this node can pay with. */
const coins: { transaction: BcashTransaction; index: number; height: number }[] = [];
const calls = { ...node.rpc.calls };
const beingAdded = new Set<string>();
let isReplaying = true;

node.http = { open: async () => undefined, close: async () => undefined, on: () => undefined }; // Its own would listen on a fixed port, and knows no users.
node.on("error", () => undefined);
node.rpc.on("error", (error) => console.error(error));
node.chain.on("connect", (entry, block) => {
  const [coinbase] = block.txs;
  if (coinbase !== undefined) coins.push({ transaction: coinbase, index: 0, height: entry.height });
});

/** bcash's own answer. */
function original(method: string, params: unknown[]): Promise<unknown> | undefined {
  return calls[method]?.call(node.rpc, params);
}

/** Written before anybody is told of the block, so that a node that is killed has every block that it spoke of. */
async function addBlock(raw: Buffer): Promise<BcashEntry> {
  if (!isReplaying) appendFileSync(blocksFile, `${raw.toString("hex")}\n`);
  const entry = await node.chain.add(Block.fromRaw(raw));
  if (entry === null) throw new RPCError(-25, "The block was not taken.");
  return entry;
}

interface Mining {
  /** On which block; on the tip unless told. */
  readonly on?: BcashEntry;
  /** The transactions of the block; those of the mempool unless told. */
  readonly only?: readonly BcashTransaction[];
}

async function mineBlock({ on, only }: Mining = {}): Promise<BcashEntry> {
  const { mempool } = node.miner;
  if (only !== undefined) node.miner.mempool = null;
  try {
    const job = await node.miner.createJob(on);
    for (const transaction of only ?? []) job.attempt.pushTX(transaction);
    job.attempt.sort();
    job.refresh();
    return await addBlock((await job.mineAsync()).toRaw());
  } finally {
    node.miner.mempool = mempool;
  }
}

/** A longer branch: what was in the blocks that it replaces goes back into the mempool, unless it contradicts what the branch has. */
async function reorganize([depth, raws]: unknown[]): Promise<string> {
  const only = (raws as string[]).map(readTransaction);
  const left: BcashTransaction[] = [];
  for (let height = node.chain.height - Number(depth) + 1; height <= node.chain.height; height += 1) {
    left.push(...(await node.chain.getBlock((await node.chain.getEntryByHeight(height)).hash)).txs.slice(1));
  }
  let entry = await mineBlock({ on: await node.chain.getEntryByHeight(node.chain.height - Number(depth)), only });
  for (let block = 0; block < Number(depth); block += 1) entry = await mineBlock({ on: entry, only: [] });
  // bcash does so by itself only while there is something in its mempool.
  for (const transaction of left) await addToMempool(transaction).catch(() => false);
  return entry.rhash();
}

/** bcash's own says nothing of what transactions in the mempool spend. */
async function getTxOut([txid, index, seesMempool = true]: unknown[]): Promise<unknown> {
  const isSpent = node.mempool.isSpent(Buffer.from(String(txid), "hex").reverse(), Number(index));
  return seesMempool === true && isSpent ? null : original("gettxout", [txid, index, seesMempool]);
}

/** False when an input is missing; then nothing is kept of it, whereas bcash would wait for the input. */
async function addToMempool(transaction: BcashTransaction): Promise<boolean> {
  const missing = await node.mempool.addTX(transaction, -1);
  if (node.mempool.hasOrphan(transaction.hash())) node.mempool.removeOrphan(transaction.hash());
  return !missing;
}

async function sendRawTransaction([hex]: unknown[]): Promise<string> {
  const transaction = readTransaction(hex);
  const txid = transaction.txid();
  if (beingAdded.has(txid)) throw new RPCError(-26, "257: txn-already-known");
  beingAdded.add(txid);
  try {
    await requireFee(transaction);
    if (await addToMempool(transaction)) return txid;
    throw new RPCError(-25, "Missing inputs");
  } catch (error) {
    throw asNodeError(error as Error);
  } finally {
    beingAdded.delete(txid);
  }
}

function readTransaction(hex: unknown): BcashTransaction {
  try {
    if (typeof hex !== "string" || !/^([0-9a-f]{2})+$/.test(hex)) throw new Error("not hexadecimal");
    return TX.fromRaw(Buffer.from(hex, "hex"));
  } catch {
    throw new RPCError(-22, "TX decode failed");
  }
}

/** bcash takes any fee, since it has a quota for those that pay none. */
async function requireFee(transaction: BcashTransaction): Promise<void> {
  const view = await node.mempool.getCoinView(transaction);
  if (node.mempool.has(transaction.hash()) || !transaction.hasCoins(view)) return;
  const isEnough = transaction.getFee(view) >= Math.floor((transaction.getSize() * feePerKilobyte) / 1000);
  if (!isEnough) throw new RPCError(-26, "66: mempool min fee not met");
}

function asNodeError(error: Error): Error {
  const { type, code, reason } = error as { type?: string; code?: string; reason?: string };
  if (type !== "VerifyError") return error;
  if (reason === "txn-already-in-mempool") return new RPCError(-27, "Transaction already in the mempool");
  if (reason === "txn-already-known") return new RPCError(-27, "Transaction already in block chain");
  if (reason === "bad-txns-inputs-spent") return new RPCError(-26, "258: txn-mempool-conflict");
  if (reason?.startsWith("mandatory-script"))
    return new RPCError(
      -26,
      "16: mandatory-script-verify-flag-failed (Script evaluated without error but finished with a false/empty top stack element)",
    );
  return new RPCError(-26, `${REJECT_CODES[code ?? ""] ?? 16}: ${reason}`);
}

async function getRawTransaction([txid, isVerbose]: unknown[]): Promise<unknown> {
  if (typeof txid !== "string" || !/^[0-9a-f]{64}$/.test(txid))
    throw new RPCError(-8, "parameter 1 must be of length 64");
  if ((await node.getMeta(Buffer.from(txid, "hex").reverse())) === null) {
    throw new RPCError(-5, "No such mempool or blockchain transaction. Use gettransaction for wallet transactions.");
  }
  return original("getrawtransaction", [txid, isVerbose]);
}

/** Coins of a script, from the coinbases of this node, in a transaction that is only in the mempool. */
async function pay([script, satoshis, count]: unknown[]): Promise<string> {
  const draft = new MTX();
  const output = Script.fromRaw(Buffer.from(String(script), "hex"));
  for (let index = 0; index < Number(count); index += 1) draft.addOutput({ script: output, value: Number(satoshis) });
  let missing = Number(satoshis) * Number(count) + Number(count) * 40 + 1_000;
  const height = node.chain.height + 1;
  while (missing > 0) {
    const coin = coins[0];
    if (coin === undefined || height - coin.height < COINBASE_DEPTH) throw new RPCError(-4, "Mine more blocks first.");
    coins.shift();
    if ((await getTxOut([coin.transaction.txid(), coin.index, true])) === null) continue; // Spent, or on a branch that was left.
    draft.addCoin(Coin.fromTX(coin.transaction, coin.index, coin.height));
    missing -= coin.transaction.outputs[coin.index]?.value ?? 0;
  }
  draft.addOutput({ script: ownScript, value: -missing });
  draft.sign(ring);
  const transaction = draft.toTX();
  coins.unshift({ transaction, index: Number(count), height: -1 });
  return transaction.toRaw().toString("hex");
}

/** As the node's own wallet would: what docs/publishing.md has people pay with who try things. */
async function sendToAddress([address, amount]: unknown[]): Promise<string> {
  const script = Script.fromAddress(String(address)).toRaw().toString("hex");
  return sendRawTransaction([await pay([script, Math.round(Number(amount) * 100_000_000), 1])]);
}

async function generate([count]: unknown[]): Promise<string[]> {
  const hashes: string[] = [];
  while (hashes.length < Number(count)) hashes.push((await mineBlock()).rhash());
  return hashes;
}

/** Spends an output that anybody's private key locks, to this node's own key; nothing is sent. */
async function spend([txid, index, privateKey, fee]: unknown[]): Promise<string> {
  const meta = await node.getMeta(Buffer.from(String(txid), "hex").reverse());
  if (meta === null) throw new RPCError(-5, "There is no such transaction.");
  const coin = meta.tx.outputs[Number(index)];
  const draft = new MTX();
  draft.addOutput({ script: ownScript, value: (coin?.value ?? 0) - Number(fee ?? 30) });
  draft.addCoin(Coin.fromTX(meta.tx, Number(index), meta.height));
  draft.sign(KeyRing.fromPrivate(Buffer.from(String(privateKey), "hex"), true));
  return draft.toTX().toRaw().toString("hex");
}

Object.assign(node.rpc.calls, {
  sendrawtransaction: sendRawTransaction,
  getrawtransaction: getRawTransaction,
  gettxout: getTxOut,
  sendtoaddress: sendToAddress,
  generate,
  test_reorganize: reorganize,
  test_mineonly: async ([raws]: unknown[]) =>
    (await mineBlock({ only: (raws as string[]).map(readTransaction) })).rhash(),
  test_setfee: async ([satoshis]: unknown[]) => {
    feePerKilobyte = Number(satoshis);
  },
  test_pay: pay,
  test_spend: spend,
});

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** As a node of the SV chain: an error of a single call has a status of its own, a batch never. */
async function answer(request: IncomingMessage): Promise<{ status: number; body: string }> {
  if (request.headers.authorization !== `Basic ${Buffer.from(credentials).toString("base64")}`) {
    return { status: 401, body: "" };
  }
  if (request.method !== "POST") return { status: 405, body: "JSONRPC server handles only POST requests" };
  let body: unknown;
  try {
    body = JSON.parse(await readBody(request));
  } catch {
    return {
      status: 500,
      body: JSON.stringify({ result: null, error: { code: -32700, message: "Parse error" }, id: null }),
    };
  }
  const result = await node.rpc.call(body);
  const { code } = (result as { error?: { code: number } | null }).error ?? {};
  const status = code === undefined ? 200 : code === -32601 ? 404 : 500;
  return { status, body: `${JSON.stringify(result)}\n` };
}

async function begin(): Promise<void> {
  await node.open();
  node.miner.addAddress(ring.getAddress());
  const lines = existsSync(blocksFile) ? readFileSync(blocksFile, "utf8").split("\n").filter(Boolean) : [];
  for (const line of lines) await addBlock(Buffer.from(line, "hex"));
  isReplaying = false;
  while (node.chain.height < FIRST_BLOCKS) await mineBlock();
}

await begin();
const server = createServer((request, response) => {
  answer(request).then(
    ({ status, body }) => response.writeHead(status, { "Content-Type": "application/json" }).end(body),
    (error: Error) => response.writeHead(500).end(error.message),
  );
});
server.keepAliveTimeout = 60_000;
// Before anybody can send it something.
const { length: heldCount } = (await original("getrawmempool", [])) as readonly string[];
server.listen(Number(port), "127.0.0.1", () =>
  console.log(`ready on port ${(server.address() as AddressInfo).port}, with ${heldCount} in its mempool`),
);
