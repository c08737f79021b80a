/* In a database that is shared with another application nothing of that application changes: the whole catalogue, of the system too, is
   compared row by row before and after; and nothing is left of a press that was removed. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { describe, expect } from "vitest";
import { withClient } from "../../db/connection.ts";
import type { EmbeddedServer } from "../../db/embedded.ts";
import { createDatabaseIfMissing, setLoginPassword } from "../../db/install.ts";
import { startThrowawayServer } from "../../db/throwaway.ts";
import { press } from "../cli/support.ts";
import { POSTGRESQL_15, testRequiring } from "../requirements.ts";
import { withDatabase } from "../testServer.ts";

/** A shop, with something of each kind that an installation could disturb. */
const ANOTHER_APPLICATION = `
  create role shop_owner login noinherit;
  create role shop_clerk login;
  create role shop_group nologin;
  grant shop_group to shop_clerk with admin option;
  alter role shop_clerk set search_path = shop, public;
  alter database shop owner to shop_owner;
  alter database shop set statement_timeout = '5min';
  alter database shop set default_transaction_isolation = serializable;
  alter database shop set search_path = shop, public;
  revoke temporary on database shop from public;
  grant connect on database shop to shop_clerk;
  grant create on schema public to public;
  revoke execute on function pg_sleep(double precision) from public;
  create extension pgcrypto schema public;
  create extension postgres_fdw schema public;
  create server warehouse foreign data wrapper postgres_fdw;
  grant usage on foreign server warehouse to shop_group;
  create publication everything for all tables;
  grant set on parameter log_min_duration_statement to shop_owner;

  set role shop_owner;
  create schema shop;
  create type shop.colour as enum ('red', 'gold');
  create domain shop.price as integer check (value > 0);
  create table shop.tickets (id integer generated always as identity primary key, colour shop.colour not null, price shop.price default 1);
  create index on shop.tickets (price);
  alter table shop.tickets enable row level security;
  create policy everybody on shop.tickets using (true);
  create view shop.cheap as select * from shop.tickets where price < 10;
  create function shop.now() returns timestamptz language sql as 'select ''epoch''::timestamptz';
  create function public.clock_timestamp() returns timestamptz language sql as 'select null::timestamptz';
  create procedure shop.sweep() language sql security definer as 'delete from shop.tickets where price is null';
  create function shop.stamp() returns trigger language plpgsql as 'begin return new; end';
  create trigger stamp before insert on shop.tickets for each row execute function shop.stamp();
  create table shop.changes (command text);
  grant usage on schema shop to public;
  grant select on shop.tickets to public;
  grant insert (colour) on shop.tickets to shop_clerk with grant option;
  alter default privileges in schema shop grant select on tables to shop_group;
  alter default privileges revoke execute on functions from public;
  comment on table shop.tickets is 'Of the shop.';
  select lo_create(4242);
  reset role;

  alter default privileges grant execute on functions to shop_group;
  create function shop.note_change() returns event_trigger language plpgsql security definer as
    $$ begin insert into shop.changes select command_tag from pg_event_trigger_ddl_commands() where schema_name = 'shop'; end $$;
  create event trigger note_changes on ddl_command_end execute function shop.note_change();
  insert into shop.tickets (colour) values ('gold');`;

/** Columns that the system changes by itself: statistics, and how far rows are frozen. */
const OF_THE_SYSTEM = [
  ...["relpages", "reltuples", "relallvisible", "relallfrozen", "relfrozenxid", "relminmxid"],
  ...["datfrozenxid", "datminmxid"],
];

/** Where an installation may add rows, and which columns say what a row hangs at. That must be new, too; roles and schemas are named below. */
const HANGS_AT: Readonly<Record<string, string>> = {
  ...{ pg_authid: "oid", pg_auth_members: "roleid", pg_db_role_setting: "setrole", pg_default_acl: "defaclrole" },
  ...{
    pg_namespace: "oid",
    pg_class: "relnamespace",
    pg_type: "typnamespace",
    pg_proc: "pronamespace",
    pg_constraint: "connamespace",
  },
  ...{
    pg_attribute: "attrelid",
    pg_attrdef: "adrelid",
    pg_index: "indrelid",
    pg_policy: "polrelid",
    pg_sequence: "seqrelid",
  },
  ...{
    pg_rewrite: "ev_class",
    pg_trigger: "tgrelid",
    pg_enum: "enumtypid",
    pg_depend: "objid",
    pg_shdepend: "objid, refobjid",
  },
  ...{ pg_description: "objoid", pg_shdescription: "objoid" },
};
const TOAST = 99;
const NEW_ROLES = ["anonymous", "auditor", "gateway", "holder", "operator", "owner", "worker"].map(
  (name) => `press_${name}`,
);
const NEW_SCHEMAS = [
  ...["graphile_migrate", "graphile_worker"],
  ...["press", "press_gateway", "press_hidden", "press_private", "press_worker"],
];

/** The statements of docs/installing.md that remove a press. */
async function removePress(url: string): Promise<void> {
  const text = await readFile(join(import.meta.dirname, "../../docs/installing.md"), "utf8");
  const statements = /To remove a press,[^`]*```sql\n([^`]*)```/.exec(text)?.[1] ?? "";
  await withClient(url, (client) => client.query(statements.replaceAll("golden_press", "shop")));
}

type Catalogue = ReadonlyMap<string, ReadonlySet<string>>;

/** Every row of every catalogue, as text. */
async function readEverything(client: pg.Client): Promise<Catalogue> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class
     where relnamespace = 'pg_catalog'::regnamespace and relkind = 'r' and relname !~ '^pg_(statistic|largeobject$)'`,
  );
  const catalogue = new Map<string, ReadonlySet<string>>();
  for (const { name } of rows) {
    const found = await client.query<{ row: string }>(
      `select (to_jsonb(t) || case when '${name}' = 'pg_database' then '{"datacl": null}'::jsonb else '{}' end - $1::text[])::text as row
       from pg_catalog.${name} as t`,
      [OF_THE_SYSTEM],
    );
    catalogue.set(name, new Set(found.rows.map(({ row }) => row)));
  }
  return catalogue;
}

/** Rights to databases, which an installation adds to: whose they are, without ours. */
const DATABASE_RIGHTS = `
  select d.datname, array(select format('%s %s %s', g.grantee::regrole, g.privilege_type, g.is_grantable)
                          from aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) as g
                          where g.grantee::regrole::text !~ '^press_' order by 1) as rights
  from pg_database as d order by 1`;

const CONTENTS =
  "select (select array_agg(t) from shop.tickets t)::text as tickets, (select array_agg(c) from shop.changes c)::text as changes";

interface Picture {
  readonly everything: Catalogue;
  readonly rights: unknown;
  readonly contents: unknown;
}

async function takePicture(client: pg.Client): Promise<Picture> {
  return {
    everything: await readEverything(client),
    rights: (await client.query(DATABASE_RIGHTS)).rows,
    contents: (await client.query(CONTENTS)).rows,
  };
}

/** Rows that are not as they were, and rows that are new and hang at something old. */
function differences(before: Picture, after: Picture): string[] {
  const parse = (row: string) => JSON.parse(row) as Record<string, string | number>;
  const old = new Set(
    [...before.everything.values()].flatMap((rows) => [...rows].map((row) => Number(parse(row).oid))),
  );
  const isOurs = (catalogue: string, row: string) => {
    const anchors = (HANGS_AT[catalogue] ?? "").split(", ").map((column) => Number(parse(row)[column] ?? 0));
    return anchors.some((oid) => oid === TOAST || (oid > 0 && !old.has(oid)));
  };
  return [...after.everything].flatMap(([catalogue, rows]) => {
    const past = before.everything.get(catalogue) ?? new Set();
    const gone = [...past].filter((row) => !rows.has(row)).map((row) => `${catalogue} lost ${row}`);
    const foreign = [...rows].filter((row) => !past.has(row) && !isOurs(catalogue, row));
    return [...gone, ...foreign.map((row) => `${catalogue} gained ${row}`)];
  });
}

/** The names in a catalogue that were not there before. */
function newNames(before: Picture, after: Picture, catalogue: string, column: string): string[] {
  const past = before.everything.get(catalogue) ?? new Set();
  const rows = [...(after.everything.get(catalogue) ?? [])].filter((row) => !past.has(row));
  return rows.map((row) => JSON.parse(row)[column] as string).toSorted();
}

function expectUntouched(before: Picture, after: Picture): void {
  expect(differences(before, after)).toEqual([]);
  expect(newNames(before, after, "pg_authid", "rolname")).toEqual(NEW_ROLES);
  expect(newNames(before, after, "pg_namespace", "nspname")).toEqual(NEW_SCHEMAS);
  expect([after.rights, after.contents]).toEqual([before.rights, before.contents]);
}

describe.each([
  ["npm's PostgreSQL", undefined],
  ["PostgreSQL 15", POSTGRESQL_15],
] as const)("on %s", (_name, binDirectory) => {
  const testHere = testRequiring(...(binDirectory === undefined ? [] : (["postgresql15"] as const)));

  /** A server with the shop, and a client of its superuser. */
  async function withShop(act: (server: EmbeddedServer, superuser: pg.Client) => Promise<void>): Promise<void> {
    const server = await startThrowawayServer(binDirectory);
    try {
      await createDatabaseIfMissing(server.superuserUrl("postgres"), "shop");
      await withClient(server.superuserUrl("shop"), async (superuser) => {
        await superuser.query(ANOTHER_APPLICATION);
        await superuser.query("set search_path = pg_catalog");
        await act(server, superuser);
      });
    } finally {
      await server.stop();
    }
  }

  testHere("installing by a superuser, migrating again and removing", async () => {
    await withShop(async (server, superuser) => {
      const before = await takePicture(superuser);
      for (const _time of ["first", "second"]) {
        const { code, stderr } = await press(["migrate"], { DATABASE_URL: server.superuserUrl("shop") });
        expect(code, stderr).toBe(0);
        expectUntouched(before, await takePicture(superuser));
      }
      await removePress(server.superuserUrl("shop"));
      expect(await takePicture(superuser)).toEqual(before);
    });
  });

  testHere(
    "a login that owns nothing there needs CREATEROLE, and to be allowed to pass on CONNECT and CREATE",
    async () => {
      await withShop(async (server, superuser) => {
        await superuser.query("create role installer login createrole");
        await setLoginPassword(superuser, "installer", "secret");
        const url = Object.assign(new URL(withDatabase(server.superuserUrl("postgres"), "shop")), {
          username: "installer",
          password: "secret",
        });
        const untouched = await takePicture(superuser);
        const refused = await press(["migrate"], { DATABASE_URL: url.href });
        expect([refused.code, refused.stderr]).toEqual([
          1,
          expect.stringMatching(/The login "installer" may not install Golden Press into the database "shop"/),
        ]);
        expect(await takePicture(superuser)).toEqual(untouched);
        await superuser.query("grant connect, create on database shop to installer with grant option");
        const before = await takePicture(superuser);
        const { code, stderr } = await press(["migrate"], { DATABASE_URL: url.href });
        expect(code, stderr).toBe(0);
        expectUntouched(before, await takePicture(superuser));
      });
    },
  );

  testHere("tools that another application uses, too, are left to it", async () => {
    await withShop(async (server, superuser) => {
      await superuser.query("create schema graphile_worker authorization shop_owner");
      const before = await takePicture(superuser);
      const { code, stderr } = await press(["migrate"], { DATABASE_URL: server.superuserUrl("shop") });
      expect([code, stderr]).toEqual([
        1,
        'golden-press: The schema graphile_worker of the database "shop" belongs to shop_owner, another application, and Golden Press needs one of that name: give it another database.\n',
      ]);
      expect(await takePicture(superuser)).toEqual(before);
    });
  });
});
