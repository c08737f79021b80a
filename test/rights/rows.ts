import type pg from "pg";
import type { TestDatabase } from "../database.ts";
import { random } from "../random.ts";
import type { Declared } from "./identities.ts";

/** Somebody who reads rows: the role, and the subject that their token names; null: nobody's. */
export interface Reader {
  readonly name: string;
  readonly role: string;
  readonly subject: string | null;
}

/** What of press_private anybody computes or is told: the inner nodes of the ledger, the state of the press and of the chain, points of public keys, and which rows have changed. */
const NO_SECRETS = [
  "ledger_nodes",
  "ledger_head",
  "ledger_adoptions",
  "press_state",
  "chain_tip",
  "ed25519_combs",
  "ed25519_comb_points",
  "looked_rows",
  "last_look",
  "changed_rows",
  "violations",
];
/** Of each column so many values are looked for. */
const VALUES_OF_COLUMN = 5;

/** The condition of the rows that a reader may see, as PostgreSQL reads it; false where nothing is declared. */
export async function visibleWhere(
  database: TestDatabase,
  declared: Declared,
  { role, subject }: Reader,
  table: string,
): Promise<string> {
  const found = declared.rows.find((right) => right.role === role && right.object === table);
  if (found === undefined) return "false";
  const { rows } = await database
    .pool("superuser")
    .query<{ id: string }>("select id from press.holders where subject = $1", [subject]);
  return `(${found.condition.replaceAll("me.id", rows[0] === undefined ? "null::uuid" : `'${rows[0].id}'::uuid`)}) is true`;
}

/** The tables whose rows are somebody's, by name. */
export function tablesWithRows(declared: Declared): string[] {
  return [...new Set(declared.rows.map(({ object }) => object))].toSorted();
}

/**
 * What a reader must not meet anywhere: texts and ids that are in rows that they may not see, of the press and what is private, and in no row that they may.
 * Nothing is planted: whatever a new column holds is among them.
 */
export async function secretsFrom(database: TestDatabase, declared: Declared, reader: Reader): Promise<string[]> {
  const superuser = database.pool("superuser");
  const columns = await superuser.query<{ schema: string; table: string; column: string }>(
    `select n.nspname as schema, c.relname as table, a.attname as column
     from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where n.nspname in ('press', 'press_private') and c.relkind = 'r' and a.atttypid in ('text'::regtype, 'uuid'::regtype) and c.relname <> all ($1)
     order by 1, 2, 3`,
    [NO_SECRETS],
  );
  const secrets = new Set<string>();
  const seen: string[] = [];
  for (const table of tablesWithRows(declared)) {
    const where = await visibleWhere(database, declared, reader, table);
    const visible = await superuser.query<{ text: string | null }>(
      `select string_agg(t::text, ' ') as text from press.${table} t where ${where}`,
    );
    seen.push(visible.rows[0]?.text ?? "");
  }
  for (const { schema, table, column } of columns.rows) {
    const where = schema === "press" ? await visibleWhere(database, declared, reader, table) : "false";
    const { rows } = await superuser.query<{ value: string }>(
      `select distinct "${column}"::text as value from ${schema}."${table}" where not (${where}) and length("${column}"::text) >= 8 order by 1`,
    );
    for (let left = VALUES_OF_COLUMN; left > 0 && rows.length > 0; left -= 1) {
      secrets.add((rows.splice(random.integer(rows.length), 1)[0] as { value: string }).value);
    }
  }
  // Whose a record is, is told in which transaction it is, which is nobody's row.
  const records = await visibleWhere(database, declared, reader, "publications");
  const txids = await superuser.query<{ text: string | null }>(
    `select string_agg(press.publications_txid(t), ' ') as text from press.publications t where ${records}`,
  );
  const haystack = [...seen, txids.rows[0]?.text ?? ""].join(" ");
  // Composite values double the quotes of what they hold.
  // The name of a refusal is everybody's.
  return [...secrets].filter(
    (secret) =>
      !/^[A-Z_]+$/.test(secret) && !haystack.includes(secret) && !haystack.includes(secret.replaceAll('"', '""')),
  );
}

/** The rows of a table that a session sees, by where they are. */
export async function visibleRows(session: pg.Client | pg.Pool, table: string, where = "true"): Promise<string[]> {
  const { rows } = await session.query<{ place: string }>(
    `select ctid::text as place from press.${table} where ${where} order by ctid`,
  );
  return rows.map(({ place }) => place);
}
