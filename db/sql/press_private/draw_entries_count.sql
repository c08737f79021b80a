/* Counted without going over them, because it is asked at every look of every worker: what the closing says were issued, less what was taken away. */
create or replace function press_private.draw_entries_count(closed press.ledger_entries, attempt integer)
  returns integer
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  return (closed.leaf::jsonb ->> 'issued_count')::integer
    - (select count(*) from press.revocations v
       where v.edition_id = closed.edition_id and exists (
         select from press.ledger_entries r
         where r.edition_id = v.edition_id and r.ticket_number = v.ticket_number and r.type = 'ticket.revoked' and r.place < closed.place))
    - (select count(d.ticket_number) from press.draws d where d.edition_id = closed.edition_id and d.attempt < draw_entries_count.attempt);
end
$$;
comment on function press_private.draw_entries_count is 'How many tickets press_private.draw_entries has for an attempt. closed: the entry edition.closed.';
revoke all on function press_private.draw_entries_count from public;
