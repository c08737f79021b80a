/* The issuer by itself, between made-up clients and a pool that can be slow, or lose an answer. What it writes is real. */
import { randomUUID } from "node:crypto";
import type { Pool, QueryConfig } from "pg";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type IssuedTicket, type IssueRequest, Issuer, type IssuerOptions } from "../../gateway/issuing.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { openEdition, startTestGateway } from "./testGateway.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  const gateway = await startTestGateway(database);
  for (const slug of ["order", "poison", "batches", "lost", "storm", "closing", "busy", "large", "crowd"]) {
    await openEdition(gateway, { slug, cap: 1_000_000 });
  }
  await openEdition(gateway, { slug: "three", cap: 3 });
  await gateway.close();
});

afterAll(() => database?.drop());

/** One call of press_gateway.issue_tickets as the pool sees it: how many requests it carries, and for how many tickets. */
interface Call {
  readonly requests: number;
  readonly tickets: number;
}

type Interference = (call: number, query: () => Promise<unknown>) => Promise<unknown>;

/** An issuer on the real database whose calls are noted, and interfered with; `wakeUps` has the number of calls before each of them. */
function makeIssuer(options: Partial<IssuerOptions> = {}, interfere: Interference = (_call, query) => query()) {
  const calls: Call[] = [];
  const wakeUps: number[] = [];
  const real = database.pool("press_gateway");
  const pool = {
    query(config: QueryConfig | string) {
      if (typeof config === "string") {
        wakeUps.push(calls.length);
        return real.query(config);
      }
      const quantities = (config.values?.[4] ?? []) as number[];
      calls.push({ requests: quantities.length, tickets: quantities.reduce((sum, quantity) => sum + quantity, 0) });
      return interfere(calls.length, () => real.query(config));
    },
  } as Pick<Pool, "query">;
  return { calls, wakeUps, issuer: new Issuer({ pool, log: pino({ level: "silent" }), ...options }) };
}

function makeRequest(editionSlug: string, more: Partial<IssueRequest> = {}): IssueRequest {
  const identity = { role: "press_holder", subject: `holder-${randomUUID()}`, expiresAt: Date.now() + 60_000 } as const;
  return { identity, editionSlug, recipient: null, quantity: 1, requestKey: randomUUID(), ...more };
}

const numbersOf = (tickets: readonly IssuedTicket[]) => tickets.map(({ ticket_number }) => ticket_number);
const idsOf = (tickets: readonly IssuedTicket[]) => tickets.map(({ id }) => id);

async function countOf(slug: string): Promise<number> {
  const { rows } = await database
    .pool("superuser")
    .query(
      "select count(*)::int as count from press.tickets t join press.editions e on e.id = t.edition_id where e.slug = $1",
      [slug],
    );
  return rows[0].count;
}

const codeOf = (error: unknown) => {
  const { code, extensions } = error as { code?: string; extensions?: { code?: string } };
  return extensions?.code ?? code;
};
const outcomeOf = (promise: Promise<readonly IssuedTicket[]>) => promise.then(() => "granted", codeOf);

describe("a batch", () => {
  test("is answered in the order in which the requests came, each client its own", async () => {
    const { issuer, calls } = makeIssuer();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => issuer.issue(makeRequest("order", { quantity: 1 + (index % 3) }))),
    );
    expect(calls).toHaveLength(1);
    const tickets = answers.flat();
    expect(numbersOf(tickets)).toEqual(tickets.map((_, index) => index + 1));
    expect(answers.map(({ length }) => length)).toEqual(answers.map((_, index) => 1 + (index % 3)));
  });

  test("gives the last tickets to those who came first", async () => {
    const { issuer } = makeIssuer();
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => outcomeOf(issuer.issue(makeRequest("three")))));
    expect(outcomes).toEqual(["granted", "granted", "granted", "CAP_REACHED", "CAP_REACHED"]);
  });

  test("is what arrived while the last call was under way, up to its size", async () => {
    const { issuer, calls } = makeIssuer({ batchSizeMax: 10 });
    await Promise.all(Array.from({ length: 25 }, () => issuer.issue(makeRequest("batches"))));
    expect(calls.map(({ requests }) => requests)).toEqual([10, 10, 5]);
  });

  test("of large requests stays bounded too", async () => {
    const { issuer, calls } = makeIssuer();
    await Promise.all(Array.from({ length: 15 }, () => issuer.issue(makeRequest("large", { quantity: 1000 }))));
    expect(calls.map(({ tickets }) => tickets)).toEqual([10_000, 5_000]);
  });

  test.each([2_147_483_647, 1_001, 0, -1])("is not filled by a quantity that is refused (%d)", async (quantity) => {
    const { issuer, calls } = makeIssuer();
    const requests = Array.from({ length: 200 }, () => makeRequest("large", { quantity }));
    const outcomes = await Promise.all(requests.map((request) => outcomeOf(issuer.issue(request))));
    expect(new Set(outcomes)).toEqual(new Set(["INVALID_INPUT"]));
    expect(calls).toHaveLength(1);
  });

  test("holds one edition; another does not wait for it", async () => {
    const held = Promise.withResolvers<void>();
    const { issuer } = makeIssuer({}, async (call, query) => {
      if (call === 1) await held.promise;
      return query();
    });
    const slow = issuer.issue(makeRequest("busy"));
    await expect(issuer.issue(makeRequest("order"))).resolves.toHaveLength(1);
    held.resolve();
    await expect(slow).resolves.toHaveLength(1);
  });
});

describe("one request that the database cannot even read", () => {
  test.each([1, 2, 20])("harms none of the %d others", async (others) => {
    const { issuer } = makeIssuer();
    const poisonous = makeRequest("poison", { recipient: "a\0b" });
    const requests = Array.from({ length: others }, () => makeRequest("poison"));
    requests.splice(Math.floor(others / 2), 0, poisonous);
    const before = await countOf("poison");
    const outcomes = await Promise.all(requests.map((request) => outcomeOf(issuer.issue(request))));
    expect(outcomes).toEqual(requests.map((request) => (request === poisonous ? "22021" : "granted")));
    expect(await countOf("poison")).toBe(before + others);
  });
});

describe("a database that is not of this version", () => {
  test.each<[what: string, change: (row: object) => readonly object[]]>([
    ["no ticket", (row) => [{ ...row, id: null }]],
    ["no row", () => []],
    ["too many tickets", (row) => [row, row]],
  ])("and grants a request with %s gives an error, never an empty answer", async (_what, change) => {
    const { issuer } = makeIssuer({}, async (_call, query) => {
      const { rows } = (await query()) as { rows: object[] };
      return { rows: rows.flatMap(change) };
    });
    await expect(issuer.issue(makeRequest("order"))).rejects.toThrow(/^The database answered a request for 1 tickets/);
  });
});

describe("an answer that was lost", () => {
  test("after the commit is asked for again, and nobody is issued anything twice", async () => {
    const { issuer, calls } = makeIssuer({}, async (call, query) => {
      const result = await query();
      if (call <= 2) throw new Error("Connection terminated unexpectedly");
      return result;
    });
    const answers = await Promise.all(Array.from({ length: 10 }, () => issuer.issue(makeRequest("lost"))));
    expect(calls).toHaveLength(3);
    expect(new Set(idsOf(answers.flat())).size).toBe(10);
    expect(await countOf("lost")).toBe(10);
  });

  const lost = () => new Error("Connection terminated unexpectedly");
  const databaseError = (code: string) => Object.assign(new Error("secret"), { code, severity: "ERROR" });

  test.each<[how: string, later: () => Error, calls: number]>([
    ["is lost again and again", lost, 5],
    ["meets LOCK_TIMEOUT", () => databaseError("PRBSY"), 2],
    ["is stopped for its time", () => databaseError("57014"), 2],
    ["finds no connection any more", () => new Error("timeout exceeded when trying to connect"), 5],
  ])("and whose repetition %s is OUTCOME_UNKNOWN, with the key that finds it", async (_how, later, attempts) => {
    const { issuer, calls } = makeIssuer({}, async (call, query) => {
      if (call > 1) throw later();
      await query();
      throw lost();
    });
    const request = makeRequest("lost");
    const { requestKey } = request;
    const before = await countOf("lost");
    await expect(issuer.issue(request)).rejects.toMatchObject({
      message: expect.stringMatching(/may or may not have been/),
      extensions: {
        code: "OUTCOME_UNKNOWN",
        retryable: true,
        requestKey,
        hint: expect.stringContaining("requestOutcome"),
      },
    });
    expect(calls).toHaveLength(attempts);

    await expect(makeIssuer().issuer.issue(request)).resolves.toHaveLength(1);
    expect(await countOf("lost")).toBe(before + 1);
  });

  test("for its time is OUTCOME_UNKNOWN, and asked for once", async () => {
    const { issuer, calls } = makeIssuer({}, () => Promise.reject(databaseError("57014")));
    expect(await outcomeOf(issuer.issue(makeRequest("lost")))).toBe("OUTCOME_UNKNOWN");
    expect(calls).toHaveLength(1);
  });

  test("because there never was a connection says that, and not that the outcome is unknown", async () => {
    const { issuer, calls } = makeIssuer({}, () =>
      Promise.reject(new Error("timeout exceeded when trying to connect")),
    );
    await expect(issuer.issue(makeRequest("lost"))).rejects.toThrow("timeout exceeded when trying to connect");
    expect(calls).toHaveLength(5);
  });

  test("is no reason to doubt what a later call says of each request", async () => {
    const { issuer } = makeIssuer({}, async (call, query) => {
      if (call === 1) throw lost();
      return query();
    });
    const outcomes = await Promise.all(Array.from({ length: 2 }, () => outcomeOf(issuer.issue(makeRequest("three")))));
    expect(outcomes).toEqual(["CAP_REACHED", "CAP_REACHED"]);
  });

  test.each(["40001", "40P01"])("for a conflict (%s) is sought again", async (code) => {
    const { issuer } = makeIssuer({}, async (call, query) => {
      if (call <= 3) throw Object.assign(new Error("conflict"), { code, severity: "ERROR" });
      return query();
    });
    await expect(issuer.issue(makeRequest("storm"))).resolves.toHaveLength(1);
  });

  test("a refusal of the whole call is passed on to everybody, once", async () => {
    const { issuer, calls } = makeIssuer({}, () =>
      Promise.reject(Object.assign(new Error("LOCK_TIMEOUT: busy"), { code: "PRBSY", severity: "ERROR" })),
    );
    const outcomes = await Promise.all(Array.from({ length: 3 }, () => outcomeOf(issuer.issue(makeRequest("busy")))));
    expect(outcomes).toEqual(["PRBSY", "PRBSY", "PRBSY"]);
    expect(calls).toHaveLength(1);
  });
});

describe("when it is too much", () => {
  test("whoever comes beyond the bound is OVERLOADED at once, and the others are served", async () => {
    const held = Promise.withResolvers<void>();
    const { issuer } = makeIssuer({ waitingMax: 5 }, async (_call, query) => {
      await held.promise;
      return query();
    });
    const served = Array.from({ length: 5 }, () => issuer.issue(makeRequest("busy")));
    await expect(issuer.issue(makeRequest("busy"))).rejects.toMatchObject({
      extensions: { code: "OVERLOADED", retryable: true },
    });
    held.resolve();
    expect((await Promise.all(served)).flat()).toHaveLength(5);
    await expect(issuer.issue(makeRequest("busy"))).resolves.toHaveLength(1);
  });
});

describe("an edition that is stuck", () => {
  test("is OVERLOADED by itself; another one is served", async () => {
    const held = Promise.withResolvers<void>();
    const { issuer } = makeIssuer({ editionWaitingMax: 5, batchSizeMax: 3 }, async (call, query) => {
      if (call === 1) await held.promise;
      return query();
    });
    const first = issuer.issue(makeRequest("busy"));
    await new Promise(setImmediate); // Its call is under way.
    const served = Array.from({ length: 5 }, () => issuer.issue(makeRequest("busy")));
    await expect(issuer.issue(makeRequest("busy"))).rejects.toMatchObject({
      message: expect.stringContaining("this edition"),
      extensions: { code: "OVERLOADED", retryable: true },
    });
    await expect(issuer.issue(makeRequest("order"))).resolves.toHaveLength(1);
    held.resolve();
    expect((await Promise.all([first, ...served])).flat()).toHaveLength(6);
  });
});

describe("one caller, or one address, that asks for too much", () => {
  const identityOf = (subject: string, role: "press_holder" | "press_operator" = "press_holder") =>
    ({ role, subject, expiresAt: Date.now() + 60_000 }) as const;

  /** Fills up what may wait, asks for one more in each of the ways, and lets everybody go. */
  async function fill(
    bounds: Partial<IssuerOptions>,
    requests: readonly Partial<IssueRequest>[],
    more: readonly Partial<IssueRequest>[],
  ) {
    const held = Promise.withResolvers<void>();
    const { issuer } = makeIssuer(bounds, async (_call, query) => {
      await held.promise;
      return query();
    });
    const waiting = requests.map((request) => issuer.issue(makeRequest("crowd", request)));
    const asked = more.map((request) =>
      issuer.issue(makeRequest("crowd", request)).then(
        () => "issued",
        (error: Error) => error.message,
      ),
    );
    held.resolve();
    await Promise.all(waiting);
    const again = await Promise.all(more.map((request) => issuer.issue(makeRequest("crowd", request))));
    expect(again.flat()).toHaveLength(more.length);
    return Promise.all(asked);
  }

  test("is OVERLOADED by itself, and everybody else is served; later it is served, too", async () => {
    const [ann, ben] = [identityOf("ann"), identityOf("ben")];
    const outcomes = await fill(
      { holderWaitingMax: 3 },
      Array.from({ length: 3 }, () => ({ identity: ann })),
      [{ identity: ann }, { identity: ben }],
    );
    expect(outcomes).toEqual(["OVERLOADED: Too many requests of yours are waiting.", "issued"]);
  });

  test("is counted by its address, of IPv6 by its network, whatever it calls itself", async () => {
    const from = (address: string) => ({ address });
    const outcomes = await fill(
      { addressWaitingMax: 2 },
      [from("192.0.2.1"), from("::ffff:192.0.2.1"), from("2001:db8::1"), from("2001:db8::2")],
      [from("192.0.2.1"), from("192.0.2.2"), from("2001:db8::3"), from("2001:db8:0:1::3"), from("")],
    );
    const refused = "OVERLOADED: Too many requests from your address are waiting.";
    expect(outcomes).toEqual([refused, "issued", refused, "issued", "issued"]);
  });

  test("is not an operator, who asks for others", async () => {
    const shop = { identity: identityOf("shop", "press_operator"), address: "192.0.2.1", recipient: "ann" };
    const outcomes = await fill({ holderWaitingMax: 1, addressWaitingMax: 1 }, [shop, shop], [shop]);
    expect(outcomes).toEqual(["issued"]);
  });
});

describe("the worker", () => {
  test("is woken at once, again after the last batch, and not for every batch between", async () => {
    const { issuer, calls, wakeUps } = makeIssuer({ batchSizeMax: 1 });
    const since = performance.now();
    await Promise.all(Array.from({ length: 60 }, () => issuer.issue(makeRequest("batches"))));
    await issuer.close();
    const pauses = (performance.now() - since) / 19;
    expect(calls).toHaveLength(60);
    expect(wakeUps[0]).toBeLessThanOrEqual(2);
    expect(wakeUps.at(-1)).toBe(60);
    expect(wakeUps.length).toBeLessThanOrEqual(2 + pauses);
  });
});

describe("closing", () => {
  test("answers what is under way, refuses what comes, and wakes the worker for what was issued", async () => {
    const { issuer } = makeIssuer({ batchSizeMax: 2 });
    const served = Array.from({ length: 6 }, () => issuer.issue(makeRequest("closing")));
    const closed = issuer.close();
    await expect(issuer.issue(makeRequest("closing"))).rejects.toMatchObject({ extensions: { code: "OVERLOADED" } });
    await closed;
    expect((await Promise.all(served)).flat()).toHaveLength(6);
    expect(await countOf("closing")).toBe(6);
  });
});
