/* plpgsql_check reads every statement of every PL/pgSQL function against the catalogue, also those that no test reaches. */
import { afterAll, beforeAll, expect } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../database.ts";
import { missingRequirement, testRequiring } from "../../requirements.ts";

let database: TestDatabase | undefined;
beforeAll(async () => {
  if (missingRequirement("superuser", "plpgsql_check") === undefined) {
    database = await createTestDatabase();
    await database.pool("superuser").query("create extension plpgsql_check schema tap");
  }
});
afterAll(() => database?.drop());

testRequiring("superuser", "plpgsql_check")("plpgsql_check finds no fault in any function", async () => {
  // A trigger function is checked once for each table that it is a trigger of.
  const findings = await database?.pool("superuser").query(`
    select distinct p.oid::regproc::text as function, c.lineno, c.level, c.message, c.detail
    from pg_proc p
    join pg_language l on l.oid = p.prolang and l.lanname = 'plpgsql'
    left join pg_trigger t on t.tgfoid = p.oid
    cross join lateral tap.plpgsql_check_function_tb(p.oid, coalesce(t.tgrelid, 0), performance_warnings => false) c
    where p.pronamespace in ('press'::regnamespace, 'press_hidden'::regnamespace, 'press_gateway'::regnamespace,
                             'press_worker'::regnamespace, 'press_private'::regnamespace)`);
  expect(findings?.rows).toEqual([]);
});
