/* Everything that could be done with everything that there is, as statements: read from the catalogue, so that nothing new is forgotten. */
import type pg from "pg";
import type { TestDatabase } from "../database.ts";
import type { Declared } from "./identities.ts";

export interface Cell {
  /** As a failure names it: "update press.tickets.status". */
  readonly name: string;
  readonly statement: string;
  /** What it is done to: the schema, and the name in it. */
  readonly schema: string;
  readonly object: string;
  readonly relkind?: string;
  /** The rights that it needs, all of a list of alternatives; "owner": nobody can be given it. */
  readonly needs: readonly (readonly string[])[];
}

export type Verdict = "allowed" | "denied" | "impossible";

/** The schemas whose contents are tried out. What the tests bring is theirs, and the scratch schema is what they need to try. */
const SCHEMAS = "n.nspname !~ '^(pg_|information_schema$|tests$|tap$|probing$)'";
const RELATIONS = `
  select n.nspname as schema, c.relname as name, c.relkind as kind,
         array(select jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'generated', a.attgenerated <> '')
               from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum) as columns
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and ${SCHEMAS} order by 1, 2`;
const FUNCTIONS = `
  select n.nspname as schema, p.proname as name, p.prokind as kind, p.proisstrict as "isStrict",
         array(select format_type(t, null) from unnest(p.proargtypes) with ordinality a (t, n) order by a.n) as types, p.provariadic <> 0 as "isVariadic",
         p.prorettype in ('trigger'::regtype, 'event_trigger'::regtype) as "isOfTriggers"
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where ${SCHEMAS} or (n.nspname = 'pg_catalog' and p.proname ~ '^pg_(try_)?advisory_') order by 1, 2`;
const TYPES = `
  select n.nspname as schema, t.typname as name from pg_type t join pg_namespace n on n.oid = t.typnamespace
  where ${SCHEMAS} and t.typelem = 0 and t.typtype in ('b', 'c', 'd', 'e', 'r', 'm') order by 1, 2`;
const ALL_SCHEMAS =
  "select n.nspname as name from pg_namespace n where n.nspname !~ '^(pg_temp|pg_toast_temp|probing$)' order by 1";

interface Relation {
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly generated: boolean }[];
}

interface Routine {
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly isStrict: boolean;
  readonly isVariadic: boolean;
  readonly isOfTriggers: boolean;
  readonly types: readonly string[];
}

/**
 * What cells need that is there for nobody else: a schema in which everybody may make tables, and tests.probe, which runs statements as its caller and
 * takes each back. Also what will be there tomorrow: a table, a sequence, a function, a view and a type that the owner has just made.
 */
export const PREPARATION = `
  create schema probing;
  grant create, usage on schema probing to public;
  create function tests.probe(statements text[]) returns table (turn integer, code text, message text, context text) language plpgsql as $$
  begin
    for turn in 1 .. cardinality(probe.statements) loop
      begin
        execute probe.statements[turn];
        raise sqlstate 'DONE0';
      exception when others then
        get stacked diagnostics code = returned_sqlstate, message = message_text, context = pg_exception_context;
      end;
      return query select turn, code, message, context;
    end loop;
  end $$;
  set role press_owner;
  create table press.tomorrow (id integer, words text);
  create table press_private.tomorrow (id integer, words text);
  create sequence press_private.tomorrows;
  create view press.day_after with (security_invoker) as select * from press.tomorrow;
  create type press.weather as enum ('fine');
  create function press.forecast() returns integer language sql return 1;
  create function press_worker.forecast() returns integer language sql return 1;
  reset role`;

export async function readCells(database: TestDatabase): Promise<Cell[]> {
  const ask = async <Row extends pg.QueryResultRow>(query: string) =>
    (await database.pool("superuser").query<Row>(query)).rows;
  return [
    ...(await ask<Relation>(RELATIONS)).flatMap((relation) =>
      relation.kind === "S" ? ofSequence(relation) : ofRelation(relation),
    ),
    ...(await ask<Routine>(FUNCTIONS)).map(ofFunction),
    ...(await ask<{ schema: string; name: string }>(TYPES)).map(ofType),
    ...(await ask<{ name: string }>(ALL_SCHEMAS)).flatMap(({ name }) => ofSchema(name)),
  ];
}

function ofRelation({ schema, name, kind, columns }: Relation): Cell[] {
  const table = `${quoted(schema)}.${quoted(name)}`;
  const isTable = kind === "r" || kind === "p";
  const cell = (action: string, statement: string, needs: readonly (readonly string[])[], column?: string): Cell => ({
    name: `${action} ${schema}.${name}${column === undefined ? "" : `.${column}`}`,
    statement,
    schema,
    object: name,
    relkind: kind,
    needs,
  });
  const owner = [["owner"]];
  const locks = isTable
    ? [
        ...["update", "no key update", "share", "key share"].map((strength) =>
          cell(`select for ${strength} of`, `select 1 from ${table} limit 0 for ${strength}`, [["select"], ["update"]]),
        ),
        cell("lock in access share mode", `lock table ${table} in access share mode`, [
          ["select", "insert", "update", "delete", "truncate"],
        ]),
        ...["row exclusive", "share", "access exclusive"].map((mode) =>
          cell(`lock in ${mode} mode`, `lock table ${table} in ${mode} mode`, [
            mode === "row exclusive" ? ["insert", "update", "delete", "truncate"] : ["update", "delete", "truncate"],
          ]),
        ),
      ]
    : [];
  const changes = isTable
    ? [
        cell("truncate", `truncate ${table}`, [["truncate"]]),
        cell(
          "add a trigger to",
          `create trigger probed before insert on ${table} for each row execute function suppress_redundant_updates_trigger()`,
          [["trigger"]],
        ),
        cell("alter", `alter table ${table} add column probed integer`, owner),
        cell("switch off the triggers of", `alter table ${table} disable trigger all`, owner),
        cell("switch off row-level security of", `alter table ${table} disable row level security`, owner),
        cell("add a policy to", `create policy probed on ${table}`, owner),
        cell("add an index to", `create index on ${table} ((1))`, owner),
        cell("rebuild the indexes of", `reindex table ${table}`, [["maintain"]]),
        cell("add a rule to", `create rule probed as on insert to ${table} do also nothing`, owner),
        cell("own", `alter table ${table} owner to current_user`, owner),
        cell("drop", `drop table ${table}`, owner),
      ]
    : [cell("replace", `alter view ${table} set (security_barrier)`, owner), cell("drop", `drop view ${table}`, owner)];
  return [
    cell("select from", `select 1 from ${table} limit 0`, [["select"]]),
    cell("delete from", `delete from ${table} where false`, [["delete"]]),
    cell("comment on", `comment on ${isTable ? "table" : "view"} ${table} is 'probed'`, owner),
    ...locks,
    ...changes,
    ...columns.flatMap(({ name: column, type, generated }) => {
      const c = quoted(column);
      const insert = generated ? "values (default)" : "overriding system value select null where false";
      return [
        cell("select", `select ${c} from ${table} limit 0`, [["select"]], column),
        cell("insert", `insert into ${table} (${c}) ${insert}`, [["insert"]], column),
        cell("update", `update ${table} set ${c} = default where false`, [["update"]], column),
        ...(isTable
          ? [
              cell(
                "refer to",
                `create table probing.probed (a ${type} references ${table} (${c}))`,
                [["references"]],
                column,
              ),
            ]
          : []),
      ];
    }),
  ];
}

function ofSequence({ schema, name, kind }: Relation): Cell[] {
  const sequence = `${quoted(schema)}.${quoted(name)}`;
  const cell = (action: string, statement: string, needs: readonly (readonly string[])[]): Cell => ({
    name: `${action} ${schema}.${name}`,
    statement,
    schema,
    object: name,
    relkind: kind,
    needs,
  });
  return [
    cell("draw from", `select nextval('${sequence}')`, [["usage", "update"]]),
    cell("set", `select setval('${sequence}', 1)`, [["update"]]),
    cell("read", `select last_value from ${sequence}`, [["select"]]),
    cell("restart", `alter sequence ${sequence} restart`, [["owner"]]),
  ];
}

/**
 * As a client calls it, who names no types. Of a strict function PostgreSQL does not ask who calls it when an argument is null.
 */
function ofFunction({ schema, name, kind, isStrict, isVariadic, isOfTriggers, types }: Routine): Cell {
  const values = types.map((type) => (isStrict ? sampleOf(type) : "null"));
  if (isVariadic) values.push(`variadic ${values.pop()}::${types.at(-1)}`);
  const call = `${quoted(schema)}.${quoted(name)}(${values.join(", ")})`;
  const statement =
    kind === "p" ? `call ${call}` : kind === "f" && !isOfTriggers ? `select * from ${call}` : `select ${call}`;
  return {
    name: `execute ${schema}.${name}(${types.join(", ")})`,
    statement,
    schema,
    object: `${schema}.${name}`,
    needs: [["execute"]],
  };
}

function sampleOf(type: string): string {
  if (type.endsWith("[]")) return `'{}'::${type}`;
  if (/^(smallint|integer|bigint|numeric|double precision)$/.test(type)) return `1::${type}`;
  if (/^jsonb?$/.test(type)) return `'{}'::${type}`;
  if (type === "boolean") return "true";
  if (/^timestamp/.test(type)) return `now()::${type}`;
  if (/^interval/.test(type)) return "interval '1 second'";
  return type === "text" ? "'probed'::text" : `null::${type}`;
}

function ofType({ schema, name }: { schema: string; name: string }): Cell {
  const statement = `create table probing.probed (a ${quoted(schema)}.${quoted(name)})`;
  return { name: `make a column of type ${schema}.${name}`, statement, schema, object: name, needs: [] };
}

function ofSchema(schema: string): Cell[] {
  const at = `${quoted(schema)}.probed`;
  const made = {
    "a table": `create table ${at} ()`,
    "a view": `create view ${at} as select 1`,
    "a sequence": `create sequence ${at}`,
    "a function": `create function ${at}() returns integer language sql return 1`,
    "an operator": `create operator ${quoted(schema)}.=== (leftarg = integer, rightarg = integer, function = int4eq)`,
    "an aggregate": `create aggregate ${at}(integer) (sfunc = int4pl, stype = integer)`,
    "a type": `create type ${at} as enum ('a')`,
    "a domain": `create domain ${at} as integer`,
    "a collation": `create collation ${at} from "C"`,
    "a text search dictionary": `create text search dictionary ${at} (template = simple)`,
  };
  return Object.entries(made).map(([what, statement]) => ({
    name: `make ${what} in ${schema}`,
    statement,
    schema,
    object: schema,
    needs: [["create"]],
  }));
}

/** What is declared of a cell. With `isSchemaOpen` everybody has USAGE of every schema: then the object's own rights must be enough. */
export function isDeclared(
  declared: Declared,
  role: string,
  cell: Cell,
  isSchemaOpen: boolean,
  isOwnDatabase: boolean,
): boolean {
  const { schema, object, needs } = cell;
  if (schema === "pg_catalog" && object.startsWith("pg_catalog.")) return !isOwnDatabase;
  if (needs.some((alternatives) => alternatives.includes("create"))) return false;
  const isOpen =
    isSchemaOpen ||
    schema === "public" ||
    declared.schemas.some((right) => right.role === role && right.object === schema) ||
    (schema === "graphile_worker" && declared.jobs.some((right) => right.role === role));
  const rights = rightsOf(declared, role, cell);
  return isOpen && needs.every((alternatives) => alternatives.some((right) => rights.has(right)));
}

function rightsOf({ tables, functions, jobs }: Declared, role: string, { schema, object, relkind }: Cell): Set<string> {
  if (relkind === undefined) {
    const isOurs = functions.some((right) => right.role === role && right.object === object);
    const isJobs = schema === "graphile_worker" && jobs.some((right) => right.role === role);
    return new Set(isOurs || isJobs ? ["execute"] : []);
  }
  const found =
    schema === "graphile_worker"
      ? jobs.filter((right) => right.role === role && right.relkind === relkind)
      : /^press(_|$)/.test(schema)
        ? tables.filter((right) => right.role === role && right.object === object)
        : [];
  return new Set(found.flatMap(({ rights }) => rights.split(",")));
}

/** Tries the cells as whoever the session is. */
export async function probe(session: pg.Client, cells: readonly Cell[]): Promise<Verdict[]> {
  const { rows } = await session.query<Outcome>("select code, message, context from tests.probe($1) order by turn", [
    cells.map(({ statement }) => statement),
  ]);
  return rows.map((outcome, index) => verdictOf(cells[index] as Cell, outcome));
}

interface Outcome {
  readonly code: string;
  readonly message: string;
  readonly context: string;
}

function verdictOf({ name, needs }: Cell, { code, message, context }: Outcome): Verdict {
  // What a function or a trigger may not do within is another cell.
  const isWithin = /^(PL\/pgSQL function (?!tests\.probe\()|SQL function )/m.test(context);
  if (code === "42501" && !isWithin) return "denied";
  // Nobody writes to a view of sums, refers to what is not unique, or calls a trigger: PostgreSQL says so before it asks who it is.
  if (code === "55000" || code === "42830" || message === "trigger functions can only be called as triggers")
    return "impossible";
  // It was written wrong, and says nothing.
  const isMalformed = code.startsWith("42") && !["42501", "42P07", "42P16", "42809"].includes(code);
  if (isMalformed && !isWithin && !needs.some((alternatives) => alternatives.includes("execute")))
    throw new Error(`${name}: ${code} ${message}`);
  return "allowed";
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
