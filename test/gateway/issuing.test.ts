import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { issuedNumbers, openSessions, untilWaiting } from "../race/sessions.ts";
import {
  closeEdition,
  codesOf,
  issueTicket,
  makeOperatorToken,
  makeToken,
  noteArrivals,
  openEdition,
  startTestGateway,
  type TestGateway,
} from "./testGateway.ts";

const tokensOf = (count: number, prefix: string) =>
  Promise.all(Array.from({ length: count }, (_, index) => makeToken(`${prefix}-${index}`)));

describe.each(["memory", "database"] as const)("answered from the %s:", (issuingReadBack) => {
  let database: TestDatabase;
  let gateway: TestGateway;

  beforeAll(async () => {
    database = await createTestDatabase();
    gateway = await startTestGateway(database, { issuingReadBack });
  });

  afterAll(async () => {
    await gateway?.close();
    await database?.drop();
  });

  describe("200 clients of 24 holders want the golden ticket at once", () => {
    test("five get it, numbered 1 to 5, and everybody else hears why not", async () => {
      await openEdition(gateway, { slug: "golden-ticket", cap: 5, perHolderLimit: 1 });
      const tokens = await tokensOf(24, "golden");
      const clients = Array.from({ length: 200 }, (_, index) => index % 24);

      const answers = await Promise.all(
        clients.map(async (holder) => ({
          holder,
          answer: await issueTicket(gateway, tokens[holder], { editionSlug: "golden-ticket" }),
        })),
      );

      const granted = answers.filter(({ answer }) => answer.errors.length === 0);
      const winners = new Set(granted.map(({ holder }) => holder));
      expect(granted.map(({ answer }) => answer.data.issueTicket?.ticket.ticketNumber).toSorted()).toEqual([
        1, 2, 3, 4, 5,
      ]);
      expect(winners.size).toBe(5);

      const refused = answers.filter(({ answer }) => answer.errors.length > 0);
      expect(refused).toHaveLength(195);
      for (const { holder, answer } of refused) {
        expect(codesOf(answer)).toEqual([winners.has(holder) ? "HOLDER_LIMIT_REACHED" : "CAP_REACHED"]);
        expect(answer.errors[0]?.extensions.retryable).toBe(false);
      }

      const { rows } = await database.pool("superuser").query(
        `select t.ticket_number, h.subject from press.tickets t join press.editions e on e.id = t.edition_id
         join press.holders h on h.id = t.holder_id where e.slug = 'golden-ticket' order by 1`,
      );
      expect(rows.map(({ ticket_number }) => ticket_number)).toEqual([1, 2, 3, 4, 5]);
      expect(new Set(rows.map(({ subject }) => subject))).toEqual(
        new Set([...winners].map((holder) => `golden-${holder}`)),
      );
    });
  });

  describe("requests of many clients travel together", () => {
    test("200 tickets cost far fewer transactions, and everybody gets their own", async () => {
      await openEdition(gateway, { slug: "together", cap: 200, perHolderLimit: 1 });
      const tokens = await tokensOf(200, "together");

      const answers = await Promise.all(
        tokens.map(async (token) =>
          gateway.ask<{ issueTicket: { ticket: { ticketNumber: number; holder: { subject: string } } } }>(
            `mutation { issueTicket(input: { editionSlug: "together" }) { ticket { ticketNumber holder { subject } } } }`,
            { token },
          ),
        ),
      );

      expect(answers.flatMap(codesOf)).toEqual([]);
      const tickets = answers.map(({ data }) => data.issueTicket.ticket);
      expect(tickets.map(({ holder }) => holder.subject)).toEqual(tokens.map((_, index) => `together-${index}`));
      expect(new Set(tickets.map(({ ticketNumber }) => ticketNumber)).size).toBe(200);

      const { rows } = await database.pool("superuser").query(
        `select count(distinct t.xmin::text)::int as transactions from press.tickets t
         join press.editions e on e.id = t.edition_id where e.slug = 'together'`,
      );
      expect(rows[0].transactions).toBeLessThan(100);
    });

    test("after the commit the worker is woken", async () => {
      await expect
        .poll(async () => {
          const { rows } = await database
            .pool("superuser")
            .query("select count(*)::int as count from graphile_worker.jobs where task_identifier = 'tickets__sign'");
          return rows[0].count;
        })
        .toBeGreaterThan(0);
    });
  });

  describe("a request key", () => {
    test("50 times at once is one ticket and 50 equal answers, also after the edition has closed", async () => {
      await openEdition(gateway, { slug: "once", cap: 100 });
      const token = await makeToken("once");
      const input = { editionSlug: "once", requestKey: randomUUID() };

      const answers = await Promise.all(Array.from({ length: 50 }, () => issueTicket(gateway, token, input)));
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
      expect(answers[0]?.data.issueTicket?.ticket.ticketNumber).toBe(1);

      await closeEdition(gateway, "once");
      expect((await issueTicket(gateway, token, input)).text).toBe(answers[0]?.text);
      expect(codesOf(await issueTicket(gateway, token, { editionSlug: "once" }))).toEqual(["EDITION_NOT_OPEN"]);

      const { rows } = await database
        .pool("superuser")
        .query(
          "select count(*)::int as count from press.tickets t join press.editions e on e.id = t.edition_id where e.slug = 'once'",
        );
      expect(rows[0].count).toBe(1);
    });

    test("with another quantity is refused, and requestOutcome tells what the first request got", async () => {
      await openEdition(gateway, { slug: "quantities", cap: 100 });
      const token = await makeToken("quantities");
      const requestKey = randomUUID();
      const issue = (quantity: number) =>
        gateway.ask<{ issueTickets: { tickets: { ticketNumber: number }[]; clientMutationId: string } }>(
          `mutation ($quantity: Int!, $requestKey: UUID) {
             issueTickets(input: { editionSlug: "quantities", quantity: $quantity, requestKey: $requestKey, clientMutationId: "mine" }) {
               tickets { ticketNumber } clientMutationId
             }
           }`,
          { token, variables: { quantity, requestKey } },
        );

      const first = await issue(3);
      expect(first.data.issueTickets).toEqual({
        tickets: [{ ticketNumber: 1 }, { ticketNumber: 2 }, { ticketNumber: 3 }],
        clientMutationId: "mine",
      });
      expect((await issue(3)).text).toBe(first.text);
      expect(codesOf(await issue(2))).toEqual(["REQUEST_KEY_REUSED"]);

      const outcome = await gateway.ask<{ requestOutcome: { nodes: { ticketNumber: number }[] } }>(
        `query ($requestKey: UUID!) { requestOutcome(editionSlug: "quantities", requestKey: $requestKey) { nodes { ticketNumber } } }`,
        { token, variables: { requestKey } },
      );
      expect(outcome.data.requestOutcome.nodes).toEqual(first.data.issueTickets.tickets);
    });
  });

  describe("the answers of the fields", () => {
    test("the payload is PostGraphile's own: edges, node ids, relations, the client's mutation id", async () => {
      await openEdition(gateway, { slug: "shape", cap: 10, perHolderLimit: 10 });
      const token = await makeToken("shape");
      const { data, errors } = await gateway.ask(
        `mutation {
           issueTicket(input: { editionSlug: "shape", clientMutationId: "mine" }) {
             clientMutationId
             ticket { id ticketNumber status envelope issuedBy edition { slug remainingCount isOpen } holder { subject } revocation { reason } }
             ticketEdge { cursor node { ticketNumber } }
             query { editionBySlug(slug: "shape") { remainingCount tickets { totalCount nodes { ticketNumber } } } }
           }
         }`,
        { token },
      );
      expect(errors).toEqual([]);
      expect(data).toEqual({
        issueTicket: {
          clientMutationId: "mine",
          ticket: {
            id: expect.any(String),
            ticketNumber: 1,
            status: "pending",
            envelope: null,
            issuedBy: null,
            edition: { slug: "shape", remainingCount: 9, isOpen: true },
            holder: { subject: "shape" },
            revocation: null,
          },
          ticketEdge: { cursor: expect.any(String), node: { ticketNumber: 1 } },
          query: { editionBySlug: { remainingCount: 9, tickets: { totalCount: 1, nodes: [{ ticketNumber: 1 }] } } },
        },
      });
    });

    test("an operator issues to others and is named in the ticket; a holder cannot", async () => {
      const operator = await makeOperatorToken("olga");
      const input = { editionSlug: "shape", recipient: "somebody" };
      const granted = await gateway.ask<{ issueTicket: { ticket: object } }>(
        "mutation ($input: IssueTicketInput!) { issueTicket(input: $input) { ticket { issuedBy holder { subject } } } }",
        { token: operator, variables: { input } },
      );
      expect(granted.data.issueTicket.ticket).toEqual({ issuedBy: "operator:olga", holder: { subject: "somebody" } });
      expect(codesOf(await issueTicket(gateway, await makeToken("shape"), input))).toEqual(["NOT_ALLOWED"]);
    });

    test("two mutations in one document are carried out in their order", async () => {
      const { data } = await gateway.ask<Record<"first" | "second", { ticket: { ticketNumber: number } }>>(
        `mutation {
           first: issueTicket(input: { editionSlug: "shape" }) { ticket { ticketNumber } }
           second: issueTicket(input: { editionSlug: "shape" }) { ticket { ticketNumber } }
         }`,
        { token: await makeToken("in order") },
      );
      expect(data.second.ticket.ticketNumber).toBe(data.first.ticket.ticketNumber + 1);
    });

    test("who is not signed in is told so, whatever else is wrong", async () => {
      expect(codesOf(await issueTicket(gateway, undefined, { editionSlug: "no such edition" }))).toEqual([
        "NOT_SIGNED_IN",
      ]);
    });
  });

  test("every field of a ticket in the answer is what a query finds", async () => {
    await openEdition(gateway, { slug: "every-field", cap: 10, perHolderLimit: 10 });
    const token = await makeToken("every");
    const { data: schema } = await gateway.ask<{ type: { fields: Field[] } }>(
      `{ type: __type(name: "Ticket") { fields { name type { kind name ofType { kind name } } } } }`,
    );
    const fields = schema.type.fields.map(({ name, type }) => {
      const { kind, name: typeName } = type.ofType ?? type;
      if (kind !== "OBJECT") return name;
      return typeName?.endsWith("Connection") ? `${name}(first: 1) { nodes { id } }` : `${name} { __typename id }`;
    });
    const ticket = `{ __typename ${fields.join(" ")} }`;
    const input = `editionSlug: "every-field", clientMutationId: "mine", requestKey: "${randomUUID()}"`;

    const one = await gateway.ask<{ issueTicket: { ticket: Ticket; ticketEdge: { node: Ticket } } }>(
      `mutation { issueTicket(input: { ${input} }) { ticket ${ticket} ticketEdge { node ${ticket} } } }`,
      { token },
    );
    const more = await gateway.ask<{ issueTickets: { tickets: Ticket[]; clientMutationId: string; query: object } }>(
      `mutation { issueTickets(input: { editionSlug: "every-field", quantity: 3, clientMutationId: "mine" }) {
         clientMutationId tickets ${ticket} query { editionBySlug(slug: "every-field") { title } }
       } }`,
      { token },
    );
    expect([...one.errors, ...more.errors]).toEqual([]);
    const { issueTickets } = more.data;
    expect(issueTickets).toMatchObject({ clientMutationId: "mine", query: { editionBySlug: { title: "A title" } } });

    const answered = [one.data.issueTicket.ticket, ...issueTickets.tickets];
    const { data } = await gateway.ask<{ tickets: { nodes: Ticket[] } }>(
      `{ tickets(orderBy: TICKET_NUMBER_ASC) { nodes ${ticket} } }`,
      { token },
    );
    expect(answered).toEqual(data.tickets.nodes);
    expect(answered.map(({ edition }) => edition?.__typename)).toEqual(answered.map(() => "Edition"));
    expect(one.data.issueTicket.ticketEdge.node).toEqual(answered[0]);
  });

  test("a client that hangs up changes nothing for the rest, nor for the ticket it asked for", async () => {
    await openEdition(gateway, { slug: "hanging-up", cap: 20, perHolderLimit: 1 });
    const tokens = await tokensOf(20, "hanging");
    const inputs = tokens.map(() => ({ editionSlug: "hanging-up", requestKey: randomUUID() }));
    const isGone = (index: number) => index % 4 === 0;
    const [locker] = await openSessions(database, "superuser", 1);
    await locker?.query("begin; select press_private.lock_edition(id) from press.editions where slug = 'hanging-up'");

    const hangUp = new AbortController();
    const arrivals = noteArrivals();
    const answers = inputs.map((input, index) =>
      issueTicket(gateway, tokens[index], input, isGone(index) ? hangUp.signal : undefined).catch(() => null),
    );
    await expect.poll(() => arrivals.arrived.length).toBe(20);
    arrivals.stop();
    await untilWaiting(database, 1);
    await gateway.ask("{ __typename }"); // It came last, and has been answered: the others are in the queue.
    hangUp.abort();
    await expect.poll(() => arrivals.arrived.filter(({ socket }) => socket?.destroyed !== false).length).toBe(5);
    await locker?.query("rollback");
    await locker?.end();

    const heard = await Promise.all(answers);
    expect(heard.map((answer) => answer?.errors ?? "nothing")).toEqual(
      inputs.map((_, n) => (isGone(n) ? "nothing" : [])),
    );
    expect(await issuedNumbers(database, "hanging-up")).toEqual(inputs.map((_, index) => index + 1));

    const again = await Promise.all(inputs.map((input, index) => issueTicket(gateway, tokens[index], input)));
    for (const [index, answer] of heard.entries()) if (answer !== null) expect(again[index]?.text).toBe(answer.text);
    expect(new Set(again.map(({ data }) => data.issueTicket?.ticket.ticketNumber)).size).toBe(20);
  });
});

interface Type {
  readonly kind: string;
  readonly name: string | null;
}

interface Field {
  readonly name: string;
  readonly type: Type & { readonly ofType: Type | null };
}

type Ticket = Record<string, { readonly __typename: string } | null>;
