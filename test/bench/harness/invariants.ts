/**
 * After every run the raw rows are asked whether the promise was kept. The laws are written down here a second time, without the functions,
 * the views or the copies of terms that the press itself decides by; a figure whose run broke one is no figure.
 */
import type pg from "pg";

/** What callers were told: by the key of each request, the id of the ticket that answers it. */
export type Acknowledged = ReadonlyMap<string, string>;

/** The editions to look at, by their slugs. */
const EDITIONS = "select id from press.editions where slug = any ($1)";

/** Each selects what must not be there, as text. */
const LAWS: Readonly<Record<string, string>> = {
  "numbers run from 1 without a gap, and none is there twice": `
    select format('edition %s: %s tickets, numbers %s to %s, %s different', edition_id, count(*), min(ticket_number), max(ticket_number),
                  count(distinct ticket_number))
    from press.tickets where edition_id in (${EDITIONS}) group by edition_id
    having min(ticket_number) <> 1 or max(ticket_number) <> count(*) or count(distinct ticket_number) <> count(*)`,
  "no edition is beyond its cap": `
    select format('edition %s: %s tickets, cap %s', e.id, count(*), e.cap)
    from press.editions e join press.tickets t on t.edition_id = e.id where e.id in (${EDITIONS}) group by e.id
    having count(*) > e.cap`,
  "no holder is beyond the limit, and slots run without a gap": `
    select format('edition %s, holder %s: %s tickets, slots %s to %s, limit %s', e.id, t.holder_id, count(*), min(t.holder_slot),
                  max(t.holder_slot), e.per_holder_limit)
    from press.editions e join press.tickets t on t.edition_id = e.id where e.id in (${EDITIONS}) group by e.id, t.holder_id
    having count(*) > e.per_holder_limit or min(t.holder_slot) <> 1 or max(t.holder_slot) <> count(*)
           or count(distinct t.holder_slot) <> count(*)`,
  "every request key has answered one request of its actor, completely": `
    select format('edition %s, key %s: %s tickets, positions %s to %s', edition_id, request_key, count(*), min(request_position),
                  max(request_position))
    from press.tickets where edition_id in (${EDITIONS}) group by edition_id, coalesce(issued_by, holder_id::text), request_key
    having request_key is null or min(request_position) <> 1 or max(request_position) <> count(*)`,
  "the terms on a ticket are its edition's": `
    select format('edition %s, ticket %s: cap %s, limit %s', t.edition_id, t.ticket_number, t.cap, t.per_holder_limit)
    from press.tickets t left join press.editions e on e.id = t.edition_id
    where t.edition_id in (${EDITIONS}) and (t.cap, t.per_holder_limit) is distinct from (e.cap, e.per_holder_limit)`,
};

/**
 * Holds the editions to every law.
 *
 * @throws Error that names the law and shows some of what breaks it
 */
export async function requireLaws(client: pg.Client, slugs: readonly string[]): Promise<void> {
  for (const [law, violations] of Object.entries(LAWS)) {
    const { rows } = await client.query<{ violation: string }>(
      `select violation from (${violations}) v (violation) limit 5`,
      [slugs],
    );
    if (rows.length > 0) throw new Error(`Broken: ${law}. ${rows.map(({ violation }) => violation).join("; ")}.`);
  }
}

/** There are as many tickets as were acknowledged: none was lost, and none was issued that nobody was told of. */
export async function requireCount(client: pg.Client, slugs: readonly string[], acknowledged: number): Promise<void> {
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::integer as count from press.tickets where edition_id in (${EDITIONS})`,
    [slugs],
  );
  if (rows[0]?.count === acknowledged) return;
  throw new Error(`${acknowledged} tickets were acknowledged, but ${rows[0]?.count} are there.`);
}

/** Every acknowledged ticket is there, under the key of the request that it answers. */
export async function requireAcknowledged(client: pg.Client, acknowledged: Acknowledged): Promise<void> {
  const { rows } = await client.query<{ missing: number }>(
    `select count(*)::integer as missing from unnest($1::uuid[], $2::uuid[]) a (request_key, ticket_id)
     left join press.tickets t on t.id = a.ticket_id and t.request_key = a.request_key where t.id is null`,
    [[...acknowledged.keys()], [...acknowledged.values()]],
  );
  const missing = rows[0]?.missing ?? 0;
  if (missing > 0) throw new Error(`${missing} acknowledged tickets are not there, or answer another request.`);
}
