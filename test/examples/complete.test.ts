/* docs/examples/complete.ts, the file itself, against a gateway; and against a server that leaves events out, changes them or adds some. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { formatCheckpoint } from "../../gateway/serverSentEvents.ts";
import { cleanEnvironment } from "../cli/support.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { startTestGateway, type TestGateway } from "../gateway/testGateway.ts";
import { TestWorker } from "../ledger.ts";
import { makeEdition } from "../race/sessions.ts";
import { expectedMessages } from "../worker/eventSupport.ts";
import { until } from "../worker/support.ts";

const EXAMPLE = join(import.meta.dirname, "../../docs/examples/complete.ts");

let database: TestDatabase;
let worker: TestWorker;
let gateway: TestGateway;
let server: Server | undefined;
let child: ChildProcess | undefined;
let [output, errors] = ["", ""];
beforeAll(async () => {
  database = await createTestDatabase();
  await makeEdition(database, "golden-ticket", 2_000, 2_000);
  worker = await TestWorker.start(database);
  await issue(300);
  gateway = await startTestGateway(database);
});
afterEach(async () => {
  if (child !== undefined && child.exitCode === null && child.signalCode === null) {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  server?.closeAllConnections();
  server?.close();
});
afterAll(async () => {
  await gateway.close();
  await database.drop();
});

async function issue(quantity: number): Promise<void> {
  const text = "select press.issue_tickets('golden-ticket', $1, recipient => 'alice')";
  await database.pool("operator").query(text, [quantity]);
  await worker.work();
}

async function size(): Promise<number> {
  return (await expectedMessages(database, worker.origin)).length;
}

/** Runs the example; `exit` settles when it has ended by itself. */
function run(url: string, vkey = worker.vkey): { readonly exit: Promise<unknown[]> } {
  const running = spawn(process.execPath, [EXAMPLE], {
    env: cleanEnvironment({ EVENTS_URL: url, VKEY: vkey }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  [output, errors] = ["", ""];
  running.stdout.on("data", (chunk: Buffer) => {
    output += chunk;
  });
  running.stderr.on("data", (chunk: Buffer) => {
    errors += chunk;
  });
  child = running;
  return { exit: once(running, "exit") };
}

/** A server that sends these events, and then the checkpoint. */
async function serve(events: readonly string[], note: string): Promise<string> {
  const lying = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(events.map((event) => `data: ${event}\n\n`).join("") + formatCheckpoint(note));
  });
  server = lying.listen(0, "127.0.0.1");
  await once(lying, "listening");
  return `http://127.0.0.1:${(lying.address() as AddressInfo).port}/events`;
}

async function latestNote(): Promise<string> {
  return (await fetch(`${gateway.url}/ledger/checkpoint`)).text();
}

test("it says at each checkpoint that everything has come, unchanged", async () => {
  run(`${gateway.url}/events`);
  const first = await size();
  await until(() => output.includes(`${first} events, none left out, changed or added\n`));
  await issue(300);
  const second = await size();
  await until(() => output.includes(`${second} events, none left out, changed or added\n`));
  expect([second - first, errors]).toEqual([300, ""]);
});

describe("it ends with an error when", () => {
  const ways: readonly (readonly [string, (events: string[]) => string[]])[] = [
    ["an event is left out", (events) => events.toSpliced(7, 1)],
    ["the last one is left out", (events) => events.slice(0, -1)],
    ["two have changed places", (events) => events.toSpliced(7, 2, events[8] ?? "", events[7] ?? "")],
    [
      "one is changed",
      (events) => events.with(9, (events[9] ?? "").replace(/"ticket_number":\d+/, '"ticket_number":99')),
    ],
    ["one is added", (events) => events.toSpliced(7, 0, events[7] ?? "")],
  ];
  test.each(ways)("%s", async (_way, change) => {
    const events = (await expectedMessages(database, worker.origin)).map(({ data }) => data);
    const { exit } = run(await serve(change(events), await latestNote()));
    expect(await exit).toEqual([1, null]);
    expect(errors).toContain(`These are not the ${events.length} events under the checkpoint.`);
  });

  test("the checkpoint is of another key", async () => {
    const other = (await TestWorker.start(database, worker.origin)).vkey;
    const { exit } = run(`${gateway.url}/events`, other);
    expect(await exit).toEqual([1, null]);
    expect(output).toBe("");
  });
});
