/* What an operator decides about a person, at the command line. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { press } from "./support.ts";

const NOBODY = "01944c1e-7a00-7000-8000-00000000a11c";

let database: TestDatabase;
let alice: string;
beforeAll(async () => {
  database = await createTestDatabase();
  const operator = database.pool("operator");
  await operator.query(
    "select press.open_edition((press.create_edition('golden-ticket', 'Golden Ticket', 5, 3)).slug)",
  );
  await operator.query("select press.issue_ticket('golden-ticket', recipient => 'alice')");
  const { rows } = await operator.query("select id from press.holders where subject = 'alice'");
  alice = rows[0].id;
});
afterAll(() => database.drop());

const run = (...args: string[]) => press(args, { DATABASE_URL: database.url("operator") });
const issue = () => run("issue", "golden-ticket", "--to", "alice", "--no-wait");
const holder = async () => {
  const { rows } = await database
    .pool("operator")
    .query("select subject, is_active from press.holders where id = $1", [alice]);
  return rows[0];
};

test("a holder is deactivated, with a reason that stays, and active again", async () => {
  const first = await run("holder", "deactivate", alice, "--reason", "Sold tickets at the door");
  expect(first).toEqual({ code: 0, stdout: `deactivated: holder ${alice}: Sold tickets at the door\n`, stderr: "" });
  expect(await run("holder", "deactivate", alice, "--reason", "Another")).toEqual(first);
  expect(await issue()).toMatchObject({ code: 1, stderr: expect.stringContaining("HOLDER_INACTIVE") });

  const again = await run("holder", "reactivate", alice);
  expect(again).toEqual({ code: 0, stdout: `active: holder ${alice}\n`, stderr: "" });
  expect(await run("holder", "reactivate", alice)).toEqual(again);
  expect((await issue()).code).toBe(0);
});

test("a person is forgotten when that is said twice, and stays so", async () => {
  const asked = await run("holder", "erase", alice);
  expect([asked.code, asked.stdout]).toEqual([2, ""]);
  expect(asked.stderr).toContain("This removes for good who the holder is");
  expect(await holder()).toEqual({ subject: "alice", is_active: true });

  const erased = await run("holder", "erase", alice, "--yes");
  expect(erased).toEqual({ code: 0, stdout: `forgotten: holder ${alice}\n`, stderr: "" });
  expect(await holder()).toEqual({ subject: null, is_active: true });
  expect(await run("holder", "erase", alice, "--yes")).toEqual(erased);
});

test("the same person, returning, is known again, and meets the old limit", async () => {
  expect((await issue()).code).toBe(0);
  expect(await holder()).toEqual({ subject: "alice", is_active: true });
  expect(await issue()).toMatchObject({ code: 1, stderr: expect.stringContaining("HOLDER_LIMIT_REACHED") });
});

test("what was typed wrongly, or names nobody, is said", async () => {
  const cases: [string[], number, string][] = [
    [["reactivate"], 2, "missing required argument"],
    [["deactivate", alice], 2, "--reason"],
    [["deactivate", "alice", "--reason", "x"], 2, "It must be a UUID"],
    [["erase", "alice", "--yes"], 2, "It must be a UUID"],
    [["deactivate", alice, "--reason", ""], 1, "INVALID_INPUT"],
    [["deactivate", NOBODY, "--reason", "x"], 1, "INVALID_INPUT"],
    [["reactivate", NOBODY], 1, "INVALID_INPUT"],
    [["erase", NOBODY, "--yes"], 1, "INVALID_INPUT"],
  ];
  for (const [args, code, said] of cases) {
    const answer = await run("holder", ...args);
    expect([answer.code, answer.stdout, answer.stderr], args.join(" ")).toEqual([
      code,
      "",
      expect.stringContaining(said),
    ]);
  }
});
