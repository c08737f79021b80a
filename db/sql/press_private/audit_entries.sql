create or replace function press_private.audit_entries(ticket_ids uuid[] default null, drawn_ids bigint[] default null)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'places run from 0 without a gap, and the head counts them', format('press.ledger_entries (%s)', p.place),
    format('Before it is place %s.', coalesce(p.place_before::text, 'none'))
  from (select e.place, lag(e.place) over (order by e.place) as place_before from press.ledger_entries e where audit_entries.ticket_ids is null) p
  where p.place is distinct from coalesce(p.place_before + 1, 0);

  return query
  select 'places run from 0 without a gap, and the head counts them', format('press_private.ledger_head (%s)', h.is_only),
    format('It counts %s entries, and there are %s.', h.tree_size, c.count)
  from press_private.ledger_head h
  cross join (
    select case when audit_entries.ticket_ids is null then (select count(*) from press.ledger_entries)
           else (select coalesce(max(e.place) + 1, 0) from press.ledger_entries e) end as count) c
  where (h.is_only and h.tree_size = c.count) is not true;

  -- Every leaf begins with its moment, {"at":"2026-03-01T09:30:00.000Z", of 32 characters; the rest is different in each.
  return query
  select c."check", c.subject, c.finding
  from (select i.*, case when audit_entries.ticket_ids is null then 1 else row_number() over (partition by i.rest order by i.subject collate "C") end as turn from (
    select format('press.ledger_entries (%s)', e.place) as subject, e.type, e.edition_id, e.ticket_number, e.leaf, substr(e.leaf, 33) as rest
    from press.ledger_entries e where audit_entries.ticket_ids is null
    union all
    select format('press_private.ledger_inbox (%s)', i.id), i.type, i.edition_id, i.ticket_number, i.leaf, substr(i.leaf, 33)
    from press_private.ledger_inbox i where audit_entries.ticket_ids is null
    union all
    select format('press.ledger_entries (%s)', e.place), e.type, e.edition_id, e.ticket_number, e.leaf, substr(e.leaf, 33)
    from press.tickets t join press.ledger_entries e on e.edition_id = t.edition_id and e.ticket_number = t.ticket_number
    where t.id = any (audit_entries.ticket_ids)
    union all
    -- The inbox has no index by ticket, and may be long: offset 0 keeps the planner from reading it once for each.
    select format('press_private.ledger_inbox (%s)', i.id), i.type, i.edition_id, i.ticket_number, i.leaf, substr(i.leaf, 33)
    from (select * from press_private.ledger_inbox r where audit_entries.ticket_ids <> '{}' offset 0) i
    cross join lateral (
      select from press.tickets t
      where t.edition_id = i.edition_id and t.ticket_number = i.ticket_number and t.id = any (audit_entries.ticket_ids) offset 0) t
    union all
    select format('press.ledger_entries (%s)', e.place), e.type, e.edition_id, e.ticket_number, e.leaf, substr(e.leaf, 33)
    from press.ledger_entries e where e.type = 'edition.drawn' and e.ticket_number is null and e.edition_id = any (audit_entries.drawn_ids)
    union all
    -- There are few of them; of the edition there are as many entries as tickets: offset 0 keeps the planner from reading these.
    select format('press.ledger_entries (%s)', e.place), e.type, e.edition_id, e.ticket_number, e.leaf, substr(e.leaf, 33)
    from (select * from press.ledger_entries r where r.type = 'winner.replaced' and audit_entries.drawn_ids is not null offset 0) e where e.edition_id = any (audit_entries.drawn_ids)
    union all
    select format('press_private.ledger_inbox (%s)', i.id), i.type, i.edition_id, i.ticket_number, i.leaf, substr(i.leaf, 33)
    from press_private.ledger_inbox i where i.type in ('edition.drawn', 'winner.replaced') and i.edition_id = any (audit_entries.drawn_ids)
  ) i) a
  full join (select *, substr(i.leaf, 33) as rest from press_private.expected_entries(audit_entries.ticket_ids, audit_entries.drawn_ids) i) x on x.rest = a.rest
  cross join lateral (values
    ('an entry tells what the rows say, once', a.subject,
     a.leaf is null or (
       a.turn = 1 and (a.type, a.edition_id, a.ticket_number) is not distinct from (x.type, x.edition_id, x.ticket_number)
       and case when x.is_moment_known then a.leaf = x.leaf else left(a.leaf, 32) collate "C" ~ '^{"at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"$' end),
     format('%s %s %s: %s', a.type, a.edition_id, a.ticket_number, a.leaf)),
    ('what the rows say happened has its entry', x.subject, x.subject is null or a.leaf is not null,
     format('There is no entry %s like this: %s', x.type, x.leaf))
  ) c ("check", subject, holds, finding)
  where c.holds is not true;

  return query
  select 'an entry tells what the rows say, once', format('press.ledger_entries (%s)', max(e.place)), format('Place %s tells the same.', min(e.place))
  from press.ledger_entries e where audit_entries.ticket_ids is null
  group by substr(e.leaf, 33) having count(*) > 1;
end
$$;
comment on function press_private.audit_entries is 'What does not hold between the entries of the ledger and what the rows say happened: all of it (nulls), or what is about the tickets, and about draws of the editions, with the ids.';
revoke all on function press_private.audit_entries from public;
