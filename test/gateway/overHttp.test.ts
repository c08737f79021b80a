/* GraphQL over HTTP as its specification has it, by the audits of graphql-http, unmodified, against a gateway that listens; and what a page of
   another site can send without being asked first. */
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { type AuditResult, serverAudits } from "graphql-http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { graphqlTasteOf } from "../../gateway/negotiation.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { startTestGateway, type TestGateway } from "./testGateway.ts";

let database: TestDatabase;
let gateway: TestGateway;

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await startTestGateway(database);
});

afterAll(async () => {
  await gateway?.close();
  await database?.drop();
});

const NAME = JSON.stringify({ query: "{ __typename }" });

/** Posts with exactly these headers: fetch adds an Accept header and a type of its own. */
async function post(
  headers: Record<string, string>,
  body: string,
): Promise<{ status: number; type: string; codes: string[] }> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request(`${gateway.url}/graphql`, { method: "POST", headers }, resolve).on("error", reject).end(body);
  });
  const { errors = [] } = JSON.parse(await text(answer)) as { errors?: { extensions: { code: string } }[] };
  return {
    status: answer.statusCode ?? 0,
    type: answer.headers["content-type"]?.split(";")[0] ?? "",
    codes: errors.map(({ extensions }) => extensions.code),
  };
}

describe("the audits of graphql-http:", () => {
  /** What each level came to, and which audits did not pass. */
  async function audit(): Promise<Record<string, string>> {
    const results: AuditResult[] = [];
    for (const { fn } of serverAudits({ url: () => `${gateway.url}/graphql` })) results.push(await fn());
    return Object.fromEntries(
      ["MUST", "SHOULD", "MAY"].map((level) => {
        const ofLevel = results.filter(({ name }) => name.startsWith(`${level} `));
        const failed = ofLevel.filter(({ status }) => status !== "ok").map(({ id }) => id);
        return [level, [`${ofLevel.length - failed.length}/${ofLevel.length}`, ...failed].join(" ")];
      }),
    );
  }

  test("everything that must be and that should be; of what may be, all but asking with GET", async () => {
    expect(await audit()).toEqual({ MUST: "13/13", SHOULD: "23/23", MAY: "22/25 5A70 D6D5 6A70" });
  });
});

describe("the type of an answer", () => {
  test.each([
    [undefined, "*/*"],
    ["", "*/*"],
    ["*/*", "*/*"],
    ["application/*", "*/*"],
    ["text/html, */*;q=0.1", "*/*"],
    ["application/json", "application/json"],
    ["APPLICATION/JSON; charset=utf-8", "application/json"],
    ["application/json, */*", "application/json"],
    ["application/graphql-response+json", "application/graphql-response+json"],
    ["application/graphql-response+json, application/json", "application/graphql-response+json"],
    ["application/json, application/graphql-response+json;q=0.9", "application/json"],
    ["application/json;q=0, */*", "application/graphql-response+json"],
    ["application/json; q=0.9, application/graphql-response+json; q=0.91", "application/graphql-response+json"],
    ["application/json;q=2", "application/json"],
    ["*", null],
    ["text/html", null],
    ["application/json;q=0", null],
    ["application/json;q=0.000, text/plain", null],
    ["%%%", null],
    ["application/json/json", null],
  ])("for Accept: %s is %s", (accept, taste) => {
    expect(graphqlTasteOf({ accept })).toBe(taste);
  });

  const wrong = JSON.stringify({ query: "{ nonsense }" });
  test.each([
    [{}, NAME, 200, "application/json"],
    [{}, wrong, 400, "application/graphql-response+json"],
    [{ accept: "*/*" }, wrong, 400, "application/graphql-response+json"],
    [{ accept: "application/json" }, wrong, 200, "application/json"],
    [{ accept: "application/graphql-response+json" }, NAME, 200, "application/graphql-response+json"],
    [{ accept: "text/html" }, NAME, 406, "application/json"],
    [{ accept: "*" }, NAME, 406, "application/json"],
    [{ accept: `x/${"y".repeat(8_000)}` }, NAME, 406, "application/json"],
    [{ accept: 'application/json;x="' }, NAME, 200, "application/json"],
  ])("%j, %s: %d, %s", async (headers, body, status, type) => {
    const answer = await post({ "content-type": "application/json", ...headers }, body);
    expect(answer).toEqual({ status, type, codes: expect.any(Array) });
    if (status === 406) expect(answer.codes).toEqual(["NOT_ACCEPTABLE"]);
  });
});

describe("what a page of another site can send without being asked first", () => {
  // A body that is a Blob without a type goes without a Content-Type, and is no reason for a preflight (Fetch, 2.2.2).
  const simple = [
    undefined,
    "",
    "text/plain",
    "text/plain;charset=UTF-8",
    "text/plain; application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "multipart/form-data; boundary=application/json",
  ];

  test.each(simple)("a body of the type %s is refused, whatever is in it", async (type) => {
    const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
    for (const body of [NAME, `query=${encodeURIComponent("{ __typename }")}`]) {
      const { status, codes } = await post(headers, body);
      expect([status, ...codes]).toEqual([415, "UNSUPPORTED_MEDIA_TYPE"]);
    }
  });

  test.each(["GET", "HEAD"])("by %s nothing is asked", async (method) => {
    for (const query of ["{__typename}", "mutation{__typename}"]) {
      const response = await fetch(`${gateway.url}/graphql?query=${encodeURIComponent(query)}`, { method });
      expect(response.status).toBe(405);
    }
  });
});
