/* The subscriptions as a client sees them, over real WebSockets; a test says when the worker does its part. */
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { TestWorker } from "../ledger.ts";
import { RawSocket } from "./rawSocket.ts";
import {
  closeEdition,
  codesOf,
  makeOperatorToken,
  makeToken,
  openEdition,
  startTestGateway,
  type TestGateway,
} from "./testGateway.ts";

let database: TestDatabase;
let gateway: TestGateway;
let worker: TestWorker;
let sockets: RawSocket[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await startTestGateway(database);
  worker = await TestWorker.start(database);
  for (const slug of ["first-edition", "second-edition"]) await openEdition(gateway, { slug, cap: 10_000 });
  await worker.work();
});

afterEach(() => {
  for (const socket of sockets) socket.terminate();
  sockets = [];
  vi.restoreAllMocks();
});

afterAll(async () => {
  await gateway?.close();
  await database?.drop();
});

const open = async (token?: string) => {
  const socket = await RawSocket.open(gateway, token);
  sockets.push(socket);
  return socket;
};

/** Subscribes on a socket of its own, and waits for the first event. */
const listen = async (query: string, subject?: string) => {
  const socket = await open(subject && (await makeToken(subject)));
  socket.subscribe("1", query);
  await expect.poll(() => socket.eventsOf("1").length).toBeGreaterThan(0);
  return socket;
};

const issue = async (slug: string, recipient: string, quantity = 1) => {
  const text = "select id from press.issue_tickets($1, $2, recipient => $3) order by ticket_number";
  const { rows } = await database.pool("operator").query<{ id: string }>(text, [slug, quantity, recipient]);
  return rows.map(({ id }) => id);
};

const revoke = (id: string) => database.pool("operator").query("select press.revoke_ticket($1, 'a test')", [id]);

const entryCount = async () => {
  const { rows } = await database.pool("operator").query("select count(*)::int as count from press.ledger_entries");
  return rows[0].count as number;
};

interface TicketChanged {
  readonly ticket: { readonly rowId: string; readonly status: string; readonly envelope?: string } | null;
}

interface EditionChanged {
  readonly edition: { readonly slug: string; readonly remainingCount?: number; readonly status?: string } | null;
}

interface LedgerGrew {
  readonly treeSize: string;
  readonly checkpoint: { readonly treeSize: string; readonly note: string } | null;
  readonly entries: readonly { readonly place: string; readonly type: string }[];
}

describe("ticketChanged", () => {
  const TICKET = "subscription { ticketChanged { ticket { rowId status } } }";

  test("says at once that it listens, and then every change of the caller's tickets, as they are now", async () => {
    const socket = await listen(
      "subscription { ticketChanged { ticket { rowId status envelope edition { slug } holder { subject } } } }",
      "anna",
    );
    expect(socket.eventsOf("1")).toEqual([{ ticket: null }]);
    const [id = ""] = await issue("first-edition", "anna");
    await worker.work();
    await expect.poll(() => socket.eventsOf("1")).toHaveLength(2);
    const [, signed] = socket.eventsOf<TicketChanged>("1");
    expect(signed).toEqual({
      ticket: {
        rowId: id,
        status: "signed",
        envelope: expect.stringContaining(`"ticket_id":"${id}"`),
        edition: { slug: "first-edition" },
        holder: { subject: "anna" },
      },
    });
    // What was read for an event is not kept for the next.
    await revoke(id);
    await worker.work();
    await expect.poll(() => socket.eventsOf("1")).toHaveLength(3);
    expect(socket.eventsOf<TicketChanged>("1")[2]?.ticket).toMatchObject({ rowId: id, status: "revoked" });
    expect(socket.codesOf("1")).toEqual([]);
  });

  test("of many tickets, each once", async () => {
    const socket = await listen(TICKET, "berta");
    const ids = await issue("first-edition", "berta", 300);
    await worker.work();
    await expect.poll(() => socket.eventsOf("1")).toHaveLength(301);
    const told = socket.eventsOf<TicketChanged>("1").map(({ ticket }) => ticket?.rowId ?? "");
    expect(told.slice(1).toSorted()).toEqual(ids.toSorted());
  });

  test("of a holder whom nobody knew when the subscription began", async () => {
    const socket = await listen(TICKET, "clara-the-new");
    await issue("second-edition", "clara-the-new");
    await worker.work();
    await expect.poll(() => socket.eventsOf("1")).toHaveLength(2);
  });

  test("goes on for longer than an operation may take", async () => {
    const socket = await listen(TICKET, "dora");
    const now = performance.now.bind(performance);
    vi.spyOn(performance, "now").mockImplementation(() => now() + 3_600_000);
    const [id] = await issue("first-edition", "dora");
    await worker.work();
    await expect.poll(() => socket.eventsOf("1")).toHaveLength(2);
    expect(socket.eventsOf<TicketChanged>("1")[1]?.ticket?.rowId).toBe(id);
  });

  test("reaches a client of the usual library", async () => {
    const client = gateway.webSocket({ authorization: `Bearer ${await makeToken("emma")}` });
    const events = client.iterate<{ ticketChanged: TicketChanged }>({ query: TICKET });
    expect((await events.next()).value?.data?.ticketChanged).toEqual({ ticket: null });
    const [id] = await issue("first-edition", "emma");
    await worker.work();
    expect((await events.next()).value?.data?.ticketChanged.ticket?.rowId).toBe(id);
    await events.return?.();
    await client.dispose();
  });
});

describe("editionChanged", () => {
  const ofSlug = (slug: string) =>
    `subscription { editionChanged(slug: "${slug}") { edition { slug remainingCount status } } }`;

  test("says at once how the edition is, then how it has become, and nothing of others; to anybody", async () => {
    const socket = await listen(ofSlug("second-edition"));
    const [first] = socket.eventsOf<EditionChanged>("1");
    const remaining = first?.edition?.remainingCount ?? 0;
    expect(first).toEqual({
      edition: { slug: "second-edition", remainingCount: expect.any(Number), status: "open" },
    });
    await issue("first-edition", "fanny", 3);
    await worker.work();
    await issue("second-edition", "fanny", 2);
    await worker.work();
    await expect.poll(() => socket.eventsOf("1")).toHaveLength(2);
    expect(socket.eventsOf<EditionChanged>("1")[1]?.edition).toMatchObject({
      slug: "second-edition",
      remainingCount: remaining - 2,
    });
  });

  test("without a slug, of all editions, from their opening to their end", async () => {
    const socket = await listen("subscription { editionChanged { edition { slug status } } }");
    expect(socket.eventsOf("1")).toEqual([{ edition: null }]);
    await openEdition(gateway, { slug: "short-lived", cap: 5 });
    await issue("first-edition", "greta");
    await worker.work();
    await expect.poll(() => socket.eventsOf("1")).toHaveLength(3);
    expect(socket.eventsOf("1")).toEqual(
      expect.arrayContaining([
        { edition: { slug: "short-lived", status: "open" } },
        { edition: { slug: "first-edition", status: "open" } },
      ]),
    );
    await closeEdition(gateway, "short-lived");
    await worker.work();
    await expect
      .poll(() => socket.eventsOf("1").at(-1))
      .toEqual({
        edition: { slug: "short-lived", status: "closed" },
      });
  });

  test("of what is not there, or is a draft of others, is refused by name; an operator may wait for a draft", async () => {
    const operator = await makeOperatorToken();
    await gateway.ask(
      `mutation { createEdition(input: { slug: "still-a-draft", title: "A draft", cap: 1 }) { edition { slug } } }`,
      { token: operator },
    );
    for (const slug of ["nowhere", "still-a-draft"]) {
      const socket = await open();
      socket.subscribe("1", ofSlug(slug));
      await expect.poll(() => socket.codesOf("1")).toEqual(["EDITION_NOT_FOUND"]);
      expect(socket.eventsOf("1")).toEqual([]);
    }
    const socket = await open(operator);
    socket.subscribe("1", ofSlug("still-a-draft"));
    await expect.poll(() => socket.eventsOf<EditionChanged>("1")[0]?.edition?.status).toBe("draft");
    await gateway.ask(`mutation { openEdition(input: { editionSlug: "still-a-draft" }) { edition { slug } } }`, {
      token: operator,
    });
    await worker.work();
    await expect.poll(() => socket.eventsOf<EditionChanged>("1")[1]?.edition?.status).toBe("open");
  });
});

describe("ledgerGrew", () => {
  const from = (after: string) =>
    `subscription { ledgerGrew${after} { treeSize checkpoint { treeSize note } entries { place type } } }`;
  const placesOf = (socket: RawSocket) =>
    socket.eventsOf<LedgerGrew>("1").flatMap(({ entries }) => entries.map(({ place }) => Number(place)));
  const range = (count: number) => Array.from({ length: count }, (_, place) => place);

  test("from a place on, tells every entry after it, in order and none left out, under its checkpoint", async () => {
    await issue("first-edition", "helen", 250);
    await worker.work();
    const count = await entryCount();
    const socket = await listen(from(`(after: "-1")`));
    await expect.poll(() => placesOf(socket)).toHaveLength(count);
    await issue("first-edition", "helen", 150);
    await worker.work();
    await expect.poll(() => placesOf(socket)).toHaveLength(count + 150);
    expect(placesOf(socket)).toEqual(range(count + 150));
    for (const { treeSize, checkpoint, entries } of socket.eventsOf<LedgerGrew>("1")) {
      expect(entries.length).toBeLessThanOrEqual(100);
      expect(checkpoint?.treeSize).toBe(treeSize);
      expect(checkpoint?.note.split("\n")[1]).toBe(treeSize);
    }
  });

  test("without a place, says how large it is, and then only what comes", async () => {
    const count = await entryCount();
    const socket = await listen(from(""));
    expect(socket.eventsOf("1")).toMatchObject([{ treeSize: String(count), entries: [] }]);
    await issue("first-edition", "ida", 2);
    await worker.work();
    await expect.poll(() => placesOf(socket)).toEqual([count, count + 1]);
  });

  test("from a place beyond the end, waits for it", async () => {
    const count = await entryCount();
    const socket = await listen(from(`(after: "${count + 1}")`));
    expect(socket.eventsOf("1")).toMatchObject([{ treeSize: String(count), entries: [] }]);
    await issue("first-edition", "jane", 4);
    await worker.work();
    await expect.poll(() => placesOf(socket)).toEqual([count + 2, count + 3]);
  });

  test("says nothing of what no checkpoint covers", async () => {
    const count = await entryCount();
    await issue("first-edition", "karen", 3);
    await worker.signPending();
    await worker.integrate();
    expect(await entryCount()).toBe(count + 3);
    const socket = await listen(from(`(after: "-1")`));
    await expect.poll(() => placesOf(socket)).toHaveLength(count);
    await worker.publish();
    await expect.poll(() => placesOf(socket)).toEqual(range(count + 3));
    expect(socket.eventsOf<LedgerGrew>("1").map(({ treeSize }) => treeSize)).toContain(String(count));
  });

  test.each(["-2", "1.5", "ten", "", "1e3", " 1", "0x1", "9007199254740993"])("refuses the place %j", async (after) => {
    const socket = await open();
    socket.subscribe("1", from(`(after: "${after}")`));
    await expect.poll(() => socket.codesOf("1")).toEqual(["INVALID_INPUT"]);
    expect(socket.eventsOf("1")).toEqual([]);
  });
});

describe("a subscription", () => {
  const SIZE = "subscription { ledgerGrew { treeSize } }";

  test("ends when the client says so, and makes room", async () => {
    const socket = await open();
    const ids = Array.from({ length: 20 }, (_, index) => `of-20-${index}`);
    for (const id of ids) socket.subscribe(id, SIZE);
    await expect.poll(() => ids.every((id) => socket.eventsOf(id).length >= 1)).toBe(true);
    socket.subscribe("one-more", SIZE);
    await expect.poll(() => socket.codesOf("one-more")).toEqual(["OVERLOADED"]);
    for (const id of ids) socket.complete(id);
    const again = ids.map((id) => `${id}-again`);
    for (const id of again) socket.subscribe(id, SIZE);
    await expect.poll(() => again.every((id) => socket.eventsOf(id).length >= 1)).toBe(true);
    await issue("first-edition", "laura");
    await worker.work();
    await expect.poll(() => again.every((id) => socket.eventsOf(id).length >= 2)).toBe(true);
    for (const id of ids) expect(socket.typesOf(id)).toEqual(["next"]);
  });

  test("is one of a bounded number, wherever it comes from, and makes room when its socket is gone", async () => {
    const small = await startTestGateway(database, { subscriptions: { max: 3 } });
    const outcome = async (socket: RawSocket, id: string) => {
      socket.subscribe(id, SIZE);
      await expect.poll(() => socket.typesOf(id)).not.toEqual([]);
      return socket.codesOf(id)[0] ?? "open";
    };
    const [one, other] = [await RawSocket.open(small), await RawSocket.open(small)];
    expect(await outcome(one, "1")).toBe("open");
    expect(await outcome(one, "2")).toBe("open");
    expect(await outcome(other, "1")).toBe("open");
    expect(await outcome(other, "2")).toBe("OVERLOADED");
    // The same name again, while the first is taken down: whatever comes of it, it is gone when the socket is.
    one.complete("2");
    one.subscribe("2", SIZE);
    one.terminate();
    await expect.poll(() => outcome(other, randomUUID())).toBe("open");
    await expect.poll(() => outcome(other, randomUUID())).toBe("open");
    expect(await outcome(other, randomUUID())).toBe("OVERLOADED");
    other.terminate();
    await small.close();
  });

  test("needs a WebSocket", async () => {
    for (const accept of ["application/json", "multipart/mixed, application/json", "text/event-stream, */*"]) {
      const answer = await gateway.ask(SIZE, { headers: { accept } });
      expect(codesOf(answer)).toEqual(["INVALID_INPUT"]);
      expect(answer.data).toBeUndefined();
    }
  });

  test.each([
    ["two fields", "subscription { ledgerGrew { treeSize } editionChanged { edition { slug } } }", "INVALID_INPUT"],
    ["nothing that is there", "subscription { drawChanged { winner } }", "INVALID_INPUT"],
    [
      "more rows than an event may have",
      "subscription { editionChanged { edition { tickets(first: 100) { nodes { holder { tickets(first: 10) { nodes { rowId } } } } } } } }",
      "QUERY_TOO_COMPLEX",
    ],
    [
      "more rows for each entry than an event may have",
      "subscription { ledgerGrew { entries { edition { ledgerEntries(first: 20) { nodes { place } } } } } }",
      "QUERY_TOO_COMPLEX",
    ],
    [
      "too many levels",
      `subscription { ticketChanged { ticket { ${"holder { tickets(first: 1) { nodes { ".repeat(4)} rowId ${"} } } ".repeat(4)} } } }`,
      "QUERY_TOO_COMPLEX",
    ],
    [
      "too many fields",
      `subscription { ledgerGrew { ${Array.from({ length: 1001 }, (_, index) => `a${index}: treeSize`).join(" ")} } }`,
      "QUERY_TOO_COMPLEX",
    ],
  ])("that asks for %s is refused", async (_what, query, code) => {
    const socket = await open(await makeToken("mary"));
    socket.subscribe("1", query);
    await expect.poll(() => socket.codesOf("1")[0]).toBe(code);
    expect(socket.typesOf("1")).toEqual(["error"]);
  });

  test("ends with its socket when the gateway closes, so that the client looks for another one", async () => {
    const closing = await startTestGateway(database);
    const socket = await RawSocket.open(closing);
    socket.subscribe("1", SIZE);
    await expect.poll(() => socket.typesOf("1")).toEqual(["next"]);
    await closing.close();
    await expect.poll(() => socket.closeCode).toBe(1001);
    // "complete" would say that nothing more will ever come.
    expect(socket.typesOf("1")).toEqual(["next"]);
  });
});
