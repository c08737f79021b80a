import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { TestWorker } from "../ledger.ts";
import { makeEdition } from "../race/sessions.ts";
import { type Answer, press } from "./support.ts";

let database: TestDatabase;
let worker: TestWorker;
beforeAll(async () => {
  database = await createTestDatabase();
  await makeEdition(database, "fair", 9, 9);
  worker = await TestWorker.start(database);
});
afterAll(() => database.drop());

function issue(key: string, quantity: number, wait = "5"): Promise<Answer> {
  const options = ["--to", "alice", "--quantity", `${quantity}`, "--request-key", key, "--wait", wait];
  return press(["issue", "fair", ...options], { DATABASE_URL: database.url("operator") });
}

test("of tickets whose holder was forgotten the same command has those envelopes that there are, and says which are gone", async () => {
  const [first, second] = [randomUUID(), randomUUID()];
  expect((await issue(first, 2, "0")).code).toBe(0);
  await worker.work();
  expect((await issue(second, 1, "0")).code).toBe(0);
  await database.pool("operator").query("select press.erase_holder(id) from press.holders where subject = 'alice'");
  await worker.work();

  const gone = await issue(first, 2);
  expect([gone.code, gone.stdout]).toEqual([1, ""]);
  expect(gone.stderr).toContain(
    "There is no envelope of tickets 1, 2 of fair any more: it was removed when its holder was forgotten.",
  );
  const nameless = await issue(second, 1);
  expect(nameless.code).toBe(0);
  expect(JSON.parse(nameless.stdout)).toMatchObject({ ticket_number: 3, recipient: expect.stringMatching(/^erased:/) });
});
