import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { ArcBroadcaster } from "../../../worker/chain/arc.ts";
import type { SignedTransaction } from "../../../worker/chain/broadcaster.ts";
import { rootOf, rootOfPath } from "../../../worker/chain/merkle.ts";
import { signTransaction } from "../../../worker/chain/transaction.ts";
import { WalletKey } from "../../../worker/chain/wallet.ts";
import { ArcFacade } from "../../chain/arcFacade.ts";
import { type FundedCoin, RegtestNode } from "../../chain/regtestNode.ts";

const KEY = "01".repeat(32);
const wallet = new WalletKey(KEY);
const { signal } = new AbortController();
const coins: FundedCoin[] = [];
let node: RegtestNode;
let facade: ArcFacade;
let arc: ArcBroadcaster;

beforeAll(async () => {
  node = await RegtestNode.start();
  facade = await ArcFacade.start(node, "a-token");
  arc = new ArcBroadcaster({ url: facade.url, token: "a-token" });
  coins.push(...(await node.fund(wallet.script, 1000, 60)));
});
afterAll(async () => {
  arc.close();
  facade.stop();
  await node.stop();
});

test("what ARC has seen on the network is accepted, also when it is sent again; then it is mined, with its path", async () => {
  const sent = Array.from({ length: 5 }, () => spend(coin()));
  expect(await arc.tip()).toBe(undefined);
  expect(await arc.send(sent, signal)).toEqual(sent.map(() => ({ kind: "accepted" })));
  expect(await arc.send(sent, signal)).toEqual(sent.map(() => ({ kind: "accepted" })));
  expect(await arc.look([...sent.map(({ txid }) => txid), "00".repeat(32)], signal)).toEqual([
    ...sent.map(() => ({ kind: "mempool" })),
    { kind: "unseen" },
  ]);
  const [block = ""] = await node.mine();
  const height = await node.rpc<number>("getblockcount");
  const header = await node.rpc<string>("getblockheader", block, false);
  for (const { txid } of sent) {
    const [sighting] = await arc.look([txid], signal);
    expect(sighting).toMatchObject({ kind: "mined", blockHash: block, blockHeight: height });
    const { merklePath } = sighting as unknown as { merklePath: { index: number; hashes: string[] } };
    expect(rootOfPath(txid, merklePath)).toBe(rootOf(header));
  }
  expect(await arc.tip()).toEqual({ height, hash: block });
});

test("a double spend is a conflict that is not final, with the other's txid", async () => {
  const spent = coin();
  const competingTxid = await node.send(await node.spendByHand(spent, KEY, 31));
  const ours = spend(spent);
  expect(await arc.send([ours], signal)).toMatchObject([{ kind: "conflict", competingTxid, isFinal: false }]);
  expect(await arc.look([ours.txid], signal)).toEqual([{ kind: "conflicted", competingTxid, isFinal: false }]);
});

test("coins that are spent in a block, and parents that nobody knows, are missing", async () => {
  const spent = coin();
  await node.mineOnly([await node.spendByHand(spent, KEY, 31)]);
  const orphan = spend({ txid: "cd".repeat(32), outputIndex: 0, satoshis: 1000 });
  expect(await arc.send([spend(spent), orphan], signal)).toMatchObject([
    { kind: "missingInputs", detail: expect.stringContaining("missing inputs") },
    { kind: "missingInputs", detail: expect.stringContaining("460") },
  ]);
});

test("a fee that is too low, a signature by another key, and bytes that are none: one each, beside one that is taken", async () => {
  await node.setFee(1000);
  expect(await arc.send([spend(coin())], signal)).toMatchObject([{ kind: "feeTooLow" }]);
  await node.setFee(0);
  const forged = spend(coin(), new WalletKey("02".repeat(32)));
  expect(await arc.send([forged, { txid: "", raw: "00" }, spend(coin())], signal)).toMatchObject([
    { kind: "rejected", detail: expect.stringContaining("461") },
    { kind: "rejected", detail: expect.stringContaining("463") },
    { kind: "accepted" },
  ]);
});

test.each([
  ["QUEUED", "unknown", "unknown"],
  ["RECEIVED", "unknown", "unknown"],
  ["STORED", "unknown", "unknown"],
  ["ANNOUNCED_TO_NETWORK", "unknown", "unknown"],
  ["REQUESTED_BY_NETWORK", "unknown", "unknown"],
  ["SENT_TO_NETWORK", "unknown", "unknown"],
  ["ACCEPTED_BY_NETWORK", "accepted", "mempool"],
  ["SEEN_IN_ORPHAN_MEMPOOL", "missingInputs", "unknown"],
  ["REJECTED", "rejected", "unseen"],
  ["MINED_IN_STALE_BLOCK", "unknown", "mempool"],
  ["SOMETHING_NEW", "unknown", "unknown"],
])("the status %s", async (txStatus, kind, sighting) => {
  const transaction = spend(coin());
  const asked = await serve({ status: 200, txid: transaction.txid, txStatus });
  expect(await asked.send([transaction], signal)).toMatchObject([{ kind }]);
  expect(await asked.look([transaction.txid], signal)).toMatchObject([{ kind: sighting }]);
});

test.each([
  [400, "unknown"],
  [409, "unknown"],
  [460, "missingInputs"],
  [461, "rejected"],
  [462, "rejected"],
  [463, "rejected"],
  [464, "rejected"],
  [465, "feeTooLow"],
  [466, "conflict"],
  [467, "unknown"],
  [471, "missingInputs"],
  [472, "missingInputs"],
  [473, "feeTooLow"],
  [474, "rejected"],
  [475, "unknown"],
  [500, "unknown"],
  [503, "unknown"],
])("the error %i", async (status, kind) => {
  const asked = await serve({ status, title: "Error" });
  expect(await asked.send([spend(coin())], signal)).toMatchObject([{ kind }]);
});

test("a status of another transaction is nobody's word", async () => {
  const asked = await serve({ status: 200, txid: "00".repeat(32), txStatus: "SEEN_ON_NETWORK" });
  expect(await asked.send([spend(coin())], signal)).toMatchObject([{ kind: "unknown" }]);
  expect(await asked.look(["11".repeat(32)], signal)).toMatchObject([{ kind: "unknown" }]);
});

test("a wrong token is said so", async () => {
  const asked = new ArcBroadcaster({ url: facade.url, token: "another" });
  const detail = `${new URL(facade.url).host} does not let the worker in: correct ARC_TOKEN.`;
  expect(await asked.send([spend(coin())], signal)).toEqual([{ kind: "unknown", detail, isUnanswered: true }]);
  asked.close();
});

test("a token that is said back is not told", async () => {
  const asked = await serve({ status: 409, title: "Not for Bearer of-nobody-else" }, 200, "of-nobody-else");
  expect(await asked.send([spend(coin())], signal)).toMatchObject([{ detail: "409 Not for Bearer …" }]);
});

test("an error that names another transaction is nobody's word about this one", async () => {
  const asked = await serve({ status: 465, title: "Fee too low", txid: "00".repeat(32) });
  expect(await asked.send([spend(coin())], signal)).toMatchObject([{ kind: "unknown" }]);
});

test("a proxy that does not find ARC has not looked for the transaction", async () => {
  const proxy = await serve({ message: "no route" }, 404);
  expect(await proxy.look(["11".repeat(32)], signal)).toMatchObject([{ kind: "unknown" }]);
  expect(await proxy.send([spend(coin()), spend(coin())], signal)).toMatchObject([
    { kind: "unknown", isUnanswered: true },
    { kind: "unknown", isUnanswered: true },
  ]);
  const itself = await serve({ status: 404, title: "Not found" }, 404);
  expect(await itself.look(["11".repeat(32)], signal)).toEqual([{ kind: "unseen" }]);
});

test("a block at a height that no chain has is not believed", async () => {
  const transaction = spend(coin());
  const asked = await serve({
    status: 200,
    txid: transaction.txid,
    txStatus: "MINED",
    blockHash: "ab".repeat(32),
    blockHeight: 2 ** 31,
  });
  expect(await asked.look([transaction.txid], signal)).toMatchObject([{ kind: "unknown" }]);
  expect(await asked.tip()).toBe(undefined);
});

function coin(): FundedCoin {
  const next = coins.pop();
  if (next === undefined) throw new Error("Fund more coins.");
  return next;
}

function spend(spent: FundedCoin, key = wallet): SignedTransaction {
  return signTransaction(key, [spent], [{ script: wallet.script, satoshis: spent.satoshis - 30 }], 30);
}

/** An endpoint that says the same of every transaction. */
async function serve(answer: object, status = 200, token?: string): Promise<ArcBroadcaster> {
  const server = createServer(({ method }, response) => {
    response.statusCode = status;
    response.end(JSON.stringify(method === "POST" ? [answer] : answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const asked = new ArcBroadcaster({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token });
  onTestFinished(() => {
    asked.close();
    server.closeAllConnections();
    server.close();
  });
  return asked;
}
