/* A document that nobody has sent before waits for its turns, to be judged and to be planned, whichever way it came; one that is known waits for none. */
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { DearTurns } from "../../gateway/dearTurns.ts";
import { limits } from "../../gateway/limits.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { askOver, startTestGateway, type TestGateway } from "./testGateway.ts";

let database: TestDatabase;
let gateway: TestGateway;
const run = vi.spyOn(DearTurns.prototype, "run");
const other = vi.spyOn(DearTurns.prototype, "noteOther");

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await startTestGateway(database);
  await gateway.ask("{ __typename }");
});
afterEach(() => {
  run.mockReset();
  other.mockReset();
});
afterAll(async () => {
  await gateway?.close();
  await database?.drop();
});

const callers = () => run.mock.calls.map(([caller]) => caller);

test("over HTTP twice, by its address, and never again", async () => {
  const query = "{ first: editions { totalCount } }";
  expect((await gateway.ask(query)).errors).toEqual([]);
  expect(callers()).toEqual(["127.0.0.1", "127.0.0.1"]);
  expect(other).not.toHaveBeenCalled();
  expect((await gateway.ask(query)).errors).toEqual([]);
  expect(callers()).toHaveLength(2);
  expect(other).toHaveBeenCalledOnce();
});

test("over a WebSocket as well", async () => {
  const client = gateway.webSocket();
  const query = "{ second: editions { totalCount } }";
  expect((await askOver(client, query)).errors).toEqual([]);
  expect(callers()).toEqual(["127.0.0.1", "127.0.0.1"]);
  expect((await askOver(client, query)).errors).toEqual([]);
  expect(callers()).toHaveLength(2);
  await client.dispose();
});

test("one that is refused waits once, and is refused at once from then on", async () => {
  const query = "{ nonsense }";
  for (const _ of [1, 2]) expect((await gateway.ask(query)).errors[0]?.extensions.code).toBe("INVALID_INPUT");
  expect(callers()).toEqual(["127.0.0.1"]);
});

test("who has waited longer than anybody does is OVERLOADED, and may come again", async () => {
  const query = "{ third: editions { totalCount } }";
  run.mockImplementationOnce(async (_caller, work) => {
    const late = performance.now() + limits.connectionWaitMilliseconds + 1_000;
    const clock = vi.spyOn(performance, "now").mockReturnValue(late);
    try {
      return (await work()) as never;
    } finally {
      clock.mockRestore();
    }
  });
  const answer = await gateway.ask(query);
  expect([answer.status, answer.errors[0]?.extensions]).toMatchObject([503, { code: "OVERLOADED", retryable: true }]);
  expect((await gateway.ask(query)).errors).toEqual([]);
});
