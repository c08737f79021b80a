import { getIntrospectionQuery } from "graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { limits } from "../../gateway/limits.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import {
  askOver,
  codesOf,
  type GraphqlError,
  makeOperatorToken,
  makeToken,
  openEdition,
  startTestGateway,
  type TestGateway,
} from "./testGateway.ts";

let database: TestDatabase;
let gateway: TestGateway;
let token: string;

interface Page {
  readonly tickets: {
    readonly totalCount: number;
    readonly nodes: readonly { readonly ticketNumber: number }[];
    readonly pageInfo: {
      readonly hasNextPage: boolean;
      readonly hasPreviousPage: boolean;
      readonly endCursor: string;
      readonly startCursor: string;
    };
  };
}

/** 130 tickets of one holder, and 3 of another. */
beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await startTestGateway(database);
  token = await makeToken("reader");
  await openEdition(gateway, { slug: "pages", cap: 1000 });
  for (const [subject, quantity] of Object.entries({ reader: 130, other: 3 })) {
    await gateway.ask(
      `mutation ($quantity: Int!) { issueTickets(input: { editionSlug: "pages", quantity: $quantity }) { tickets { rowId } } }`,
      { token: await makeToken(subject), variables: { quantity } },
    );
  }
});

afterAll(async () => {
  await gateway?.close();
  await database?.drop();
});

const readPage = (args: string) =>
  gateway.ask<Page>(
    `{ tickets(${args}) { totalCount nodes { ticketNumber } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
    { token },
  );
const numbersOf = ({ data }: { data: Page }) => data.tickets.nodes.map(({ ticketNumber }) => ticketNumber);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const BY_NUMBER = "orderBy: TICKET_NUMBER_ASC";

describe("a list comes in pages:", () => {
  test("of 50, unless asked otherwise", async () => {
    const page = await readPage(BY_NUMBER);
    expect(numbersOf(page)).toEqual(range(1, 50));
    expect(page.data.tickets.totalCount).toBe(130);
    expect(page.data.tickets.pageInfo.hasNextPage).toBe(true);
  });

  test("forwards, everything once", async () => {
    const seen: number[] = [];
    let page = await readPage(`${BY_NUMBER}, first: 40`);
    while (seen.push(...numbersOf(page)) && page.data.tickets.pageInfo.hasNextPage) {
      page = await readPage(`${BY_NUMBER}, first: 40, after: "${page.data.tickets.pageInfo.endCursor}"`);
    }
    expect(seen).toEqual(range(1, 130));
  });

  test("backwards, of 50 too", async () => {
    const end = await readPage(`${BY_NUMBER}, last: 100`);
    expect(numbersOf(end)).toEqual(range(31, 130));
    const before = await readPage(`${BY_NUMBER}, before: "${end.data.tickets.pageInfo.startCursor}"`);
    expect(numbersOf(before)).toEqual(range(1, 30));
    const last = await readPage(`${BY_NUMBER}, last: 100, before: "${end.data.tickets.pageInfo.endCursor}"`);
    expect(numbersOf(last)).toEqual(range(30, 129));
    const middle = await readPage(`${BY_NUMBER}, before: "${end.data.tickets.pageInfo.endCursor}"`);
    expect(numbersOf(middle)).toEqual(range(80, 129));
  });

  test.each(["first: 0", "first: 100", "last: 100", "first: null", "last: null, first: 3", "after: null"])(
    "%s is fine",
    async (args) => {
      expect(codesOf(await readPage(args))).toEqual([]);
    },
  );

  test.each(["first: 101", "last: 101", "first: 2147483647", "first: -1", "last: -1", "first: 1, last: 1"])(
    "%s is refused",
    async (args) => {
      const page = await readPage(args);
      expect(codesOf(page)).toEqual(["INVALID_INPUT"]);
      expect(page.errors[0]?.message).toMatch(/"first"|"last"/);
    },
  );

  test("in variables as in literals", async () => {
    const ask = (first: number | null) =>
      gateway.ask<Page>("query ($first: Int) { tickets(first: $first) { nodes { ticketNumber } } }", {
        token,
        variables: { first },
      });
    expect(numbersOf(await ask(null))).toHaveLength(50);
    expect(numbersOf(await ask(100))).toHaveLength(100);
    expect(codesOf(await ask(101))).toEqual(["INVALID_INPUT"]);
  });

  test("also a list within a list, and a function's", async () => {
    const nested = await gateway.ask<{ editions: { nodes: { tickets: { nodes: object[] } }[] } }>(
      "{ editions { nodes { tickets { nodes { ticketNumber } } } } }",
      { token },
    );
    expect(nested.data.editions.nodes[0]?.tickets.nodes).toHaveLength(50);
    const tooMany = await gateway.ask("{ editions { nodes { tickets(first: 101) { nodes { ticketNumber } } } } }", {
      token,
    });
    expect(codesOf(tooMany)).toEqual(["INVALID_INPUT"]);
    const outcome = await gateway.ask(
      `{ requestOutcome(editionSlug: "pages", requestKey: "00000000-0000-4000-8000-000000000000", first: 101) { nodes { rowId } } }`,
      { token },
    );
    expect(codesOf(outcome)).toEqual(["INVALID_INPUT"]);
  });

  test("there is no offset", async () => {
    expect(codesOf(await readPage("offset: 1"))).toEqual(["INVALID_INPUT"]);
  });
});

describe("filters", () => {
  const count = async (filter: string, as: string) => {
    const { data } = await gateway.ask<Page>(`{ tickets(filter: ${filter}) { totalCount } }`, { token: as });
    return data.tickets.totalCount;
  };

  test("by edition, status, holder, number and time", async () => {
    const operator = await makeOperatorToken();
    const { data } = await gateway.ask<{ editionBySlug: { rowId: number }; holderBySubject: { rowId: string } }>(
      `{ editionBySlug(slug: "pages") { rowId } holderBySubject(subject: "other") { rowId } }`,
      { token: operator },
    );
    expect(await count(`{ editionId: { equalTo: ${data.editionBySlug.rowId} } }`, operator)).toBe(133);
    expect(await count("{ editionId: { equalTo: 0 } }", operator)).toBe(0);
    expect(await count(`{ holderId: { equalTo: "${data.holderBySubject.rowId}" } }`, operator)).toBe(3);
    expect(await count("{ status: { equalTo: pending } }", operator)).toBe(133);
    expect(await count("{ status: { in: [signed, revoked] } }", operator)).toBe(0);
    expect(await count("{ ticketNumber: { greaterThan: 10, lessThanOrEqualTo: 20 } }", operator)).toBe(10);
    expect(
      await count(
        `{ issuedAt: { greaterThanOrEqualTo: "${new Date(Date.now() - 3600_000).toISOString()}" } }`,
        operator,
      ),
    ).toBe(133);
    expect(await count(`{ issuedAt: { lessThan: "2020-01-01T00:00:00Z" } }`, operator)).toBe(0);
  });

  test("show nobody more than they may see", async () => {
    expect(await count("{ status: { in: [pending, signed, redeemed, revoked] } }", token)).toBe(130);
  });

  test("only compare: no patterns, no logic, nothing across relations", async () => {
    for (const filter of [
      `{ subject: { like: "%" } }`,
      `{ subject: { startsWith: "a" } }`,
      `{ subject: { isNull: false } }`,
      "{ or: [] }",
      "{ not: {} }",
      "{ tickets: { some: {} } }",
    ]) {
      expect({
        filter,
        codes: codesOf(await gateway.ask(`{ holders(filter: ${filter}) { totalCount } }`, { token })),
      }).toEqual({
        filter,
        codes: expect.arrayContaining(["INVALID_INPUT"]),
      });
    }
  });
});

describe("a document asks for too much", () => {
  const many = (count: number, field: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => field(index)).join(" ");
  const hostile: readonly [what: string, words: string, query: string][] = [
    ["with 21 root fields", "root fields", `{ ${many(21, (index) => `a${index}: editions { totalCount }`)} }`],
    [
      "with 21 mutations",
      "root fields",
      `mutation { ${many(21, (index) => `a${index}: issueTicket(input: { editionSlug: "pages" }) { clientMutationId }`)} }`,
    ],
    [
      "with 21 root fields in fragments",
      "root fields",
      `{ ...A ...A ...B } fragment A on Query { ${many(10, (index) => `a${index}: __typename`)} } fragment B on Query { ${many(11, (index) => `b${index}: __typename`)} }`,
    ],
    [
      "with 21 root fields in a payload",
      "root fields",
      `mutation { closeEdition(input: { editionSlug: "none" }) { query { ${many(20, (index) => `a${index}: __typename`)} } } }`,
    ],
    [
      "with 301 fields",
      "selects 301 fields",
      `{ editionBySlug(slug: "pages") { ${many(100, (index) => `a${index}: rowId`)} ...F } } fragment F on Edition { ${many(10, (index) => `t${index}: tickets(first: 1) { ${many(19, (n) => `b${n}: totalCount`)} }`)} }`,
    ],
    [
      "with fragments that multiply",
      "selects",
      `{ editions { nodes { ...A } } } ${many(30, (index) => `fragment ${index === 0 ? "A" : `A${index}`} on Edition { ${index === 29 ? "rowId" : `...A${index + 1} ...A${index + 1}`} }`)}`,
    ],
    [
      "with pages in pages",
      "rows",
      "{ editions(first: 100) { nodes { tickets(first: 100) { nodes { holder { tickets(first: 100) { nodes { rowId } } } } } } } }",
    ],
    [
      "with less than nothing to make up for too much",
      "rows",
      "{ a: tickets(first: -2147483648) { nodes { rowId } } editions(first: 100) { nodes { tickets(first: 100) { nodes { holder { tickets(first: 100) { nodes { rowId } } } } } } } }",
    ],
    [
      "with pages for each of many new tickets",
      "rows",
      `mutation { issueTickets(input: { editionSlug: "pages", quantity: 1000 }) { tickets { holder { tickets(first: 100) { nodes { rowId } } } } } }`,
    ],
    [
      "with many pages",
      "rows",
      `{ editions(first: 100) { nodes { ${many(10, (index) => `a${index}: tickets(first: 100) { nodes { rowId } }`)} } } }`,
    ],
    [
      "with page sizes in variables",
      "rows",
      "query ($n: Int = 1) { editions(first: $n) { nodes { tickets(first: $n) { nodes { holder { tickets(first: $n) { nodes { rowId } } } } } } } }",
    ],
    [
      "13 levels deep",
      "levels deep",
      `{ tickets(first: 1) { nodes { ${"edition { tickets(first: 1) { nodes { ".repeat(4)} rowId ${"} } } ".repeat(4)} } } }`,
    ],
    [
      "through the same field again and again",
      "passes through",
      `{ tickets(first: 1) { nodes { ${"holder { tickets(first: 1) { nodes { ".repeat(3)} rowId ${"} } } ".repeat(3)} } } }`,
    ],
    [
      "with 57 lists on small pages",
      "lists",
      `{ ${many(19, (index) => `a${index}: editions(first: 1) { nodes { slug tickets(first: 1) { nodes { id holder { id tickets(first: 1) { nodes { id } } } } } } }`)} }`,
    ],
    [
      "with 16 lists in a fragment that nobody uses",
      "lists",
      `{ __typename } fragment A on Edition { ${many(16, (index) => `a${index}: tickets(first: 1) { totalCount }`)} }`,
    ],
    ["with one field 101 times", "101 times", `{ editions { ${many(101, () => "nodes { id }")} } }`],
    ["with 2,001 tokens", "tokens", `{ ${many(1999, () => "a")} }`],
    ["with 5,000 aliases", "tokens", `{ ${many(5000, (index) => `a${index}: __typename`)} }`],
    ["with 10,000 directives", "tokens", `{ __typename ${many(10_000, () => "@a")} }`],
    ["with 20,000 brackets", "tokens", "{a".repeat(20_000)],
  ];

  test.each(hostile)("%s", async (_what, words, query) => {
    const isRefusal = ({ message, extensions }: GraphqlError) =>
      extensions.code === "QUERY_TOO_COMPLEX" && message.includes(words);
    const answer = await gateway.ask(query, { token });
    expect(answer.status).toBe(400);
    expect(answer.errors.filter(isRefusal)).toHaveLength(1);
    const client = gateway.webSocket();
    expect((await askOver(client, query)).errors.filter(isRefusal)).toHaveLength(1);
    await client.dispose();
  });

  test("and nothing more is looked for in it", async () => {
    const answer = await gateway.ask(`{ nonsense ${many(21, (index) => `a${index}: editions { nonsense }`)} }`);
    expect(codesOf(answer)).toEqual(["QUERY_TOO_COMPLEX"]);
  });

  test("and a fragment that contains itself is refused like any other wrong document", async () => {
    const answer = await gateway.ask("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }");
    expect(codesOf(answer)).toEqual(["INVALID_INPUT"]);
  });

  test("a large body is refused before it is read, on a WebSocket too", async () => {
    const query = `{ __typename } #${"x".repeat(limits.bodyBytesMax)}`;
    const answer = await gateway.ask(query);
    expect([answer.status, ...codesOf(answer)]).toEqual([413, "REQUEST_TOO_LARGE"]);
    const client = gateway.webSocket();
    await expect(askOver(client, query)).rejects.toThrow("The socket was closed with 1009.");
    await client.dispose();
  });
});

describe("what people need stays possible:", () => {
  test("the standard introspection, as the explorer sends it", async () => {
    const query = getIntrospectionQuery({
      inputValueDeprecation: true,
      schemaDescription: true,
      specifiedByUrl: true,
      oneOf: true,
    });
    const { errors, data } = await gateway.ask<{ __schema: { types: object[] } }>(query);
    expect(errors).toEqual([]);
    expect(data.__schema.types.length).toBeGreaterThan(50);
  });

  test("300 fields", async () => {
    const fields = Array.from({ length: 299 }, (_, index) => `a${index}: rowId`).join(" ");
    const { errors, data } = await gateway.ask<{ editionBySlug: object }>(
      `{ editionBySlug(slug: "pages") { ${fields} } }`,
    );
    expect(errors).toEqual([]);
    expect(Object.keys(data.editionBySlug)).toHaveLength(299);
  });

  test("a page of editions with a page of tickets each, and their holders", async () => {
    const query = `{ editions(first: 100) { nodes { slug remainingCount tickets(first: 100) { nodes { ticketNumber status holder { subject } revocation { reason } } } } } }`;
    expect(codesOf(await gateway.ask(query, { token }))).toEqual([]);
  });
});
