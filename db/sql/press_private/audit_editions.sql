/* Of all editions; or of the tickets with these ids: each follows the number before it and is the only one with its own, which said of every ticket is
   what is said of the editions, and costs no count. */
create or replace function press_private.audit_editions(ticket_ids uuid[] default null)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  if audit_editions.ticket_ids is not null then
    return query
    select 'tickets are numbered from 1 to their count, within the cap', format('press.tickets (%s,%s)', t.edition_id, t.ticket_number),
      case when b.id is null and t.ticket_number <> 1 then 'There is no ticket with the number before it.' else format('Others have its number, or it is none within the cap of %s.', t.cap) end
    from press.tickets t
    left join press.tickets b on b.edition_id = t.edition_id and b.ticket_number = t.ticket_number - 1
    where t.id = any (audit_editions.ticket_ids)
      and ((b.id is not null or t.ticket_number = 1) and t.ticket_number between 1 and t.cap
           and not exists (select from press.tickets d where d.edition_id = t.edition_id and d.ticket_number = t.ticket_number and d.id <> t.id)) is not true;
    return;
  end if;

  return query
  select 'the terms and the status of an edition are possible', format('press.editions (%s)', e.id),
    format('It is %s, opened at %s, closed at %s, with a cap of %s and a limit of %s.', e.status, e.opened_at, e.closed_at, e.cap, e.per_holder_limit)
  from press.editions e
  where (e.per_holder_limit between 1 and e.cap
         and (e.opened_at is null) = (e.status = 'draft')
         and (e.closed_at is null) = (e.status in ('draft', 'open'))
         and coalesce(e.closes_at > e.opens_at, true)) is not true;

  return query
  select 'tickets are numbered from 1 to their count, within the cap', format('press.editions (%s)', c.edition_id),
    format('%s tickets have %s numbers from %s to %s; the cap is %s.', c.count, c.numbers, c.lowest, c.highest, e.cap)
  from (
    select t.edition_id, count(*) as count, count(distinct t.ticket_number) as numbers, min(t.ticket_number) as lowest, max(t.ticket_number) as highest
    from press.tickets t group by t.edition_id
  ) c
  left join press.editions e on e.id = c.edition_id
  where (c.lowest = 1 and c.highest = c.count and c.numbers = c.count and c.count <= e.cap) is not true;

  return query
  select 'what waits to be recorded as closed is closed, not recorded, and awaits its last ticket', format('press_private.closings_to_record (%s)', q.edition_id),
    format('The edition is %s, has %s entries edition.closed, and awaits number %s%s; the last pending ticket is %s.',
      coalesce(e.status::text, 'not there'), c.count, q.awaited_number, case when a.is_missing then ', which is not there' end, p.highest)
  from press_private.closings_to_record q
  left join press.editions e on e.id = q.edition_id
  cross join lateral (
    select count(*) as count
    from (select i.type, i.edition_id from press.ledger_entries i union all select i.type, i.edition_id from press_private.ledger_inbox i) i
    where i.type = 'edition.closed' and i.edition_id = q.edition_id
  ) c
  cross join lateral (
    select max(t.ticket_number) as highest from press.tickets t where t.edition_id = q.edition_id and t.status = 'pending'
  ) p
  -- It would be awaited for ever.
  cross join lateral (
    select q.awaited_number is not null and not exists (
      select from press.tickets t where t.edition_id = q.edition_id and t.ticket_number = q.awaited_number) as is_missing
  ) a
  where e.closed_at is null or c.count > 0 or q.awaited_number < p.highest or a.is_missing;
end
$$;
comment on function press_private.audit_editions is 'What does not hold of editions and the numbers of their tickets: of all (null), or of the numbers of the tickets with the ids.';
revoke all on function press_private.audit_editions from public;
