import { once } from "node:events";
import fastify from "fastify";
import type { Logger } from "pino";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import WebSocket from "ws";
import { addMetricsRoute, Metrics } from "../../gateway/metrics.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { TestWorker } from "../ledger.ts";
import { testRequiring } from "../requirements.ts";
import { makeLog, until } from "../worker/support.ts";
import { EventReader } from "./eventReader.ts";
import { issueTicket, makeToken, openEdition, startTestGateway, type TestGateway } from "./testGateway.ts";

let database: TestDatabase;
let gateway: TestGateway;
let worker: TestWorker;

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await startTestGateway(database);
  worker = await TestWorker.start(database);
});

afterAll(async () => {
  await gateway?.close();
  await database?.drop();
});

/** The numbers of a text in the format of Prometheus, by name and labels as they stand; and the names that it explains. */
function parse(text: string): { readonly values: Map<string, number>; readonly explained: Set<string> } {
  const lines = text.split("\n").filter((line) => line !== "");
  const samples = lines.filter((line) => !line.startsWith("#"));
  return {
    values: new Map(
      samples.map((line) => {
        const [, name = "", value] = /^(\S+?(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
        return [name, Number(value)];
      }),
    ),
    explained: new Set(lines.flatMap((line) => /^# HELP (\S+) \S/.exec(line)?.[1] ?? [])),
  };
}

const read = async (of: TestGateway = gateway) => parse(await (await fetch(`${of.url}/metrics`)).text()).values;

/** What was read a moment ago is kept for a second. */
const untilShown = (expected: Readonly<Record<string, number | undefined>>) =>
  until(async () => {
    const values = await read();
    return Object.entries(expected).every(([name, value]) => values.get(`golden_press_${name}`) === value);
  });

describe("the metrics", () => {
  test("are text as Prometheus reads it, each with an explanation, and nobody keeps them", async () => {
    const response = await fetch(`${gateway.url}/metrics`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
    const { values, explained } = parse(await response.text());
    for (const name of values.keys()) {
      expect([...explained]).toContain(name.replace(/\{.*/, "").replace(/_(bucket|sum|count)$/, ""));
    }
    expect(values.get("process_cpu_seconds_total")).toBeGreaterThan(0);
    expect(values.has("nodejs_eventloop_lag_p99_seconds")).toBe(true);
  });

  test("tell how the ledger stands, what waits, and whether the press is stopped", async () => {
    await untilShown({
      database_up: 1,
      ledger_checkpoint_entries: 0,
      ledger_checkpoint_timestamp_seconds: undefined,
      press_stopped: 0,
      signing_oldest_pending_timestamp_seconds: undefined,
    });
    const before = Date.now() / 1000;
    await openEdition(gateway, { slug: "measured", cap: 100 });
    await issueTicket(gateway, await makeToken("alice"), { editionSlug: "measured" });
    await until(async () => ((await read()).get("golden_press_signing_oldest_pending_timestamp_seconds") ?? 0) > 0);
    const values = await read();
    const pendingSince = values.get("golden_press_signing_oldest_pending_timestamp_seconds") ?? 0;
    expect(Math.abs(pendingSince - before)).toBeLessThan(60);
    expect(values.get("golden_press_ledger_inbox_entries")).toBeGreaterThan(0);

    await worker.work();
    const size = Number(
      (await database.pool("superuser").query("select count(*) from press.ledger_entries")).rows[0].count,
    );
    await untilShown({
      ledger_entries: size,
      ledger_checkpoint_entries: size,
      ledger_inbox_entries: 0,
      signing_oldest_pending_timestamp_seconds: undefined,
    });
    expect((await read()).get("golden_press_ledger_checkpoint_timestamp_seconds")).toBeGreaterThanOrEqual(before - 60);

    await database.pool("press_worker").query("select press_worker.stop_press('a test')");
    await untilShown({ press_stopped: 1 });
    await database.pool("operator").query("select press.start_press('the test is over')");
    await untilShown({ press_stopped: 0 });
  });

  test("tell what does not hold of what is promised, and when somebody looked", async () => {
    const of = (invariant: string) => `press_invariant_violations{invariant="${invariant}"}`;
    await untilShown({ [of("I1")]: 0, [of("I11")]: 0, [of("I7")]: undefined });
    const [operator, owner] = [database.pool("operator"), database.pool("superuser")];
    const before = Date.now() / 1000;
    await owner.query("alter table press.holders disable trigger _200_guard_identity");
    await operator.query("select from press.invariants()");
    await untilShown({ [of("I1")]: 0, [of("I11")]: 1, press_stopped: 1 });
    const looked = (await read()).get("golden_press_press_invariants_looked_timestamp_seconds");
    expect(looked).toBeGreaterThanOrEqual(before - 60);
    await owner.query("alter table press.holders enable always trigger _200_guard_identity");
    await operator.query("select from press.invariants()");
    await untilShown({ [of("I11")]: 0, press_stopped: 1 });
    await operator.query("select press.start_press('the test is over')");
    await untilShown({ press_stopped: 0 });
  });

  test("tell how many events are not in the stream yet, where somebody publishes them", async () => {
    await untilShown({ events_published: undefined, events_lag: undefined, events_publishers: 0 });
    const publisher = "00000000-0000-4000-8000-000000000001";
    const press = database.pool("press_worker");
    await press.query("select press_worker.hold_event_stream($1, 60)", [publisher]);
    const size = (await read()).get("golden_press_ledger_checkpoint_entries") ?? 0;
    // Held, and NATS was never reached.
    await untilShown({ events_published: undefined, events_lag: size, events_publishers: 1 });
    await press.query("select press_worker.note_event_stream($1, $2, null)", [publisher, size - 1]);
    await untilShown({ events_published: size - 1, events_lag: 1 });
    expect(
      Math.abs(((await read()).get("golden_press_events_seen_timestamp_seconds") ?? 0) - Date.now() / 1000),
    ).toBeLessThan(60);
    await press.query("select press_worker.release_event_stream($1)", [publisher]);
    await untilShown({ events_published: size - 1, events_lag: 1, events_publishers: 0 });
  });

  test("tell of the coins that pay for publishing, and since when something waits", async () => {
    const coins = (state: string) => `publishing_coins{state="${state}"}`;
    await untilShown({
      [coins("available")]: 0,
      [coins("dirty")]: 0,
      publishing_oldest_queued_timestamp_seconds: undefined,
      publishing_oldest_unknown_timestamp_seconds: undefined,
    });
    const owner = database.pool("owner");
    await database.pool("operator").query("select tests.fund(3, 20000, 'counted')");
    await untilShown({ [coins("available")]: 3, 'publishing_satoshis{state="available"}': 60_000 });
    const before = Date.now() / 1000;
    const { rows } = await owner.query("select tests.queue_record('somebody', 'waits') as id");
    const since = async (name: string) =>
      (await read()).get(`golden_press_publishing_oldest_${name}_timestamp_seconds`);
    await until(async () => Math.abs(((await since("queued")) ?? 0) - before) < 60);
    const { rows: sent } = await owner.query("select tests.send_one('counted') as id");
    await until(async () => Math.abs(((await since("unknown")) ?? 0) - before) < 60);
    await untilShown({ [coins("available")]: 2, [coins("unknown")]: 1 });
    expect(await since("queued")).toBeUndefined();
    await owner.query("select tests.tell($1, 'accepted', '{}')", [sent[0].id]);
    await until(async () => (await since("unknown")) === undefined);
    expect(rows).toHaveLength(1);
  });

  test("tell what this gateway does: requests by route and status, what is open, what is issued together, its connections", async () => {
    const other = await startTestGateway(database);
    const token = await makeToken("bob");
    const requests = Array.from({ length: 20 }, () => issueTicket(other, token, { editionSlug: "measured" }));
    await Promise.all(requests);
    await other.ask("{");
    await fetch(`${other.url}/ledger/tile/entries/999`);
    await fetch(`${other.url}/ledger/tile/entries/998`);
    await fetch(`${other.url}/nowhere/at/all`);
    const reader = await EventReader.open(`${other.url}/events`);
    const refused = await fetch(`${other.url}/events?after=x`);
    expect(refused.status).toBe(400);
    const socket = new WebSocket(`${other.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
    await once(socket, "open");
    socket.send(`{"type":"connection_init"}`);

    await until(async () => (await read(other)).get("golden_press_gateway_web_sockets") === 1);
    // A connection is given back a moment after its answer.
    const busy = `golden_press_gateway_database_connections_busy{pool="issuing"}`;
    await until(async () => (await read(other)).get(busy) === 0);
    const values = await read(other);
    const count = (route: string, status: number) =>
      values.get(`golden_press_gateway_http_request_duration_seconds_count{route="${route}",status="${status}"}`);
    expect(count("/graphql", 200)).toBe(20);
    expect(count("/graphql", 400)).toBe(1);
    expect(count("/ledger/tile/*", 404)).toBe(2);
    expect(count("none", 404)).toBe(1);
    expect(count("/events", 400)).toBe(1);
    expect(count("/events", 200)).toBeUndefined();
    expect(values.get("golden_press_gateway_event_readers")).toBe(1);
    expect(values.get("golden_press_gateway_issuing_batch_requests_sum")).toBe(20);
    expect(values.get("golden_press_gateway_issuing_batch_requests_count")).toBeLessThanOrEqual(20);
    expect(values.get("golden_press_gateway_issuing_requests_waiting")).toBe(0);
    expect(values.get(`golden_press_gateway_database_connections{pool="issuing"}`)).toBeGreaterThan(0);
    expect(values.get(`golden_press_gateway_database_waiting{pool="requests"}`)).toBe(0);

    reader.close();
    socket.close();
    await until(async () => (await read(other)).get("golden_press_gateway_event_readers") === 0);
    await until(async () => (await read(other)).get("golden_press_gateway_web_sockets") === 0);
    await other.close();
  });

  test("name no person and no edition", async () => {
    const text = await (await fetch(`${gateway.url}/metrics`)).text();
    for (const name of ["alice", "bob", "olga", "somebody", "measured"]) expect(text).not.toContain(name);
  });

  test("are read from the database once, however many ask at a time", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    onTestFinished(() => void vi.useRealTimers());
    let asked = 0;
    const query = async () => {
      asked += 1;
      return { rows: [] };
    };
    const app = fastify();
    addMetricsRoute(app, new Metrics({ pool: { query } as never, log: makeLog() as unknown as Logger }));
    const answers = await Promise.all(Array.from({ length: 100 }, () => app.inject("/metrics")));
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(asked).toBe(1);
    await app.close();
  });
});

describe("without the database", () => {
  testRequiring("superuser")("the gateway says so, and tells of itself", async () => {
    const doomed = await createTestDatabase();
    const left = await startTestGateway(doomed);
    expect((await read(left)).get("golden_press_database_up")).toBe(1);
    await doomed.drop();
    await until(async () => (await read(left)).get("golden_press_database_up") === 0);
    const values = await read(left);
    expect(
      [...values.keys()].filter((name) => /^golden_press_(ledger|events|press|signing|publishing)_/.test(name)),
    ).toEqual([]);
    expect(values.get("golden_press_gateway_event_readers")).toBe(0);
    expect(values.get("process_cpu_seconds_total")).toBeGreaterThan(0);
    await left.close();
  });

  test("it is said once in the log, and once more when it is back", async () => {
    const log = makeLog();
    let isAway = true;
    const query = async () => {
      if (isAway) throw new Error("out of reach");
      return { rows: [] };
    };
    const metrics = new Metrics({ pool: { query } as never, log: log as unknown as Logger });
    for (let round = 0; round < 3; round += 1) await metrics.text();
    isAway = false;
    for (let round = 0; round < 3; round += 1) await metrics.text();
    expect(log.lines).toEqual([
      expect.stringMatching(/^warn .*the metrics of the press cannot be read/),
      "info the metrics of the press can be read again",
    ]);
  });
});
