/* The gateway is killed in the middle of a rush, three times. Whatever it said yes to is there, each ticket once; and what became of every
   other request is told by its key. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { SignJWT } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../db/freePort.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { Looking } from "../invariants.ts";
import { makeEdition } from "../race/sessions.ts";
import { untilSessionsEnd } from "../worker/support.ts";

const SECRET = "the secret of a gateway that will be killed";
const CLIENTS = 24;
const KILLS = 3;
const ANSWERS_BEFORE_A_KILL = 60;

interface Sent {
  readonly client: number;
  readonly requestKey: string;
  /** The number that the gateway answered with; undefined where it said nothing. */
  ticketNumber?: number;
}

let database: TestDatabase;
let port: number;
let tokens: string[];
beforeAll(async () => {
  database = await createTestDatabase();
  await makeEdition(database, "rush", 1_000_000, 1_000_000);
  port = await freePort();
  tokens = await Promise.all(Array.from({ length: CLIENTS }, (_, n) => makeToken(`person ${n}`)));
});
afterAll(() => database.drop());

function makeToken(subject: string): Promise<string> {
  return new SignJWT({ sub: subject, aud: "golden-press" })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("1h")
    .sign(Buffer.from(SECRET));
}

/** The gateway as `npm run gateway` starts it, in a process of its own. */
async function startGatewayProcess(): Promise<ChildProcess> {
  const gateway = spawn(process.execPath, [join(import.meta.dirname, "../../press.ts"), "gateway"], {
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      ...process.env,
      GATEWAY_DATABASE_URL: database.url("press_gateway"),
      PORT: String(port),
      JWT_SECRET: SECRET,
      LOG_LEVEL: "silent",
    },
  });
  while (!(await isAlive())) {
    expect(gateway.exitCode, "the gateway has started").toBeNull();
  }
  return gateway;
}

async function isAlive(): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function ask<Data>(client: number, query: string, variables: object): Promise<Data> {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${tokens[client]}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data: Data; errors?: unknown };
  expect(errors).toBeUndefined();
  return data;
}

/** One client: asks for ticket after ticket until the gateway is gone. */
async function buy(client: number, sent: Sent[], answered: () => void): Promise<void> {
  for (;;) {
    const request: Sent = { client, requestKey: randomUUID() };
    sent.push(request);
    try {
      const data = await ask<{ issueTicket: { ticket: { ticketNumber: number } } }>(
        client,
        'mutation ($key: UUID!) { issueTicket(input: { editionSlug: "rush", requestKey: $key }) { ticket { ticketNumber } } }',
        { key: request.requestKey },
      );
      request.ticketNumber = data.issueTicket.ticket.ticketNumber;
      answered();
    } catch (error) {
      expect(error, "the connection was lost, and nothing else").toBeInstanceOf(TypeError);
      return;
    }
  }
}

async function rushUntilKilled(): Promise<Sent[]> {
  const gateway = await startGatewayProcess();
  const sent: Sent[] = [];
  let answers = 0;
  const buying = Array.from({ length: CLIENTS }, (_, client) =>
    buy(client, sent, () => {
      answers += 1;
      if (answers === ANSWERS_BEFORE_A_KILL) gateway.kill("SIGKILL");
    }),
  );
  await Promise.all([...buying, once(gateway, "exit")]);
  return sent;
}

test(`killed ${KILLS} times: every answer holds, every key tells`, { timeout: 120_000 }, async () => {
  const looking = new Looking(database);
  const sent: Sent[] = [];
  for (let kill = 0; kill < KILLS; kill++) sent.push(...(await rushUntilKilled()));
  await untilSessionsEnd(database, "golden-press gateway"); // What was under way may still be committed.
  const unanswered = sent.filter(({ ticketNumber }) => ticketNumber === undefined);
  expect(unanswered.length, "requests were under way when it was killed").toBeGreaterThan(0);

  const { rows } = await database
    .pool("superuser")
    .query<{ request_key: string; ticket_number: number }>(
      "select request_key, ticket_number from press.tickets order by 2",
    );
  expect(
    rows.map(({ ticket_number }) => ticket_number),
    "numbers without a gap",
  ).toEqual(rows.map((_, index) => index + 1));
  const stored = new Map(rows.map(({ request_key, ticket_number }) => [request_key, ticket_number]));
  expect(stored.size, "one ticket for each key").toBe(rows.length);
  for (const { requestKey, ticketNumber } of sent) {
    if (ticketNumber !== undefined) expect(stored.get(requestKey), "what was acknowledged is there").toBe(ticketNumber);
  }

  expect((await looking.end()).found, "what is promised held all the while").toEqual([]);

  const gateway = await startGatewayProcess();
  for (const { client, requestKey } of sent) {
    const { requestOutcome } = await ask<{ requestOutcome: { nodes: { ticketNumber: number }[] } }>(
      client,
      'query ($key: UUID!) { requestOutcome(editionSlug: "rush", requestKey: $key) { nodes { ticketNumber } } }',
      { key: requestKey },
    );
    const expected = stored.has(requestKey) ? [{ ticketNumber: stored.get(requestKey) }] : [];
    expect(requestOutcome.nodes).toEqual(expected);
  }
  gateway.kill("SIGTERM");
  await once(gateway, "exit");
});
