/* Functions that run with the rights of the owner are attacked with names: whoever may make objects in a schema that is looked in first, or temporary ones, could have
   them take a table, an operator, a function or a type of theirs. Where the press has a database to itself nobody can make any; here somebody may. */
import pg from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { fillPress } from "../audit/richPress.ts";
import { attest } from "../credentials.ts";
import type { TestDatabase, TestLogin } from "../database.ts";
import { TestWorker } from "../ledger.ts";
import { makeEdition } from "../race/sessions.ts";
import { rounds } from "../random.ts";
import { everyTestRequires, missingRequirement } from "../requirements.ts";
import { PREPARATION, probe, readCells } from "./cells.ts";
import { createProbedDatabase, IDENTITIES, type ProbedDatabase } from "./identities.ts";
import { caught, plantShadows, temporaryShadows } from "./shadows.ts";

everyTestRequires("superuser");
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });
let probed: ProbedDatabase;
let shadowed: ShadowedDatabase;
beforeAll(async () => {
  if (missingRequirement("superuser") !== undefined) return;
  probed = await createProbedDatabase();
  const superuser = probed.database.pool("superuser");
  await superuser.query(PREPARATION);
  await superuser.query(
    `grant temporary on database ${probed.database.name} to public; alter database ${probed.database.name} set track_functions = 'all'`,
  );
  expect(await plantShadows(probed.database, probed.stranger)).toBeGreaterThan(300);
  shadowed = new ShadowedDatabase(probed.database, await temporaryShadows(probed.database));
});
afterAll(async () => {
  await shadowed?.end();
  await probed?.drop();
});

/** Every session of the press's logins begins with temporary tables that have the names of its tables. */
class ShadowedDatabase implements TestDatabase {
  readonly name: string;
  readonly operatorLogin: string;
  readonly #of: TestDatabase;
  readonly #shadows: string;
  readonly #pools = new Map<TestLogin, pg.Pool>();

  constructor(of: TestDatabase, shadows: string) {
    this.name = of.name;
    this.operatorLogin = of.operatorLogin;
    this.#of = of;
    this.#shadows = shadows;
  }

  url(as: TestLogin): string {
    return this.#of.url(as);
  }

  pool(as: TestLogin, max = 10) {
    if (as === "superuser" || as === "owner") return this.#of.pool(as, max);
    const known = this.#pools.get(as);
    if (known !== undefined) return known;
    const login = new URL(this.url(as)).username;
    const pool = new pg.Pool({
      connectionString: this.url("superuser"),
      max,
      // Awaited by the pool, although its types do not say so. What the login itself owned would keep all gateways and workers of the server from starting.
      onConnect: async (session) => {
        await session.query(
          `set search_path = pg_temp, public, pg_catalog; ${this.#shadows};
           grant all on all tables in schema pg_temp to "${login}"; set session authorization "${login}"`,
        );
      },
    });
    pool.on("error", () => undefined);
    this.#pools.set(as, pool);
    return pool;
  }

  async end(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.end()));
  }

  drop(): Promise<void> {
    return this.end();
  }
}

/** A ticket's life, and a credential's. */
async function liveShortly(database: TestDatabase): Promise<unknown> {
  await makeEdition(database, "golden-ticket", 5, 2);
  const worker = await TestWorker.start(database);
  const [first, second] = await worker.issueHeld("golden-ticket", ["alice", "bob"]);
  const operator = database.pool("operator");
  await operator.query("select press.redeem_ticket($1, $2, gen_random_uuid())", [first?.envelope, first?.proof]);
  await operator.query("select press.revoke_ticket($1, 'So it was decided.')", [second?.id]);
  await attest(database, { subject: "alice", kind: "oidc" });
  await operator.query("select press.close_edition('golden-ticket')");
  await worker.work();
  return operator.query("select press.audit()");
}

test("whatever a press does, none of its functions takes a shadow for its own", async () => {
  await rounds<(database: TestDatabase) => Promise<unknown>>(liveShortly, fillPress)(shadowed);
  expect(await caught(probed.database)).toEqual([]);
});

test("nor does any that was not called yet, whoever calls it", async () => {
  const superuser = probed.database.pool("superuser");
  const { rows } = await superuser.query<{ name: string }>(
    `select n.nspname || '.' || p.proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where p.prosecdef and not exists (select from pg_stat_user_functions s where s.funcid = p.oid) and n.nspname ~ '^press'`,
  );
  const uncalled = new Set(rows.map(({ name }) => name));
  const cells = (await readCells(probed.database)).filter(({ object }) => uncalled.has(object));
  for (const identity of IDENTITIES) {
    const session = await probed.open(identity);
    await session.query(`set search_path = public, pg_catalog`);
    await probe(session, cells);
    await session.end();
  }
  expect(await caught(probed.database)).toEqual([]);
});

test("a careless function is caught: by a function, an operator, a table", async () => {
  const superuser = probed.database.pool("superuser");
  await superuser.query(`
    set role press_owner;
    create function press_worker.careless(a text) returns text language plpgsql security definer as $f$
    begin return case when a = 'x' then lower(a) end; end $f$;
    create function press_worker.careless_reader() returns bigint language plpgsql security definer as $f$ begin return (select count(*) from tickets); end $f$;
    grant execute on function press_worker.careless, press_worker.careless_reader to press_worker;
    reset role`);
  const worker = shadowed.pool("press_worker");
  await worker.query("select press_worker.careless('x')");
  expect(await caught(probed.database)).toEqual(["function lower for press_worker", "operator = for press_worker"]);
  // The table of the caller's session: the owner may not read it.
  await expect(worker.query("select press_worker.careless_reader()")).rejects.toMatchObject({ code: "42501" });
});
