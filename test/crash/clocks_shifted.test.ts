/* The clock of the worker, the gateway or the database, of each alone, is wrong by an hour or by ten years, and that of the database is set back by twenty. Leases, windows of
   editions, and whatever a ticket or the ledger says of time, go by the clock of the database alone; whether a token has expired, by that of the gateway. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { createSigningKey, type SigningKey } from "../../worker/keys.ts";
import { type LedgerOptions, startWorker, type Worker } from "../../worker/worker.ts";
import { cleanEnvironment, PRESS } from "../cli/support.ts";
import { OwnDatabase } from "../cuts/ownDatabase.ts";
import { Looking } from "../invariants.ts";
import { auditFindings, drawsOf, drawWhenReady, leavesOf, untilReady } from "../raffles.ts";
import { missingRequirement, testRequiring } from "../requirements.ts";
import { envelopesOf, issueMore, issuePending, makeKey, makeLog, until, verdicts } from "../worker/support.ts";
import { launchWorker, makeLedgerIn } from "./launchWorker.ts";
import { CLOCKS, type Clock, clockOf, isNowBy, nowBy, ServerClock } from "./shiftedClock.ts";

const NEEDED = ["faketime", "leg 18"] as const;
const SECRET = "the secret of a gateway whose clock is wrong";
const LEASE_SECONDS = 20;

let folder: string;
let clock: ServerClock;
let database: OwnDatabase;
let ledger: LedgerOptions;
let key: SigningKey;
let looking: Looking;
const children: ChildProcess[] = [];

beforeAll(async () => {
  if (missingRequirement(...NEEDED) !== undefined) return;
  folder = await mkdtemp(join(tmpdir(), "golden-press-clocks-"));
  await chmod(folder, 0o755); // Started by root, PostgreSQL runs as another user, who must be able to enter.
  clock = await ServerClock.make(folder);
  database = await OwnDatabase.start({ binDirectory: clock.binDirectory });
  ledger = await makeLedgerIn(folder);
  key = await createSigningKey(join(folder, "signing-key.pem"));
  looking = new Looking(database, { pauseMilliseconds: 50 });
});
afterAll(async () => {
  if (folder === undefined) return;
  for (const child of children) child.kill("SIGKILL");
  await database?.drop();
  await rm(folder, { recursive: true });
});

/** What the database takes for now. */
async function databaseNow(): Promise<number> {
  const [row] = await database.ask<{ now: Date }>("superuser", "select clock_timestamp() as now");
  return row?.now.getTime() ?? Number.NaN;
}

/** Opens an edition whose window is told by seconds from now, as the database has it; at once, because it may be a short one. */
async function openWindow(slug: string, opensIn: number, closesIn: number): Promise<void> {
  await database.pool("operator").query(
    `select press.create_edition($1, 'An edition', 100, opens_at => clock_timestamp() + make_interval(secs => $2),
       closes_at => clock_timestamp() + make_interval(secs => $3)), press.open_edition($1)`,
    [slug, opensIn, closesIn],
  );
}

async function statusOf(slug: string): Promise<string | undefined> {
  const rows = await database.ask<{ status: string }>(
    "superuser",
    "select status from press.editions where slug = $1",
    [slug],
  );
  return rows[0]?.status;
}

/** All tickets of the edition are signed, were issued in this time by the database, and say so themselves. */
async function expectIssuedBetween(slug: string, since: number, publicKey: string): Promise<void> {
  const until = await databaseNow();
  const envelopes = await envelopesOf(database, slug);
  expect(verdicts(envelopes, publicKey)).toEqual(new Set(["signed"]));
  for (const envelope of envelopes) {
    const timestamp = Date.parse((JSON.parse(envelope ?? "") as { timestamp: string }).timestamp);
    expect(timestamp).toBeGreaterThanOrEqual(since);
    expect(timestamp).toBeLessThanOrEqual(until);
  }
}

/** From a place on the ledger was written in this time, and its times do not go backwards; so were the tickets signed that it has there. */
async function expectLedgerBetween(place: number, since: number): Promise<void> {
  const until = await databaseNow();
  const rows = await database.ask<{ recorded: Date; signed: string | null }>(
    "superuser",
    `select recorded_at as recorded, case type when 'ticket.issued' then leaf::json ->> 'at' end as signed
     from press.ledger_entries where place >= $1 order by place`,
    [place],
  );
  const recorded = rows.map((row) => row.recorded.getTime());
  const signed = rows.flatMap((row) => (row.signed === null ? [] : Date.parse(row.signed)));
  expect(signed.length).toBeGreaterThan(0);
  expect(recorded).toEqual(recorded.toSorted((one, other) => one - other));
  for (const time of [...recorded, ...signed]) {
    expect(time).toBeGreaterThanOrEqual(since);
    expect(time).toBeLessThanOrEqual(until);
  }
}

async function entryCount(): Promise<number> {
  const [row] = await database.ask<{ count: number }>(
    "superuser",
    "select count(*)::integer as count from press.ledger_entries",
  );
  return row?.count ?? 0;
}

/** Everything is signed, and under a checkpoint. */
async function isRecorded(): Promise<boolean> {
  const [row] = await database.ask<{ is_recorded: boolean }>(
    "superuser",
    `select not exists (select from press.tickets where status = 'pending') and not exists (select from press_private.ledger_inbox)
            and (select count(*) from press.ledger_entries) = (select max(tree_size) from press.checkpoints) as is_recorded`,
  );
  return row?.is_recorded ?? false;
}

const makeToken = (subject: string, expiresAt: number) =>
  new SignJWT({ sub: subject, aud: "golden-press" })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime(new Date(expiresAt))
    .sign(Buffer.from(SECRET));

/** A gateway as `golden-press gateway` starts it, with a clock of its own; how to ask it, and to end it. */
async function startGatewayBy(wrong: Clock) {
  const gateway = fork(PRESS, ["gateway"], {
    env: cleanEnvironment({
      GATEWAY_DATABASE_URL: database.url("press_gateway"),
      PORT: "0",
      JWT_SECRET: SECRET,
      LOG_LEVEL: "silent",
      ...clockOf(wrong),
    }),
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  children.push(gateway);
  const [{ url }] = (await once(gateway, "message")) as [{ url: string }];
  /** Its codes; none where a ticket was issued. */
  const issue = async (editionSlug: string, token: string): Promise<(string | undefined)[]> => {
    const query = "mutation ($input: IssueTicketInput!) { issueTicket(input: $input) { ticket { rowId } } }";
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables: { input: { editionSlug } } }),
    });
    expect(isNowBy(wrong, Date.parse(response.headers.get("date") ?? ""))).toBe(true);
    const { errors = [] } = (await response.json()) as { errors?: { extensions: { code?: string } }[] };
    return errors.map(({ extensions }) => extensions.code);
  };
  return { issue, kill: () => gateway.kill("SIGKILL") };
}

describe.each(CLOCKS)("a clock that is wrong by %s", (wrong) => {
  const name = wrong.replace("+", "plus-").replace(/^-/, "minus-");

  testRequiring(...NEEDED)(
    "of the worker: what it claims, signs and closes goes by the clock of the database",
    async () => {
      const [since, place] = [await databaseNow(), await entryCount()];
      const slug = `worker-${name}`;
      await issuePending(database, slug, 5);
      await openWindow(`${slug}-later`, -60, 1_800);
      await openWindow(`${slug}-due`, -60, 0.5);
      const worker = launchWorker({
        folder,
        databaseUrl: database.url("press_worker"),
        signingKeyFile: join(folder, "signing-key.pem"),
        batchSize: 100,
        leaseSeconds: LEASE_SECONDS,
        holdAt: "claimed",
        environment: clockOf(wrong),
      });
      children.push(worker.child);
      await until(() => worker.steps.includes("claimed"));
      const claims = await database.ask<{ until: Date }>(
        "superuser",
        `select c.claimed_until as until from press_private.signing_claims c join press.editions e on e.id = c.edition_id
         where e.slug = $1`,
        [slug],
      );
      expect(claims.length).toBe(5);
      for (const claim of claims) {
        expect(claim.until.getTime()).toBeGreaterThan(since + LEASE_SECONDS * 1_000);
        expect(claim.until.getTime()).toBeLessThanOrEqual((await databaseNow()) + LEASE_SECONDS * 1_000);
      }
      worker.child.send("go on");
      await until(async () => (await statusOf(`${slug}-due`)) === "closed");
      expect(await statusOf(`${slug}-later`)).toBe("open");
      await until(isRecorded);
      worker.child.disconnect();
      await once(worker.child, "exit");
      const lines = worker.output
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { time: number });
      expect(lines.map(({ time }) => isNowBy(wrong, time))).toEqual(lines.map(() => true));
      await expectIssuedBetween(slug, since, key.publicKey);
      await expectLedgerBetween(place, since);
    },
  );

  testRequiring(...NEEDED)("of the gateway: tokens end by its own clock, windows by that of the database", async () => {
    const slug = `gateway-${name}`;
    await openWindow(slug, -60, 1_800);
    await openWindow(`${slug}-later`, 1_800, 3_600);
    const since = await databaseNow();
    const gateway = await startGatewayBy(wrong);
    const minutes = (count: number) => makeToken("alice", nowBy(wrong) + count * 60_000);
    expect(await gateway.issue(slug, await minutes(5))).toEqual([]);
    expect(await gateway.issue(slug, await minutes(-5))).toEqual(["UNAUTHENTICATED"]);
    expect(await gateway.issue(`${slug}-later`, await minutes(5))).toEqual(["EDITION_NOT_OPEN"]);
    gateway.kill();
    const [ticket] = await database.ask<{ at: Date }>(
      "superuser",
      "select t.issued_at as at from press.tickets t join press.editions e on e.id = t.edition_id where e.slug = $1",
      [slug],
    );
    expect(ticket?.at.getTime()).toBeGreaterThanOrEqual(since);
    expect(ticket?.at.getTime()).toBeLessThanOrEqual(await databaseNow());
  });
});

describe("the clock of the database", () => {
  let worker: Worker | undefined;
  afterAll(() => worker?.stop());

  const startWorkerHere = () =>
    startWorker({ databaseUrl: database.url("press_worker"), signingKey: key, ledger, log: makeLog() });

  /** While everybody is at work. */
  async function stepTo(next: Clock): Promise<void> {
    await clock.set(next);
    expect(isNowBy(next, await databaseNow())).toBe(true);
  }

  async function restartWith(next: Clock): Promise<void> {
    await database.stop();
    await clock.set(next);
    await database.startAgain(clock.binDirectory);
    expect(isNowBy(next, await databaseNow())).toBe(true);
  }

  testRequiring(...NEEDED)(
    "is wrong, and is set back by twenty years: all goes by it, and nothing is broken",
    async () => {
      worker = await startWorkerHere();
      const gateway = await startGatewayBy("+0");
      const token = await makeToken("alice", nowBy("+0") + 1_800_000);
      for (const [index, next] of ([...CLOCKS, "+0"] as const).entries()) {
        await until(isRecorded); // What the ledger has of this clock is not counted as the next one's.
        await restartWith(next);
        const [since, place] = [await databaseNow(), await entryCount()];
        const slug = `database-${index}`;
        await openWindow(slug, -60, 1_800);
        await openWindow(`${slug}-later`, 1_800, 3_600);
        await openWindow(`${slug}-due`, -60, 0.5);
        await until(async () => (await gateway.issue(slug, token)).length === 0);
        expect(await gateway.issue(`${slug}-later`, token)).toEqual(["EDITION_NOT_OPEN"]);
        await until(async () => (await statusOf(`${slug}-due`)) === "closed");
        expect(await statusOf(slug)).toBe("open");
        await until(isRecorded);
        await expectIssuedBetween(slug, since, key.publicKey);
        await expectLedgerBetween(place, since);
        expect(await auditFindings(database)).toEqual([]);
      }
      await worker.stop();
      gateway.kill();
    },
    { timeout: 120_000 },
  );

  testRequiring(...NEEDED)("steps to and fro while an edition closes and is drawn: both happen once", async () => {
    await restartWith("+0");
    worker = await startWorkerHere();
    const operator = database.pool("operator");
    const slug = "steps";
    await operator.query(
      "select press.create_edition($1, 'A raffle', 10, draw_mode => 'sealed', closes_at => clock_timestamp() + interval '30 min')",
      [slug],
    );
    await untilReady(() => operator.query("select press.open_edition($1)", [slug]));
    await issueMore(database, slug, 3);
    await until(isRecorded);
    await stepTo("+1h");
    await until(async () => (await statusOf(slug)) === "closed");
    await stepTo("-1h");
    await drawWhenReady(database, slug);
    await stepTo("+10y");
    await until(async () => (await statusOf(slug)) === "drawn");
    await stepTo("-10y");
    await until(isRecorded);
    await expect(issueMore(database, slug, 1)).rejects.toMatchObject({ code: "PRCLS" });
    expect(await drawsOf(database, slug)).toMatchObject([{ status: "drawn", attempt: 1 }]);
    const types = (await leavesOf(database, slug)).map((leaf) => (JSON.parse(leaf) as { type: string }).type);
    for (const type of ["edition.closed", "edition.drawn"]) expect(types.filter((one) => one === type)).toEqual([type]);
    expect(await auditFindings(database)).toEqual([]);
    await worker.stop();
  });

  /** What workers take for a while, for a second here, as one that is new takes it; whether it got it. */
  const takes = {
    "tickets to sign": async () => {
      const { keyId, publicKey } = makeKey();
      const db = database.pool("press_worker");
      await db.query("select from press_worker.register_signing_key($1, 'ticket')", [publicKey]);
      return (await db.query("select from press_worker.tickets_to_sign($1, 1000, 1)", [keyId])).rowCount === 3;
    },
    "the stream of events": async () => {
      const hold = "select press_worker.hold_event_stream(gen_random_uuid(), 1) as is_held";
      return (await database.pool("press_worker").query<{ is_held: boolean }>(hold)).rows[0]?.is_held;
    },
  };

  testRequiring(...NEEDED)("is set back by ten years when a worker has died with what it had taken", async () => {
    await restartWith("+0");
    await issuePending(database, "taken", 3);
    for (const take of Object.values(takes)) expect(await take()).toBe(true);
    // A claim lasts an hour at most, so that after less it may be one of today's.
    await restartWith("-10y");
    const since = await databaseNow();
    await until(async () => (await databaseNow()) > since + 1_000);
  });

  for (const [what, take] of Object.entries(takes))
    testRequiring(...NEEDED)(`and others have ${what} all the same`, async () => {
      expect(await take()).toBe(true);
    });

  testRequiring(...NEEDED)("what is promised held all the while", async () => {
    const { found, count } = await looking.end();
    expect(found).toEqual([]);
    expect(count).toBeGreaterThan(0);
  });
});
