/* The ledger read as anybody can, in the order of its places, without a look at the rows; then its counts against theirs. */
create or replace function press_private.audit_replay()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  with told as materialized (
    select * from press_private.told_events() t where t.place is not null
  ), opened as (
    select * from told t where t.type = 'edition.opened'
  ), closed as (
    select * from told t where t.type = 'edition.closed'
  ), issued as (
    select t.*, row_number() over (partition by t.edition, t.ticket_number order by t.place) as turn,
      row_number() over (partition by t.edition, t.holder order by t.place) as holders_turn
    from told t where t.type = 'ticket.issued'
  )
  select 'the entries alone tell editions that keep within their caps and limits', i.subject,
    format('Ticket %s of %s, the %s. one of the holder %s; the cap is %s, the limit %s; opened at place %s, closed at place %s.',
      i.ticket_number, i.edition, i.holders_turn, i.holder, o.cap, o.per_holder_limit, o.place, c.place)
  from issued i
  left join opened o on o.edition = i.edition
  left join closed c on c.edition = i.edition
  where (o.place < i.place and i.ticket_number between 1 and o.cap and i.turn = 1 and i.holders_turn <= o.per_holder_limit
         and coalesce(i.place < c.place, true)) is not true
  union all
  select 'the entries alone tell editions that keep within their caps and limits', c.subject,
    format('It counts %s tickets of %s, and %s were issued.', c.issued_count, c.edition, count(i.place))
  from closed c
  left join issued i on i.edition = c.edition
  group by c.subject, c.edition, c.issued_count having c.issued_count is distinct from count(i.place)
  union all
  select 'the entries alone tell editions that keep within their caps and limits', n.subject,
    format('Ticket %s of %s was issued at place %s.', n.ticket_number, n.edition, i.place)
  from (
    select t.*, row_number() over (partition by t.edition, t.ticket_number order by t.place) as turn
    from told t where t.type in ('ticket.redeemed', 'ticket.revoked')
  ) n
  left join issued i on i.edition = n.edition and i.ticket_number = n.ticket_number and i.place < n.place
  where n.turn > 1 or i.place is null;

  return query
  select 'the entries alone tell how many tickets each holder has', format('press.holders (%s)', coalesce(told.holder, rows.holder)),
    format('The entries tell %s of the edition %s, and the rows have %s.', coalesce(told.count, 0), coalesce(told.edition, rows.edition), coalesce(rows.count, 0))
  from (
    select t.edition, t.holder, count(*) as count from press_private.told_events() t where t.type = 'ticket.issued' group by t.edition, t.holder
  ) told
  full join (
    select e.slug as edition, i.holder_id::text as holder, count(*) as count
    from press.tickets i left join press.editions e on e.id = i.edition_id
    where i.status <> 'pending' group by e.slug, i.holder_id
  ) rows on rows.edition = told.edition and rows.holder = told.holder
  where told.count is distinct from rows.count;
end
$$;
comment on function press_private.audit_replay is 'What does not hold of the ledger alone, and of its counts.';
revoke all on function press_private.audit_replay from public;
