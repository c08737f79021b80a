/* The stream of the events against a real nats-server: every event once, in order, at its place, whatever happens to the stream, the server and
   the publisher; and streams that are somebody else's are left alone. */
import { execFileSync } from "node:child_process";
import { cp, mkdir, rm } from "node:fs/promises";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { EventPublisher } from "../../worker/events/publisher.ts";
import { compareStream, Reconciler } from "../../worker/events/reconciler.ts";
import { EventStream } from "../../worker/events/stream.ts";
import { SilentServerError } from "../../worker/events/streamError.ts";
import type { Log } from "../../worker/log.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { TestWorker } from "../ledger.ts";
import { TestNats } from "../nats.ts";
import { makeEdition } from "../race/sessions.ts";
import { everyTestRequires, missingRequirement, testRequiring } from "../requirements.ts";
import {
  catchUpUntil,
  eventOptions,
  expectComplete,
  expectedMessages,
  forgeStream,
  makePublisher,
  messageOf,
  noted,
  PREFIX,
  STREAM,
  sourceOf,
  streamSize,
  UNPROTECTED,
  withManager,
} from "./eventSupport.ts";
import { makeDoor, makeLog, until } from "./support.ts";

everyTestRequires("nats-server");

const ORIGIN = "press.test/ledger";
let database: TestDatabase;
let worker: TestWorker;
let nats: TestNats;
const publishers: EventPublisher[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  await makeEdition(database, "golden-ticket", 100_000, 100_000);
  worker = await TestWorker.start(database, ORIGIN);
  await publishEntries(50);
});
afterAll(() => database.drop());
beforeEach(async () => {
  if (missingRequirement("nats-server") === undefined) nats = await TestNats.start();
});
afterEach(async () => {
  await Promise.all(publishers.splice(0).map((publisher) => publisher.stop()));
  await nats?.stop();
});

/** So many tickets are issued, signed, and under a checkpoint. */
async function publishEntries(quantity: number): Promise<void> {
  const text = "select press.issue_tickets('golden-ticket', $1, recipient => 'alice')";
  await database.pool("operator").query(text, [quantity]);
  await worker.work();
}

function start(options: Parameters<typeof makePublisher>[2] = {}) {
  const made = makePublisher(nats, sourceOf(database, ORIGIN, options.events?.prefix), options);
  publishers.push(made.publisher);
  return made;
}

/** It rests no longer than the test says. */
function reconcilerOf(publisher: EventPublisher, log: Log, restMilliseconds = 3_600_000): Reconciler {
  const { hold, repair } = publisher;
  return new Reconciler({ source: sourceOf(database, ORIGIN), hold, repair, log, restMilliseconds });
}

async function entryCount(): Promise<number> {
  return (await expectedMessages(database, ORIGIN)).length;
}

describe("publishing", () => {
  test("every event is there, in the ledger's order, each at its place; what comes later follows", async () => {
    const { publisher, log } = start({ batchSize: 7 });
    await publisher.catchUp();
    await expectComplete(nats, database, ORIGIN);
    await publishEntries(20);
    await publisher.catchUp();
    await expectComplete(nats, database, ORIGIN);
    expect(await noted(database)).toMatchObject({ stream_size: String(await entryCount()), problem: null });
    expect(log.lines).toEqual([]);
  });

  test("an entry that no checkpoint covers is no event", async () => {
    const { publisher } = start();
    await publisher.catchUp();
    const before = await streamSize(nats);
    await database.pool("operator").query("select press.issue_tickets('golden-ticket', 3, recipient => 'alice')");
    await worker.signPending();
    await worker.integrate();
    await publisher.catchUp();
    expect(await streamSize(nats)).toBe(before);
    await worker.publish();
    await publisher.catchUp();
    expect((await expectComplete(nats, database, ORIGIN)).length).toBe(before + 3);
  });

  test("nothing is published under a name that no checkpoint has", async () => {
    const { publisher } = makePublisher(nats, sourceOf(database, "press.test/another"));
    publishers.push(publisher);
    await publisher.catchUp();
    expect(await nats.messages(STREAM)).toEqual([]);
  });

  test("the stream is made to keep everything, and lets nobody delete a message or empty it", async () => {
    await start().publisher.catchUp();
    const { config } = await withManager(nats, (streams) => streams.info(STREAM));
    expect(config).toMatchObject({
      subjects: [`${PREFIX}.>`],
      storage: "file",
      retention: "limits",
      discard: "new",
      max_age: 0,
      max_msgs: -1,
      max_bytes: -1,
      num_replicas: 1,
    });
    await expect(withManager(nats, (streams) => streams.purge(STREAM))).rejects.toThrow("purge not permitted");
    await expect(withManager(nats, (streams) => streams.deleteMessage(STREAM, 3))).rejects.toThrow("not permitted");
  });

  test("every event states the stream, and the sequence that it expects it to end with", async () => {
    await start().publisher.catchUp();
    const stated = await withManager(nats, (streams) =>
      Promise.all([1, 2, 50].map(async (seq) => (await streams.getMessage(STREAM, { seq }))?.header)),
    );
    const names = ["Nats-Expected-Stream", "Nats-Expected-Last-Sequence", "Nats-Expected-Last-Subject-Sequence"];
    expect(stated.map((header) => names.map((name) => header?.get(name)))).toEqual([
      [STREAM, "0", "0"],
      [STREAM, "1", ""],
      [STREAM, "49", ""],
    ]);
  });

  test("the same events again, after the server has forgotten that it has seen them: nothing twice", async () => {
    await start().publisher.catchUp();
    const expected = await expectedMessages(database, ORIGIN);
    await untilForgotten();
    const stream = await EventStream.open(eventOptions(nats), ORIGIN);
    const again = expected.map(({ sequence, subject, data }) => ({ place: sequence - 1, subject, json: data }));
    for (const first of [0, 1, expected.length - 1]) {
      const { stored, failure } = await stream.publish(ORIGIN, again.slice(first));
      expect([stored, failure?.name]).toEqual([0, "DisorderError"]);
    }
    await stream.close();
    await expectComplete(nats, database, ORIGIN);
  });

  test("the first event, by four at once: once", async () => {
    const [first] = await expectedMessages(database, ORIGIN);
    const event = { place: 0, subject: first?.subject ?? "", json: first?.data ?? "" };
    const streams = await Promise.all([1, 2, 3, 4].map(() => EventStream.open(eventOptions(nats), ORIGIN)));
    await streams[0]?.ensure();
    const outcomes = await Promise.all(streams.map((stream) => stream.publish(ORIGIN, [event])));
    await Promise.all(streams.map((stream) => stream.close()));
    expect(outcomes.map(({ stored }) => stored).toSorted()).toEqual([0, 0, 0, 1]);
    expect(await nats.messages(STREAM)).toEqual([first]);
  });

  test("four publishers at once, without a lease: optimism alone keeps the order", async () => {
    const started = Array.from({ length: 4 }, () => start({ withoutLease: true, batchSize: 5 }));
    await publishEntries(300);
    const count = await entryCount();
    await Promise.all(
      started.map(({ publisher }) => catchUpUntil(publisher, async () => (await streamSize(nats)) >= count)),
    );
    await expectComplete(nats, database, ORIGIN);
  });

  test("with the lease one of two publishes, and when it stops the other goes on at once", async () => {
    const [one, other] = [start({ leaseSeconds: 60 }), start({ leaseSeconds: 60 })];
    await one.publisher.catchUp();
    await other.publisher.catchUp();
    expect([one.publisher.hold() === undefined, other.publisher.hold() === undefined]).toEqual([false, true]);
    await one.publisher.stop();
    await publishEntries(5);
    await catchUpUntil(other.publisher, async () => other.publisher.hold() !== undefined);
    await expectComplete(nats, database, ORIGIN);
  });

  test("in a hurry: a round ends after its batch, however much there is to publish", async () => {
    const [begun, door] = [makeDoor(), makeDoor()];
    const observe = async () => {
      begun.open();
      await door.opened;
    };
    const { publisher } = start({ batchSize: 10, observe });
    const publishing = publisher.catchUp();
    await begun.opened;
    publisher.hurry();
    door.open();
    await publishing;
    expect(await streamSize(nats)).toBe(10);
    await publisher.stop();
    expect(await nats.messages(STREAM)).toEqual((await expectedMessages(database, ORIGIN)).slice(0, 20));
  });

  /** The window is a tenth of a second; a stream of the test's own, with the same window, tells when it is over. */
  async function untilForgotten(): Promise<void> {
    const connection = await nats.connect();
    const { jetstream, jetstreamManager } = await import("@nats-io/jetstream");
    const { config } = await withManager(nats, (streams) => streams.info(STREAM));
    const { duplicate_window } = config;
    expect(duplicate_window).toBeLessThanOrEqual(100_000_000);
    await (await jetstreamManager(connection)).streams.add({ name: "PROBE", subjects: ["probe"], duplicate_window });
    const ask = () => jetstream(connection).publish("probe", "", { msgID: "one" });
    await ask();
    await until(async () => !(await ask()).duplicate);
    await connection.close();
  }
});

describe("the server", () => {
  test("killed and started again, again and again while there is much to publish: everything once", async () => {
    const { publisher } = start({ batchSize: 10 });
    await publishEntries(400);
    const count = await entryCount();
    for (let kills = 0; kills < 5; kills += 1) {
      const before = await streamSize(nats);
      let publishing: Promise<unknown> | undefined;
      await until(async () => {
        publishing ??= publisher.catchUp().then(
          () => undefined,
          () => {
            publishing = undefined; // Where the server was not there in time, it is asked again.
          },
        );
        return (await streamSize(nats)) > before || before === count;
      });
      await nats.kill();
      await publishing;
      await nats.start();
    }
    await catchUpUntil(publisher, async () => (await streamSize(nats)) >= count);
    await expectComplete(nats, database, ORIGIN);
  });

  test("gone: its connection is closed, and what was on its way is not sent later", async () => {
    const stream = await EventStream.open(eventOptions(nats), ORIGIN);
    await stream.ensure();
    await nats.kill();
    await until(() => stream.isClosed);
    const [first] = await expectedMessages(database, ORIGIN);
    const event = { place: 0, subject: first?.subject ?? "", json: first?.data ?? "" };
    const { stored, failure } = await stream.publish(ORIGIN, [event]);
    expect([stored, failure?.message]).toEqual([0, expect.stringContaining("closed connection")]);
    await nats.start();
    expect(await nats.messages(STREAM)).toEqual([]);
  });

  test("wiped: the stream is made again, byte for byte", async () => {
    const { publisher } = start();
    await publisher.catchUp();
    const before = await expectComplete(nats, database, ORIGIN);
    await nats.wipe();
    await nats.start();
    await catchUpUntil(publisher, async () => (await streamSize(nats)) >= before.length);
    expect(await nats.messages(STREAM)).toEqual(before);
  });

  test("with a store of yesterday: what it has lost at its end is published again, at the same places", async () => {
    const { publisher } = start();
    await publisher.catchUp();
    const yesterday = await streamSize(nats);
    await nats.kill();
    await cp(join(nats.folder, "store"), join(nats.folder, "yesterday"), { recursive: true });
    await nats.start();
    await publishEntries(30);
    await catchUpUntil(publisher, async () => (await streamSize(nats)) >= yesterday + 30);
    const { created } = await withManager(nats, (streams) => streams.info(STREAM));
    await nats.kill();
    await rm(join(nats.folder, "store"), { recursive: true });
    await cp(join(nats.folder, "yesterday"), join(nats.folder, "store"), { recursive: true });
    await nats.start();
    expect(await streamSize(nats)).toBe(yesterday);
    await catchUpUntil(publisher, async () => (await streamSize(nats)) >= yesterday + 30);
    await expectComplete(nats, database, ORIGIN);
    expect((await withManager(nats, (streams) => streams.info(STREAM))).created).toBe(created);
  });

  test("asleep with a batch on its way, which it takes when it wakes up: nothing twice, nothing in between", async () => {
    const { publisher } = start({ batchSize: 50 });
    await publisher.catchUp();
    await publishEntries(100);
    nats.pause();
    await expect(publisher.catchUp()).rejects.toThrow("does not answer");
    nats.resume();
    const count = await entryCount();
    await catchUpUntil(publisher, async () => (await streamSize(nats)) >= count);
    await expectComplete(nats, database, ORIGIN);
  });

  test("away: said with its address and without the password, and kept for the metrics, which show the lag", async () => {
    await start().publisher.stop();
    const before = Number((await noted(database))?.stream_size);
    await nats.kill();
    await publishEntries(5);
    const url = nats.url.replace("//", "//press:hush-hush@");
    const { publisher } = start({ events: { natsUrls: [url] } });
    const failure = await publisher.catchUp().catch((error: Error) => error);
    expect(failure).toMatchObject({
      name: "EventStreamError",
      message: `The NATS server 127.0.0.1:${nats.port} cannot be reached (connection refused): start it, or correct NATS_URL.`,
    });
    expect(await noted(database)).toMatchObject({ publisher: null, problem: (failure as Error).message });
    const { rows } = await database.pool("press_gateway").query("select * from press_gateway.press_metrics()");
    const { checkpoint_size, stream_size } = rows[0];
    expect(Number(stream_size)).toBe(before);
    expect(Number(checkpoint_size) - Number(stream_size)).toBeGreaterThanOrEqual(5);
    await nats.start();
    await catchUpUntil(publisher, async () => (await noted(database))?.problem === null);
    await expectComplete(nats, database, ORIGIN);
  });

  describe("that lets in and then says nothing", () => {
    const sockets: Socket[] = [];
    const servers: Server[] = [];
    afterEach(async () => {
      for (const socket of sockets.splice(0)) socket.destroy();
      for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
    });

    async function makeSilentServer(): Promise<string> {
      const server = createServer((socket) => sockets.push(socket.on("error", () => undefined)));
      servers.push(server);
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return `nats://127.0.0.1:${(server.address() as AddressInfo).port}`;
    }

    const NEVER_MILLISECONDS = 3_600_000;

    test("keeps no worker from stopping, however many there are and however long they may take", async () => {
      const natsUrls = [await makeSilentServer(), await makeSilentServer(), await makeSilentServer()];
      const { publisher } = start({ events: { natsUrls, connectMilliseconds: NEVER_MILLISECONDS } });
      const failure = publisher.catchUp().catch((error: Error) => error);
      await until(() => sockets.length > 0);
      publisher.hurry();
      expect(await failure).toMatchObject({ message: expect.stringContaining("before the worker was stopped") });
      await publisher.stop();
      expect([sockets.length, (await noted(database))?.publisher]).toEqual([1, null]);
    });

    test("nor from stopping when its last round is the first to meet it", async () => {
      const events = { natsUrls: [await makeSilentServer()], connectMilliseconds: NEVER_MILLISECONDS };
      await start({ events }).publisher.stop();
      expect([sockets.length, (await noted(database))?.publisher]).toEqual([1, null]);
    });

    test("once it has let in: an open connection is closed too", async () => {
      const controller = new AbortController();
      const stream = await EventStream.open(eventOptions(nats), ORIGIN, controller.signal);
      nats.pause();
      const asking = stream.ensure().catch((error: Error) => error);
      controller.abort();
      expect(await asking).toMatchObject({ name: "EventStreamError" });
      expect(stream.isClosed).toBe(true);
      nats.resume();
    });
  });

  test("one of several that is away is passed over", async () => {
    const { publisher } = start({ events: { natsUrls: ["nats://127.0.0.1:1", nats.url] } });
    await publisher.catchUp();
    await expectComplete(nats, database, ORIGIN);
  });
});

describe("room", () => {
  test("that has run out in the stream: said, nothing lost, and it goes on when there is more", async () => {
    await forgeStream(nats, [], { max_bytes: 20_000 });
    const { publisher } = start({ batchSize: 10 });
    await expect(publisher.catchUp()).rejects.toThrow("maximum bytes exceeded): give it more room.");
    expect((await noted(database))?.problem).toContain("give it more room");
    const stored = await streamSize(nats);
    expect(stored).toBeGreaterThan(0);
    expect(await nats.messages(STREAM)).toEqual((await expectedMessages(database, ORIGIN)).slice(0, stored));
    await withManager(nats, (streams) => streams.update(STREAM, { max_bytes: -1 }));
    await publisher.catchUp();
    await expectComplete(nats, database, ORIGIN);
    expect((await noted(database))?.problem).toBeNull();
  });
});

describe("a full disk", () => {
  const mounted: string[] = [];
  afterEach(() => {
    for (const folder of mounted.splice(0)) execFileSync("umount", ["--lazy", folder]);
  });

  testRequiring("mount", "nats-server")("is said; nothing is lost when there is room again", async () => {
    await publishEntries(300);
    await nats.wipe();
    const store = join(nats.folder, "store");
    await mkdir(store);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=100k", "tmpfs", store]);
    mounted.push(store);
    await nats.start();
    const { publisher } = start({ batchSize: 20 });
    await expect(publisher.catchUp()).rejects.toThrow(/more room|see whether its disk is full/);
    expect((await noted(database))?.problem).toContain(`127.0.0.1:${nats.port}`);
    execFileSync("mount", ["-o", "remount,size=50m", store]);
    await nats.kill(); // It has turned JetStream off, until somebody starts it again.
    await nats.start();
    const count = await entryCount();
    await catchUpUntil(publisher, async () => (await streamSize(nats)) >= count);
    await expectComplete(nats, database, ORIGIN);
  });
});

describe("a stream that the press has made, and that was", () => {
  const damaged = async () => (await expectedMessages(database, ORIGIN)).slice(0, 40);

  /** Only what was damaged or lost is deleted, and it is said. */
  async function expectRebuilt(act: (publisher: EventPublisher) => Promise<unknown>): Promise<void> {
    const { publisher, log } = start();
    await act(publisher);
    await expectComplete(nats, database, ORIGIN);
    expect(log.lines.filter((line) => line.startsWith("warn")).join("\n")).toContain("made again from the ledger");
  }

  test("deleted: it is made again", async () => {
    const { publisher } = start();
    await publisher.catchUp();
    const before = await nats.messages(STREAM);
    await withManager(nats, (streams) => streams.delete(STREAM));
    await until(async () => {
      await publisher.catchUp().catch(() => undefined); // It looks every two seconds when there is nothing to do.
      return (await streamSize(nats)) === before?.length;
    });
    expect(await nats.messages(STREAM)).toEqual(before);
  });

  test("deleted while there is something to publish", async () => {
    const { publisher } = start();
    await publisher.catchUp();
    await withManager(nats, (streams) => streams.delete(STREAM));
    await publishEntries(5);
    const count = await entryCount();
    await catchUpUntil(publisher, async () => (await streamSize(nats)) >= count);
    await expectComplete(nats, database, ORIGIN);
  });

  test("purged: its sequences would not begin anew, so it is deleted and made again", async () => {
    await forgeStream(nats, await damaged(), UNPROTECTED);
    await withManager(nats, (streams) => streams.purge(STREAM));
    await expectRebuilt((publisher) => publisher.catchUp());
  });

  test.each([
    ["its first", 1],
    ["one in its middle", 17],
    ["its last", 40],
  ])("robbed of %s message", async (_, sequence) => {
    await forgeStream(nats, await damaged(), UNPROTECTED);
    await withManager(nats, (streams) => streams.deleteMessage(STREAM, sequence));
    await expectRebuilt((publisher) => publisher.catchUp());
  });

  test("given a last message that is no event", async () => {
    await forgeStream(nats, [...(await damaged()), { subject: `${PREFIX}.golden_ticket.issued`, data: "hello" }]);
    await expectRebuilt((publisher) => publisher.catchUp());
  });

  test("given an event at another place than its own", async () => {
    const messages = await damaged();
    await forgeStream(nats, [...messages, ...messages.slice(-1)]);
    await expectRebuilt((publisher) => publisher.catchUp());
  });

  test("given another message in its middle: found by the reconciler", async () => {
    const messages = await damaged();
    messages[21] = { ...(messages[21] as (typeof messages)[number]), data: '{"data":' };
    await forgeStream(nats, messages);
    await expectRebuilt(async (publisher) => {
      await publisher.catchUp();
      const log = makeLog();
      await reconcilerOf(publisher, log).step();
      expect(log.lines.join("\n")).toMatch(/warn .*"place":21,"kind":"different","verdict":"damaged"/);
    });
  });

  test("robbed of a message while it is held: found by the next pass, of as many chunks as it takes", async () => {
    await publishEntries(1_000);
    await forgeStream(nats, [], UNPROTECTED);
    await expectRebuilt(async (publisher) => {
      await publisher.catchUp();
      const log = makeLog();
      const reconciler = reconcilerOf(publisher, log, 0);
      const hasPassed = () => log.lines.some((line) => line.includes("The stream has what the ledger has."));
      let steps = 0;
      for (; !hasPassed(); steps += 1) await reconciler.step();
      expect(steps).toBe(Math.ceil((await entryCount()) / 1_000));
      const place = (await entryCount()) - 5;
      await withManager(nats, (streams) => streams.deleteMessage(STREAM, place + 1));
      const hasFound = () => log.lines.some((line) => line.includes(`"place":${place},"kind":"missing"`));
      while (!hasFound()) await reconciler.step();
    });
  });

  test("hard to read: a pass says so, takes less at once, and goes on where it was over another connection", async () => {
    const { publisher, log } = start();
    await publisher.catchUp();
    const reconciler = reconcilerOf(publisher, log);
    const readOrFail = EventStream.prototype.read;
    const read = vi.spyOn(EventStream.prototype, "read").mockImplementation(async function (
      this: EventStream,
      ...args
    ) {
      if (args[1] > 20) throw new SilentServerError("Too much.");
      return readOrFail.apply(this, args);
    });
    try {
      for (let isFailing = true; isFailing; ) {
        isFailing = await reconciler.step().then(
          () => false,
          (error: Error) => error.message === "Too much.",
        );
      }
      const counts = read.mock.calls.map(([, count]) => count);
      expect(counts).toEqual(counts.toSorted((one, other) => other - one));
      expect(counts.at(-1)).toBeGreaterThan(10);
      const done = counts.at(-1) ?? 0;
      await nats.kill();
      await nats.start();
      await catchUpUntil(publisher, async () => publisher.hold()?.stream.isClosed === false);
      read.mockClear();
      await reconciler.step();
      expect(read.mock.calls[0]?.[0]).toBe(done);
      const hasPassed = () => log.lines.some((line) => line.includes("The stream has what the ledger has."));
      while (!hasPassed()) await reconciler.step();
      expect(read.mock.calls.every(([first]) => first >= done)).toBe(true);
    } finally {
      read.mockRestore();
    }
  });

  test("damaged, while another publisher has taken the lease: it is left to that one", async () => {
    await forgeStream(nats, [...(await damaged()), { subject: `${PREFIX}.x.y`, data: "{}" }], UNPROTECTED);
    const { created } = await withManager(nats, (streams) => streams.info(STREAM));
    const { publisher, log } = start();
    const ensure = EventStream.prototype.ensure;
    const looks = vi.spyOn(EventStream.prototype, "ensure").mockImplementation(async function (this: EventStream) {
      const owner = database.pool("owner");
      if (looks.mock.calls.length === 2) {
        await owner.query(
          "update press_private.event_stream set publisher = gen_random_uuid(), held_until = clock_timestamp() + interval '1 hour'",
        );
      }
      return ensure.apply(this);
    });
    try {
      await publisher.catchUp();
      expect([looks.mock.calls.length, publisher.hold()]).toEqual([2, undefined]);
      expect(log.lines.join("\n")).not.toContain("made again");
      expect((await withManager(nats, (streams) => streams.info(STREAM))).created).toBe(created);
    } finally {
      looks.mockRestore();
      await database.pool("owner").query("update press_private.event_stream set publisher = null, held_until = null");
    }
    await expectRebuilt((another) => another.catchUp());
  });

  test("read wrongly once: nothing is deleted for what is not seen twice", async () => {
    await start().publisher.catchUp();
    const { created } = await withManager(nats, (streams) => streams.info(STREAM));
    await Promise.all(publishers.splice(0).map((publisher) => publisher.stop()));
    const read = vi.spyOn(EventStream.prototype, "read").mockResolvedValueOnce([undefined]);
    const { publisher, log } = start();
    await publisher.catchUp();
    expect(read.mock.calls.length).toBeGreaterThan(1);
    read.mockRestore();
    expect(log.lines).toEqual([]);
    expect((await withManager(nats, (streams) => streams.info(STREAM))).created).toBe(created);
    await expectComplete(nats, database, ORIGIN);
  });

  test("made again keeps how somebody has set it up", async () => {
    await forgeStream(nats, await damaged(), {
      ...UNPROTECTED,
      max_bytes: 50_000_000,
      duplicate_window: 2_000_000_000,
    });
    await withManager(nats, (streams) => streams.purge(STREAM));
    await expectRebuilt((publisher) => publisher.catchUp());
    const { config } = await withManager(nats, (streams) => streams.info(STREAM));
    expect(config).toMatchObject({ max_bytes: 50_000_000, duplicate_window: 2_000_000_000 });
  });

  test("limited by somebody, and has forgotten old events as it was told: it goes on at its end", async () => {
    await forgeStream(nats, [], { ...UNPROTECTED, discard: "old", max_msgs: 20 });
    const { publisher, log } = start();
    await publisher.catchUp();
    await reconcilerOf(publisher, log).step();
    await publishEntries(5);
    await publisher.catchUp();
    expect(await nats.messages(STREAM)).toEqual((await expectedMessages(database, ORIGIN)).slice(-20));
    expect(log.lines.filter((line) => !line.startsWith("debug"))).toEqual([]);
  });
});

describe("a stream that is left alone", () => {
  const leaf = `{"at":"2026-03-01T09:30:00.000Z","key_id":"0123456789abcdef","public_key":"${"a".repeat(64)}","purpose":"ticket","type":"key.activated"}`;

  /** It is refused in words, and stays as it was. */
  async function expectRefused(words: string): Promise<void> {
    const before = await nats.messages(STREAM);
    const { publisher } = start();
    for (let attempts = 0; attempts < 3; attempts += 1) await expect(publisher.catchUp()).rejects.toThrow(words);
    expect((await noted(database))?.problem).toContain(words);
    expect(await nats.messages(STREAM)).toEqual(before);
  }

  test.each([
    ["other subjects", { subjects: ["orders.>"] }],
    ["one subject more", { subjects: [`${PREFIX}.>`, "orders.>"] }],
    ["another retention", { retention: "workqueue" as const }],
    ["no acknowledgements", { no_ack: true }],
  ])("has %s", async (_, config) => {
    await withManager(nats, (streams) => streams.add({ name: STREAM, subjects: [`${PREFIX}.>`], ...config }));
    await expectRefused("is not one for these events");
  });

  test("has the events of another ledger", async () => {
    await forgeStream(nats, [messageOf("press.test/another", 0, leaf)]);
    await expectRefused("has events of another ledger: set EVENT_STREAM");
  });

  describe("belongs to another ledger", () => {
    const another = "press.test/another";
    const words = `The stream ${STREAM} belongs to another ledger, ${another}: set EVENT_STREAM`;
    const events = [0, 1, 2].map((place) => messageOf(another, place, leaf));

    test("and was wiped", async () => {
      await forgeStream(nats, events, UNPROTECTED, another);
      await withManager(nats, (streams) => streams.purge(STREAM));
      await expectRefused(words);
    });

    test("and its last event is damaged", async () => {
      await forgeStream(nats, events.with(2, { ...(events[2] as (typeof events)[number]), data: "{" }), {}, another);
      await expectRefused(words);
    });

    test("and has none yet", async () => {
      await forgeStream(nats, [], {}, another);
      await expectRefused(words);
    });

    test("which has deleted and made it, while it was held here", async () => {
      const { publisher } = start();
      await publisher.catchUp();
      const { created } = publisher.hold()?.state ?? {};
      await forgeStream(nats, events, {}, another);
      await expect(publisher.hold()?.stream.renew(created ?? "", async () => true)).rejects.toThrow(words);
      expect((await nats.messages(STREAM))?.length).toBe(events.length);
      const reconciler = reconcilerOf(publisher, makeLog());
      await reconciler.step();
      expect((await nats.messages(STREAM))?.length).toBe(events.length);
    });
  });

  test("has more events than the ledger: perhaps the ledger is an older one", async () => {
    const all = await expectedMessages(database, ORIGIN);
    await forgeStream(nats, [...all, messageOf(ORIGIN, all.length, leaf)]);
    await expectRefused("has more events than this database has published entries");
  });

  test("has another entry at the same place: perhaps this ledger is the wrong one", async () => {
    const messages = (await expectedMessages(database, ORIGIN)).slice(0, 10);
    await forgeStream(nats, [...messages, messageOf(ORIGIN, 10, leaf)]);
    await expectRefused("tell different histories");
  });

  test("tells the same entries in another form", async () => {
    const messages = (await expectedMessages(database, ORIGIN)).slice(0, 10);
    const [last] = messages.slice(-1);
    const other = last?.data.replace('"specversion":"1.0"', '"specversion":"1.1"') ?? "";
    await forgeStream(nats, [...messages.slice(0, -1), { subject: last?.subject ?? "", data: other }]);
    await expectRefused("in another form, as another version of the press does");
  });

  test("was made by somebody else, and lacks a message", async () => {
    await forgeStream(nats, (await expectedMessages(database, ORIGIN)).slice(0, 10), {
      ...UNPROTECTED,
      description: "Mine",
    });
    await withManager(nats, (streams) => streams.deleteMessage(STREAM, 5));
    await expectRefused("made or limited by somebody else, so it is not deleted");
  });

  test("has another entry in its middle: the reconciler says so, and nothing is deleted", async () => {
    const messages = await expectedMessages(database, ORIGIN);
    await forgeStream(nats, messages.with(4, messageOf(ORIGIN, 4, leaf)));
    const { publisher } = start();
    await publisher.catchUp();
    const log = makeLog();
    await reconcilerOf(publisher, log).step();
    expect(log.lines.join("\n")).toMatch(/"place":4,"kind":"different","verdict":"otherHistory"/);
    expect((await noted(database))?.problem).toContain("tell different histories");
    expect((await nats.messages(STREAM))?.length).toBe(messages.length);
  });
});

describe("comparing a stream with the ledger", () => {
  async function compare() {
    const stream = await EventStream.open(eventOptions(nats), ORIGIN);
    const progress: [number, number][] = [];
    try {
      const source = sourceOf(database, ORIGIN);
      const comparison = await compareStream(stream, source, (checked, all) => progress.push([checked, all]));
      return { ...comparison, progress };
    } finally {
      await stream.close();
    }
  }

  test("tells that there is no stream", async () => {
    const ledgerSize = await entryCount();
    expect(await compare()).toEqual({ checked: 0, streamSize: null, ledgerSize, firstDifference: null, progress: [] });
  });

  test("tells how much is the same, and how far it is behind", async () => {
    await forgeStream(nats, (await expectedMessages(database, ORIGIN)).slice(0, 30));
    expect(await compare()).toEqual({
      checked: 30,
      streamSize: 30,
      ledgerSize: await entryCount(),
      firstDifference: null,
      progress: [[30, 30]],
    });
  });

  test("tells the first difference: missing, different, beyond", async () => {
    const all = await expectedMessages(database, ORIGIN);
    await forgeStream(nats, all, UNPROTECTED);
    await withManager(nats, (streams) => streams.deleteMessage(STREAM, 8));
    expect(await compare()).toMatchObject({ checked: 7, firstDifference: { place: 7, kind: "missing" } });
    await forgeStream(nats, all.with(3, { ...(all[3] as (typeof all)[number]), data: "{}" }));
    expect(await compare()).toMatchObject({ checked: 3, firstDifference: { place: 3, kind: "different" } });
    await forgeStream(nats, [...all, { subject: `${PREFIX}.x.y`, data: "{}" }]);
    expect(await compare()).toMatchObject({
      checked: all.length,
      firstDifference: { place: all.length, kind: "beyond" },
    });
  });
});
