/** Editions that have been sold for a long time: as many rows as one likes, written in bulk, as the core would have written them one by one. */
import type pg from "pg";
import type { BenchPress } from "../harness/press.ts";

/** Each holder has this many of the tickets, at most. */
const TICKETS_PER_HOLDER = 10;
/** Rows of one statement; after each somebody may say that it takes too long. */
const CHUNK = 100_000;

/** How many holders (`holder-1`, …) an edition of so many tickets is filled with. */
export function holdersOf(tickets: number): number {
  return Math.ceil(tickets / TICKETS_PER_HOLDER);
}

/**
 * Fills an empty edition with signed tickets. Meanwhile its indexes are gone, to be built at once afterwards, and its foreign key sleeps;
 * that the rows are right is checked by whoever measures with them.
 *
 * @param mayGoOn is told how many rows there are, before each chunk
 * @returns how many tickets there are now: fewer than wanted, and useless, if it may not go on
 */
export async function fillEdition(
  press: BenchPress,
  slug: string,
  tickets: number,
  mayGoOn: (rows: number) => boolean,
): Promise<number> {
  return press.session(async (client) => {
    await client.query("set session_replication_role = replica; set maintenance_work_mem = '512MB'");
    await client.query(HOLDERS, [holdersOf(tickets)]);
    const definitions = await dropIndexes(client);
    const filled = await fillInChunks(client, slug, tickets, mayGoOn);
    if (filled < tickets) return filled;
    for (const definition of definitions) await client.query(definition);
    await client.query("reset session_replication_role");
    await client.query("vacuum (analyze) press.tickets, press.holders");
    return filled;
  });
}

/** Drops every index of the tickets with what depends on it; returns the statements that make them again, in their order. */
async function dropIndexes(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ drop: string; make: string }>(INDEXES);
  for (const { drop } of rows.toReversed()) await client.query(drop);
  return rows.map(({ make }) => make);
}

async function fillInChunks(
  client: pg.Client,
  slug: string,
  tickets: number,
  mayGoOn: (rows: number) => boolean,
): Promise<number> {
  let rows = 0;
  while (rows < tickets && mayGoOn(rows)) {
    const last = Math.min(rows + CHUNK, tickets);
    await client.query(TICKETS, [slug, rows + 1, last, holdersOf(tickets)]);
    rows = last;
  }
  return rows;
}

/** Keys, then indexes that are no keys, then the foreign keys that point at the keys. */
const INDEXES = `
  select format('alter table %s drop constraint %I', c.conrelid::regclass, c.conname) as drop,
         format('alter table %s add constraint %I %s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid)) as make,
         case c.contype when 'f' then 3 else 1 end as place
  from pg_constraint c
  where c.conrelid = 'press.tickets'::regclass and c.contype in ('p', 'u') or c.confrelid = 'press.tickets'::regclass
  union all
  select format('drop index %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid), 2
  from pg_index i
  where i.indrelid = 'press.tickets'::regclass and not exists (select from pg_constraint c where c.conindid = i.indexrelid)
  order by place`;

/** The id follows from the subject here, so that tickets need no lookup; it is as random as any. */
const HOLDERS = `
  insert into press.holders (id, subject)
  select md5('holder-' || n)::uuid, 'holder-' || n from generate_series(1, $1::integer) n`;

/** Every holder has the first slot before anybody has the second. Envelopes are as long as real ones. */
const TICKETS = `
  insert into press.tickets (edition_id, ticket_number, holder_id, holder_slot, cap, per_holder_limit, status, issued_at, request_key,
    request_position, envelope)
  select e.id, n, md5('holder-' || ((n - 1) % $4::integer + 1))::uuid, (n - 1) / $4::integer + 1, e.cap, e.per_holder_limit, 'signed',
    now() - interval '1 day' + n * interval '1 millisecond', gen_random_uuid(), 1, rpad('{"ticket_number":' || n, 390, '0') || '}'
  from press.editions e, generate_series($2::integer, $3::integer) n where e.slug = $1`;
