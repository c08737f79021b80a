import { once } from "node:events";
import { connect, type Socket } from "node:net";
import fastify from "fastify";
import type { Logger } from "pino";
import { afterEach, describe, expect, test } from "vitest";
import { ledgerEvent } from "../../events/ledgerEvent.ts";
import { makeAuthenticate } from "../../gateway/auth.ts";
import { addEventRoutes, type EventTimes } from "../../gateway/eventRoutes.ts";
import { LedgerFeed } from "../../gateway/ledgerFeed.ts";
import { httpRefusal } from "../../gateway/masking.ts";
import { OpenConnections } from "../../gateway/openConnections.ts";
import { makeLog, until } from "../worker/support.ts";
import { EventReader, type EventReaderOptions, ReturningReader } from "./eventReader.ts";
import { PlayedLedger } from "./playedLedger.ts";
import { JWT, makeToken } from "./testGateway.ts";

/* The route over a ledger that is played here, by real connections: what readers do to it, and what it does to them. events.test.ts has a real
   ledger. */

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface ServeOptions extends Partial<EventTimes> {
  readonly max?: number;
  readonly perAddressMax?: number;
}

async function serve({ max = 10_000, perAddressMax = 10_000, ...times }: ServeOptions = {}) {
  const played = new PlayedLedger();
  const log = makeLog();
  const readers = new OpenConnections("streams of events", { max, perAddressMax });
  const feed = new LedgerFeed({
    ledger: played.makeReader(),
    listener: played.listener,
    log: log as unknown as Logger,
  });
  const app = fastify({ forceCloseConnections: "idle" });
  app.setErrorHandler((error: Error, _request, reply) => {
    const { status, answer } = httpRefusal(error, log);
    return reply.code(status).send(answer);
  });
  addEventRoutes(app, { feed, authenticate: makeAuthenticate(JWT), readers, log: log as unknown as Logger, times });
  const url = `${await app.listen({ host: "127.0.0.1", port: 0 })}/events`;
  const { port } = new URL(url);
  closing.push(() => feed.close());
  closing.push(() => app.close());

  const open = async (query = "", options: EventReaderOptions = {}) => {
    const reader = await EventReader.open(`${url}${query}`, options);
    closing.push(() => reader.close());
    return reader;
  };
  /** A connection that asks for events and takes nothing of what comes. */
  const openStalled = async (...headers: string[]): Promise<Socket> => {
    const socket = connect(Number(port), "127.0.0.1");
    socket.on("error", () => undefined);
    closing.push(() => socket.destroy());
    await once(socket, "connect");
    socket.write(["GET /events HTTP/1.1", "Host: localhost", ...headers, "", ""].join("\r\n"));
    return socket;
  };
  return { played, log, app, feed, readers, url, open, openStalled };
}

/** More than the sockets of a machine hold: 32 bundles of 1.3 MB. */
const GREAT = { count: 32 * 256, bytes: 5_000 };

const numbers = (first: number, next: number) => Array.from({ length: next - first }, (_, index) => first + index);
const sizeOf = (note: string | undefined) => Number(note?.split("\n")[1]);

describe("a reader", () => {
  test("is sent every event once and in order, as the bytes that they are, and the checkpoint after them", async () => {
    const { played, open } = await serve();
    played.grow(600);
    const reader = await open();
    await until(() => reader.checkpoints.length >= 1);
    expect(reader.entries).toEqual(played.leaves.map((leaf, place) => ledgerEvent(played.origin, place, leaf).json));
    expect(reader.events.map(({ lastEventId }) => lastEventId)).toEqual([...numbers(0, 600).map(String), "599"]);
    expect(reader.events.at(-1)).toEqual({ type: "checkpoint", data: played.note, lastEventId: "599" });
    expect(reader.retry).toBe(1_000);
  });

  test("is sent what comes, as soon as it is published, also in the middle of a bundle and over its end", async () => {
    const { played, open } = await serve();
    const reader = await open();
    for (const size of [1, 2, 250, 256, 257, 520]) {
      played.grow(size - played.leaves.length);
      await until(() => reader.places.length >= size);
    }
    expect(reader.places).toEqual(numbers(0, 520));
  });

  test("misses nothing when no hint comes", async () => {
    const { played, open } = await serve();
    const reader = await open();
    played.grow(3, { isHinted: false });
    await until(() => reader.places.length >= 3);
  });

  test.each([
    ["the place in its address", "?after=255", {}, 256],
    ["the place that it had last", "", { "last-event-id": "299" }, 300],
    ["the place that it had last, whatever the address says", "?after=3", { "last-event-id": "299" }, 300],
    ["the first place", "?after=0", {}, 1],
  ])("begins after %s", async (_what, query, headers, first) => {
    const { played, open } = await serve();
    played.grow(310);
    const reader = await open(query, { headers: headers as Record<string, string> });
    await until(() => reader.checkpoints.length >= 1);
    expect(reader.places).toEqual(numbers(first, 310));
  });

  test("beyond the end is told how the ledger stands, and waits for its place", async () => {
    const { played, open } = await serve();
    played.grow(10);
    const reader = await open("?after=14");
    await until(() => reader.checkpoints.length >= 1);
    expect(reader.checkpoints).toEqual([played.note]);
    played.grow(5);
    played.grow(2);
    await until(() => reader.places.length >= 2);
    expect(reader.places).toEqual([15, 16]);
  });

  test.each([
    "?after=",
    "?after=-1",
    "?after=01",
    "?after=1.0",
    "?after=1e3",
    "?after=+1",
    "?after=%201",
    "?after=last",
    "?after=9007199254740992",
    "?after=1&after=2",
  ])("that begins at no place (%s) is refused", async (query) => {
    const { open, readers } = await serve();
    await expect(open(query)).rejects.toThrow(/^400 .*"code":"INVALID_INPUT","retryable":false/);
    expect(readers.count).toBe(0);
  });

  test.each(["", "-1", "1, 2", "x"])("that comes back with no place (%j) is refused", async (lastEventId) => {
    const { open } = await serve();
    const headers = { "last-event-id": lastEventId };
    await expect(open("?after=1", { headers })).rejects.toThrow(/^400 .*INVALID_INPUT/);
  });

  test("hears that nobody may keep it, and that pages of any origin may read it", async () => {
    const { open } = await serve();
    const { response } = await open();
    expect(response.headers).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
      "access-control-allow-origin": "*",
      "cross-origin-resource-policy": "cross-origin",
    });
  });

  test("hears a comment while there is nothing, also before the first checkpoint", async () => {
    const { played, open } = await serve({ silenceMilliseconds: 20 });
    const reader = await open();
    await until(() => reader.comments >= 3);
    expect(reader.events).toEqual([]);
    played.grow(1);
    await until(() => reader.checkpoints.length >= 1);
    const { comments } = reader;
    await until(() => reader.comments >= comments + 3);
    expect(reader.events).toHaveLength(2);
  });

  test("is told of checkpoints once a second, each when it has all that it covers, and of the last one in the end", async () => {
    const { played, open } = await serve();
    played.grow(1);
    const since = performance.now();
    const reader = await open();
    await until(() => {
      played.grow(1);
      return reader.checkpoints.length >= 4;
    });
    expect(performance.now() - since).toBeGreaterThan(2_990);
    await until(() => reader.checkpoints.at(-1) === played.note);
    let next = 0;
    for (const { type, data } of reader.events) {
      if (type === "checkpoint") expect(sizeOf(data)).toBe(next);
      else next += 1;
    }
  });

  test("cannot be one that asks for nothing but the head", async () => {
    const { url } = await serve();
    expect((await fetch(url, { method: "HEAD" })).status).toBe(404);
  });
});

describe("many readers", () => {
  test("of one bundle cost one reading of it, and get the same", async () => {
    const { played, open } = await serve();
    played.grow(300);
    const readers = await Promise.all(Array.from({ length: 500 }, (_, index) => open(`?after=${index % 290}`)));
    await until(() => readers.every(({ checkpoints }) => checkpoints.length >= 1));
    expect(played.bundlesAsked).toBe(2);
    played.grow(1);
    await until(() => readers.every(({ places }) => places.at(-1) === 300));
    expect(played.bundlesAsked).toBe(3);
    for (const [index, reader] of readers.entries()) expect(reader.places).toEqual(numbers((index % 290) + 1, 301));
  });

  test("are refused beyond the bound for all, and taken again when one has gone", async () => {
    const { open, readers } = await serve({ max: 3 });
    const [first] = await Promise.all([open(), open(), open()]);
    await expect(open("", { localAddress: "127.0.0.2" })).rejects.toThrow(
      /^503 .*"code":"OVERLOADED","retryable":true/,
    );
    first?.close();
    await until(() => readers.count === 2);
    await open();
    await expect(open()).rejects.toThrow(/^503/);
  });

  test("are refused beyond the bound for one address, and others are not", async () => {
    const { open } = await serve({ perAddressMax: 2 });
    await Promise.all([open(), open()]);
    await expect(open()).rejects.toThrow(/^503/);
    await open("", { localAddress: "127.0.0.2" });
  });

  test("over one connection count one by one, and are all gone with it", async () => {
    const { readers, openStalled } = await serve();
    const socket = await openStalled();
    for (let more = 0; more < 4; more += 1) socket.write("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await until(() => readers.count === 5);
    socket.destroy();
    await until(() => readers.count === 0);
  });

  test("that were refused for something else do not count", async () => {
    const { open, readers } = await serve({ max: 1 });
    for (let count = 0; count < 3; count += 1) {
      await expect(open("?after=x")).rejects.toThrow(/^400/);
      await expect(open("", { headers: { authorization: "Bearer x" } })).rejects.toThrow(/^401/);
    }
    expect(readers.count).toBe(0);
    await open();
  });
});

describe("a reader that takes nothing", () => {
  test("is cut off when its time is up, has cost no more than it was sent, and keeps nobody waiting", async () => {
    const { played, open, openStalled, readers } = await serve({ stallMilliseconds: 5_000, silenceMilliseconds: 100 });
    played.grow(GREAT.count, GREAT);
    const stalled = await openStalled();
    await until(() => readers.count === 1);
    const reader = await open(`?after=${GREAT.count - 2}`);
    await until(() => reader.checkpoints.length >= 1);
    await until(() => readers.count === 1);
    expect(played.bundlesAsked).toBeLessThan(20);
    expect(reader.places).toEqual([GREAT.count - 1]);
    stalled.destroy();
  });

  test("but a little now and then stays", async () => {
    const stallMilliseconds = 10_000;
    const { played, openStalled, readers } = await serve({ stallMilliseconds, silenceMilliseconds: 1_000 });
    played.grow(GREAT.count, GREAT);
    const slow = await openStalled();
    await until(() => readers.count === 1);
    const startedAt = performance.now();
    let received = 0;
    let pauses = 0;
    slow.on("data", (chunk: Buffer) => {
      received += chunk.byteLength;
      if (received < pauses * 1_000_000) return;
      pauses += 1;
      slow.pause();
      // 41 times.
      setTimeout(() => slow.resume(), 300);
    });
    const bytes = played.leaves.reduce((sum, leaf) => sum + Buffer.byteLength(leaf), 0);
    await until(() => received > bytes);
    expect(performance.now() - startedAt).toBeGreaterThan(stallMilliseconds);
    expect(readers.count).toBe(1);
  });

  test("does not keep the gateway from closing", async () => {
    const { played, app, open, openStalled, readers } = await serve();
    played.grow(GREAT.count, GREAT);
    await openStalled();
    const reader = await open(`?after=${GREAT.count}`);
    await until(() => readers.count === 2 && played.bundlesAsked > 1);
    await app.close();
    await until(() => readers.count === 0);
    expect(await reader.ended).toBe(true);
  });
});

describe("a token", () => {
  const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
  const bearer = async (exp: number) => ({
    headers: { authorization: `Bearer ${await makeToken("alice", { exp })}` },
  });

  test("that is not good is refused", async () => {
    const { open } = await serve();
    await expect(open("", { headers: { authorization: "Bearer nonsense" } })).rejects.toThrow(
      /^401 .*"code":"UNAUTHENTICATED"/,
    );
    await expect(open("", await bearer(inSeconds(-60)))).rejects.toThrow(/^401 .*The token has expired\./);
  });

  test("that has expired begins nothing, whatever the clocks", async () => {
    const { open, readers } = await serve();
    await expect(open("", await bearer(inSeconds(0)))).rejects.toThrow(/^401 .*The token has expired\./);
    expect(readers.count).toBe(0);
  });

  test("ends what it began when it expires, and nothing is sent after it", async () => {
    const { played, open, readers } = await serve();
    played.grow(1);
    const exp = inSeconds(10);
    const reader = await open("", await bearer(exp));
    const other = await open();
    expect(await reader.ended).toBe(true);
    expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000);
    const { length } = reader.events;
    played.grow(1);
    await until(() => other.places.length >= 2);
    expect(reader.events).toHaveLength(length);
    expect(readers.count).toBe(1);
  });

  test("ends a reader that takes nothing, too", async () => {
    const { played, openStalled, readers } = await serve({ stallMilliseconds: 600_000 });
    played.grow(GREAT.count, GREAT);
    await openStalled(`Authorization: Bearer ${await makeToken("alice", { exp: inSeconds(10) })}`);
    await openStalled();
    await until(() => readers.count === 2);
    await until(() => readers.count === 1);
  });

  test("of a month ends nothing before its time", async () => {
    const { played, open } = await serve();
    const reader = await open("", await bearer(inSeconds(31 * 86_400)));
    played.grow(1);
    await until(() => reader.places.length >= 1);
  });
});

describe("a ledger that goes on under another name", () => {
  test("ends the streams; who comes back is sent its events, and is told its name", async () => {
    const { played, url } = await serve();
    played.grow(300);
    const reader = new ReturningReader(url);
    closing.push(() => reader.close());
    await until(() => reader.checkpoints.length >= 1);

    // Restored from a backup of 200 entries, and adopted: others have the places from there on.
    played.leaves.length = 200;
    played.origin = "press.test/ledger-2";
    played.grow(50);
    await until(() => reader.connections >= 2 && reader.checkpoints.at(-1) === played.note);
    expect(reader.places).toEqual(numbers(0, 300));
    played.grow(60);
    await until(() => reader.places.length >= 310);
    expect(reader.places.slice(300)).toEqual(numbers(300, 310));
    expect(reader.entries.map((entry) => JSON.parse(entry).source)).toEqual([
      ...Array(300).fill("https://press.test/ledger"),
      ...Array(10).fill("https://press.test/ledger-2"),
    ]);
  });

  test("while somebody reads shows no event of the new one under the old name", async () => {
    const { played, open } = await serve();
    played.grow(GREAT.count, GREAT);
    const reader = await open();
    await until(() => reader.places.length > 0);
    // It takes nothing meanwhile, so most of the ledger has not been read.
    reader.response.pause();
    played.origin = "press.test/ledger-2";
    played.leaves.fill(`{"at":"2026-11-21T21:00:00.000Z","edition":"played","type":"edition.closed"}`, 256);
    played.hint();
    reader.response.resume();
    expect(await reader.ended).toBe(true);
    expect(reader.entries.filter((entry) => entry.includes("edition.closed"))).toEqual([]);
    expect(reader.places).toEqual(numbers(0, reader.places.length));
  });

  test("is not what a smaller one of the same name is: the reader waits for what it has not got", async () => {
    const { played, open } = await serve({ silenceMilliseconds: 20 });
    played.grow(300);
    const reader = await open();
    await until(() => reader.checkpoints.length >= 1);
    const { leaves } = played;
    const later = leaves.splice(200);
    played.published = 200;
    played.hint();
    const { comments } = reader;
    await until(() => reader.comments > comments + 3);
    // The right database is back.
    leaves.push(...later);
    played.grow(1);
    await until(() => reader.places.length >= 301);
    expect(reader.places).toEqual(numbers(0, 301));
  });
});

describe("a database that is away", () => {
  test("costs its readers nothing but time, and the log two lines", async () => {
    const { played, open, log } = await serve({ silenceMilliseconds: 20 });
    const failures = () => log.lines.filter((line) => line.includes("the ledger cannot be read")).length;
    played.isAway = true;
    const early = await open();
    await until(() => failures() >= 1);
    played.isAway = false;
    played.grow(300);
    await until(() => early.places.length >= 300);

    played.isAway = true;
    played.grow(10);
    const late = await open("?after=299");
    const { comments } = early;
    await until(() => early.comments > comments + 5 && late.comments > 5);
    expect([early.places.length, late.places.length]).toEqual([300, 0]);
    played.isAway = false;
    await until(() => early.places.length >= 310 && late.places.length >= 10);
    expect(early.places).toEqual(numbers(0, 310));
    expect(failures()).toBe(2);
    expect(log.lines.filter((line) => line.includes("the ledger can be read again"))).toHaveLength(2);
  });

  test("in the middle of reading: what could not be read comes afterwards", async () => {
    const { played, open, log } = await serve();
    played.grow(GREAT.count, GREAT);
    const reader = await open();
    await until(() => reader.places.length > 0);
    reader.response.pause();
    played.isAway = true;
    reader.response.resume();
    await until(() => log.lines.some((line) => line.includes("the ledger for readers of events cannot be read")));
    played.isAway = false;
    await until(() => reader.checkpoints.length >= 1);
    expect(reader.places).toEqual(numbers(0, played.leaves.length));
  });
});

describe("closing", () => {
  test("ends every stream", async () => {
    const { played, app, open, readers } = await serve();
    played.grow(10);
    const open10 = await Promise.all(Array.from({ length: 10 }, () => open()));
    await until(() => open10.every(({ checkpoints }) => checkpoints.length >= 1));
    await app.close();
    expect(await Promise.all(open10.map(({ ended }) => ended))).toEqual(Array(10).fill(true));
    expect(readers.count).toBe(0);
  });

  test("of the feed ends every stream, too", async () => {
    const { played, feed, open } = await serve();
    played.grow(10);
    const reader = await open();
    await until(() => reader.checkpoints.length >= 1);
    await feed.close();
    expect(await reader.ended).toBe(true);
  });
});
