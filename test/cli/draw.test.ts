/* The draws of an edition at the command line: drawn, replaced, given up, and made again, by the SDK and in SQL. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AWAITED } from "../../cli/draw.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { TestWorker } from "../ledger.ts";
import { sha256Hex } from "../verifier/naiveDraw.ts";
import { createBeacon } from "../verifier/testBeacon.ts";
import { press } from "./support.ts";

const SECRET = "5e".repeat(32);
const CHAIN_HASH = "c4".repeat(32);
const beacon = createBeacon();

let database: TestDatabase;
let worker: TestWorker;
beforeAll(async () => {
  database = await createTestDatabase();
  worker = await TestWorker.start(database);
  await database
    .pool("owner")
    .query(
      "insert into press.beacon_chains (chain_hash, public_key, genesis_at, period_seconds) values ($1, $2, '2026-01-01Z', 1)",
      [CHAIN_HASH, beacon.publicKey],
    );
});
afterAll(() => database.drop());

const run = (...args: string[]) => press(args, { DATABASE_URL: database.url("operator") });

/** An open edition; of a beacon one that closes in a moment, whose round is due a second after its checkpoint. */
async function open(edition: string, mode: string, tickets = 0): Promise<void> {
  const operator = database.pool("operator");
  const issue = `select count(*) from press.issue_tickets('${edition}', ${tickets}, recipient => 'alice')`;
  if (mode === "beacon") {
    // In one message, so that nobody is waited for while the time runs.
    await operator.query(`
      select press.create_edition('${edition}', 'A raffle', 100, 100, 'beacon', closes_at => clock_timestamp() + interval '4 seconds',
        draw_delay_seconds => 1, beacon_chain_hash => '${CHAIN_HASH}');
      select press.open_edition('${edition}');
      ${tickets > 0 ? issue : ""}`);
    return;
  }
  await operator.query("select press.create_edition($1, 'A raffle', 100, 100, $2::press.draw_mode)", [edition, mode]);
  const commit = "select press_worker.commit_draw(d.edition_id, $1) from press_worker.drafts_to_commit() d";
  await database.pool("press_worker").query(commit, [sha256Hex(Buffer.from(SECRET, "hex"))]);
  await operator.query("select press.open_edition($1)", [edition]);
  if (tickets > 0) await operator.query(issue);
}

/** The worker's part, once: everything is signed and has its place, and what can be drawn is drawn. */
async function work(): Promise<void> {
  await worker.work();
  const pool = database.pool("press_worker");
  const { rows } = await pool.query("select * from press_worker.draws_to_make()");
  for (const { edition_id, attempt, mode, entries_count, chain_hash, round } of rows) {
    if (mode === "beacon")
      await pool.query("select press_worker.archive_beacon_round($1, $2, $3)", [
        chain_hash,
        round,
        beacon.sign(Number(round)),
      ]);
    const choice = mode === "random_int" && entries_count > 0 ? entries_count - 1 : null;
    const entropy = mode === "sealed" ? SECRET : null;
    await pool.query("select press_worker.record_draw($1, $2, $3, $4)", [edition_id, attempt, choice, entropy]);
  }
  await worker.work();
}

/** A command that waits for the worker, and a worker that works meanwhile. */
async function runWithWorker(...args: string[]) {
  const working = new AbortController();
  const answer = run(...args).finally(() => working.abort());
  while (!working.signal.aborted) {
    await work();
    await sleep(20);
  }
  return answer;
}

/** Asks again and again until the answer is another one than DRAW_NOT_READY, and the worker works meanwhile. */
async function untilReady(edition: string): Promise<void> {
  for (;;) {
    await work();
    await database
      .pool("press_worker")
      .query("select press_worker.close_due_edition(id) from press_worker.due_editions() d (id)");
    const { rows } = await database
      .pool("owner")
      .query(
        "select coalesce(b.due_at <= clock_timestamp(), false) as is_due from press.editions e, press_private.beacon_of(e) b where e.slug = $1",
        [edition],
      );
    if (rows[0]?.is_due) return;
    await sleep(50);
  }
}

describe.each(["sealed", "random_int", "beacon"])("an edition whose draw is %s", (mode) => {
  const edition = `raffle-${mode.replace("_", "-")}`;
  const requestKey = randomUUID();
  const verdict = mode === "random_int" ? "not recomputable" : "agrees";
  beforeAll(async () => {
    await open(edition, mode, 12);
    if (mode === "beacon") {
      const early = await run("draw", edition);
      expect([early.code, early.stderr]).toEqual([1, expect.stringContaining("DRAW_NOT_READY")]);
      await untilReady(edition);
    }
  });

  test("is drawn: the number of the winner stands alone on the standard output, the same for the same key", async () => {
    const first = await runWithWorker("draw", edition, "--request-key", requestKey);
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\n$/) });
    const [asked, drew] = [
      `Asked for the draw of ${edition}.\n`,
      `Drew from 12 tickets of ${edition}; the number of the winner:\n`,
    ];
    expect(first.stderr.startsWith(asked) && first.stderr.endsWith(drew), first.stderr).toBe(true);
    expect(await run("draw", edition, "--request-key", requestKey)).toEqual({ ...first, stderr: asked + drew });
    const { rows } = await database
      .pool("operator")
      .query(
        "select d.ticket_number from press.draws d join press.editions e on e.id = d.edition_id where e.slug = $1",
        [edition],
      );
    expect(rows).toEqual([{ ticket_number: Number(first.stdout) }]);
    const other = await run("draw", edition);
    expect([other.code, other.stdout, other.stderr]).toEqual([1, "", expect.stringContaining("ALREADY_DRAWN")]);
  });

  test("is recomputed, by the SDK and in SQL", async () => {
    const { code, stdout, stderr } = await run("recompute-draw", edition);
    expect([code, stderr]).toEqual([0, ""]);
    const [names, , row, message] = stdout.split("\n");
    expect(names).toMatch(/^attempt │ mode +│ recorded │ SDK │ SQL │$/);
    expect(row).toMatch(new RegExp(`^ +1 │ ${mode} +│ +\\d+ │ +\\d* │ +\\d* │ ${verdict}$`));
    expect(message).toMatch(
      mode === "random_int" ? /^1: not recomputable: / : /^1: Ticket \d+ is what .* and the 12 entries give/,
    );
  });

  test("has its winner replaced, who does not win again", async () => {
    const winner = (await run("draw", edition, "--request-key", requestKey)).stdout;
    const key = randomUUID();
    const replace = ["replace-winner", edition, "--reason", "Did not come", "--request-key", key];
    const second = await runWithWorker(...replace);
    expect(second).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\n$/) });
    expect(second.stderr).toMatch(/^Asked for replacement 1 of .*\.\n(.* …\n)*Drew from 11 tickets of /);
    expect(second.stdout).not.toBe(winner);
    expect((await run(...replace)).stdout).toBe(second.stdout);
    const { code, stdout } = await run("recompute-draw", edition);
    const rows = stdout
      .split("\n")
      .filter((line) => line.includes("│"))
      .slice(1);
    expect([code, rows]).toEqual([
      0,
      [expect.stringMatching(/^ +1 │/), expect.stringMatching(new RegExp(`^ +2 │.*│ ${verdict}$`))],
    ]);
  });
});

test("looking what a draw waits for costs the same, however many tickets are signed", async () => {
  await open("long", "random_int", 100);
  await worker.work();
  await database.pool("operator").query("select press.draw_winner('long')");
  await database.pool("superuser").query("vacuum analyze press.tickets");
  const client = await database.pool("operator").connect();
  // A table of a few pages is read whole, which is no plan for a large one.
  await client.query("begin; set local enable_seqscan = off; set local enable_bitmapscan = off");
  const awaited = AWAITED.replace("$1", "(select id from press.editions where slug = 'long')").replace("$2", "1");
  const { rows } = await client.query(`explain (analyze, format json) ${awaited}`);
  await client.query("rollback");
  client.release();
  const scans = nodesOf(rows[0]["QUERY PLAN"][0].Plan).filter((node) => node["Relation Name"] === "tickets");
  expect(scans.length).toBeGreaterThan(0);
  for (const scan of scans) {
    expect(scan["Actual Rows"] + (scan["Rows Removed by Filter"] ?? 0), JSON.stringify(scan)).toBeLessThanOrEqual(1);
  }
});

interface PlanNode {
  readonly "Relation Name"?: string;
  readonly "Actual Rows": number;
  readonly "Rows Removed by Filter"?: number;
  readonly Plans?: readonly PlanNode[];
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

test("a draw that nothing draws in time is asked for all the same, and the same command waits again", async () => {
  await open("slow", "sealed", 3);
  const requestKey = randomUUID();
  const first = await run("draw", "slow", "--request-key", requestKey, "--wait", "0");
  expect(first).toMatchObject({ code: 0, stdout: "" });
  expect(first.stderr).toContain(`the same command with --request-key ${requestKey} tells`);
  expect(await run("draw", "slow", "--request-key", requestKey, "--no-wait")).toEqual(first);

  const second = await run("draw", "slow", "--request-key", requestKey, "--wait", "1");
  expect([second.code, second.stdout]).toEqual([1, ""]);
  expect(second.stderr).toContain("3 of 3 tickets await their signatures");
  expect(second.stderr).toContain(
    `Nothing drew it within 1 s: is a worker running? It is asked for all the same; the same command with --request-key ${requestKey} waits again.`,
  );

  const unknown = await run("recompute-draw", "slow");
  expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining("DRAW_NOT_READY")]);
  expect(await runWithWorker("draw", "slow", "--request-key", requestKey)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^[123]\n$/),
  });
});

test("an edition without tickets is drawn without a winner", async () => {
  await open("empty", "sealed");
  const answer = await runWithWorker("draw", "empty");
  expect(answer).toMatchObject({
    code: 0,
    stdout: "",
    stderr: expect.stringContaining("There was no ticket of empty to draw from"),
  });
  expect(await run("recompute-draw", "empty")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("No ticket is what the secret and the 0 entries give"),
  });
});

test("a draw is given up after a day, with a reason, and that is recomputed too", async () => {
  await open("withheld", "sealed", 2);
  const requestKey = randomUUID();
  await run("draw", "withheld", "--no-wait", "--request-key", requestKey);
  await worker.work();
  const reason = "The secret is lost";
  const early = await run("void-draw", "withheld", "--reason", reason);
  expect([early.code, early.stderr]).toEqual([1, expect.stringMatching(/DRAW_NOT_READY[\s\S]*given up a day after/)]);

  await unguarded(
    "press.draws",
    "update press.draws set requested_at = requested_at - interval '1 day' where status = 'requested'",
  );
  const given = await run("void-draw", "withheld", "--reason", reason);
  expect(given).toMatchObject({ code: 0, stdout: `void: the draw of withheld has no winner: ${reason}\n` });
  expect(await run("void-draw", "withheld", "--reason", "Another one")).toEqual(given);
  const told = await run("draw", "withheld", "--request-key", requestKey);
  expect(told).toMatchObject({
    code: 0,
    stdout: "",
    stderr: expect.stringContaining(`is void, and nobody won: ${reason}`),
  });
  await worker.work();
  expect(await run("recompute-draw", "withheld")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`Nobody won, the draw is void: ${reason}`),
  });
});

describe("a ledger that was changed", () => {
  const change = (edition: string, type: string, [from, to]: readonly [RegExp, string]) =>
    unguarded(
      "press.ledger_entries",
      `update press.ledger_entries l set (leaf, leaf_hash) = (select c.leaf, sha256('\\x00' || convert_to(c.leaf, 'UTF8')) from regexp_replace(l.leaf, '${from.source}', '${to}') c (leaf))
       from press.editions e where e.id = l.edition_id and e.slug = '${edition}' and l.type = '${type}'`,
    );

  test.each<[string, string, readonly [RegExp, string], RegExp]>([
    [
      "another winner",
      "edition.drawn",
      [/"ticket_number":\d+/, '"ticket_number":99'],
      /│ WRONG\n1: The inputs give ticket \d, not ticket 99\.\n1: SQL: /,
    ],
    [
      "another secret",
      "edition.drawn",
      [/"secret":"../, '"secret":"00'],
      /│ (WRONG|DIFFERENT)\n1: The secret is not the one .*\n1: SQL: /,
    ],
    [
      "another form",
      "edition.closed",
      [/"at":/, '"at": '],
      /^invalid: NOT_CANONICAL: Entry \d is not written as canonical JSON/,
    ],
    [
      "another ticket",
      "ticket.issued",
      [/"envelope_hash":"../, '"envelope_hash":"00'],
      /^invalid: PROOF_INVALID: Entry \d \(edition\.closed\) has another entries_hash/,
    ],
  ])("shows: %s", async (name, type, replacement, printed) => {
    const edition = name.replace(" ", "-");
    await open(edition, "sealed", 5);
    await runWithWorker("draw", edition);
    expect((await run("recompute-draw", edition)).code).toBe(0);
    await change(edition, type, replacement);
    const { code, stdout } = await run("recompute-draw", edition);
    expect([code, stdout]).toEqual([1, expect.stringMatching(printed)]);
  });
});

test("what was typed wrongly is said, and nothing is asked for", async () => {
  await open("typed", "sealed", 1);
  const cases: [string[], number, string][] = [
    [["draw"], 2, "missing required argument"],
    [["draw", "typed", "--request-key", "once"], 2, "It must be a UUID"],
    [["draw", "typed", "--wait", "soon"], 2, "It must be a whole number"],
    [["replace-winner", "typed"], 2, "--reason"],
    [["void-draw", "typed"], 2, "--reason"],
    [["draw", "nowhere"], 1, "EDITION_NOT_FOUND"],
    [["recompute-draw", "nowhere"], 1, "EDITION_NOT_FOUND"],
    [["replace-winner", "typed", "--reason", "Why not"], 1, "DRAW_NOT_READY"],
    [["replace-winner", "typed", "--reason", ""], 1, "INVALID_INPUT"],
    [["void-draw", "typed", "--reason", "Why not"], 1, "DRAW_NOT_READY"],
  ];
  for (const [args, code, said] of cases) {
    const answer = await run(...args);
    expect([answer.code, answer.stdout, answer.stderr], args.join(" ")).toEqual([
      code,
      "",
      expect.stringContaining(said),
    ]);
  }
  const { rows } = await database.pool("operator").query("select status from press.editions where slug = 'typed'");
  expect(rows).toEqual([{ status: "open" }]);
});

/** A statement of the owner, who has taken the triggers of the table away for it. */
async function unguarded(table: string, statement: string): Promise<void> {
  const owner = database.pool("owner");
  await owner.query(
    `alter table ${table} disable trigger user; ${statement}; alter table ${table} enable trigger user`,
  );
}
