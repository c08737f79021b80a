import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { insideWordsOf } from "./insideWords.ts";
import {
  type Answer,
  codesOf,
  issueTicket,
  makeOperatorToken,
  makeToken,
  openEdition,
  startTestGateway,
  type TestGateway,
} from "./testGateway.ts";

let database: TestDatabase;
let gateway: TestGateway;
let holder: string;
let operator: string;
let insideWords: string[];

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await startTestGateway(database);
  holder = await makeToken("holder");
  operator = await makeOperatorToken();
  await openEdition(gateway, { slug: "input", cap: 1000, perHolderLimit: 1000 });
  insideWords = await insideWordsOf(database);
});

afterAll(async () => {
  await gateway?.close();
  await database?.drop();
});

/** Everything that a failed request could have written. */
async function countRows(): Promise<unknown> {
  const { rows } = await database.pool("superuser").query(
    `select (select count(*)::int from press.editions) as editions, (select count(*)::int from press.holders) as holders,
            (select count(*)::int from press.tickets) as tickets, (select count(*)::int from press.revocations) as revocations`,
  );
  return rows[0];
}

function expectNothingOfTheInside({ errors }: Answer<unknown>): void {
  const words = JSON.stringify(errors.map(({ message, extensions }) => [message, extensions]));
  expect(insideWords.filter((word) => words.includes(word))).toEqual([]);
  expect(words).not.toMatch(/\bat .+\.[jt]s:|postgres|constraint|relation|column|syntax error at|select |insert /i);
}

const LONG = "x".repeat(10_000);
const texts: Record<string, string> = {
  "an empty text": "",
  "10 kB": LONG,
  "control characters": "a\u0001b\u001f",
  "a line feed": "a\nb",
  "an emoji": "🎟️",
  "half of a surrogate pair": "a\ud83c",
  "the other half": "\udf9fa",
  "U+0000": "a\0b",
  SQL: "x'; drop table press.tickets; --",
  "a quoted identifier": `"; select * from pg_authid; --`,
  "a wildcard": "%",
  "a right-to-left override": "\u202egnirts",
  "a path": "../../etc/passwd",
  markup: "<script>alert(1)</script>",
  "a template": "{{7*7}}",
};

describe("as the slug of an edition,", () => {
  test.each(Object.entries(texts))("%s is refused by name and writes nothing", async (_what, editionSlug) => {
    const before = await countRows();
    const answer = await issueTicket(gateway, holder, { editionSlug });
    expect(["EDITION_NOT_FOUND", "INVALID_INPUT"]).toContain(codesOf(answer)[0]);
    expect(answer.errors).toHaveLength(1);
    expectNothingOfTheInside(answer);
    expect(await countRows()).toEqual(before);

    const created = await gateway.ask(
      `mutation ($slug: String!) { createEdition(input: { slug: $slug, title: "A title", cap: 5 }) { edition { slug } } }`,
      { token: operator, variables: { slug: editionSlug } },
    );
    expect(codesOf(created)).toEqual(["INVALID_INPUT"]);
    expectNothingOfTheInside(created);
    expect(await countRows()).toEqual(before);
  });
});

describe("as the recipient of an operator's ticket,", () => {
  const unfit = [
    "an empty text",
    "10 kB",
    "control characters",
    "a line feed",
    "half of a surrogate pair",
    "the other half",
    "U+0000",
  ];

  test.each(unfit)("%s is refused by name and writes nothing", async (what) => {
    const before = await countRows();
    const answer = await issueTicket(gateway, operator, { editionSlug: "input", recipient: texts[what] ?? "" });
    expect(codesOf(answer)).toEqual(["INVALID_INPUT"]);
    expectNothingOfTheInside(answer);
    expect(await countRows()).toEqual(before);
  });

  test.each(Object.keys(texts).filter((what) => !unfit.includes(what)))("%s is a name like any other", async (what) => {
    const recipient = texts[what] ?? "";
    const { data } = await gateway.ask<{ issueTicket: { ticket: { holder: { subject: string } } } }>(
      "mutation ($input: IssueTicketInput!) { issueTicket(input: $input) { ticket { holder { subject } } } }",
      { token: operator, variables: { input: { editionSlug: "input", recipient } } },
    );
    expect(data.issueTicket.ticket.holder.subject).toBe(recipient);
  });
});

describe("as a quantity,", () => {
  test.each([0, -1, -2_147_483_648, 1001, 2_147_483_647, 2_147_483_648, 1e300, 1.5, "7", true, null, [], {}])(
    "%j is refused by name and writes nothing",
    async (quantity) => {
      const before = await countRows();
      const answer = await gateway.ask(
        `mutation ($quantity: Int!) { issueTickets(input: { editionSlug: "input", quantity: $quantity }) { tickets { rowId } } }`,
        { token: holder, variables: { quantity } },
      );
      expect(codesOf(answer)).toEqual(["INVALID_INPUT"]);
      expectNothingOfTheInside(answer);
      expect(await countRows()).toEqual(before);
    },
  );
});

describe("refused by name, showing nothing of the inside:", () => {
  const uuid = randomUUID();
  const cases: [what: string, query: string, as: "nobody" | "holder" | "operator", code: string][] = [
    [
      "a request key that is no UUID",
      `mutation { issueTicket(input: { editionSlug: "input", requestKey: "7" }) { ticket { rowId } } }`,
      "holder",
      "INVALID_INPUT",
    ],
    [
      "an unknown edition",
      `mutation { issueTicket(input: { editionSlug: "unknown" }) { ticket { rowId } } }`,
      "holder",
      "EDITION_NOT_FOUND",
    ],
    [
      "a draft, to a holder",
      `mutation { issueTicket(input: { editionSlug: "draft" }) { ticket { rowId } } }`,
      "holder",
      "EDITION_NOT_FOUND",
    ],
    [
      "a slug in a literal with U+0000",
      String.raw`{ editionBySlug(slug: "\u0000") { slug } }`,
      "holder",
      "INVALID_INPUT",
    ],
    [
      "a slug in a literal with half a pair",
      String.raw`{ editionBySlug(slug: "\ud800") { slug } }`,
      "holder",
      "INVALID_INPUT",
    ],
    [
      "an edition's cap of 0",
      `mutation { createEdition(input: { slug: "zero", title: "Zero", cap: 0 }) { edition { slug } } }`,
      "operator",
      "INVALID_INPUT",
    ],
    [
      "a limit above the cap",
      `mutation { createEdition(input: { slug: "above", title: "Above", cap: 1, perHolderLimit: 2 }) { edition { slug } } }`,
      "operator",
      "INVALID_INPUT",
    ],
    [
      "an edition that exists",
      `mutation { createEdition(input: { slug: "input", title: "Again", cap: 1 }) { edition { slug } } }`,
      "operator",
      "INVALID_INPUT",
    ],
    [
      "a window that ends first",
      `mutation { createEdition(input: { slug: "w", title: "W", cap: 1, opensAt: "2090-01-02T00:00:00Z", closesAt: "2090-01-01T00:00:00Z" }) { edition { slug } } }`,
      "operator",
      "INVALID_INPUT",
    ],
    [
      "a time that is none",
      `mutation { createEdition(input: { slug: "t", title: "T", cap: 1, opensAt: "yesterday, or so" }) { edition { slug } } }`,
      "operator",
      "INVALID_INPUT",
    ],
    [
      "a time out of range",
      `{ tickets(filter: { issuedAt: { lessThan: "999999-01-01T00:00:00Z" } }) { totalCount } }`,
      "holder",
      "INVALID_INPUT",
    ],
    [
      "a word that is no status",
      `{ tickets(filter: { status: { equalTo: lost } }) { totalCount } }`,
      "holder",
      "INVALID_INPUT",
    ],
    [
      "null as a filter's value",
      `{ tickets(filter: { status: { equalTo: null } }) { totalCount } }`,
      "holder",
      "INVALID_INPUT",
    ],
    ["an empty filter", `{ tickets(filter: { status: {} }) { totalCount } }`, "holder", "INVALID_INPUT"],
    ["a cursor that is none", `{ tickets(after: "me") { totalCount nodes { rowId } } }`, "holder", "INVALID_INPUT"],
    ["a cursor of another order", `{ tickets(after: "WyJhYmMiLDFd") { nodes { rowId } } }`, "holder", "INVALID_INPUT"],
    ["a number that is too large", `{ edition(rowId: 99999999999) { slug } }`, "holder", "INVALID_INPUT"],
    ["a field that does not exist", `{ tickets { nodes { secret } } }`, "holder", "INVALID_INPUT"],
    ["a document that is none", `{ tickets {`, "holder", "INVALID_INPUT"],
    ["a missing variable", `query ($id: UUID!) { ticket(rowId: $id) { rowId } }`, "holder", "INVALID_INPUT"],
    ["two operations and no name", `query a { __typename } query b { __typename }`, "holder", "INVALID_INPUT"],
    ["a subscription", `subscription { tickets { nodes { rowId } } }`, "holder", "INVALID_INPUT"],
    [
      "an unknown ticket's revocation",
      `mutation { revokeTicket(input: { ticketId: "${uuid}", reason: "x" }) { ticket { rowId } } }`,
      "operator",
      "TICKET_NOT_FOUND",
    ],
    [
      "a holder's revocation",
      `mutation { revokeTicket(input: { ticketId: "${uuid}", reason: "x" }) { ticket { rowId } } }`,
      "holder",
      "NOT_ALLOWED",
    ],
    ["nobody's tickets", `{ tickets { nodes { rowId } } }`, "nobody", "NOT_ALLOWED"],
    [
      "nobody's edition",
      `mutation { createEdition(input: { slug: "n", title: "N", cap: 1 }) { edition { slug } } }`,
      "nobody",
      "NOT_SIGNED_IN",
    ],
    [
      "waiting for a negative time",
      `mutation { issueTicket(input: { editionSlug: "input" }) { envelope(waitMilliseconds: -1) } }`,
      "operator",
      "INVALID_INPUT",
    ],
    [
      "waiting for ever",
      `mutation { issueTicket(input: { editionSlug: "input" }) { envelope(waitMilliseconds: 10001) } }`,
      "operator",
      "INVALID_INPUT",
    ],
  ];

  beforeAll(async () => {
    await gateway.ask(
      `mutation { createEdition(input: { slug: "draft", title: "Draft", cap: 1 }) { edition { slug } } }`,
      {
        token: operator,
      },
    );
  });

  test.each(cases)("%s", async (_what, query, as, code) => {
    const token = { nobody: undefined, holder, operator }[as];
    const answer = await gateway.ask(query, { token });
    expect(codesOf(answer)).toEqual([code]);
    expect(answer.errors[0]?.message).toMatch(new RegExp(`^${code}: `));
    expectNothingOfTheInside(answer);
  });
});

describe("bodies that are no request", () => {
  test.each([
    ["", 400, "INVALID_INPUT"],
    ["{", 400, "INVALID_INPUT"],
    ["[]", 400, "INVALID_INPUT"],
    ["7", 400, "INVALID_INPUT"],
    ["null", 400, "INVALID_INPUT"],
    ["{}", 400, "INVALID_INPUT"],
    [`{"query": 7}`, 400, "INVALID_INPUT"],
    [`{"query": "{ __typename }", "variables": []}`, 400, "INVALID_INPUT"],
    [`{"query": "{ __typename }", "operationName": {}}`, 400, "INVALID_INPUT"],
    [`{"query": "{ __typename }", "__proto__": {"token": 1}}`, 400, "INVALID_INPUT"],
    [`[{"query": "{ __typename }"}, {"query": "{ __typename }"}]`, 400, "INVALID_INPUT"],
    [`"${LONG.repeat(11)}"`, 413, "REQUEST_TOO_LARGE"],
  ])("%.60j", async (body, status, code) => {
    const answer = await gateway.post(body);
    expect([answer.status, ...codesOf(answer)]).toEqual([status, code]);
    expectNothingOfTheInside(answer);
  });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/graphql",
  ])("of the type %s, which a foreign page could send", async (type) => {
    const body = JSON.stringify({ query: "{ __typename }" });
    const answer = await gateway.post(body, { headers: { "content-type": type } });
    expect([answer.status, ...codesOf(answer)]).toEqual([415, "UNSUPPORTED_MEDIA_TYPE"]);
  });

  test("asking with GET, which a link could do", async () => {
    const response = await fetch(`${gateway.url}/graphql?query=%7B__typename%7D`);
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("POST");
    expect(await response.text()).toContain("METHOD_NOT_ALLOWED");
  });
});

describe("what is deactivated stays out", () => {
  test("a deactivated holder is issued nothing", async () => {
    const token = await makeToken("gone");
    expect(codesOf(await issueTicket(gateway, token, { editionSlug: "input" }))).toEqual([]);
    await database.pool("superuser").query("update press.holders set is_active = false where subject = 'gone'");
    expect(codesOf(await issueTicket(gateway, token, { editionSlug: "input" }))).toEqual(["HOLDER_INACTIVE"]);
  });
});
