import { hash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Mined, Sighting, SignedTransaction } from "../../../worker/chain/broadcaster.ts";
import { MerkleTree, readMerkleBlock, rootOf, rootOfPath } from "../../../worker/chain/merkle.ts";
import { NodeBroadcaster } from "../../../worker/chain/node.ts";
import { parseTransaction, signTransaction } from "../../../worker/chain/transaction.ts";
import { WalletKey } from "../../../worker/chain/wallet.ts";
import { type FundedCoin, RegtestNode } from "../../chain/regtestNode.ts";

const KEY = "01".repeat(32);
const wallet = new WalletKey(KEY);
const { signal } = new AbortController();
let node: RegtestNode;
let broadcaster: NodeBroadcaster;
const coins: FundedCoin[] = [];

beforeAll(async () => {
  node = await RegtestNode.start();
  broadcaster = new NodeBroadcaster({ url: node.url });
  coins.push(...(await node.fund(wallet.script, 1000, 60)));
});
afterAll(async () => {
  broadcaster.close();
  await node.stop();
});

test("what the node takes is accepted, also when it is sent again, in the mempool and in a block", async () => {
  const [parent, child] = chain(coin(), 2);
  expect(await broadcaster.send([parent, child], signal)).toEqual([{ kind: "accepted" }, { kind: "accepted" }]);
  expect(await broadcaster.send([parent], signal)).toEqual([{ kind: "accepted" }]);
  expect(await broadcaster.look([parent.txid, child.txid, "00".repeat(32)], signal)).toEqual([
    { kind: "mempool" },
    { kind: "mempool" },
    { kind: "unseen" },
  ]);
  await node.mine();
  // All outputs of the parent are spent by now: the node says that its inputs are missing.
  await expect(node.send(parent.raw)).rejects.toMatchObject({ code: -25 });
  expect(await broadcaster.send([parent, child], signal)).toEqual([{ kind: "accepted" }, { kind: "accepted" }]);
});

test("what is mined is seen with its block, and with what proves it", async () => {
  const sent = Array.from({ length: 5 }, () => spend(coin()));
  await broadcaster.send(sent, signal);
  const [block] = await node.mine();
  const height = await node.rpc<number>("getblockcount");
  for (const [index, sighting] of (
    await broadcaster.look(
      sent.map(({ txid }) => txid),
      signal,
    )
  ).entries()) {
    expect(sighting).toMatchObject({ kind: "mined", blockHash: block, blockHeight: height });
    const { header = "", merklePath } = sighting as {
      header?: string;
      merklePath?: { index: number; hashes: string[] };
    };
    expect(merklePath?.hashes.length).toBeGreaterThan(1);
    expect(rootOfPath(sent[index]?.txid ?? "", merklePath ?? { index: 0, hashes: [] })).toBe(rootOf(header));
  }
  expect(await broadcaster.tip(signal)).toEqual({ height, hash: block });
  await node.reorganize(1);
  expect(await broadcaster.look([sent[0]?.txid ?? ""], signal)).toEqual([{ kind: "mempool" }]);
});

test("a block is asked for once, whatever it has of ours", async () => {
  const sent = Array.from({ length: 7 }, () => spend(coin()));
  await broadcaster.send(sent, signal);
  await node.mine();
  const txids = sent.map(({ txid }) => txid);
  const methods: string[] = [];
  const asked = await askThrough((call, answer) => {
    methods.push(call.method);
    return answer;
  });
  const sightings = await asked.look(txids, signal);
  expect(methods.filter((method) => method !== "getrawtransaction").toSorted()).toEqual([
    "getblock",
    "getblockheader",
    "getblockheader",
  ]);
  for (const [index, txid] of txids.entries()) expectProved(sightings[index], txid);
  expect(new Set(sightings.map((sighting) => (sighting as Mined).merklePath?.index)).size).toBe(7);
});

describe("of a block that has a transaction", () => {
  let sent: SignedTransaction;
  let block: string;
  beforeAll(async () => {
    const others = Array.from({ length: 4 }, () => spend(coin()));
    sent = spend(coin());
    await broadcaster.send([...others, sent], signal);
    block = (await node.mine())[0] ?? "";
  });

  test.each<[lie: string, method: string, change: (result: never) => unknown, problem: RegExp]>([
    [
      "lists other transactions",
      "getblock",
      (result: { tx: string[] }) => ({ ...result, tx: result.tx.with(1, "ab".repeat(32)) }),
      /^What the node lists of block .* does not lead to the root in its header\.$/,
    ],
    [
      "lists them in another order",
      "getblock",
      (result: { tx: string[] }) => ({ ...result, tx: result.tx.toReversed() }),
      /^What the node lists of block .* does not lead to the root in its header\.$/,
    ],
    [
      "lists one alone",
      "getblock",
      (result: { tx: string[] }) => ({ ...result, tx: result.tx.slice(-1) }),
      /^What the node lists of block .* does not lead to the root in its header\.$/,
    ],
    [
      "has another header",
      "getblockheader",
      (result: unknown) => (typeof result === "string" ? `ff${result.slice(2)}` : result),
      /^The header that the node tells is not that of block .*\.$/,
    ],
    [
      "has no header",
      "getblockheader",
      (result: unknown) => (typeof result === "string" ? null : result),
      /^The header that the node tells is not that of block .*\.$/,
    ],
  ])("a node that %s: there is no path, and that is said", async (_, method, change, problem) => {
    const asked = await askThrough((call, answer) =>
      call.method === method ? { ...answer, result: change(answer.result as never) } : answer,
    );
    expect(await asked.look([sent.txid], signal)).toEqual([
      { kind: "mined", blockHash: block, blockHeight: expect.any(Number), problem: expect.stringMatching(problem) },
    ]);
    // It is asked again, and what is true then counts.
    expectProved((await broadcaster.look([sent.txid], signal))[0], sent.txid);
  });

  test("a node that has it in another block: there is no path, and that is said", async () => {
    const [other] = await node.mine();
    const asked = await askThrough((call, answer) =>
      call.method === "getrawtransaction"
        ? { ...answer, result: { txid: sent.txid, blockhash: other, confirmations: 1 } }
        : answer,
    );
    const problem = `The node says that block ${other} has ${sent.txid}, and does not list it there.`;
    expect(await asked.look([sent.txid], signal)).toMatchObject([{ kind: "mined", blockHash: other, problem }]);
  });

  test.each<[what: string, result: unknown]>([
    ["is not told", null],
    ["is longer than is read at once", { tx: ["x".repeat(70_000_000)] }],
  ])("when it %s, its transactions are proved one by one", async (_, result) => {
    const methods = new Set<string>();
    const asked = await askThrough((call, answer) => {
      methods.add(call.method);
      return call.method === "getblock" ? { ...answer, result } : answer;
    });
    expectProved((await asked.look([sent.txid], signal))[0], sent.txid);
    expect(methods).toContain("gettxoutproof");
  });

  test("when its transactions are proved one by one, a proof of another one proves nothing", async () => {
    const [other] = await node.rpc<{ tx: string[] }>("getblock", block, true).then(({ tx }) => tx);
    const proof = await node.rpc<string>("gettxoutproof", [other], block);
    const asked = await askThrough((call, answer) => {
      if (call.method === "getblock") return { ...answer, result: null };
      return call.method === "gettxoutproof" ? { ...answer, result: proof } : answer;
    });
    const [sighting] = await asked.look([sent.txid], signal);
    expect(sighting).toEqual({ kind: "mined", blockHash: block, blockHeight: expect.any(Number) });
  });
});

test.each([1, 2, 3, 4, 5, 7, 8, 9, 100])(
  "a tree over %i transactions has a path to its root for each",
  async (count) => {
    const txids = Array.from({ length: count }, (_, index) => hash("sha256", `${count} ${index}`));
    const tree = await MerkleTree.over(txids);
    for (const [index, txid] of txids.entries()) {
      const path = tree.pathOf(txid);
      expect(path?.index).toBe(index);
      expect(rootOfPath(txid, path ?? { index: 0, hashes: [] })).toBe(tree.root);
    }
    expect(tree.pathOf("00".repeat(32))).toBe(undefined);
  },
);

test("a proof of another transaction, or one that was changed, proves nothing", async () => {
  const { txid } = spend(coin());
  const proof = await node.rpc<string>("gettxoutproof", [(coins[0] as FundedCoin).txid]);
  expect(readMerkleBlock(proof, (coins[0] as FundedCoin).txid)).toBeDefined();
  expect(readMerkleBlock(proof, txid)).toBe(undefined);
  const changed = Buffer.from(proof, "hex");
  changed.writeUInt8(changed.readUInt8(50) ^ 1, 50);
  expect(readMerkleBlock(changed.toString("hex"), (coins[0] as FundedCoin).txid)).toBe(undefined);
  expect(readMerkleBlock(proof.slice(0, 100), txid)).toBe(undefined);
});

test("another spend of the same coin is a conflict, with its txid; in a block it is final", async () => {
  const spent = coin();
  const ours = spend(spent);
  const other = await node.spendByHand(spent, KEY, 31);
  const competing = { competingTxid: await node.send(other), outpoints: [`${spent.txid}:${spent.outputIndex}`] };
  expect(await broadcaster.send([ours], signal)).toEqual([
    { kind: "conflict", ...competing, isFinal: false, detail: "-26 258: txn-mempool-conflict" },
  ]);
  await node.mine(3);
  expect(await broadcaster.send([ours], signal)).toEqual([
    { kind: "conflict", ...competing, isFinal: true, detail: "-25 Missing inputs" },
  ]);
  expect(await broadcaster.look([ours.txid], signal)).toEqual([{ kind: "unseen" }]);
});

test("another spend that is deeper in the chain than anybody searches is found by its txid", async () => {
  const spent = coin();
  const ours = spend(spent);
  const competingTxid = await node.send(await node.spendByHand(spent, KEY, 31));
  await node.mine(150);
  expect(await broadcaster.send([ours], signal)).toEqual([{ kind: "missingInputs", detail: "-25 Missing inputs" }]);
  expect(await broadcaster.send([{ ...ours, competingTxid }], signal)).toMatchObject([
    { kind: "conflict", competingTxid, isFinal: true, outpoints: [`${spent.txid}:${spent.outputIndex}`] },
  ]);
  const another = await node.send(await node.spendByHand(coin(), KEY, 31));
  expect(await broadcaster.send([{ ...ours, competingTxid: another }], signal)).toMatchObject([
    { kind: "missingInputs" },
  ]);
});

test("a parent that nobody knows is missing; nobody is blamed for it", async () => {
  const [, child] = chain(coin(), 2);
  expect(await broadcaster.send([child], signal)).toEqual([{ kind: "missingInputs", detail: "-25 Missing inputs" }]);
});

test("a fee that is too low, a signature by another key, and bytes that are none", async () => {
  const spent = coin();
  await node.setFee(1000);
  expect(await broadcaster.send([spend(spent)], signal)).toEqual([
    { kind: "feeTooLow", detail: "-26 66: mempool min fee not met" },
  ]);
  await node.setFee(0);
  const forged = spend(spent, new WalletKey("02".repeat(32)));
  expect(await broadcaster.send([forged, { txid: "", raw: "00" }], signal)).toMatchObject([
    { kind: "rejected", detail: expect.stringMatching(/^-26 16: /) },
    { kind: "rejected", detail: "-22 TX decode failed" },
  ]);
});

test.each([
  ["-26 257: txn-already-known", { kind: "accepted" }],
  ["-26 18: txn-double-spend-detected", { kind: "conflict", isFinal: false }],
  ["-26 66: insufficient priority", { kind: "feeTooLow" }],
  ["-26 66: mempool full", { kind: "unknown" }],
  ["-26 16: bad-txns-inputs-missingorspent", { kind: "unknown" }],
  ["-26 259: non-final-pool-full", { kind: "unknown" }],
  ["-25 Internal trouble", { kind: "unknown" }],
  ["-27 transaction already in block chain", { kind: "accepted" }],
  ["-26 64: too-long-mempool-chain", { kind: "unknown" }],
  ["-26 64: dust", { kind: "rejected" }],
  ["-28 Loading block index", { kind: "unknown" }],
  ["-32601 Method not found", { kind: "unknown" }],
])("the answer %s", async (answer, outcome) => {
  const [code, ...words] = answer.split(" ");
  const error = { code: Number(code), message: words.join(" ") };
  const url = await serve((body) => JSON.stringify(body.map(({ id }) => ({ id, result: null, error }))));
  const asked = new NodeBroadcaster({ url });
  onTestFinished(() => asked.close());
  expect(await asked.send([spend(coin())], signal)).toMatchObject([outcome]);
});

test("a result that is nothing, or of another transaction, is nobody's word; answers in another order are told apart", async () => {
  const [one, other] = [spend(coin()), spend(coin())];
  let results: unknown[] = [];
  const url = await serve((body) =>
    JSON.stringify(body.map(({ id }, index) => ({ id, result: results[index], error: null })).reverse()),
  );
  const asked = new NodeBroadcaster({ url });
  onTestFinished(() => asked.close());
  const unknown = { kind: "unknown", detail: expect.stringContaining("another transaction") };
  results = [one.txid, other.txid];
  expect(await asked.send([one, other], signal)).toEqual([{ kind: "accepted" }, { kind: "accepted" }]);
  results = [other.txid, null];
  expect(await asked.send([one, other], signal)).toEqual([unknown, unknown]);
  results = [null, { txid: one.txid }];
  expect(await asked.look([one.txid, other.txid], signal)).toEqual([unknown, unknown]);
});

test("what is answered twice is not answered", async () => {
  const [one, other] = [spend(coin()), spend(coin())];
  const url = await serve((body) =>
    JSON.stringify([
      ...body.map(({ id }, index) => ({ id, result: [one, other][index]?.txid, error: null })),
      { id: body[0]?.id, result: null, error: { code: -26, message: "64: dust" } },
    ]),
  );
  const asked = new NodeBroadcaster({ url });
  onTestFinished(() => asked.close());
  const unknown = expect.objectContaining({ kind: "unknown", isUnanswered: true });
  expect(await asked.send([one, other], signal)).toEqual([unknown, unknown]);
});

test("an error of the whole request is said in its words", async () => {
  const message = `Loading block index ${"…".repeat(5_000)}`;
  const asked = new NodeBroadcaster({
    url: await serve(() => JSON.stringify({ id: null, result: null, error: { code: -28, message } })),
  });
  onTestFinished(() => asked.close());
  const [outcome] = await asked.send([spend(coin())], signal);
  expect(outcome).toMatchObject({
    kind: "unknown",
    detail: expect.stringMatching(/not what it was asked \(-28 Loading/),
  });
  expect((outcome as { detail: string }).detail.length).toBeLessThan(700);
});

test.each([
  ["has loaded all blocks", { chain: "main", blocks: 5, headers: 5, initialblockdownload: false }, "missingInputs"],
  ["is behind", { chain: "main", blocks: 5, headers: 6, initialblockdownload: false }, "unknown"],
  ["loads blocks", { chain: "main", blocks: 5, headers: 5, initialblockdownload: true }, "unknown"],
  ["is of another chain", { chain: "test", blocks: 5, headers: 5, initialblockdownload: false }, "unknown"],
])("a coin that is missing, as a node says that %s", async (_, info, kind) => {
  const bestblockhash = "ab".repeat(32);
  const results: Readonly<Record<string, object | null>> = {
    getblockchaininfo: { ...info, bestblockhash },
    gettxout: null,
    getrawmempool: [],
  };
  const url = await serve((body) =>
    JSON.stringify(
      (body as { id: unknown; method: string }[]).map(({ id, method }) => {
        if (method !== "sendrawtransaction") return { id, result: results[method] ?? null, error: null };
        return { id, result: null, error: { code: -25, message: "Missing inputs" } };
      }),
    ),
  );
  const asked = new NodeBroadcaster({ url, network: "main" });
  onTestFinished(() => asked.close());
  expect(await asked.send([spend(coin())], signal)).toMatchObject([{ kind }]);
  if (info.chain === "main") {
    expect(await asked.tip(signal)).toEqual({ height: 5, hash: bestblockhash });
  } else {
    await expect(asked.tip(signal)).rejects.toThrow("is a node of the chain test, and CHAIN_NETWORK is main");
  }
});

test("a coin that the node calls missing, and has, is not missing", async () => {
  const url = await serve((body) => {
    const calls = body as { id: number; method: string }[];
    const missing = { code: -25, message: "Missing inputs" };
    return JSON.stringify(
      calls.map(({ id, method }) => {
        if (method === "sendrawtransaction") return { id, result: null, error: missing };
        return { id, result: method === "gettxout" ? { value: 0.00001 } : { blocks: 5, headers: 5 }, error: null };
      }),
    );
  });
  const asked = new NodeBroadcaster({ url });
  onTestFinished(() => asked.close());
  expect(await asked.send([spend(coin())], signal)).toEqual([{ kind: "unknown", detail: "-25 Missing inputs" }]);
});

test("a block at a height that no chain has is not believed", async () => {
  const asked = new NodeBroadcaster({
    url: await serve((body) =>
      JSON.stringify(
        body.map(({ id }) => ({ id, result: { blocks: 2 ** 31, bestblockhash: "ab".repeat(32) }, error: null })),
      ),
    ),
  });
  onTestFinished(() => asked.close());
  await expect(asked.tip(signal)).rejects.toThrow("does not say where the chain ends");
});

test.each([
  ["nothing in time", undefined, "has not answered for 0.3 seconds"],
  ["no JSON", "<html>", "answers 503, but not what it was asked"],
  [
    "an answer to something else",
    JSON.stringify([{ id: "other", result: "x" }]),
    "answers 503, but not what it was asked",
  ],
  ["without an end", "x".repeat(3_000_000), "answers at too great a length"],
])("a server that answers %s: nobody knows", async (_, text, detail) => {
  const asked = new NodeBroadcaster({
    url: await serve(() => text),
    timeoutMilliseconds: text === undefined ? 300 : 30_000,
  });
  onTestFinished(() => asked.close());
  const unknown = { kind: "unknown", detail: expect.stringContaining(detail), isUnanswered: true };
  expect(await asked.send([spend(coin()), spend(coin())], signal)).toEqual([unknown, unknown]);
  expect(await asked.look(["00".repeat(32)], signal)).toEqual([
    text?.startsWith("xx") ? expect.objectContaining({ kind: "unknown" }) : unknown,
  ]);
  await expect(asked.tip(signal)).rejects.toThrow();
});

test("a wrong password is said so, and no password is", async () => {
  const url = node.url.replace(/:[^:@]+@/, ":wrong@");
  const asked = new NodeBroadcaster({ url });
  onTestFinished(() => asked.close());
  const [outcome] = await asked.send([spend(coin())], signal);
  expect(outcome).toEqual({
    kind: "unknown",
    detail: `127.0.0.1:${node.port} does not let the worker in: correct the user and password in CHAIN_NODE_URL.`,
    isUnanswered: true,
  });
  expect(asked.name).toBe(`the node 127.0.0.1:${node.port}`);
});

test("a node that is paused and goes on, and one that is gone", async () => {
  const asked = new NodeBroadcaster({ url: node.url, timeoutMilliseconds: 500 });
  onTestFinished(() => asked.close());
  const transaction = spend(coin());
  node.pause();
  expect(await asked.send([transaction], signal)).toMatchObject([{ kind: "unknown" }]);
  node.resume();
  expect(await broadcaster.send([transaction], signal)).toEqual([{ kind: "accepted" }]);
  await node.kill();
  expect(await asked.send([transaction], signal)).toMatchObject([{ kind: "unknown" }]);
  await node.start();
  expect(await broadcaster.send([transaction], signal)).toEqual([{ kind: "accepted" }]);
});

function coin(): FundedCoin {
  const next = coins.pop();
  if (next === undefined) throw new Error("Fund more coins.");
  return next;
}

function spend(spent: FundedCoin, key = wallet): SignedTransaction {
  return signTransaction(key, [spent], [{ script: wallet.script, satoshis: spent.satoshis - 30 }], 30);
}

/** Each spends the one before. */
function chain(first: FundedCoin, length: 2): [SignedTransaction, SignedTransaction] {
  const made: SignedTransaction[] = [];
  let spent = first;
  while (made.length < length) {
    const transaction = spend(spent);
    made.push(transaction);
    const [output] = parseTransaction(transaction.raw).outputs;
    spent = { txid: transaction.txid, outputIndex: 0, satoshis: output?.satoshis ?? 0 };
  }
  return made as [SignedTransaction, SignedTransaction];
}

function expectProved(sighting: Sighting | undefined, txid: string): void {
  const { header = "", merklePath } = sighting as Mined;
  expect(rootOfPath(txid, merklePath ?? { index: 0, hashes: [] })).toBe(rootOf(header));
}

interface RpcAnswer {
  readonly id: number;
  readonly result: unknown;
  readonly error: unknown;
}

/** One that asks the node through somebody who changes its answers. */
async function askThrough(
  change: (call: { readonly method: string }, answer: RpcAnswer) => RpcAnswer,
): Promise<NodeBroadcaster> {
  const url = await serve(async (calls) => {
    const { username, password, origin } = new URL(node.url);
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
    const response = await fetch(origin, { method: "POST", headers: { authorization }, body: JSON.stringify(calls) });
    const answers = (await response.json()) as RpcAnswer[];
    return JSON.stringify(answers.map((answer, index) => change(calls[index] ?? { method: "" }, answer)));
  });
  const asked = new NodeBroadcaster({ url });
  onTestFinished(() => asked.close());
  return asked;
}

/** A server that answers each request with a text, or never. */
async function serve(
  answer: (body: { id: number; method: string }[]) => string | undefined | Promise<string | undefined>,
): Promise<string> {
  const server: Server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", async () => {
      const answered = await answer(JSON.parse(text));
      if (answered !== undefined) response.writeHead(503).end(answered);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://user:secret@127.0.0.1:${(server.address() as AddressInfo).port}`;
}
