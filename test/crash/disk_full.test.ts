/* The disk of the database is full, data and WAL: first there is no room for rows, then none for WAL, for lack of which PostgreSQL panics. People are buying all the while.
   They hear that it is overloaded, or that the outcome is unknown, and nothing was acknowledged or signed that is not there afterwards. With room again all goes on. */
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, openSync, statfsSync, writeSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect } from "vitest";
import type { SigningKey } from "../../worker/keys.ts";
import { startWorker, type Worker } from "../../worker/worker.ts";
import { OwnDatabase } from "../cuts/ownDatabase.ts";
import {
  codesOf,
  type GraphqlError,
  type IssuedTicket,
  issueTicket,
  makeToken,
  startTestGateway,
  type TestGateway,
} from "../gateway/testGateway.ts";
import { Looking } from "../invariants.ts";
import { makeEdition } from "../race/sessions.ts";
import { auditFindings } from "../raffles.ts";
import { rounds } from "../random.ts";
import { missingRequirement, testRequiring } from "../requirements.ts";
import { makeKey, makeLedger, makeLog, until, verdicts } from "../worker/support.ts";

const NEEDED = ["mount", "leg 18"] as const;
const BUYERS = 12;
const EDITION = { editionSlug: "full" };
/** How often each disk is full. */
const ROUNDS = rounds(2, 10, 1);
const WAL_SEGMENT_BYTES = 16 * 1024 ** 2;
const TIMEOUT = { timeout: 300_000 };

/** What somebody asked for, under its key, and what they were told. */
interface Purchase {
  readonly requestKey: string;
  readonly errors: GraphqlError[];
  ticket?: IssuedTicket;
}

let disk: string;
let database: OwnDatabase;
let gateway: TestGateway;
let worker: Worker;
let looking: Looking;
const key = makeKey();
/** What the key has signed. */
const signed: string[] = [];
const purchases: Purchase[] = [];
const tokens: string[] = [];

beforeAll(async () => {
  if (missingRequirement(...NEEDED) !== undefined) return;
  disk = await mkdtemp(join(tmpdir(), "golden-press-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=192m", "tmpfs", disk]);
  database = await OwnDatabase.start({ folder: disk });
  // So that the WAL has no room put by: it is on the same disk.
  for (const setting of ["min_wal_size = '32MB'", "max_wal_size = '32MB'"])
    await database.pool("superuser").query(`alter system set ${setting}`);
  await database.pool("superuser").query("select pg_reload_conf()");
  await makeEdition(database, EDITION.editionSlug, 1_000_000, 1_000_000);
  gateway = await startTestGateway(database);
  worker = await startWorker({
    databaseUrl: database.url("press_worker"),
    signingKey: witnessed(key),
    ledger: makeLedger(),
    log: makeLog(),
    leaseSeconds: 1,
  });
  for (let buyer = 0; buyer < BUYERS; buyer += 1)
    tokens.push(await makeToken(`buyer ${buyer}`, { exp: 4_000_000_000 }));
  looking = new Looking(database, { pauseMilliseconds: 50 });
});
afterAll(async () => {
  if (disk === undefined) return;
  await Promise.all([gateway?.close(), worker?.stop()]);
  await database?.drop();
  execFileSync("umount", ["--lazy", disk]);
  await rm(disk, { recursive: true });
});

function witnessed(key: SigningKey): SigningKey {
  const sign = key.sign.bind(key);
  key.sign = (message) => {
    signed.push(Buffer.from(message).toString("utf8"));
    return sign(message);
  };
  return key;
}

/** Takes the room that there is but for so much, and again what is freed meanwhile, until somebody stops it; then the room is there again. */
async function fillUntil(signal: AbortSignal, spareBytes: number): Promise<void> {
  const file = join(disk, "filler");
  const filler = openSync(file, "a");
  while (!signal.aborted) {
    fill(filler, spareBytes);
    await sleep(5);
  }
  closeSync(filler);
  await rm(file);
}

function fill(filler: number, spareBytes: number): void {
  const { bavail, bsize } = statfsSync(disk);
  try {
    writeSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - spareBytes)));
  } catch (error) {
    expect(error).toMatchObject({ code: "ENOSPC" }); // PostgreSQL was quicker.
  }
}

/** One buyer asks for one ticket after the other. What may have been done is asked for under its key until that is told; what was not done is given up. */
async function buyUntil(token: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const purchase: Purchase = { requestKey: randomUUID(), errors: [] };
    purchases.push(purchase);
    do {
      const answer = await issueTicket(gateway, token, { ...EDITION, requestKey: purchase.requestKey });
      purchase.errors.push(...answer.errors);
      expect(answer.errors.filter((error) => !isSaid(error))).toEqual([]);
      if (answer.errors.length === 0) purchase.ticket = answer.data.issueTicket?.ticket as IssuedTicket;
      else await sleep(20);
    } while (isUnknown(purchase));
    await sleep(10);
  }
}

const isUnknown = ({ ticket, errors }: Purchase) =>
  ticket === undefined && codesOf({ errors }).includes("OUTCOME_UNKNOWN");
const isSaid = ({ extensions }: GraphqlError) => ["OVERLOADED", "OUTCOME_UNKNOWN"].includes(extensions.code ?? "");
const isOfRoom = ({ message }: GraphqlError) => message.includes("has no room for this");
const heard = () => purchases.flatMap(({ errors }) => errors);
const acknowledged = () => purchases.filter(({ ticket }) => ticket !== undefined);

/** People buy before the disk is full, while it is, until that has had its effect, and when there is room again. */
async function buyWhileFull(spareBytes: number, effect: () => Promise<unknown>): Promise<void> {
  const [buying, filling] = [new AbortController(), new AbortController()];
  const buyers = Promise.all(tokens.map((token) => buyUntil(token, buying.signal)));
  const filled = async () => {
    await servesAgain();
    const full = fillUntil(filling.signal, spareBytes);
    await effect();
    filling.abort();
    await full;
    await servesAgain();
  };
  try {
    await Promise.race([filled(), buyers]); // Who hears what nobody should is not waited for.
  } finally {
    for (const controller of [buying, filling]) controller.abort();
  }
  await buyers;
}

/** Where the server has ended, because it had no room to recover in, somebody starts it. */
async function servesAgain(): Promise<void> {
  const before = acknowledged().length;
  await until(async () => {
    if (await database.hasEnded()) await database.startAgain();
    return acknowledged().length >= before + 5 * BUYERS;
  });
}

/** Everything that was told, signed, and promised is so; nobody has heard of a fault. */
async function expectAllIsThere(): Promise<void> {
  await until(isRecorded);
  const { rows } = await database
    .pool("superuser")
    .query<Row>("select id, request_key, ticket_number as number, envelope from press.tickets order by 3");
  expect(rows.map(({ number }) => number)).toEqual(rows.map((_, index) => index + 1));
  const stored = new Map(rows.map((row) => [row.request_key, row]));
  expect(stored.size).toBe(rows.length);
  for (const { requestKey, ticket } of purchases) {
    const { id: rowId, number: ticketNumber } = stored.get(requestKey) ?? {};
    // Who was refused was told that nothing was done.
    expect(ticket && { rowId: ticket.rowId, ticketNumber: ticket.ticketNumber }).toEqual(
      rowId && { rowId, ticketNumber },
    );
  }
  expect(
    verdicts(
      rows.map(({ envelope }) => envelope),
      key.publicKey,
    ),
  ).toEqual(new Set(["signed"]));
  const payloads = new Set(rows.map(({ envelope }) => envelope?.replace(/"signature":"[0-9a-f]+",/, "")));
  expect(signed.filter((payload) => !payloads.has(payload))).toEqual([]);
}

interface Row {
  readonly id: string;
  readonly request_key: string;
  readonly number: number;
  readonly envelope: string | null;
}

/** Everything is signed, and under a checkpoint. */
async function isRecorded(): Promise<boolean> {
  const { rows } = await database.pool("superuser").query<{ is_recorded: boolean }>(
    `select not exists (select from press.tickets where status = 'pending') and not exists (select from press_private.ledger_inbox)
            and (select count(*) from press.ledger_entries) = (select max(tree_size) from press.checkpoints) as is_recorded`,
  );
  return rows[0]?.is_recorded ?? false;
}

/** Until there is no room for more of it, and the server panics. */
async function writeWal(): Promise<never> {
  for (;;)
    await database.pool("superuser").query("select pg_logical_emit_message(false, 'filler', repeat('x', 1000000))");
}

testRequiring(...NEEDED)(
  "there is no room for rows: it is said, and nothing was done",
  async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = heard().length;
      await buyWhileFull(0, () => until(() => heard().slice(before).some(isOfRoom)));
    }
    await expectAllIsThere();
  },
  TIMEOUT,
);

testRequiring(...NEEDED)(
  "there is no room for WAL: the server panics while it issues, and when it has recovered what was acknowledged is there",
  async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = heard().length;
      await buyWhileFull(WAL_SEGMENT_BYTES / 2, async () => {
        // Of the room for rows it would say so, and go on; who panics may be the session itself.
        await expect(writeWal()).rejects.toSatisfy(
          ({ severity, code, message }) => severity === "PANIC" || code === "57P03" || /terminat|ECONN/.test(message),
        );
        await until(() =>
          heard()
            .slice(before)
            .some((error) => !isOfRoom(error)),
        );
      });
    }
    await expectAllIsThere();
  },
  TIMEOUT,
);

testRequiring(...NEEDED)(
  "what is promised held all the while, and neither the audit nor amcheck finds anything",
  async () => {
    const { found, count } = await looking.end();
    expect(found).toEqual([]);
    expect(count).toBeGreaterThan(0);
    expect(await auditFindings(database)).toEqual([]);
    const superuser = database.pool("superuser");
    await superuser.query("create extension amcheck");
    const { rowCount } = await superuser.query(
      `select bt_index_check(c.oid, true) from pg_class c join pg_am a on a.oid = c.relam
     where a.amname = 'btree' and c.relkind = 'i' and c.relnamespace::regnamespace::text in ('press', 'press_private')`,
    );
    expect(rowCount).toBeGreaterThan(0);
  },
);
