/* The register of refusals is in three places for three readers: SQL raises them, db/ERRORS.md explains them, gateway/refusals.ts hands
   them to clients. They say the same, in the same order. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { refusals } from "../../../gateway/refusals.ts";
import { createTestDatabase } from "../../database.ts";

const database = await createTestDatabase();
afterAll(() => database.drop());

interface Refusal {
  name: string;
  code: string;
  retryable: boolean;
}

const { rows: register } = await database
  .pool("superuser")
  .query<Refusal>("select name, code, is_retryable as retryable from press_private.refusals()");

const page = readFileSync(join(import.meta.dirname, "../../../db/ERRORS.md"), "utf8");
const documented: Refusal[] = [...page.matchAll(/^\| ([A-Z_]+) \| (\w{5}) \| (yes|no) \|/gm)].map(
  ([, name, code, retry]) => ({
    name: String(name),
    code: String(code),
    retryable: retry === "yes",
  }),
);

test("db/ERRORS.md has the database's register, in order of precedence", () => {
  const ofTheGateway = refusals.filter(({ raisedBy }) => raisedBy === "gateway").map(({ name }) => String(name));
  expect(documented.filter(({ name }) => !ofTheGateway.includes(name))).toEqual(register);
});

test("gateway/refusals.ts has what db/ERRORS.md has, in the same order", () => {
  const known = refusals.map(({ name, sqlState, isRetryable }) => ({ name, code: sqlState, retryable: isRetryable }));
  expect(known).toEqual(documented);
});

test("every test that db/ERRORS.md names is there", () => {
  const links = [...page.matchAll(/\]\(\.\.\/(test\/[^)]+)\)/g)].map(([, path]) => String(path));
  expect(links.length).toBeGreaterThan(10);
  for (const path of links) {
    expect(existsSync(join(import.meta.dirname, "../../..", path)), path).toBe(true);
  }
});
