/* The commands of docs/publishing.md, run as they stand, against a press whose worker publishes on a real chain. */
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { readWalletKey } from "../../worker/chain/wallet.ts";
import type { Worker } from "../../worker/worker.ts";
import { publishedPayloads } from "../chain/client.ts";
import { RegtestNode } from "../chain/regtestNode.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { AUDIENCE, startTestGateway, type TestGateway } from "../gateway/testGateway.ts";
import { testRequiring } from "../requirements.ts";
import { startPublishing } from "../worker/chain/support.ts";
import { makeKey, until } from "../worker/support.ts";
import { cleanEnvironment, PRESS } from "./support.ts";

vi.setConfig({ testTimeout: 180_000 });

const root = join(import.meta.dirname, "../..");
const signingKey = makeKey();
const JWT_SECRET = randomBytes(32).toString("hex");

let node: RegtestNode;
let database: TestDatabase;
let worker: Worker | undefined;
let gateway: TestGateway;
let folder: string;

beforeAll(async () => {
  [node, database] = await Promise.all([RegtestNode.start(), createTestDatabase()]);
  const jwt = { key: { secret: Buffer.from(JWT_SECRET) }, audience: AUDIENCE, roleClaim: "role" };
  gateway = await startTestGateway(database, { jwt });
  folder = await mkdtemp(join(tmpdir(), "golden-press-publishing-"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ scripts: { press: `node ${PRESS}` } }));
}, 60_000);
afterAll(async () => {
  await gateway?.close();
  await worker?.stop();
  await node?.stop();
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

/** @returns the commands of the page, block by block, with the addresses that are here */
async function readBlocks(): Promise<string[]> {
  const documentation = await readFile(join(root, "docs/publishing.md"), "utf8");
  const blocks = [...documentation.matchAll(/```sh\n(.*?)```/gs)].map(([, commands = ""]) => commands);
  expect(blocks).toHaveLength(10);
  return blocks.map((block) => block.replaceAll("http://127.0.0.1:5678", gateway.url));
}

/** @returns what the commands printed */
async function bash(commands: string, variables: Readonly<Record<string, string>>): Promise<string> {
  const settings = { DATABASE_URL: database.url("operator"), CHAIN_NETWORK: "regtest", JWT_SECRET };
  const env = cleanEnvironment({ ...settings, ...variables });
  return (await promisify(execFile)("bash", ["-euc", commands], { cwd: folder, env })).stdout;
}

test("a node for whoever tries things starts by the command, and lets in whom the variables name", async () => {
  const [startNode = "", variables = ""] = await readBlocks();
  const [, credentials = ""] = /CHAIN_NODE_URL=http:\/\/(\S+)@127\.0\.0\.1:18443 /.exec(variables) ?? [];
  expect(startNode).toContain(` 18443 ${credentials}\n`);
  const env = cleanEnvironment({ TMPDIR: folder });
  // On a port that is free.
  const child = spawn("bash", ["-c", startNode.replace("18443", "0")], {
    cwd: root,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    const [line] = (await once(createInterface(child.stdout), "line")) as [string];
    const url = `http://127.0.0.1:${/^ready on port (\d+),/.exec(line)?.[1]}`;
    const headers = { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` };
    const body = JSON.stringify({ method: "getblockcount", params: [] });
    expect((await fetch(url, { method: "POST", body })).status).toBe(401);
    expect(await (await fetch(url, { method: "POST", headers, body })).json()).toMatchObject({ result: 110 });
  } finally {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL"); // npm and what it has started.
  }
});

testRequiring("curl")("from a wallet to a record on the chain, and to an anchor", async () => {
  const [, , makeWallet = "", pay = "", fund = "", makeKeys = "", publish = "", http = "", graphql = "", anchor = ""] =
    await readBlocks();

  const made = await bash(makeWallet, {});
  const wallet = await readWalletKey(join(folder, "wallet.key"));
  expect(made.split("\n")[1]).toBe(wallet.address("regtest"));
  const settings = { CHAIN_NODE_URL: node.url, WALLET_KEY_FILE: "wallet.key" };
  const [, TXID = ""] = /^paid ([0-9a-f]{64})$/m.exec(await bash(`${pay}echo "paid $TXID"`, settings)) ?? [];
  const variables = { TXID, ...settings };
  expect(await bash(fund, variables)).toMatch(
    /^funded: [0-9a-f]{64}:0 with 1000000 satoshis\n(.*\n)*available +│ +1 │ +1000000$/m,
  );

  worker = await startPublishing(database, node, { wallet, anchorSeconds: 1 }, { signingKey });
  const name = "select ''::text from press.checkpoints limit 1";
  await until(async () => (await database.pool("operator").query(name)).rows.length === 1);
  expect(await bash(makeKeys, variables)).toMatch(/^0[23][0-9a-f]{64}\nregistered: 0[23][0-9a-f]{64} for ann\n$/);
  const txid = (await bash(publish, variables)).trim();
  const isHarvest = expect.stringMatching(/"kilograms":1250\.5.*"what":"the first harvest"}$/);
  expect([...publishedPayloads(await node.transactions())]).toContainEqual([isHarvest, [txid]]);

  const job = JSON.parse(await bash(http, variables));
  expect(job).toMatchObject({ job_id: expect.any(String), error_code: null });
  const { submitRecord } = JSON.parse(
    await bash(`TOKEN=$(npm run --silent press -- token --sub ann)\n${graphql}`, variables),
  ).data;
  expect(submitRecord.publication).toMatchObject({ rowId: job.job_id });

  await database
    .pool("operator")
    .query("select press.open_edition((press.create_edition('golden-ticket', 'Golden Ticket', 5)).slug)");
  expect(await bash(anchor, variables)).toMatch(
    /^valid: ticket 1 of golden-ticket for ann, .* carries; that the chain has it is the press's word/,
  );
});

test("the variables of the page are those that there are, with their defaults", async () => {
  const documentation = await readFile(join(root, "docs/publishing.md"), "utf8");
  const { describeVariables } = await import("../../configuration.ts");
  const known = new Map(describeVariables({}).map(({ name, otherwise }) => [name, otherwise]));
  const section = documentation.split("## Configuration")[1]?.split("\n## ")[0] ?? "";
  const rows = [...section.matchAll(/^\| (`.*?) \| (.*) \|$/gm)];
  expect(rows).toHaveLength(8);
  for (const [, names = "", meaning = ""] of rows) {
    const variables = [...names.matchAll(/`([A-Z_]+)`/g)].map(([, name = ""]) => name);
    for (const name of variables) expect([...known.keys()]).toContain(name);
    const numbers = [...meaning.matchAll(/^(\d+)(?: and (\d+))?/g)].flatMap(([, ...found]) => found.filter(Boolean));
    expect(variables.map((name) => known.get(name)).slice(0, numbers.length)).toEqual(numbers);
  }
});
