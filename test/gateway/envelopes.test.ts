import { randomUUID } from "node:crypto";
import type { Pool, QueryConfig } from "pg";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { EnvelopeWaiter } from "../../gateway/envelopes.ts";
import { Listener } from "../../gateway/listener.ts";
import { Verifier } from "../../verifier/index.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { testRequiring } from "../requirements.ts";
import { TestSigner } from "./signing.ts";
import { makeToken, openEdition, startTestGateway, type TestGateway } from "./testGateway.ts";

let database: TestDatabase;
let gateway: TestGateway;
let signer: TestSigner;

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await startTestGateway(database);
  signer = new TestSigner(database.pool("press_worker"));
  await signer.register();
  await openEdition(gateway, { slug: "envelopes", cap: 100_000 });
});

afterAll(async () => {
  await gateway?.close();
  await database?.drop();
});

interface Issued {
  readonly issueTicket: {
    readonly envelope: string | null;
    readonly ticket: { readonly rowId: string; readonly ticketNumber: number };
  };
}

const issue = async (subject: string, waitMilliseconds: number | null, requestKey: string = randomUUID()) => {
  const { data, errors } = await gateway.ask<Issued>(
    `mutation ($wait: Int, $requestKey: UUID) {
       issueTicket(input: { editionSlug: "envelopes", requestKey: $requestKey }) {
         envelope(waitMilliseconds: $wait) ticket { rowId ticketNumber }
       }
     }`,
    { token: await makeToken(subject), variables: { wait: waitMilliseconds, requestKey } },
  );
  expect(errors).toEqual([]);
  return data.issueTicket;
};

const countPending = async () => {
  const { rows } = await database
    .pool("superuser")
    .query("select count(*)::int as count from press.tickets where status = 'pending'");
  return rows[0].count as number;
};

/** The server processes that listen for the gateways of this database. */
async function listening(): Promise<number[]> {
  const { rows } = await database.pool("superuser").query<{ pid: number }>(
    `select pid from pg_stat_activity
       where datname = current_database() and query = 'listen press_signed; listen press_ledger; listen press_publications' and state = 'idle'`,
  );
  return rows.map(({ pid }) => pid);
}

describe("the envelope of a new ticket", () => {
  test("comes in the same answer, once it is signed, to each client the own one", async () => {
    const clients = Array.from({ length: 60 }, (_, index) => issue(`client-${index}`, 10_000));
    await expect.poll(countPending).toBe(60);
    await signer.signPending();
    const verifier = new Verifier(signer.publicKey);
    for (const [index, { envelope, ticket }] of (await Promise.all(clients)).entries()) {
      expect(verifier.verify(envelope ?? "")).toMatchObject({ isValid: true });
      expect(JSON.parse(envelope ?? "")).toMatchObject({
        recipient: `client-${index}`,
        ticket_id: ticket.rowId,
        ticket_number: ticket.ticketNumber,
      });
    }
  });

  test("is null when the time is up, or when nobody waits; the ticket is there all the same", async () => {
    const requestKey = randomUUID();
    for (const wait of [0, null, 50]) {
      expect(await issue("patient", wait, requestKey)).toMatchObject({
        envelope: null,
        ticket: { rowId: expect.any(String) },
      });
    }
    await signer.signPending();
    expect((await issue("patient", 0, requestKey)).envelope).toContain(`"recipient":"patient"`);
  });

  testRequiring("superuser")("comes although the listening connection was cut, and that comes back", async () => {
    const [pid] = await listening();
    expect(pid).toBeDefined();
    const waiting = issue("cut off", 10_000);
    await expect.poll(countPending).toBe(1);
    await database.pool("superuser").query("select pg_terminate_backend($1)", [pid]);
    await signer.signPending();
    expect((await waiting).envelope).toContain(`"recipient":"cut off"`);
    await expect.poll(async () => (await listening()).filter((other) => other !== pid)).toHaveLength(1);
  });
});

describe("the waiter", () => {
  /** On the real database; `asked` has an entry for each of its questions. */
  function makeWaiter(options: { waitingMax?: number } = {}) {
    const asked: number[] = [];
    const real = database.pool("press_gateway");
    const pool = {
      query(config: QueryConfig) {
        asked.push(config.values?.length ?? 0);
        return real.query(config);
      },
    } as Pick<Pool, "query">;
    const log = pino({ level: "silent" });
    const listener = new Listener({ databaseUrl: database.url("press_gateway"), log });
    return { asked, listener, waiter: new EnvelopeWaiter({ pool, listener, log, ...options }) };
  }

  const issueMany = async (count: number) => {
    const { rows } = await database
      .pool("operator")
      .query<{ id: string }>("select id from press.issue_tickets('envelopes', $1, null, 'many')", [count]);
    return rows.map(({ id }) => id);
  };

  afterEach(() => vi.useRealTimers());

  test("asks for everybody at once", async () => {
    const { waiter, asked } = makeWaiter();
    const ids = await issueMany(1000);
    await signer.signPending();
    const envelopes = await Promise.all(ids.map((id) => waiter.wait(id, 10_000)));
    expect(envelopes.map((envelope) => JSON.parse(envelope ?? "").ticket_id)).toEqual(ids);
    expect(asked.length).toBeLessThan(5);
    await waiter.close();
  });

  testRequiring("superuser")("is woken by the notification alone", async () => {
    const { waiter, listener } = makeWaiter();
    vi.useFakeTimers({ toFake: ["setInterval"] });
    listener.listen();
    const [id = ""] = await issueMany(1);
    const waiting = waiter.wait(id, 10_000);
    // The gateway's own, and this one's.
    await expect.poll(async () => (await listening()).length).toBe(2);
    await signer.signPending();
    expect(await waiting).toContain(id);
    await waiter.close();
    await listener.close();
  });

  test("looks by itself where no notification comes", async () => {
    const { waiter } = makeWaiter();
    const [id = ""] = await issueMany(1);
    const waiting = waiter.wait(id, 10_000);
    await signer.signPending();
    expect(await waiting).toContain(id);
    await waiter.close();
  });

  test("takes no more than it can", async () => {
    const { waiter } = makeWaiter({ waitingMax: 2 });
    const waiting = ["one", "two"].map(() => waiter.wait(randomUUID(), 10_000));
    await expect(waiter.wait(randomUUID(), 10_000)).rejects.toMatchObject({
      extensions: { code: "OVERLOADED", retryable: true },
    });
    await waiter.close();
    expect(await Promise.all(waiting)).toEqual([null, null]);
  });

  test("lets everybody go when it closes, and nobody in afterwards", async () => {
    const { waiter } = makeWaiter();
    const [id = ""] = await issueMany(1);
    const waiting = Promise.all([waiter.wait(id, 10_000), waiter.wait(id, 10_000)]);
    await waiter.close();
    expect(await waiting).toEqual([null, null]);
    expect(await waiter.wait(id, 10_000)).toBeNull();
  });
});
