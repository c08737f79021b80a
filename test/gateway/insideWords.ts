import type { TestDatabase } from "../database.ts";

/** Words of the inside: every schema, table, column, constraint, index and function that the API itself does not show. */
export async function insideWordsOf(database: TestDatabase): Promise<string[]> {
  const { rows } = await database.pool("superuser").query<{ word: string }>(
    `with inside as (select oid, nspname from pg_namespace where nspname like 'press%' or nspname = 'graphile_worker')
     select nspname as word from inside where nspname <> 'press'
     union select c.relname from pg_class c join inside n on n.oid = c.relnamespace
     union select a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid join inside n on n.oid = c.relnamespace
     union select k.conname from pg_constraint k join inside n on n.oid = k.connamespace
     union select p.proname from pg_proc p join inside n on n.oid = p.pronamespace`,
  );
  // A plain word may be part of any sentence; the underscore is what makes a name of the inside.
  return rows.map(({ word }) => word).filter((word) => word.includes("_"));
}
