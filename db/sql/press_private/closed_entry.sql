create or replace function press_private.closed_entry(edition_id integer)
  returns press.ledger_entries
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_entry  press.ledger_entries;
begin
  select e.* into v_entry from press.ledger_entries e
  where e.edition_id = closed_entry.edition_id and e.ticket_number is null and e.type = 'edition.closed';
  return v_entry;
end
$$;
comment on function press_private.closed_entry is 'The entry edition.closed of the edition; nulls until it has its place.';
revoke all on function press_private.closed_entry from public;
