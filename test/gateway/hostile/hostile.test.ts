/* Hostile requests beside honest ones, at a gateway that answers any document and at one that answers what was persisted: each is refused by name or answered
   within bounds, nothing of the inside shows, and nobody honest notices. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { refusals, transportCodes } from "../../../gateway/refusals.ts";
import { createTestDatabase, type TestDatabase } from "../../database.ts";
import { rounds, seed } from "../../random.ts";
import { insideWordsOf } from "../insideWords.ts";
import {
  type GraphqlError,
  issueTicket,
  makeToken,
  openEdition,
  startTestGateway,
  type TestGateway,
} from "../testGateway.ts";
import { type HostileRequest, hostileRequests } from "./documents.ts";

const OF_EACH_KIND = rounds(1, 12);
/** Requests that are under way at once, of those who mean harm; and people who mean none. */
const AT_ONCE = 4;
const HONEST = ["ann", "ben", "cem"];
/** A page of a hundred of everything that anybody may see is less than that. */
const ANSWER_BYTES_MAX = 1_000_000;
const STATUSES = [200, 400, 401, 403, 406, 413, 415];
const CODES: ReadonlySet<string> = new Set([...refusals.map(({ name }) => name), ...Object.keys(transportCodes)]);
/** What is nobody's fault but ours. */
const FAULTS = new Set(["INTERNAL_ERROR", "OUTCOME_UNKNOWN"]);

const READ =
  "query Read { editions { nodes { slug remainingCount } } currentHolder { subject tickets { totalCount } } }";
const BUY = "mutation ($input: IssueTicketInput!) { issueTicket(input: $input) { ticket { rowId ticketNumber } } }";

let database: TestDatabase;
let folder: string;
let insideWords: readonly string[];

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "press-operations-"));
  await writeFile(join(folder, "honest.json"), JSON.stringify({ read: READ, buy: BUY }));
  insideWords = await insideWordsOf(database);
  const gateway = await startTestGateway(database);
  await openEdition(gateway, { slug: "wanted", cap: 100_000, perHolderLimit: 100_000 });
  await gateway.close();
});

afterAll(async () => {
  await database?.drop();
  await rm(folder, { recursive: true });
});

/** What is wrong with an answer; undefined: nothing. */
function faultOf({ body }: HostileRequest, text: string, errors: readonly GraphqlError[]): string | undefined {
  if (text.length > ANSWER_BYTES_MAX) return `${text.length} bytes`;
  const codes = errors.map(({ extensions }) => extensions?.code ?? "none");
  const unknown = codes.find((code) => !CODES.has(code) || FAULTS.has(code));
  if (unknown !== undefined) return `the code ${unknown}: ${text.slice(0, 300)}`;
  // What the client has said itself it may hear again.
  const said = JSON.stringify(errors.map(({ message, extensions }) => [message, extensions]));
  const word = insideWords.find((one) => said.includes(one) && !body.includes(one));
  if (word !== undefined) return `the word ${word}: ${text.slice(0, 300)}`;
  return /\bat .+\.[jt]s:|postgres|syntax error at|node_modules/i.exec(said)?.[0];
}

/** Sends it over HTTP. */
async function post(gateway: TestGateway, request: HostileRequest, token: string): Promise<string | undefined> {
  const ask = async () => {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}`, ...request.headers },
      body: request.body,
    });
    return { status: response.status, text: await response.text() };
  };
  let { status, text } = await ask();
  // Where too many new documents are it is told to come again, and does.
  while (status === 503 && text.includes('"OVERLOADED"')) ({ status, text } = await ask());
  if (!STATUSES.includes(status)) return `${status}: ${text.slice(0, 300)}`;
  const { errors = [] } = JSON.parse(text) as { errors?: GraphqlError[] };
  return faultOf(request, text, errors);
}

/** The same as a message of a WebSocket of its own, which is answered or closed. */
async function send(gateway: TestGateway, request: HostileRequest, token: string): Promise<string | undefined> {
  const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  try {
    return await new Promise((resolve, reject) => {
      socket.on("error", reject);
      socket.on("open", () =>
        socket.send(JSON.stringify({ type: "connection_init", payload: { authorization: `Bearer ${token}` } })),
      );
      socket.on("close", (code) => resolve([1009, 4400].includes(code) ? undefined : `closed with ${code}`));
      socket.on("message", (data) => {
        const text = String(data);
        const { type, payload } = JSON.parse(text) as { type: string; payload?: unknown };
        if (type === "connection_ack") socket.send(`{"id":"1","type":"subscribe","payload":${request.body}}`);
        else if (type === "error") resolve(faultOf(request, text, payload as GraphqlError[]));
        else if (type === "next")
          resolve(faultOf(request, text, (payload as { errors?: GraphqlError[] }).errors ?? []));
        else if (type === "complete") resolve(undefined);
      });
    });
  } finally {
    socket.terminate();
  }
}

/** Lets so many at once take from the list until it is empty; what was wrong, by kind. */
async function attack(
  requests: readonly HostileRequest[],
  how: (request: HostileRequest) => Promise<string | undefined>,
): Promise<string[]> {
  const faults: string[] = [];
  const pending = [...requests];
  const take = async () => {
    for (let request = pending.pop(); request !== undefined; request = pending.pop()) {
      const fault = await how(request).catch((error: Error) => `no answer: ${error.message}`);
      if (fault !== undefined) faults.push(`${request.kind}: ${fault}; it was ${request.body.slice(0, 200)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, take));
  return faults;
}

describe.each([["any document"], ["persisted documents"]])("a gateway that answers %s", (which) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway(database, which === "any document" ? {} : { persistedOperations: folder });
  });
  afterAll(() => gateway?.close());

  /** Somebody who looks and buys, again and again, and expects to be answered. */
  async function live(subject: string, hasEnd: () => boolean): Promise<{ bought: number; refused: unknown[] }> {
    const token = await makeToken(subject);
    const refused: unknown[] = [];
    let bought = 0;
    while (!hasEnd()) {
      const answers = [
        await gateway.ask(READ, { token }),
        await issueTicket(gateway, token, { editionSlug: "wanted" }),
      ];
      bought += 1;
      for (const answer of answers) if (answer.errors.length > 0) refused.push(answer.errors);
    }
    return { bought, refused };
  }

  test.each([
    ["HTTP", post],
    ["WebSocket", send],
  ])(
    "over %s",
    async (_way, how) => {
      const token = await makeToken("mallory");
      let isOver = false;
      const honest = HONEST.map((subject) => live(subject, () => isOver));
      const faults = await attack(hostileRequests(OF_EACH_KIND), (request) => how(gateway, request, token));
      isOver = true;
      const lives = await Promise.all(honest);
      expect({ seed, faults }).toEqual({ seed, faults: [] });
      expect(lives.flatMap(({ refused }) => refused)).toEqual([]);
      expect(lives.every(({ bought }) => bought > 0)).toBe(true);
      // Nobody but the honest has got anything.
      const { rows } = await database
        .pool("superuser")
        .query(
          "select count(*)::integer as count from press.tickets t join press.holders h on h.id = t.holder_id where not h.subject = any($1)",
          [HONEST],
        );
      expect(rows).toEqual([{ count: 0 }]);
    },
    rounds(60_000, 300_000),
  );
});
