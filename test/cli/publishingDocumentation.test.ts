/* The commands of docs/publishing.md, run as they stand, against a press whose worker publishes on a real chain. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readWalletKey } from "../../worker/chain/wallet.ts";
import type { Worker } from "../../worker/worker.ts";
import { publishedPayloads } from "../chain/client.ts";
import { RegtestNode } from "../chain/regtestNode.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { startPublishing } from "../worker/chain/support.ts";
import { makeKey, until } from "../worker/support.ts";
import { cleanEnvironment, PRESS } from "./support.ts";

const root = join(import.meta.dirname, "../..");
const signingKey = makeKey();

let node: RegtestNode;
let database: TestDatabase;
let worker: Worker | undefined;
let folder: string;

beforeAll(async () => {
  [node, database] = await Promise.all([RegtestNode.start(), createTestDatabase()]);
  folder = await mkdtemp(join(tmpdir(), "golden-press-publishing-"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ scripts: { press: `node ${PRESS}` } }));
}, 60_000);
afterAll(async () => {
  await worker?.stop();
  await node?.stop();
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

/** @returns what the commands printed */
async function bash(commands: string, variables: Readonly<Record<string, string>>): Promise<string> {
  const env = cleanEnvironment({ DATABASE_URL: database.url("operator"), CHAIN_NETWORK: "regtest", ...variables });
  return (await promisify(execFile)("bash", ["-euc", commands], { cwd: folder, env })).stdout;
}

test("from a wallet to a record on the chain, and to an anchor", { timeout: 180_000 }, async () => {
  const documentation = await readFile(join(root, "docs/publishing.md"), "utf8");
  const blocks = [...documentation.matchAll(/```sh\n(.*?)```/gs)].map(([, commands = ""]) => commands);
  expect(blocks).toHaveLength(5);
  const [makeWallet = "", fund = "", makeKeys = "", publish = "", anchor = ""] = blocks;

  const made = await bash(makeWallet, {});
  const wallet = await readWalletKey(join(folder, "wallet.key"));
  expect(made.split("\n")[1]).toBe(wallet.address("regtest"));
  const [coin] = await node.fund(wallet.script, 100_000);
  const variables = { TXID: coin?.txid ?? "", CHAIN_NODE_URL: node.url, WALLET_KEY_FILE: "wallet.key" };
  expect(await bash(fund, variables)).toMatch(
    /^funded: [0-9a-f]{64}:0 with 100000 satoshis\n(.*\n)*available +│ +1 │ +100000$/m,
  );

  worker = await startPublishing(database, node, { wallet, anchorSeconds: 1 }, { signingKey });
  const name = "select ''::text from press.checkpoints limit 1";
  await until(async () => (await database.pool("operator").query(name)).rows.length === 1);
  expect(await bash(makeKeys, variables)).toMatch(/^0[23][0-9a-f]{64}\nregistered: 0[23][0-9a-f]{64} for ann\n$/);
  const txid = (await bash(publish, variables)).trim();
  const published = [...publishedPayloads(await node.transactions())];
  expect(published).toContainEqual([
    expect.stringMatching(/"kilograms":1250\.5.*"what":"the first harvest"}$/),
    [txid],
  ]);

  await database
    .pool("operator")
    .query("select press.open_edition((press.create_edition('golden-ticket', 'Golden Ticket', 5)).slug)");
  await bash("npm run --silent press -- issue golden-ticket --to ann --out ticket.json", variables);
  const keys = { ...variables, KEY: signingKey.publicKey, VKEY: worker.vkey };
  expect(await bash(anchor, keys)).toMatch(
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
