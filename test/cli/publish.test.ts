/* Publishing at the command line: from a wallet without a coin to a record on a real chain, and to a ticket whose proof goes on to it. */
import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isSignedBy } from "../../signedRecord.ts";
import { WalletKey } from "../../worker/chain/wallet.ts";
import type { Worker } from "../../worker/worker.ts";
import { publishedPayloads } from "../chain/client.ts";
import { RegtestNode } from "../chain/regtestNode.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { startPublishing } from "../worker/chain/support.ts";
import { makeKey, until } from "../worker/support.ts";
import { press } from "./support.ts";

const EDITION = "golden-ticket";
const SUBJECT = "alice";
const WALLET_KEY = "02".repeat(32);
const wallet = new WalletKey(WALLET_KEY);

let node: RegtestNode;
let database: TestDatabase;
let worker: Worker;
let folder: string;
let publicKey: string;
const signingKey = makeKey();

beforeAll(async () => {
  [node, database] = await Promise.all([RegtestNode.start(), createTestDatabase()]);
  folder = await mkdtemp(join(tmpdir(), "golden-press-publish-"));
  await writeFile(file("wallet.key"), WALLET_KEY, { mode: 0o600 });
  worker = await startPublishing(database, node, { wallet, anchorSeconds: 1 }, { signingKey });
  await until(async () => (await run("ledger", "status")).stdout.includes("ledger"));
  ({ stdout: publicKey } = await press(["publishing-key", "create", file("alice.key")]));
  publicKey = publicKey.trim();
}, 120_000);
afterAll(async () => {
  await worker?.stop();
  await node?.stop();
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

const file = (name: string) => join(folder, name);
const run = (...args: string[]) => press(args, { DATABASE_URL: database.url("operator") });
const write = async (name: string, content: object) => {
  await writeFile(file(name), JSON.stringify(content, null, 2));
  return file(name);
};
const publishAs = (key: string, name: string, ...options: string[]) =>
  run("publish", file(name), "--key", file(key), ...options);

describe("keys", () => {
  test("a key is made, registered for somebody with proof of possession, and listed", async () => {
    expect(publicKey).toMatch(/^0[23][0-9a-f]{64}$/);
    const again = await press(["publishing-key", "create", file("alice.key")]);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("never overwritten")]);
    const registered = await run(
      "publishing-key",
      "register",
      file("alice.key"),
      "--for",
      SUBJECT,
      "--records-per-hour",
      "50",
    );
    expect(registered).toEqual({ code: 0, stdout: `registered: ${publicKey} for ${SUBJECT}\n`, stderr: "" });
    expect((await run("publishing-key", "list")).stdout).toMatch(new RegExp(`^${publicKey} │ alice +│ +50 │ 20`, "m"));
  });

  test("a key that others may read, or that is none, is not used", async () => {
    await writeFile(file("open.key"), randomBytes(32).toString("hex"));
    await chmod(file("open.key"), 0o644);
    await writeFile(file("none.key"), "0".repeat(64), { mode: 0o600 });
    for (const [name, said] of [
      ["open.key", "Others may read the key"],
      ["none.key", "no key of secp256k1"],
      ["nowhere.key", "cannot be opened (ENOENT)"],
    ] as const) {
      const answer = await run("publishing-key", "register", file(name), "--for", SUBJECT);
      expect([answer.code, answer.stderr]).toEqual([1, expect.stringContaining(said)]);
    }
  });
});

describe("a wallet", () => {
  test("is made once, and has an address on each network", async () => {
    const made = await press(["wallet", "create", file("new.key")]);
    expect([made.code, made.stdout]).toEqual([0, expect.stringMatching(/^0[23][0-9a-f]{64}\n$/)]);
    expect((await press(["wallet", "create", file("new.key")])).stderr).toContain("never overwritten");
    const address = (settings: NodeJS.ProcessEnv, ...args: string[]) => press(["wallet", "address", ...args], settings);
    const key = { WALLET_KEY_FILE: file("wallet.key") };
    expect((await address({}, file("wallet.key"))).stdout).toBe(`${wallet.address("main")}\n`);
    expect((await address({ ...key, CHAIN_NETWORK: "regtest" })).stdout).toBe(`${wallet.address("regtest")}\n`);
    expect((await address({ WALLET_KEY: WALLET_KEY })).stdout).toBe(`${wallet.address("main")}\n`);
    expect(await address({ ...key, CHAIN_NETWORK: "moon" })).toMatchObject({ code: 2 });
    const none = await address({ GOLDEN_PRESS_HOME: file("nowhere") });
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("There is no wallet: make its key")]);
  });

  test("without a coin a record waits, and the commands say what for", async () => {
    await write("first.json", { what: "the first record" });
    const options = ["--nonce", "first", "--expires-at", new Date(Date.now() + 3_600_000).toISOString()];
    const { stdout: id } = await publishAs("alice.key", "first.json", ...options, "--no-wait");
    const codeOf = "select error_code from press.publications where id = $1";
    const operator = database.pool("operator");
    await until(async () => (await operator.query(codeOf, [id.trim()])).rows[0]?.error_code === "POOL_EMPTY");
    const answer = await publishAs("alice.key", "first.json", ...options, "--wait", "1");
    expect(answer).toMatchObject({ code: 1, stdout: "" });
    expect(answer.stderr).toMatch(/^Submitted: publication [0-9a-f-]{36}\.$/m);
    expect(answer.stderr).toContain("queued: the pool has no coin for it");
    expect(answer.stderr).toMatch(/the same command with --nonce \S+ --expires-at \S+Z waits again/);
    const health = await run("wallet", "health");
    expect(health.stdout).toMatch(/^available +│ +0 │ +0$/m);
    expect(health.stderr).toMatch(/^\d publications? waits? for coins: pay some to the address/);
  });

  test("a record that nothing could be paid for in its time has failed, and the command says so", async () => {
    let answer: Awaited<ReturnType<typeof press>> = { code: 0, stdout: "", stderr: "" };
    // Until it is there in time: on a busy machine the command may begin later than a short one ends.
    for (let seconds = 3; answer.stdout === ""; seconds *= 2) {
      await write("short.json", { expires_at: new Date(Date.now() + seconds * 1_000).toISOString() });
      answer = await publishAs("alice.key", "short.json");
    }
    expect([answer.code, answer.stdout]).toEqual([1, expect.stringMatching(/^failed: EXPIRED/)]);
  });

  test("what a transaction pays is read from its bytes, not believed", async () => {
    const [coin] = await node.fund(wallet.script, 50_000, 2);
    const txid = coin?.txid ?? "";
    const raw = (await node.transaction(txid))?.hex ?? "";
    const fund = (outpoint: string, options: readonly string[] = [], settings: NodeJS.ProcessEnv = {}) =>
      press(["wallet", "fund", outpoint, ...options], {
        DATABASE_URL: database.url("operator"),
        WALLET_KEY_FILE: file("wallet.key"),
        ...settings,
      });
    const asked = { CHAIN_NODE_URL: node.url };
    const other = "ab".repeat(32);
    const refusals: [string, string[], number, string, NodeJS.ProcessEnv?][] = [
      ["abc", ["--raw", raw], 2, "An output is a txid of 64"],
      [txid, [], 2, "--raw"],
      [other, ["--raw", raw], 1, `These are the bytes of the transaction ${txid}, not of ${other}.`],
      [`${txid}:7`, ["--raw", raw], 1, "Output 7 of it does not pay this wallet"],
      [txid, ["--raw", "00"], 1, "These bytes are no transaction."],
      [other, [], 1, `does not know the transaction ${other}`, asked],
    ];
    for (const [outpoint, options, code, said, settings] of refusals) {
      const answer = await fund(outpoint, options, settings);
      expect([answer.code, answer.stdout, answer.stderr]).toEqual([code, "", expect.stringContaining(said)]);
    }
    expect(await fund(`${txid}:1`, ["--raw", raw])).toMatchObject({
      code: 0,
      stdout: `funded: ${txid}:1 with 50000 satoshis\n`,
    });
    const both = `funded: ${txid}:0 with 50000 satoshis\nfunded: ${txid}:1 with 50000 satoshis\n`;
    expect(await fund(txid, [], asked)).toMatchObject({ code: 0, stdout: both });
    const strange = await press(["wallet", "create", file("strange.key")]);
    expect(strange.code).toBe(0);
    const foreign = await fund(txid, ["--raw", raw], { WALLET_KEY_FILE: file("strange.key") });
    expect([foreign.code, foreign.stderr]).toEqual([1, expect.stringContaining("No output of it pays this wallet")]);
  });
});

describe("a record", () => {
  test("is on the chain, signed, and sent again it is the same one", async () => {
    await write("record.json", { what: "a record", amount: 1.5 });
    const options = ["--nonce", "record-1", "--expires-at", new Date(Date.now() + 3_600_000).toISOString()];
    const sent = await publishAs("alice.key", "record.json", ...options);
    expect([sent.code, sent.stdout]).toEqual([0, expect.stringMatching(/^[0-9a-f]{64}\n$/)]);
    const payload = `{"amount":1.5,"expires_at":"${options[3]}","nonce":"record-1","what":"a record"}`;
    expect(publishedPayloads(await node.transactions()).get(payload)).toEqual([sent.stdout.trim()]);
    expect((await publishAs("alice.key", "record.json", ...options)).stdout).toBe(sent.stdout);
    const signed = await press(["publish", file("record.json"), "--key", file("alice.key"), "--dry-run", ...options]);
    const { signature, ...rest } = JSON.parse(signed.stdout);
    expect([signed.code, rest]).toEqual([0, { signed_payload: payload, pubkey: publicKey }]);
    expect(isSignedBy(payload, signature, publicKey)).toBe(true);
    const later = await publishAs("alice.key", "record.json", "--nonce", "record-1");
    expect([later.code, later.stderr]).toEqual([1, expect.stringContaining("NONCE_REUSED")]);
  });

  test("need not be waited for, and comes from the standard input too", async () => {
    const args = ["publish", "-", "--key", file("alice.key"), "--no-wait"];
    const answer = await press(
      args,
      { DATABASE_URL: database.url("operator") },
      '{"nonce":"from-input","b":[1,{}],"a":"é"}',
    );
    expect([answer.code, answer.stdout]).toEqual([0, expect.stringMatching(/^[0-9a-f-]{36}\n$/)]);
  });

  test("that cannot be meant is refused by name", async () => {
    await write("own.json", { nonce: "own", expires_at: "2020-01-01T00:00:00.000Z" });
    await writeFile(file("list.json"), "[]");
    await writeFile(file("latin1.json"), Buffer.from('{"a":"\xe9"}', "latin1"));
    await writeFile(file("large.json"), '{"amount":9007199254740993}');
    await press(["publishing-key", "create", file("stranger.key")]);
    const cases: [string, string, string[], number, string][] = [
      ["alice.key", "own.json", [], 1, "EXPIRED"],
      ["alice.key", "own.json", ["--nonce", "other"], 2, "The record has a nonce of its own; leave --nonce out."],
      ["alice.key", "record.json", ["--nonce", "not one"], 1, "INVALID_INPUT"],
      ["alice.key", "list.json", [], 2, "A record is a JSON object."],
      ["alice.key", "latin1.json", [], 2, "A record is UTF-8 text."],
      ["alice.key", "large.json", [], 2, "The number 9007199254740993 cannot be kept as it is"],
      ["alice.key", "nowhere.json", [], 2, "cannot be read (ENOENT)"],
      ["stranger.key", "record.json", [], 1, "UNKNOWN_KEY"],
    ];
    for (const [key, name, options, code, said] of cases) {
      const answer = await publishAs(key, name, ...options);
      expect([answer.code, answer.stdout, answer.stderr]).toEqual([code, "", expect.stringContaining(said)]);
    }
  });
});

describe("an anchor", () => {
  test("leads from a ticket to a block of the chain, and verify says what it saw and what it was told", async () => {
    const operator = database.pool("operator");
    await operator.query("select press.open_edition((press.create_edition($1, 'Golden Ticket', 5, 1)).slug)", [
      EDITION,
    ]);
    const ticket = file("ticket.json");
    expect(await run("issue", EDITION, "--to", SUBJECT, "--out", ticket)).toMatchObject({ code: 0 });
    const unmined = await run("anchor", ticket, "--wait", "60", "--out", file("unmined.json"));
    expect([unmined.code, unmined.stderr]).toEqual([0, expect.stringContaining("in no block yet")]);
    const verify = (name: string) =>
      press(["verify", ticket, "--key", signingKey.publicKey, "--anchor", file(name), "--ledger", worker.vkey]);
    const { code, stdout } = await verify("unmined.json");
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(
        /^valid: ticket 1 of golden-ticket for alice, .*, recorded at place \d+ of the ledger \S+, under its checkpoint of size \d+, which output 0 of the transaction [0-9a-f]{64} carries; that the chain has it is the press's word, and that no block has it yet\n$/,
      ),
    ]);

    const [hash] = await node.mine();
    const { ticket_id: id } = JSON.parse(await readFile(ticket, "utf8"));
    let anchor = "";
    await until(async () => {
      ({ stdout: anchor } = await run("anchor", id));
      return JSON.parse(anchor).block?.header !== undefined && JSON.parse(anchor).block.hash === hash;
    });
    await writeFile(file("mined.json"), anchor);
    const mined = await verify("mined.json");
    expect([mined.code, mined.stdout]).toEqual([
      0,
      expect.stringMatching(
        new RegExp(
          ` carries, in the block ${hash} of \\S+Z, which took 2.00 hashes to make; that this block is one of the chain, at height \\d+, is the press's word: look there\n$`,
        ),
      ),
    ]);
    expect((await run("anchor", id, "--out", file("mined.json"))).stderr).toContain("it exists already");

    await writeFile(file("damaged.json"), anchor.replace(/"txid":"./, '"txid":"x'));
    expect(await verify("damaged.json")).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^invalid: NOT_CANONICAL: /),
    });
    expect(await verify("ticket.json")).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^invalid: NOT_CANONICAL: /),
    });
    await writeFile(file("forged.json"), (await readFile(ticket, "utf8")).replace('"alice"', '"mallory"'));
    const options = ["--key", signingKey.publicKey, "--ledger", worker.vkey];
    const forged = await press(["verify", file("forged.json"), ...options, "--anchor", file("damaged.json")]);
    expect([forged.code, forged.stdout]).toEqual([1, expect.stringMatching(/^invalid: SIGNATURE_INVALID: /)]);
    const both = [
      "verify",
      ticket,
      "--key",
      signingKey.publicKey,
      "--anchor",
      "a",
      "--proof",
      "b",
      "--ledger",
      worker.vkey,
    ];
    expect(await press(both)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("An anchor has its proof in it"),
    });
  });

  test("of a ticket that is none, or that the chain does not cover, there is none", async () => {
    const answer = await run("anchor", "00000000-0000-0000-0000-000000000000");
    expect([answer.code, answer.stderr]).toEqual([1, expect.stringContaining("TICKET_NOT_FOUND")]);
  });
});

test("a key that was revoked publishes nothing more", async () => {
  expect(await run("publishing-key", "revoke", publicKey, "--reason", "The phone is lost")).toMatchObject({
    code: 0,
    stdout: `revoked: ${publicKey}\n`,
  });
  const answer = await publishAs("alice.key", "record.json");
  expect([answer.code, answer.stderr]).toEqual([1, expect.stringContaining("UNKNOWN_KEY")]);
  expect((await run("publishing-key", "list")).stdout).toContain("The phone is lost");
});
