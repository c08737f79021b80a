/* A gateway that answers only what its operator has persisted: whatever else is sent, over either way, is refused unread, and the press's own pages and
   examples work as they do elsewhere. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collectOperations } from "../../gateway/dashboard/operations.ts";
import { FIRST_TICKET } from "../../gateway/firstTicket.ts";
import { idOfDocument, readPersistedOperations } from "../../gateway/persistedOperations.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import {
  type Answer,
  askOver,
  codesOf,
  makeOperatorToken,
  makeToken,
  startTestGateway,
  type TestGateway,
} from "./testGateway.ts";

const COUNT = "{ editions { totalCount } }";
const WHO = "query Who { currentHolder { subject } }";
const STALE = "{ editions { nodes { colour } } }";

let database: TestDatabase;
let gateway: TestGateway;
const folders: string[] = [];

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "press-operations-"));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

beforeAll(async () => {
  database = await createTestDatabase();
  const manifest = JSON.stringify({ "md5-of-a-tool": WHO, stale: STALE });
  const folder = await folderWith({ "count.graphql": `${COUNT}\n`, "app.json": manifest, "README.md": "{ holders }" });
  gateway = await startTestGateway(database, { persistedOperations: folder });
});

afterAll(async () => {
  await gateway?.close();
  await database?.drop();
  for (const folder of folders) await rm(folder, { recursive: true });
});

const post = (body: object, token?: string) => gateway.post<Record<string, unknown>>(JSON.stringify(body), { token });

/** Asks over a WebSocket; graphql-transport-ws demands a text for the document, be it an empty one. */
async function askOverSocket(payload: object): Promise<Omit<Answer<Record<string, unknown>>, "status">> {
  const client = gateway.webSocket();
  try {
    return await askOver(client, "", payload);
  } finally {
    await client.dispose();
  }
}

const COUNTED = { editions: { totalCount: 0 } };

describe("what is persisted is answered,", () => {
  test.each([
    ["by its text", { query: COUNT }],
    ["with white space around it", { query: `\n${COUNT}  ` }],
    ["by its id", { documentId: idOfDocument(COUNT) }],
    ["by its id with its algorithm", { documentId: `sha256:${idOfDocument(COUNT)}` }],
    ["as Apollo says it", { extensions: { persistedQuery: { version: 1, sha256Hash: idOfDocument(COUNT) } } }],
    ["by its id, whatever else is beside it", { documentId: idOfDocument(COUNT), query: "{ holders { totalCount } }" }],
  ])("%s, over both ways", async (_how, body) => {
    expect((await post(body)).data).toEqual(COUNTED);
    expect((await askOverSocket({ query: "", ...body })).data).toEqual(COUNTED);
  });

  test("by its id in a manifest, with its variables, and as who calls", async () => {
    const token = await makeToken("alice");
    await post({ query: FIRST_TICKET }, token);
    const answer = await post({ documentId: "md5-of-a-tool", operationName: "Who" }, token);
    expect(codesOf(answer)).toEqual([]);
    expect(answer.data).toEqual({ currentHolder: null });
  });

  test("and all that the dashboard sends, and what a start shows, is", async () => {
    const token = await makeOperatorToken();
    const own = [...(await collectOperations()), FIRST_TICKET];
    expect(own.length).toBeGreaterThan(30);
    for (const query of own) {
      const codes = codesOf(await post({ query }, token));
      // Without their variables most are refused, but later.
      expect({ query, codes }).toEqual({ query, codes: expect.not.arrayContaining(["OPERATION_NOT_PERSISTED"]) });
    }
  });

  test("though a document that does not fit the press is wrong as it is anywhere", async () => {
    expect(codesOf(await post({ documentId: "stale" }))).toEqual(["INVALID_INPUT"]);
  });
});

describe("whatever else is sent is refused, over both ways:", () => {
  const others: Record<string, object> = {
    "another document": { query: "{ holders { totalCount } }" },
    "one with a comment more": { query: `${COUNT} # x` },
    "one that is none": { query: "{" },
    introspection: { query: "{ __schema { types { name } } }" },
    "an unknown id": { documentId: idOfDocument("{ holders { totalCount } }") },
    "an unknown id beside what is persisted": { documentId: "x", query: COUNT },
    "the name of a file": { documentId: "count" },
    "a path": { documentId: "../../../../etc/passwd" },
    "the name of a member of every object": { documentId: "constructor" },
    "the name of the prototype of every object": { documentId: "__proto__" },
    "an id in capitals": { documentId: idOfDocument(COUNT).toUpperCase() },
    "an unknown id of Apollo's": { extensions: { persistedQuery: { version: 1, sha256Hash: "0".repeat(64) } } },
    "an id of Apollo's that is a list": { extensions: { persistedQuery: { sha256Hash: [idOfDocument(COUNT)] } } },
    "extensions without an id": { extensions: {} },
    "an empty text": { query: "" },
  };

  test.each(Object.entries(others))("%s", async (_what, body) => {
    const answer = await post(body);
    expect([answer.status, ...codesOf(answer)]).toEqual([400, "OPERATION_NOT_PERSISTED"]);
    expect(answer.errors[0]?.extensions.hint).toContain("PERSISTED_OPERATIONS_DIR");
    expect(codesOf(await askOverSocket({ query: "", ...body }))).toEqual(["OPERATION_NOT_PERSISTED"]);
  });

  test.each([{}, { documentId: 7 }, { documentId: ["x"] }, { query: 7 }, []])("%j is no request", async (body) => {
    const answer = await post(body);
    expect([answer.status, ...codesOf(answer)]).toEqual([400, "INVALID_INPUT"]);
  });
});

describe("a folder is refused with what to do", () => {
  test.each([
    [{ "a.graphql": "{ editions" }, /a\.graphql, line 1 is no document of GraphQL \(Syntax Error.*\)\. Mend the file/],
    [{ "a.json": "[" }, /a\.json is no JSON/],
    [{ "a.json": "[]" }, /a\.json is no manifest/],
    [{ "a.json": `{"x": {"y": "{ a }"}}` }, /a\.json is no manifest/],
    [{ "a.json": `{"x": "{ a"}` }, /a\.json, document "x" is no document of GraphQL/],
    [{ "a.json": `{"x": "{ a }"}`, "b.json": `{"x": "{ b }"}` }, /b\.json has another document under the id "x"/],
  ])("%j", async (files, message) => {
    await expect(readPersistedOperations(await folderWith(files as Record<string, string>))).rejects.toThrow(message);
  });

  test("that is not there, before anything is served", async () => {
    await expect(startTestGateway(database, { persistedOperations: "/nowhere/at/all" })).rejects.toThrow(
      "The folder of PERSISTED_OPERATIONS_DIR cannot be read: /nowhere/at/all (ENOENT).",
    );
  });
});
