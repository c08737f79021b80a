/* An operator at the gate, at the command line: a ticket's proof is fetched, and the ticket used up, once. */
import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { type HeldTicket, TestWorker } from "../ledger.ts";
import { press } from "./support.ts";

const PEOPLE = ["alice", "bob", "carol"];
const EDITION = "golden-ticket";

let database: TestDatabase;
let worker: TestWorker;
let folder: string;
let tickets: HeldTicket[];

beforeAll(async () => {
  database = await createTestDatabase();
  worker = await TestWorker.start(database);
  await database
    .pool("operator")
    .query("select press.open_edition((press.create_edition($1, 'Golden Ticket', 5, 1)).slug)", [EDITION]);
  tickets = await worker.issueHeld(EDITION, PEOPLE);
  folder = await mkdtemp(join(tmpdir(), "golden-press-gate-"));
  await Promise.all(tickets.map(({ recipient, envelope }) => writeFile(file(recipient), `${envelope}\n`)));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await database.drop();
});

const file = (name: string) => join(folder, `${name}.json`);
const run = (...args: string[]) => press(args, { DATABASE_URL: database.url("operator") });

test("the proof that is fetched makes the ticket a recorded one, offline", async () => {
  const proof = join(folder, "alice.tlog-proof");
  expect(await run("proof", file("alice"), "--out", proof)).toMatchObject({ code: 0, stderr: `Wrote ${proof}.\n` });
  const options = ["--key", worker.publicKey, "--proof", proof, "--ledger", worker.vkey];
  const { code, stdout } = await press(["verify", file("alice"), ...options]);
  expect(stdout).toContain("recorded at place");
  expect(code).toBe(0);
  expect((await run("proof", file("alice"))).stdout).toBe(await readFile(proof, "utf8"));

  const again = await run("proof", file("alice"), "--out", proof);
  expect(again.code).toBe(1);
  expect(again.stderr).toContain("it exists already");
});

test("a ticket is redeemed once; the same request key hears the same answer", async () => {
  const requestKey = randomUUID();
  const first = await run("redeem", file("alice"), "--request-key", requestKey);
  expect(first).toMatchObject({ code: 0, stdout: `redeemed: ticket 1 of ${EDITION}\n` });
  expect(await run("redeem", file("alice"), "--request-key", requestKey)).toEqual(first);

  const second = await run("redeem", file("alice"));
  expect(second.code).toBe(1);
  expect(second.stderr).toContain("ALREADY_REDEEMED");
});

test("the proof that the holder brought must be the ticket's own", async () => {
  const proof = join(folder, "bob.tlog-proof");
  await writeFile(proof, tickets[1]?.proof ?? "");
  const foreign = await run("redeem", file("carol"), "--proof", proof);
  expect(foreign.code).toBe(1);
  expect(foreign.stderr).toContain("PROOF_INVALID");
  expect((await run("redeem", file("bob"), "--proof", proof)).code).toBe(0);
});

test("a changed envelope, something else, and a missing file are refused, and nothing is redeemed", async () => {
  const envelope = tickets[2]?.envelope ?? "";
  const cases: [string, string, string][] = [
    ["changed", envelope.replace('"carol"', '"mallory"'), "SIGNATURE_INVALID"],
    ["formatted", JSON.stringify(JSON.parse(envelope), null, 2), "NOT_CANONICAL"],
    ["empty", "{}", "This is no ticket"],
  ];
  for (const [name, text, reason] of cases) {
    await writeFile(file(name), text);
    const { code, stderr } = await run("redeem", file(name));
    expect(stderr, name).toContain(reason);
    expect(code, name).toBe(1);
  }
  expect((await run("redeem", file("nowhere"))).code).toBe(2);
  const { code, stderr } = await run("redeem", file("carol"), "--request-key", "once");
  expect([code, stderr]).toEqual([2, expect.stringContaining("It must be a UUID")]);
  const { rows } = await database.pool("operator").query("select status from press.tickets where ticket_number = 3");
  expect(rows).toEqual([{ status: "signed" }]);
});

test("a ticket that no checkpoint covers yet: what is missing is said", async () => {
  const { rows } = await database
    .pool("operator")
    .query<{ id: string }>("select id from press.issue_ticket($1, recipient => 'dave')", [EDITION]);
  await worker.signPending();
  const { rows: signed } = await database
    .pool("operator")
    .query<{ envelope: string }>("select envelope from press.tickets where id = $1", [rows[0]?.id]);
  await writeFile(file("dave"), signed[0]?.envelope ?? "");
  const { code, stderr } = await run("proof", file("dave"), "--wait", "0");
  expect(code).toBe(1);
  expect(stderr).toContain("awaits the signature of a checkpoint");
});
