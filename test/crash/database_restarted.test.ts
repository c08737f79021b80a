/* A worker and a gateway live through the stop and through the death of their database server. What was issued before and after is signed, and a
   reader of events keeps its connection and is sent all of it. */
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EmbeddedServer, startEmbeddedServer } from "../../db/embedded.ts";
import { createDatabaseIfMissing, installDatabase, setLoginPassword } from "../../db/install.ts";
import { startWorker, type Worker } from "../../worker/worker.ts";
import { EventReader } from "../gateway/eventReader.ts";
import { startTestGateway, type TestGateway } from "../gateway/testGateway.ts";
import { makeKey, makeLedger, makeLog, until, verdicts } from "../worker/support.ts";

const DATABASE = "restarted";
const PASSWORD = "a-password-of-both";
const key = makeKey();
const log = makeLog();
let home: string;
let server: EmbeddedServer;
let worker: Worker;
let gateway: TestGateway;
let reader: EventReader;

const startServer = () => startEmbeddedServer({ home, log: () => undefined });

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "golden-press-restart-"));
  await chmod(home, 0o755); // Started by root, PostgreSQL runs as another user, who must be able to enter.
  server = await startServer();
  await createDatabaseIfMissing(server.superuserUrl("postgres"), DATABASE);
  await installDatabase({ url: server.superuserUrl(DATABASE), own: true, includeCurrent: true });
  await query(async (client) => {
    for (const login of ["press_worker", "press_gateway"]) await setLoginPassword(client, login, PASSWORD);
    await client.query("select press.create_edition('restarted', 'An edition', 100), press.open_edition('restarted')");
  });
  worker = await startWorker({
    databaseUrl: urlOf("press_worker"),
    signingKey: key,
    ledger: makeLedger(),
    log,
    leaseSeconds: 1,
  });
  gateway = await startTestGateway({ url: urlOf });
  reader = await EventReader.open(`${gateway.url}/events`);
});
afterAll(async () => {
  await gateway.close();
  await worker.stop();
  await server.stop();
  await rm(home, { recursive: true });
});

function urlOf(login: string): string {
  const url = new URL(server.superuserUrl(DATABASE));
  url.username = login;
  url.password = PASSWORD;
  return url.href;
}

/** Acts as the superuser, in a connection of its own: the server comes and goes. */
async function query<Result>(act: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: server.superuserUrl(DATABASE) });
  await client.connect();
  try {
    return await act(client);
  } finally {
    await client.end();
  }
}

const issue = (quantity: number) =>
  query((client) => client.query("select press.issue_tickets('restarted', $1, recipient => 'alice')", [quantity]));

async function envelopes(): Promise<(string | null)[]> {
  const { rows } = await query((client) =>
    client.query<{ envelope: string | null }>("select envelope from press.tickets"),
  );
  return rows.map((row) => row.envelope);
}

const complaints = () =>
  log.lines.filter((line) => line.startsWith("error") && line.includes("sign what is pending")).length;

async function killServer(): Promise<void> {
  const [pid] = (await readFile(join(home, "postgres", "postmaster.pid"), "utf8")).split("\n");
  process.kill(Number(pid), "SIGKILL");
}

test.each([
  { what: "stopped", end: () => server.stop() },
  { what: "killed", end: killServer },
])("its server is $what and started again", async ({ end }) => {
  const before = (await envelopes()).length;
  await issue(10);
  await until(async () => (await envelopes()).every((envelope) => envelope !== null));
  const complaintsBefore = complaints();
  await issue(10); // Perhaps signed before the end, perhaps in the middle of it, perhaps after.
  await end();
  await until(() => complaints() > complaintsBefore);
  const { port } = server;
  server = await startServer();
  expect(server.port).toBe(port);
  await issue(10);
  await until(async () => (await envelopes()).every((envelope) => envelope !== null));
  expect((await envelopes()).length).toBe(before + 30);
  expect(verdicts(await envelopes(), key.publicKey)).toEqual(new Set(["signed"]));
  expect(complaints()).toBe(complaintsBefore + 1);
  expect([worker.counts.refused, worker.counts.unfit]).toEqual([0, 0]);

  const issued = () => reader.entries.filter((entry) => JSON.parse(entry).type === "ticket.issued");
  await until(() => issued().length === before + 30);
  expect(reader.places).toEqual(reader.entries.map((_, place) => place));
});
