import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { NodeBroadcaster } from "../../../worker/chain/node.ts";
import { WalletKey } from "../../../worker/chain/wallet.ts";
import type { Worker } from "../../../worker/worker.ts";
import { Client, fundPool, publishedPayloads } from "../../chain/client.ts";
import { HostileBroadcaster } from "../../chain/hostileBroadcaster.ts";
import { RegtestNode } from "../../chain/regtestNode.ts";
import { createTestDatabase, type TestDatabase } from "../../database.ts";
import { makeKey, makeLedger, makeLog, until } from "../support.ts";
import { WALLET_KEY, wallet } from "./chainOptions.ts";
import { areAll, expectPoolWhole, publicationsOf, startPublishing } from "./support.ts";

let node: RegtestNode;
let database: TestDatabase;
let worker: Worker | undefined;
let client: Client;

beforeAll(async () => {
  node = await RegtestNode.start();
});
afterAll(() => node.stop());

beforeEach(async () => {
  database = await createTestDatabase();
  client = new Client();
});
afterEach(async () => {
  await worker?.stop();
  worker = undefined;
  await expectPoolWhole(database);
  await database.drop();
});

test("records are published, each in a transaction of its own, and mined; what proves it is kept", async () => {
  await start();
  await fundPool(database.pool("operator"), node, 1_000, 5);
  const records = Array.from({ length: 5 }, (_, index) => client.record({ index }));
  await client.submit(database.pool("operator"), records);
  await until(() => areAll(database, "sent"));
  const rows = await publicationsOf(database);
  expect(new Set(rows.map(({ txid }) => txid)).size).toBe(5);
  expect(publishedPayloads(await node.transactions())).toEqual(
    new Map(rows.map(({ payload, txid }) => [payload, [txid]])),
  );
  const [block] = await node.mine();
  await until(async () => (await transactionStates()).every((state) => state === "mined"));
  const { rows: mined } = await database
    .pool("superuser")
    .query(
      "select block_hash, block_height, encode(block_header, 'hex') as header, merkle_hashes from press.chain_transactions",
    );
  const height = await node.rpc<number>("getblockcount");
  const header = await node.rpc<string>("getblockheader", block, false);
  for (const row of mined) {
    expect(row).toMatchObject({ block_hash: block, block_height: height, header });
    expect(row.merkle_hashes.length).toBeGreaterThan(0);
  }
});

test("a node that lists a block wrongly is believed without a path, it is said, and asked again with the next block", async () => {
  const hostile = await HostileBroadcaster.start(node, { privateKey: WALLET_KEY, timeoutMilliseconds: 10_000 });
  onTestFinished(() => hostile.stop());
  hostile.next.push(...Array.from({ length: 10 }, () => "honest" as const));
  const log = makeLog();
  await start({}, { log }, hostile);
  await fundPool(database.pool("operator"), node, 1_000, 1);
  await client.submit(database.pool("operator"), [client.record()]);
  await until(() => areAll(database, "sent"));
  const [block] = await node.mine();
  await until(() => log.lines.some((line) => line.includes(`What the node lists of block ${block} does not lead to`)));
  expect(await provedTransactions()).toEqual([{ state: "mined", block_hash: block, is_proved: false }]);
  hostile.isHonest = true;
  await node.mine();
  await until(async () => (await provedTransactions()).every(({ is_proved }) => is_proved));
  expect(await provedTransactions()).toEqual([{ state: "mined", block_hash: block, is_proved: true }]);
});

test("records that come within a window share a transaction; change of it pays for the next", async () => {
  await start({ windowMilliseconds: 300 });
  await fundPool(database.pool("operator"), node, 100_000, 1);
  await client.submit(
    database.pool("operator"),
    Array.from({ length: 40 }, () => client.record()),
  );
  await until(() => areAll(database, "sent"));
  expect(new Set((await publicationsOf(database)).map(({ txid }) => txid)).size).toBe(1);
  await client.submit(database.pool("operator"), [client.record()]);
  await until(() => areAll(database, "sent"));
});

test("a coin that was spent by hand goes dirty with the other's txid, and the record goes out on another", async () => {
  await start();
  await fundPool(database.pool("operator"), node, 1_000, 1);
  const {
    rows: [spent],
  } = await database.pool("superuser").query('select txid, output_index::int as "outputIndex" from press.utxos');
  const competing = await node.send(await node.spendByHand(spent, WALLET_KEY));
  await client.submit(database.pool("operator"), [client.record()]);
  await until(async () => (await dirtyCoins()).length === 1);
  expect(await dirtyCoins()).toEqual([{ txid: spent.txid, competing_txid: competing }]);
  await fundPool(database.pool("operator"), node, 1_000, 1);
  await until(() => areAll(database, "sent"));
  expect(
    publishedPayloads(await node.transactions()).get((await publicationsOf(database))[0]?.payload ?? "")?.length,
  ).toBe(1);
});

test("a node that has lost its mempool is sent the same bytes again", async () => {
  await start();
  await fundPool(database.pool("operator"), node, 1_000, 3);
  await client.submit(database.pool("operator"), [client.record(), client.record(), client.record()]);
  await until(() => areAll(database, "sent"));
  const before = (await node.mempool()).toSorted();
  expect(before.length).toBe(3);
  expect(await node.restart()).toBe(0);
  await until(async () => (await node.mempool()).length === 3);
  expect((await node.mempool()).toSorted()).toEqual(before);
  await node.mine();
});

test("a transaction that a reorganization takes out of its block is sent again", async () => {
  await start();
  await fundPool(database.pool("operator"), node, 1_000, 1);
  await client.submit(database.pool("operator"), [client.record()]);
  await until(() => areAll(database, "sent"));
  await node.mine();
  await until(async () => (await transactionStates())[0] === "mined");
  await node.reorganize(1);
  await until(async () => (await transactionStates())[0] === "accepted");
  await node.mine();
  await until(async () => (await transactionStates())[0] === "mined");
});

test("a key that somebody has locked keeps its own records waiting, and no others", async () => {
  const keys = { ledger: makeLedger(), signingKey: makeKey() };
  await start({}, keys);
  const operator = database.pool("operator");
  await fundPool(operator, node, 1_000, 3);
  const other = new Client();
  await other.register(operator, "somebody else");
  await other.submit(operator, [other.record()]);
  await until(() => areAll(database, "sent"));
  await worker?.stop();
  const waiting = await client.submit(operator, [client.record()]);
  const session = await database.pool("superuser").connect();
  await session.query("begin");
  await session.query("select from press.publishing_keys where public_key = $1 for update", [client.publicKey]);
  worker = await startPublishing(database, node, {}, keys);
  const others = await other.submit(operator, [other.record()]);
  await until(async () => (await publicationsOf(database, others)).every(({ state }) => state === "sent"));
  expect(await publicationsOf(database, waiting)).toMatchObject([{ state: "queued" }]);
  await session.query("rollback");
  session.release();
  await until(() => areAll(database, "sent"));
});

test("the pool splits a large coin before it runs low", async () => {
  await start({ poolTarget: 50 });
  await fundPool(database.pool("operator"), node, 200_000, 1);
  await until(async () => (await availableCoins()) >= 50);
  await client.submit(
    database.pool("operator"),
    Array.from({ length: 30 }, () => client.record()),
  );
  await until(() => areAll(database, "sent"));
});

test("without coins records wait, and are not lost; the log says once what to do, and once that it is done", async () => {
  const { lines, ...log } = makeLog();
  await start({}, { log });
  await client.submit(database.pool("operator"), [client.record()]);
  await until(async () => (await publicationsOf(database))[0]?.error_code === "POOL_EMPTY");
  expect((await publicationsOf(database))[0]).toMatchObject({ state: "queued" });
  await client.submit(database.pool("operator"), [client.record()]);
  await until(() => lines.some((line) => line.includes("the pool has no coins")));
  await until(async () => (await publicationsOf(database)).every(({ error_code }) => error_code === "POOL_EMPTY"));
  await fundPool(database.pool("operator"), node, 1_000, 2);
  await until(() => areAll(database, "sent"));
  await until(() => lines.includes("info The pool pays for publications again."));
  const said = lines.filter((line) => line.includes("the pool has no coins"));
  expect(said).toEqual([expect.stringMatching(/^warn .*`golden-press wallet fund TXID`\.$/)]);
  expect(said[0]).toContain(wallet.address("regtest"));
});

test("a wallet whose coins are none of the pool's publishes nothing, and the log says whose key is missing", async () => {
  const { lines, ...log } = makeLog();
  await fundPool(database.pool("operator"), node, 1_000, 1);
  await start({ wallet: new WalletKey("02".repeat(32)) }, { log });
  await client.submit(database.pool("operator"), [client.record()]);
  await until(() => lines.some((line) => line.includes("another wallet's")));
  await until(async () => (await publicationsOf(database))[0]?.error_code === "POOL_EMPTY");
  expect(lines.filter((line) => line.includes("another wallet's"))).toEqual([
    expect.stringMatching(/^error .*WALLET_KEY_FILE/),
  ]);
  expect(await transactionStates()).toEqual([]);
});

test("a node that is away is said so once, and once that it is back; what was submitted meanwhile goes out", async () => {
  const { lines, ...log } = makeLog();
  await start({}, { log });
  await fundPool(database.pool("operator"), node, 1_000, 2);
  await node.kill();
  await client.submit(database.pool("operator"), [client.record(), client.record()]);
  await until(async () => (await transactionStates()).every((state) => state === "unknown"));
  await until(() => lines.some((line) => line.includes("cannot be reached")));
  await node.start();
  await until(() => areAll(database, "sent"));
  await until(() => lines.some((line) => line.includes("can be reached again")));
  const said = lines.filter((line) => line.includes("reached") && !line.startsWith("debug"));
  expect(said).toEqual([
    expect.stringMatching(/^error .*ECONN.* The chain cannot be reached: /),
    expect.stringMatching(/^info .* The chain can be reached again\.$/),
  ]);
  expect(lines.join("\n")).not.toContain(new URL(node.url).password);
  expect(lines.filter((line) => line.includes("Could not"))).toEqual([]);
});

test("a worker stops at once although its node answers nothing; another one sends what it has stored", async () => {
  const ledger = makeLedger();
  await start({}, { ledger });
  await fundPool(database.pool("operator"), node, 1_000, 1);
  node.pause();
  try {
    await client.submit(database.pool("operator"), [client.record()]);
    await until(async () => (await transactionStates())[0] === "sending");
    const began = performance.now();
    await worker?.stop();
    expect(performance.now() - began).toBeLessThan(5_000); // A node is waited for for ten seconds.
  } finally {
    node.resume();
  }
  worker = await startPublishing(database, node, {}, { ledger });
  await until(() => areAll(database, "sent"));
  expect((await transactionStates()).length).toBe(1);
});

test("whatever a broadcaster writes into its answer is kept as far as a database can", async () => {
  const asked = new NodeBroadcaster({ url: node.url });
  const words = `\u0000 a bell\u0007, half a character \ud83d, and ${"much ".repeat(10_000)}`;
  await start({
    broadcaster: {
      name: "one that refuses",
      send: async (transactions) => transactions.map(() => ({ kind: "rejected", detail: words })),
      look: (txids, signal) => asked.look(txids, signal),
      tip: (signal) => asked.tip(signal),
      close: () => asked.close(),
    },
  });
  await fundPool(database.pool("operator"), node, 1_000, 1);
  await client.submit(database.pool("operator"), [client.record()]);
  await until(() => areAll(database, "failed"));
  expect(await publicationsOf(database)).toMatchObject([
    {
      error_code: "BROADCAST_REJECTED",
      error_detail: expect.stringMatching(/^ {2}a bell , half a character \ufffd, /),
    },
  ]);
});

test("a fee that the node finds too low is raised, on the same coins", async () => {
  await node.setFee(400);
  await start();
  await fundPool(database.pool("operator"), node, 5_000, 1);
  await client.submit(database.pool("operator"), [client.record()]);
  await until(async () => (await transactionStates()).includes("replaced"));
  await node.setFee(0);
  // Half a minute is for nodes to have forgotten the first one; here nobody waits for that.
  await database
    .pool("superuser")
    .query("update press.chain_transactions set reserved_until = clock_timestamp() where state = 'reserved'");
  await until(() => areAll(database, "sent"));
  expect(
    publishedPayloads(await node.transactions()).get((await publicationsOf(database))[0]?.payload ?? "")?.length,
  ).toBe(1);
});

test("a record that got around the gateway, and that its key has not signed, fails alone", async () => {
  await start({ windowMilliseconds: 300 });
  await fundPool(database.pool("operator"), node, 5_000, 1);
  const forged = { ...client.record(), signature: client.sign("something else") };
  const [good, bad] = await client.submit(database.pool("operator"), [client.record(), forged]);
  await until(() => areAll(database, "sent", "failed"));
  expect(await publicationsOf(database, [bad ?? ""])).toMatchObject([
    { state: "failed", error_code: "SIGNATURE_INVALID" },
  ]);
  expect(await publicationsOf(database, [good ?? ""])).toMatchObject([{ state: "sent" }]);
});

test("checkpoints are published, and what they cover can be proved by the chain", async () => {
  await start({ anchorSeconds: 1 });
  await fundPool(database.pool("operator"), node, 10_000, 1);
  const superuser = database.pool("superuser");
  const anchored =
    "select payload from press.publications where kind = 'checkpoint' and state = 'sent' order by checkpoint_size";
  await until(async () => (await superuser.query(anchored)).rows.length > 0);
  const { rows } = await superuser.query<{ payload: string }>(anchored);
  expect(rows[0]?.payload).toMatch(/^press\.example\/ledger\n\d+\n/);
  const { rows: published } = await superuser.query("select note from press.checkpoints");
  expect(published.map(({ note }) => note)).toContain(rows[0]?.payload);
  expect(publishedPayloads(await node.transactions()).get(rows[0]?.payload ?? "")?.length).toBe(1);
});

test("a worker without a wallet says so once, and leaves records to others", async () => {
  const lines = makeLog();
  worker = await startPublishing(database, node, { wallet: undefined }, { log: lines });
  expect(lines.lines.filter((line) => line.includes("wait for a worker that has"))).toEqual([
    "warn Records and checkpoints wait for a worker that has a wallet (WALLET_KEY_FILE).",
  ]);
});

async function start(
  options: Parameters<typeof startPublishing>[2] = {},
  workerOptions: Parameters<typeof startPublishing>[3] = {},
  asked: Pick<RegtestNode, "url"> = node,
): Promise<void> {
  worker = await startPublishing(database, asked, options, workerOptions);
  const named = "select press_private.ledger_origin() as name";
  await until(async () => (await database.pool("superuser").query(named)).rows[0]?.name);
  await client.register(database.pool("operator"), "alice");
}

async function provedTransactions() {
  const { rows } = await database
    .pool("superuser")
    .query(
      "select state, block_hash, merkle_hashes is not null as is_proved from press.chain_transactions order by id",
    );
  return rows;
}

async function transactionStates(): Promise<string[]> {
  const { rows } = await database.pool("superuser").query("select state from press.chain_transactions order by id");
  return rows.map(({ state }) => state);
}

async function dirtyCoins() {
  const { rows } = await database
    .pool("superuser")
    .query("select txid, competing_txid from press.utxos where state = 'dirty'");
  return rows;
}

async function availableCoins(): Promise<number> {
  const { rowCount } = await database.pool("superuser").query("select from press.utxos where state = 'available'");
  return rowCount ?? 0;
}
