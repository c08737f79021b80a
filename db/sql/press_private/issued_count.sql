/* Numbers run from 1 without a gap, so the highest is the count: one look at an index, at any size. */
create or replace function press_private.issued_count(edition_id integer)
  returns integer
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return (select coalesce(max(t.ticket_number), 0) from press.tickets t where t.edition_id = issued_count.edition_id);
end
$$;
comment on function press_private.issued_count is 'How many tickets of the edition were ever issued.';
revoke all on function press_private.issued_count from public;
