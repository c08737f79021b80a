/* The whole way, with a worker and a real node of a chain: what was submitted to the gateway is in a block, to the byte, and its job says so. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Worker } from "../../worker/worker.ts";
import { Client, fundPool, publishedPayloads } from "../chain/client.ts";
import { RegtestNode } from "../chain/regtestNode.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { startPublishing } from "../worker/chain/support.ts";
import { until } from "../worker/support.ts";
import { RawSocket } from "./rawSocket.ts";
import { makeToken, startTestGateway, type TestGateway } from "./testGateway.ts";

let node: RegtestNode;
let database: TestDatabase;
let worker: Worker;
let gateway: TestGateway;

beforeAll(async () => {
  node = await RegtestNode.start();
  database = await createTestDatabase();
  worker = await startPublishing(database, node);
  gateway = await startTestGateway(database);
  await fundPool(database.pool("operator"), node, 10_000, 3);
});

afterAll(async () => {
  await gateway?.close();
  await worker?.stop();
  await database?.drop();
  await node?.stop();
});

interface Followed {
  readonly publication: { readonly state: string; readonly txid: string | null; readonly confirmations: number | null };
}

test("a key is registered and records are submitted, over GraphQL and HTTP; both are mined, and told", {
  timeout: 120_000,
}, async () => {
  const token = await makeToken("ann");
  const client = new Client();
  const { publicKey } = client;
  const ask = async <Data>(query: string, variables: Readonly<Record<string, unknown>>) => {
    const { data, errors } = await gateway.ask<Data>(query, { token, variables });
    expect(errors).toEqual([]);
    return data;
  };
  const hasName = "select from press.checkpoints limit 1";
  await until(async () => (await database.pool("operator").query(hasName)).rowCount === 1);
  const { text } = await ask<{ text: string }>(
    "query ($publicKey: String!) { text: keyRegistrationText(publicKey: $publicKey) }",
    {
      publicKey,
    },
  );
  await ask(
    "mutation ($input: RegisterPublicKeyInput!) { registerPublicKey(input: $input) { publishingKey { rowId } } }",
    {
      input: { publicKey, signature: client.sign(text) },
    },
  );

  const [one, other] = [client.record({ over: "GraphQL" }), client.record({ over: "HTTP" })];
  const { submitRecord } = await ask<{ submitRecord: { publication: { rowId: string } } }>(
    "mutation ($input: SubmitRecordInput!) { submitRecord(input: $input) { publication { rowId } } }",
    { input: { signedPayload: one.payload, signature: one.signature, pubkey: publicKey } },
  );
  const socket = await RawSocket.open(gateway, token);
  socket.subscribe(
    "1",
    "subscription ($id: UUID!) { publicationChanged(id: $id) { publication { state txid confirmations } } }",
    { id: submitRecord.publication.rowId },
  );
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const taken = await fetch(`${gateway.url}/v1/publish`, {
    method: "POST",
    headers,
    body: JSON.stringify({ signed_payload: other.payload, signature: other.signature, pubkey: publicKey }),
  });
  expect(taken.status).toBe(202);
  const job = async () => (await fetch(`${gateway.url}${taken.headers.get("location")}`, { headers })).json();
  const told = () => socket.eventsOf<Followed>("1").at(-1)?.publication;

  await until(async () => told()?.state === "sent" && (await job()).state === "sent");
  await node.mine();
  await until(async () => (told()?.confirmations ?? 0) >= 1 && (await job()).confirmations >= 1);
  await node.mine();
  await until(() => (told()?.confirmations ?? 0) >= 2);

  const transactions = await node.transactions();
  expect(publishedPayloads(transactions)).toEqual(
    new Map([
      [one.payload, [told()?.txid]],
      [other.payload, [(await job()).txid]],
    ]),
  );
  const { vout } = (await node.transaction(told()?.txid ?? "")) ?? { vout: [] };
  expect(vout[0]?.scriptPubKey.hex).toContain(Buffer.from(one.payload).toString("hex"));
  expect(vout[0]?.scriptPubKey.hex).toContain(Buffer.from(one.signature, "base64").toString("hex"));
  expect(vout[0]?.scriptPubKey.hex.endsWith(publicKey)).toBe(true);
  socket.terminate();
});
