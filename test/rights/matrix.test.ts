/* The matrix of rights, tried out: whatever could be done with each relation, column, sequence, function, type and schema that there is, by everybody
   who talks to the database, over their own login. What each may is declared in test/sql/laws/rights.test.sql; a cell that turns out otherwise is named. */
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { CopyableDatabase } from "../database.ts";
import { random, rounds, seed } from "../random.ts";
import { testRequiring } from "../requirements.ts";
import { type Cell, isDeclared, PREPARATION, probe, readCells } from "./cells.ts";
import {
  createProbedDatabase,
  type Declared,
  IDENTITIES,
  type Identity,
  type ProbedDatabase,
  readDeclared,
} from "./identities.ts";

const ADVICE = "declare it in test/sql/laws/rights.test.sql if it is meant, or revoke it in db/sql";
const isOwn = inject("testServer").isSuperuser;

let probed: ProbedDatabase;
let open: CopyableDatabase;
let declared: Declared;
let cells: readonly Cell[];
beforeAll(async () => {
  probed = await createProbedDatabase();
  await probed.database.pool("superuser").query(PREPARATION);
  open = await probed.database.copy();
  await open.pool("superuser").query(OPEN_SCHEMAS);
  declared = await readDeclared(probed.database);
  cells = await readCells(probed.database);
});
afterAll(async () => {
  await open?.drop();
  await probed?.drop();
});

const OPEN_SCHEMAS = `
  do $do$ declare v_schema text; begin
    for v_schema in select nspname from pg_namespace where nspname ~ '^(press|graphile_)' loop
      execute format('grant usage on schema %I to public', v_schema);
    end loop;
  end $do$`;

/** What turned out otherwise than declared, in words. */
async function undeclared(identity: Identity, of: CopyableDatabase, tried = cells): Promise<string[]> {
  const session = await probed.open(identity, of);
  try {
    const verdicts = await probe(session, tried);
    return tried.flatMap((cell, index) => {
      const isAllowed = verdicts[index] === "allowed";
      if (
        verdicts[index] === "impossible" ||
        isAllowed === isDeclared(declared, identity.role, cell, of !== probed.database, isOwn)
      )
        return [];
      return [`${identity.name} (${identity.role}) ${isAllowed ? "may" : "may not"} ${cell.name}: ${ADVICE}`];
    });
  } finally {
    await session.end();
  }
}

test("every role that there is is tried", async () => {
  const { rows } = await probed.database
    .pool("superuser")
    .query<{ rolname: string }>(
      "select rolname::text from pg_roles where rolname ~ '^press_(?!test_)' and rolname <> 'press_owner' order by 1",
    );
  const known = new Set(IDENTITIES.map(({ role }) => role));
  expect(rows.map(({ rolname }) => rolname).filter((role) => !known.has(role))).toEqual([]);
});

test("every relation, function and schema of ours has cells", () => {
  const schemas = new Set(cells.map(({ schema }) => schema));
  expect([...schemas]).toEqual(
    expect.arrayContaining([
      "press",
      "press_hidden",
      "press_gateway",
      "press_worker",
      "press_private",
      "graphile_worker",
      "graphile_migrate",
      "public",
    ]),
  );
  expect(cells.length).toBeGreaterThan(2000);
});

/** All of them in CI; a fifth otherwise, others each time. */
const sample = () => cells.filter(() => rounds(random.integer(5) === 0, true));

describe(`each may what is declared, and nothing else (TEST_SEED=${seed})`, () => {
  test.each(IDENTITIES)("$name", async (identity) => {
    expect(await undeclared(identity, probed.database, sample())).toEqual([]);
  });
});

// Whether a role may use a schema PostgreSQL asks when a statement is parsed, and not when one that was prepared for somebody else is executed.
describe("nor in a schema that they reach by a prepared statement", () => {
  test.each(IDENTITIES)("$name", async (identity) => {
    expect(await undeclared(identity, open, sample())).toEqual([]);
  });
});

describe("powers over the database and the server", () => {
  test.each(IDENTITIES)("$name", async (identity) => {
    const superuser = await probed.database.pool("superuser").connect();
    const attempts = new Attempts(identity);
    try {
      const { rows } = await superuser.query<{ pid: string; login: string }>(
        "select pg_backend_pid()::text as pid, current_user::text as login",
      );
      const { pid = "", login = "" } = rows[0] ?? {};
      const found: string[] = [];
      for (const { power, statement, roles, of_own_database: isOfOwn } of declared.powers) {
        const text = statement.replaceAll(":superuser_pid", pid).replaceAll(":superuser", `"${login}"`);
        const isAllowed = await attempts.isAllowed(text, { isTakenBack: isOfOwn });
        const isMeant = roles.includes("public") || roles.includes(identity.role) || (isOfOwn && !isOwn);
        if (isAllowed !== isMeant)
          found.push(`${identity.name} (${identity.role}) ${isAllowed ? "can" : "cannot"} ${power}: ${ADVICE}`);
      }
      for (const role of [...new Set(IDENTITIES.map((other) => other.role)), "press_owner"].filter(
        (other) => other !== "public",
      )) {
        const isMember = declared.memberships.some(
          (each) => each.member === loginRoleOf(identity) && each.role === role,
        );
        const isSelf = loginRoleOf(identity) === role || (identity.login === "operator" && role === "press_operator");
        if ((await attempts.isAllowed(`set role ${role}`)) !== (isMember || isSelf))
          found.push(`${identity.name}: set role ${role}: ${ADVICE}`);
      }
      expect(found).toEqual([]);
    } finally {
      await attempts.end();
      superuser.release();
    }
  });
});

function loginRoleOf({ login, role }: Identity): string {
  return login === "stranger" || login === "operator" ? `the login of ${role}` : login;
}

/** Tries statements outside a transaction, as some must be; a session that one has changed is no session for the next. */
class Attempts {
  readonly #identity: Identity;
  #session: pg.Client | undefined;

  constructor(identity: Identity) {
    this.#identity = identity;
  }

  /** @param isTakenBack what is allowed is not left there: somebody's large objects are in the way of every gateway of the server */
  async isAllowed(statement: string, { isTakenBack = false } = {}): Promise<boolean> {
    this.#session ??= await probed.open(this.#identity);
    try {
      await this.#session.query(isTakenBack ? `begin; ${statement}; rollback` : statement);
    } catch (error) {
      if (isTakenBack) await this.#session.query("rollback");
      const { code, message } = error as { code?: string; message?: string };
      if (code === "42501") return false;
      if (/^(42601|42883|42703)$/.test(code ?? "")) throw new Error(`${statement}: ${message}`);
    }
    await this.end();
    return true;
  }

  async end(): Promise<void> {
    await this.#session?.end();
    this.#session = undefined;
  }
}

/** What somebody could do wrong, each with what must be named. */
const PLANTED: readonly (readonly [string, RegExp])[] = [
  [
    "grant select (envelope) on press.tickets to press_anonymous",
    /nobody signed in .* may select press\.tickets\.envelope/,
  ],
  ["grant update (status) on press.tickets to press_holder", /a holder .* may update press\.tickets\.status/],
  [
    "grant insert on press_private.press_state to press_gateway",
    /the gateway .* may insert press_private\.press_state\.reason/,
  ],
  ["grant truncate on press.tickets to press_worker", /the worker .* may truncate press\.tickets/],
  [
    "grant delete on press_private.row_seals to press_auditor",
    /the auditor .* may delete from press_private\.row_seals/,
  ],
  ["grant references on press.holders to press_operator", /an operator at a prompt .* may refer to press\.holders\.id/],
  [
    "grant trigger on graphile_worker._private_jobs to press_worker",
    /the worker .* may add a trigger to graphile_worker\._private_jobs/,
  ],
  [
    "grant execute on function press_private.keyed_hash to public",
    /a stranger .* may execute press_private\.keyed_hash/,
  ],
  [
    "grant execute on function press_worker.attach_signatures to press_gateway",
    /the gateway .* may execute press_worker\.attach_signatures/,
  ],
  [
    "revoke execute on function press.issue_ticket from press_holder",
    /a holder .* may not execute press\.issue_ticket/,
  ],
  ["revoke select on press.editions from press_anonymous", /nobody signed in .* may not select press\.editions\.slug/],
  ["grant create on schema public to public", /a stranger .* may make a table in public/],
  [
    "grant update on press.editions to press_operator",
    /an operator over the gateway .* may select for update of press\.editions/,
  ],
  [
    "grant usage on all sequences in schema press_private to press_gateway",
    /the gateway .* may draw from press_private\.tomorrows/,
  ],
  [
    "grant execute on function pg_advisory_lock(bigint) to press_worker",
    /the worker .* may execute pg_catalog\.pg_advisory_lock/,
  ],
  [
    "alter table press_private.hashing_key owner to press_auditor",
    /the auditor .* may select press_private\.hashing_key/,
  ],
];

testRequiring("superuser")("a right that somebody grants or takes is named", async () => {
  const faulty = await open.copy();
  try {
    for (const [statement] of PLANTED) await faulty.pool("superuser").query(statement);
    // What nobody has touched is tried elsewhere.
    const touched = cells.filter(({ name }) =>
      PLANTED.some(([, pattern]) => new RegExp(pattern.source.replace(/^.*may( not)? /, "")).test(name)),
    );
    const named = (await Promise.all(IDENTITIES.map((identity) => undeclared(identity, faulty, touched)))).flat();
    expect(
      PLANTED.filter(([, pattern]) => !named.some((cell) => pattern.test(cell))).map(([statement]) => statement),
    ).toEqual([]);
  } finally {
    await faulty.drop();
  }
});
