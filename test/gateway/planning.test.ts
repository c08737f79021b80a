/* How long a plan may take: half a second of the processor's time, whatever the clock says. */
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { limits } from "../../gateway/limits.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { startTestGateway, type TestGateway } from "./testGateway.ts";

/** More than any document gets, the first ones after a start included. */
const LONG_MILLISECONDS = 10 * limits.planningMilliseconds;

let database: TestDatabase;
let gateway: TestGateway;
beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await startTestGateway(database);
  await gateway.ask("{ __typename }");
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  await gateway?.close();
  await database?.drop();
});

/** Calls back whenever a plan looks at the clock, which is then as much later as that says. */
function whilePlanning(looks: () => number): void {
  const now = performance.now.bind(performance);
  let later = 0;
  vi.spyOn(performance, "now").mockImplementation(() => {
    if (new Error().stack?.includes("checkTimeout")) later += looks();
    return now() + later;
  });
}

function useProcessor(milliseconds: number): void {
  const spent = () => Object.values(process.threadCpuUsage()).reduce((sum, time) => sum + time) / 1_000;
  for (const before = spent(); spent() - before < milliseconds; );
}

const codeOf = async (query: string) => (await gateway.ask(query)).errors[0]?.extensions.code;

test("a machine that stood still meanwhile is not the document's fault, and nothing of it is remembered", async () => {
  let looks = 0;
  whilePlanning(() => {
    looks += 1;
    return looks === 1 ? LONG_MILLISECONDS : 0;
  });
  expect(await codeOf("{ still: editions { totalCount } }")).toBeUndefined();
  expect(looks).toBeGreaterThan(1);
});

test("one that always stands still is overloaded, which may be asked again, and at once is answered", async () => {
  whilePlanning(() => LONG_MILLISECONDS);
  const query = "{ always: editions { totalCount } }";
  expect((await gateway.ask(query)).errors[0]?.extensions).toMatchObject({ code: "OVERLOADED", retryable: true });
  vi.restoreAllMocks();
  expect(await codeOf(query)).toBeUndefined();
});

test("a document that has had its time of the processor is too complex, and is not planned again and again", async () => {
  let looks = 0;
  whilePlanning(() => {
    looks += 1;
    useProcessor(limits.planningMilliseconds);
    return LONG_MILLISECONDS;
  });
  const query = "{ dear: editions { totalCount } }";
  for (const _ of [1, 2]) expect(await codeOf(query)).toBe("QUERY_TOO_COMPLEX");
  expect(looks).toBe(1);
});
