/* Whatever a subscription is asked for, and whoever asks: nothing of another holder's ticket comes over the wire, and nothing at all after a
   token has ended. Looked for in the raw bytes of real WebSockets. */
import { createHash } from "node:crypto";
import { createClient } from "graphql-ws";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { type HeldTicket, TestWorker } from "../ledger.ts";
import { rounds } from "../random.ts";
import { RawSocket } from "./rawSocket.ts";
import { makeOperatorToken, makeToken, openEdition, startTestGateway, type TestGateway } from "./testGateway.ts";

const EVERYTHING = `subscription { ticketChanged { ticket {
  id rowId ticketNumber status recipient: holder { id rowId subject tickets(first: 10) { nodes { rowId envelope } } }
  envelope timechainProof edition { slug } revocation { reason } redemption { redeemedAt } } } }`;

let database: TestDatabase;
let gateway: TestGateway;
let worker: TestWorker;
let sockets: RawSocket[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await startTestGateway(database);
  worker = await TestWorker.start(database);
  await openEdition(gateway, { slug: "private", cap: 100_000 });
});

afterEach(() => {
  for (const socket of sockets) socket.terminate();
  sockets = [];
});

afterAll(async () => {
  await gateway?.close();
  await database?.drop();
});

const now = () => Math.floor(Date.now() / 1000);

const open = async (token?: string) => {
  const socket = await RawSocket.open(gateway, token);
  sockets.push(socket);
  return socket;
};

/** Subscribes, and waits for the first event. */
const listen = async (token?: string, query = EVERYTHING) => {
  const socket = await open(token);
  socket.subscribe("1", query);
  await expect.poll(() => socket.eventsOf("1")).toHaveLength(1);
  return socket;
};

/** Everything by which a ticket could be known again. */
async function tracesOf({ id, recipient, envelope }: HeldTicket): Promise<string[]> {
  const { rows } = await database
    .pool("operator")
    .query<{ holder_id: string }>("select holder_id from press.tickets where id = $1", [id]);
  const { signature } = JSON.parse(envelope);
  const hash = createHash("sha256").update(envelope).digest("hex");
  const globalId = Buffer.from(JSON.stringify(["Ticket", id])).toString("base64");
  return [id, recipient, String(rows[0]?.holder_id), signature, hash, globalId];
}

const tracesIn = (socket: RawSocket, traces: readonly string[]) => {
  const { bytes } = socket;
  return traces.filter((trace) => bytes.includes(trace));
};

interface TicketChanged {
  readonly ticket: { readonly rowId: string } | null;
}

const told = (socket: RawSocket, id: string) =>
  socket.eventsOf<TicketChanged>("1").some(({ ticket }) => ticket?.rowId === id);

/** Issues one ticket to each, and revokes and redeems them in turn; all of it is under a checkpoint then. */
async function liveThrough(subjects: readonly string[]): Promise<HeldTicket[]> {
  const tickets = await worker.issueHeld("private", subjects);
  const operator = database.pool("operator");
  for (const [index, { id, envelope, proof }] of tickets.entries()) {
    if (index % 2 === 0) await operator.query("select press.revoke_ticket($1, 'a test')", [id]);
    else await operator.query("select press.redeem_ticket($1, $2)", [envelope, proof]);
  }
  await worker.work();
  return tickets;
}

describe("of another holder's ticket, not one byte reaches", () => {
  const subject = "the-one-and-only-alice";

  test("other holders, operators, or whoever has a name like the holder's", async () => {
    const mine = await listen(await makeToken(subject));
    const others = {
      bob: await makeToken("bob"),
      olga: await makeOperatorToken("olga"),
      [subject.toUpperCase()]: await makeToken(subject.toUpperCase()),
      [`${subject} `]: await makeToken(`${subject} `),
      [`${subject}%`]: await makeToken(`${subject}%`),
      "{the-one-and-only-alice}": await makeToken("{the-one-and-only-alice}"),
    };
    const listeners = new Map<string, RawSocket>();
    for (const [name, token] of Object.entries(others)) listeners.set(name, await listen(token));

    const tickets = await liveThrough(Array.from({ length: 10 }, () => subject));
    await expect.poll(() => tickets.every(({ id }) => told(mine, id))).toBe(true);
    // What happened before has been told to everybody when each was told of a ticket of their own.
    const own = await worker.issueHeld("private", [...listeners.keys()]);
    for (const { recipient, id } of own)
      await expect.poll(() => told(listeners.get(recipient) as RawSocket, id)).toBe(true);

    for (const ticket of tickets) {
      const traces = await tracesOf(ticket);
      expect(tracesIn(mine, traces)).toEqual(expect.arrayContaining([ticket.id, subject]));
      for (const [name, socket] of listeners) {
        // Some of them have the holder's name within their own.
        const foreign = traces.filter((trace) => !name.includes(trace));
        expect({ name, found: tracesIn(socket, foreign) }).toEqual({ name, found: [] });
      }
    }
    for (const [name, socket] of listeners)
      expect({ name, events: socket.eventsOf("1") }).toMatchObject({ name, events: { length: 2 } });
  });

  test("those who are told of it by mistake: every row is read with the rights of whoever is told", async () => {
    const owner = database.pool("owner");
    const { rows } = await owner.query<{ text: string }>(
      "select pg_get_functiondef('press_gateway.changed_tickets'::regproc) as text",
    );
    const bob = await listen(await makeToken("bob"));
    const anna = await listen(await makeToken("anna"));
    try {
      await owner.query(`
        create or replace function press_gateway.changed_tickets(first_place bigint, next_place bigint, subjects text[])
          returns table (subject text, ticket_id uuid) language sql stable security definer set search_path = pg_catalog, pg_temp
        as 'select s, t.id from unnest(subjects) s cross join press.tickets t'`);
      const tickets = await liveThrough([subject, "bob", subject]);
      const count = (await owner.query("select count(*)::int as count from press.tickets")).rows[0].count;
      for (const socket of [bob, anna]) {
        await expect.poll(() => socket.eventsOf("1").length).toBeGreaterThan(count);
        for (const ticket of tickets.filter(({ recipient }) => recipient === subject))
          expect(tracesIn(socket, await tracesOf(ticket))).toEqual([]);
      }
      expect(tickets.filter(({ id }) => told(bob, id)).map(({ recipient }) => recipient)).toEqual(["bob"]);
      expect(tickets.filter(({ id }) => told(anna, id))).toEqual([]);
    } finally {
      await owner.query(rows[0]?.text ?? "");
    }
  });

  test("a holder who may not see it any more", async () => {
    const mine = await listen(await makeToken("carla"));
    const owner = database.pool("owner");
    const [ticket] = await worker.issueHeld("private", ["carla"]);
    await expect.poll(() => told(mine, ticket?.id ?? "")).toBe(true);
    // Forgotten by the press: nothing in it leads from the subject to the ticket.
    await owner.query("alter table press.holders disable trigger _200_guard_identity");
    await owner.query("update press.holders set subject = 'forgotten' where subject = 'carla'");
    await owner.query("alter table press.holders enable always trigger _200_guard_identity");
    const before = mine.bytes.length;
    await database.pool("operator").query("select press.revoke_ticket($1, 'a test')", [ticket?.id]);
    const [another] = await worker.issueHeld("private", ["carla"]);
    await expect.poll(() => told(mine, another?.id ?? "")).toBe(true);
    expect(mine.bytes.slice(before)).not.toContain(ticket?.id);
  });

  test("nobody: who has no token hears one refusal and nothing else", async () => {
    const socket = await open();
    const reader = await listen(undefined, "subscription { ledgerGrew { treeSize entries { place } } }");
    socket.subscribe("1", EVERYTHING);
    await expect.poll(() => socket.codesOf("1")).toEqual(["UNAUTHENTICATED"]);
    const before = socket.bytes;
    const [ticket] = await liveThrough([subject]);
    await expect.poll(() => reader.eventsOf("1").length).toBeGreaterThan(1);
    expect(socket.bytes.slice(before.length)).not.toContain("ticketChanged");
    expect(tracesIn(socket, ticket === undefined ? [] : await tracesOf(ticket))).toEqual([]);
    // And over the subscriptions that are for everybody, tickets are only numbers.
    const all = await listen(
      undefined,
      `subscription { ledgerGrew(after: "-1") { entries { ticket { rowId envelope holder { subject } } } } }`,
    );
    expect(tracesIn(all, ticket === undefined ? [] : await tracesOf(ticket))).toEqual([]);
    const editions = await listen(
      undefined,
      "subscription { editionChanged { edition { tickets(first: 100) { nodes { rowId envelope } } } } }",
    );
    const [next] = await liveThrough([subject]);
    await expect.poll(() => editions.typesOf("1").length).toBeGreaterThan(1);
    expect(tracesIn(editions, next === undefined ? [] : await tracesOf(next))).toEqual([]);
  });

  test("whoever names it, or its holder: there is nothing to name them with", async () => {
    const [ticket] = await worker.issueHeld("private", [subject]);
    const id = ticket?.id ?? "";
    const socket = await open(await makeToken("bob"));
    const attempts = [
      `subscription { ticketChanged(id: "${id}") { ticket { rowId } } }`,
      `subscription { ticketChanged(ticketId: "${id}") { ticket { rowId } } }`,
      `subscription { ticketChanged(subject: "${subject}") { ticket { rowId } } }`,
      `subscription { ticketChanged(holder: "${subject}") { ticket { rowId } } }`,
      `subscription ($id: UUID) { ticketChanged(rowId: $id) { ticket { rowId } } }`,
    ];
    const count = rounds(1_000, 10_000);
    for (let index = 0; index < count; index += 1)
      socket.subscribe(`${index}`, attempts[index % attempts.length] ?? "", { id, subject });
    await expect.poll(() => socket.typesOf(`${count - 1}`)).toEqual(["error"]);
    for (let index = 0; index < count; index += 1) expect(socket.typesOf(`${index}`)).toEqual(["error"]);
    // Variables that no operation declares change nothing.
    socket.subscribe("mine", EVERYTHING, { id, subject, "press.subject": subject });
    await expect.poll(() => socket.eventsOf("mine")).toEqual([{ ticket: null }]);
    const [, own] = await worker.issueHeld("private", [subject, "bob"]);
    await expect.poll(() => socket.eventsOf<TicketChanged>("mine").at(-1)?.ticket?.rowId).toBe(own?.id);
    expect(socket.eventsOf("mine")).toHaveLength(2);
  });
});

describe("a token that has ended", () => {
  test("closes the WebSocket, and nothing comes after it", async () => {
    const exp = now() + 15;
    const socket = await listen(await makeToken("ella", { exp }));
    const [ticket] = await worker.issueHeld("private", ["ella"]);
    await expect.poll(() => told(socket, ticket?.id ?? "")).toBe(true);
    await expect.poll(() => socket.closeCode).toBe(4403);
    expect(socket.closeReason).toBe("The token has expired.");
    expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000);
    const before = socket.bytes;
    await liveThrough(["ella"]);
    const other = await listen(await makeToken("ella"));
    const [next] = await worker.issueHeld("private", ["ella"]);
    await expect.poll(() => told(other, next?.id ?? "")).toBe(true);
    expect(socket.bytes).toBe(before);
    expect(socket.typesOf("1")).not.toContain("complete");
  });

  test("begins nothing, although other operations still have the tolerance for clocks", async () => {
    // The tolerance of five seconds is the time that this has.
    const socket = await open(await makeToken("frida", { exp: now() }));
    for (const [index, query] of [
      EVERYTHING,
      "subscription { editionChanged { edition { slug } } }",
      "subscription { ledgerGrew { treeSize } }",
    ].entries())
      socket.subscribe(`${index}`, query);
    await expect.poll(() => socket.closeCode).toBe(4403);
    expect(socket.bytes).not.toContain("data");
  });

  test("beyond the tolerance is refused as everywhere", async () => {
    const socket = await open(await makeToken("gerda", { exp: now() - 60 }));
    socket.subscribe("1", EVERYTHING);
    await expect.poll(() => socket.codesOf("1")).toEqual(["UNAUTHENTICATED"]);
    expect(socket.bytes).not.toContain("data");
  });

  test("is no end for a client that brings a new one", async () => {
    let connections = 0;
    const client = createClient({
      url: `${gateway.url.replace("http", "ws")}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: async () => {
        connections += 1;
        const claims = connections === 1 ? { exp: now() + 15 } : {};
        return { authorization: `Bearer ${await makeToken("hanna", claims)}` };
      },
    });
    const events = client.iterate<{ ticketChanged: TicketChanged }>({ query: EVERYTHING });
    for (const _connection of [1, 2])
      expect((await events.next()).value?.data?.ticketChanged).toEqual({ ticket: null });
    const [ticket] = await worker.issueHeld("private", ["hanna"]);
    expect((await events.next()).value?.data?.ticketChanged.ticket?.rowId).toBe(ticket?.id);
    expect(connections).toBe(2);
    await events.return?.();
    await client.dispose();
  });
});
