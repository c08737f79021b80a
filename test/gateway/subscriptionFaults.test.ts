/* What may go wrong on the way: the listening connection is cut, the database goes away and comes back, a client takes nothing. Whoever is still
   there misses nothing. */
import type { Pool, QueryConfig } from "pg";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { WebSocket } from "ws";
import { LedgerFeed } from "../../gateway/ledgerFeed.ts";
import { Subscriber } from "../../gateway/subscriber.ts";
import { Subscriptions } from "../../gateway/subscriptions.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { TestWorker } from "../ledger.ts";
import { untilWaiting } from "../race/sessions.ts";
import { testRequiring } from "../requirements.ts";
import { PlayedLedger } from "./playedLedger.ts";
import { RawSocket } from "./rawSocket.ts";
import { makeToken, openEdition, startTestGateway, type TestGateway } from "./testGateway.ts";

let database: TestDatabase;
let gateway: TestGateway;
let worker: TestWorker;
let sockets: RawSocket[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await startTestGateway(database);
  worker = await TestWorker.start(database);
  await openEdition(gateway, { slug: "faulty", cap: 100_000 });
  await worker.work();
});

afterEach(() => {
  for (const socket of sockets) socket.terminate();
  sockets = [];
});

afterAll(async () => {
  await gateway?.close();
  await database?.drop();
});

const issue = async (recipient: string, quantity = 1) => {
  const text = "select id from press.issue_tickets('faulty', $1, recipient => $2)";
  const { rows } = await database.pool("operator").query<{ id: string }>(text, [quantity, recipient]);
  return rows.map(({ id }) => id);
};

interface TicketChanged {
  readonly ticket: { readonly rowId: string } | null;
}

interface LedgerGrew {
  readonly entries: readonly { readonly place: string }[];
}

const TICKETS = "subscription { ticketChanged { ticket { rowId } } }";
const LEDGER = `subscription { ledgerGrew(after: "-1") { entries { place leaf } } }`;

const listen = async (query: string, subject: string) => {
  const socket = await RawSocket.open(gateway, await makeToken(subject));
  sockets.push(socket);
  socket.subscribe("1", query);
  await expect.poll(() => socket.eventsOf("1").length).toBeGreaterThan(0);
  return socket;
};

const ticketsOf = (socket: RawSocket) => socket.eventsOf<TicketChanged>("1").map(({ ticket }) => ticket?.rowId);
const placesOf = (socket: RawSocket) =>
  socket.eventsOf<LedgerGrew>("1").flatMap(({ entries }) => entries.map(({ place }) => Number(place)));

const entryCount = async () => {
  const { rows } = await database.pool("operator").query("select count(*)::int as count from press.ledger_entries");
  return rows[0].count as number;
};

/** Cuts connections of the gateway. */
const cut = (condition: string) =>
  database.pool("superuser").query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name like 'golden-press gateway%' and ${condition}`,
  );

describe("subscriptions go on", () => {
  testRequiring("superuser")("when the listening connection is cut", async () => {
    const socket = await listen(TICKETS, "anna");
    await cut("application_name like '%listen'");
    const [id] = await issue("anna");
    await worker.work();
    await expect.poll(() => ticketsOf(socket)).toEqual([undefined, id]);
  });

  testRequiring("superuser")("when the database was away, and lack nothing of what happened meanwhile", async () => {
    const tickets = await listen(TICKETS, "berta");
    const ledger = await listen(LEDGER, "berta");
    const superuser = database.pool("superuser");
    // Nobody but a superuser may connect, and whoever has connections, as the worker and the operator have now, keeps them; the gateway's are cut.
    await worker.work();
    await entryCount();
    await superuser.query(`alter database ${database.name} connection limit 0`);
    await cut("true");
    const ids = await issue("berta", 3);
    await worker.work();
    await superuser.query(`alter database ${database.name} connection limit -1`);
    await expect.poll(() => ticketsOf(tickets).slice(1).toSorted()).toEqual(ids.toSorted());
    const count = await entryCount();
    await expect.poll(() => placesOf(ledger)).toEqual(Array.from({ length: count }, (_, place) => place));
    for (const socket of [tickets, ledger]) expect(socket.codesOf("1")).toEqual([]);
  });

  testRequiring("superuser")("when an event's rows could not be read: it is made once more", async () => {
    const socket = await listen("subscription { ticketChanged { ticket { rowId revocation { reason } } } }", "clara");
    const [id] = await issue("clara");
    const holder = await database.pool("superuser").connect();
    try {
      await holder.query("begin");
      // What the event needs, and nobody else.
      await holder.query("lock table press.revocations in access exclusive mode");
      await worker.work();
      await untilWaiting(database, 1);
      await expect.poll(async () => (await cut("wait_event_type = 'Lock'")).rowCount).toBe(0);
    } finally {
      await holder.query("rollback");
      holder.release();
    }
    await expect.poll(() => ticketsOf(socket)).toEqual([undefined, id]);
    expect(socket.codesOf("1")).toEqual([]);
  });
});

test("a client that takes nothing keeps nobody waiting, and finds everything when it takes again", async () => {
  // Some megabytes: more than the buffers on the way hold.
  const leaves = Array.from({ length: 20 }, (_, index) => `leaf${index}: leaf`).join(" ");
  const slow = await listen(`subscription { ledgerGrew(after: "-1") { entries { place ${leaves} } } }`, "dora");
  slow.pause();
  const quick = await listen(LEDGER, "emma");
  for (let round = 0; round < 3; round += 1) {
    await issue("fanny", 1_000);
    await worker.work();
    const count = await entryCount();
    await expect.poll(() => placesOf(quick).length).toBe(count);
  }
  const count = await entryCount();
  expect(placesOf(slow).length).toBeLessThan(count);
  slow.resume();
  await expect.poll(() => placesOf(slow)).toEqual(Array.from({ length: count }, (_, place) => place));
});

describe("who follows the ledger for all", () => {
  const log = pino({ level: "silent" });

  /** Subscriptions to a ledger that is played; `asked` has the ranges of places that the database was asked about. */
  function makeSubscriptions(size: number) {
    const asked: unknown[] = [];
    let failures = 0;
    const pool = {
      async query({ values = [] }: QueryConfig) {
        if (failures > 0) {
          failures -= 1;
          throw new Error("Connection terminated");
        }
        asked.push(values.slice(0, 2));
        return { rows: [] };
      },
    } as unknown as Pick<Pool, "query">;
    const played = new PlayedLedger();
    played.grow(size);
    const ledger = played.makeReader();
    const feed = new LedgerFeed({ ledger, listener: played.listener, log });
    const fail = (times: number) => {
      failures = times;
    };
    const publications = { watch: async () => undefined, leave: () => undefined };
    return { asked, played, fail, subscriptions: new Subscriptions({ pool, ledger, feed, publications, log }) };
  }

  const subscribe = async (subscriptions: Subscriptions) => {
    const identity = { role: "press_holder", subject: "alice", expiresAt: Date.now() + 600_000 } as const;
    const socket = { once: () => undefined, close: () => undefined } as unknown as WebSocket;
    const source = await subscriptions.ofTickets(new Subscriber(identity, socket));
    source.ask();
    expect(await source.next()).toEqual({ done: false, value: { ticketId: null } });
    return source;
  };

  test("asks of each place once, and not of too many at a time", async () => {
    const { asked, subscriptions, played } = makeSubscriptions(5);
    const sources = [await subscribe(subscriptions), await subscribe(subscriptions)];
    played.grow(4);
    await expect.poll(() => asked).toEqual([[5, 9]]);
    played.grow(25_000);
    await expect
      .poll(() => asked.slice(1))
      .toEqual([
        [9, 10_009],
        [10_009, 20_009],
        [20_009, 25_009],
      ]);
    for (const source of sources) source.end();
    expect(subscriptions.count).toBe(0);
    await subscriptions.close();
  });

  test("asks again of the same places after a failure", async () => {
    const { asked, subscriptions, played, fail } = makeSubscriptions(5);
    await subscribe(subscriptions);
    fail(2);
    played.grow(4);
    await expect.poll(() => asked).toEqual([[5, 9]]);
    await subscriptions.close();
  });

  test("begins anew when somebody comes after everybody has gone", async () => {
    const { asked, subscriptions, played } = makeSubscriptions(0);
    (await subscribe(subscriptions)).end();
    played.grow(100);
    const source = await subscribe(subscriptions);
    played.grow(20);
    await expect.poll(() => asked.at(-1)).toEqual([expect.any(Number), 120]);
    source.end();
    await subscriptions.close();
  });

  test("says so when the ledger goes on under another name, and follows that one", async () => {
    const { asked, subscriptions, played } = makeSubscriptions(100);
    const source = await subscribe(subscriptions);
    source.ask();
    const next = source.next();
    played.leaves.length = 0;
    played.origin = "press.test/second";
    played.grow(40);
    await expect(next).rejects.toMatchObject({ extensions: { code: "OVERLOADED", retryable: true } });
    await subscribe(subscriptions);
    played.grow(1);
    await expect.poll(() => asked).toEqual([[40, 41]]);
    await subscriptions.close();
  });

  test("ends for all, and lets nobody in, when it closes", async () => {
    const { subscriptions } = makeSubscriptions(5);
    const source = await subscribe(subscriptions);
    source.ask();
    const next = source.next();
    await subscriptions.close();
    expect(await next).toEqual({ done: true, value: undefined });
    await expect(subscribe(subscriptions)).rejects.toMatchObject({ extensions: { code: "OVERLOADED" } });
  });
});
