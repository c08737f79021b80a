import { afterAll, beforeAll, expect, test } from "vitest";
import { RegtestNode, toSatoshis } from "./regtestNode.ts";

/** A key that is no secret, and the script that it unlocks. */
const KEY = "01".repeat(32);
const SCRIPT = "76a91479b000887626b294a914501a4cd226b58b23598388ac";

let node: RegtestNode;

beforeAll(async () => {
  node = await RegtestNode.start();
});
afterAll(() => node.stop());

test("a coin is funded, spent, mined, and proved to be in its block", async () => {
  const [coin] = await node.fund(SCRIPT, 1000);
  const raw = await node.spendByHand(must(coin), KEY);
  const txid = await node.send(raw);
  expect(await node.mempool()).toContain(txid);
  expect(await node.rpc("gettxout", coin?.txid, 0, false)).toMatchObject({ confirmations: 1 });
  expect(await node.rpc("gettxout", coin?.txid, 0, true)).toBe(null);
  const [block] = await node.mine();
  expect(await node.transaction(txid)).toMatchObject({ txid, hex: raw, blockhash: block, confirmations: 1 });
  expect(await node.rpc("gettxoutproof", [txid])).toMatch(/^[0-9a-f]+$/);
  expect(toSatoshis((await node.transaction(txid))?.vout[0]?.value ?? 0)).toBe(970);
});

test("what is sent again is answered as an SV node answers", async () => {
  const [coin] = await node.fund(SCRIPT, 1000);
  const raw = await node.spendByHand(must(coin), KEY);
  await node.send(raw);
  await expect(node.send(raw)).rejects.toMatchObject({ code: -27, message: "Transaction already in the mempool" });
  await node.mine();
  await expect(node.send(raw)).rejects.toMatchObject({ code: -27, message: "Transaction already in block chain" });
});

test("a second spend is a conflict in the mempool, and misses its input once the first is mined", async () => {
  const [coin] = await node.fund(SCRIPT, 1000);
  const [first, second] = [await node.spendByHand(must(coin), KEY), await node.spendByHand(must(coin), KEY, 31)];
  await node.send(first);
  await expect(node.send(second)).rejects.toMatchObject({ code: -26, message: "258: txn-mempool-conflict" });
  await node.mine();
  await expect(node.send(second)).rejects.toMatchObject({ code: -25, message: "Missing inputs" });
});

test("a wrong signature, bytes that are none and a fee that is too low are refused", async () => {
  const [coin] = await node.fund(SCRIPT, 1000);
  const forged = await node.spendByHand(must(coin), "02".repeat(32)).catch((error: Error) => error);
  expect(forged).toBeTypeOf("string"); // Unsigned: the key does not fit.
  await expect(node.send(String(forged))).rejects.toMatchObject({ code: -26 });
  await expect(node.send("00")).rejects.toMatchObject({ code: -22, message: "TX decode failed" });
  await node.setFee(100);
  const cheap = await node.spendByHand(must(coin), KEY, 1);
  await expect(node.send(cheap)).rejects.toMatchObject({ code: -26, message: "66: mempool min fee not met" });
  await node.setFee(0);
  await node.send(cheap);
});

test("a reorganization takes transactions out of their block; a conflicting one in the longer branch is for good", async () => {
  const [coin] = await node.fund(SCRIPT, 1000);
  const [ours, other] = [await node.spendByHand(must(coin), KEY), await node.spendByHand(must(coin), KEY, 31)];
  const txid = await node.send(ours);
  await node.mine();
  await node.reorganize(1);
  expect(await node.transaction(txid)).toMatchObject({ blockhash: null });
  expect(await node.mempool()).toContain(txid);
  await node.mine();
  await node.reorganize(1, [other]);
  expect(await node.transaction(txid)).toBe(undefined);
  await expect(node.send(ours)).rejects.toMatchObject({ code: -25 });
});

test("a node that was killed has its chain and an empty mempool", async () => {
  const [coin] = await node.fund(SCRIPT, 1000);
  const raw = await node.spendByHand(must(coin), KEY);
  const txid = await node.send(raw);
  const [tip, { url }] = [await node.rpc("getbestblockhash"), node];
  await node.restart();
  expect(node.url).toBe(url);
  expect(await node.rpc("getbestblockhash")).toBe(tip);
  expect(await node.mempool()).toEqual([]);
  expect(await node.send(raw)).toBe(txid);
  await node.fund(SCRIPT, 1000);
});

test("nobody is let in without the password; a batch has an answer for each", async () => {
  const { origin } = new URL(node.url);
  expect((await fetch(origin, { method: "POST", body: "{}" })).status).toBe(401);
  const { username, password } = new URL(node.url);
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const body = JSON.stringify([
    { method: "getblockcount", params: [], id: 1 },
    { method: "sendrawtransaction", params: ["00"], id: 2 },
  ]);
  const response = await fetch(origin, { method: "POST", headers: { authorization }, body });
  expect(await response.json()).toMatchObject([
    { id: 1, error: null },
    { id: 2, error: { code: -22 } },
  ]);
});

function must<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error("Nothing there.");
  return value;
}
