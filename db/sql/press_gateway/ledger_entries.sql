/* The entries beneath the index-th tile of level 0. The length of an entry fits into two bytes by a constraint of the table. */
create or replace function press_gateway.ledger_entries(index bigint, width integer)
  returns bytea
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_first  bigint;
begin
  if press_private.is_tile_published(0, ledger_entries.index, ledger_entries.width) is not true then
    return null;
  end if;

  v_first := ledger_entries.index * 256;
  return (select string_agg(substring(int4send(octet_length(e.leaf)) from 3) || convert_to(e.leaf, 'UTF8'), ''::bytea order by e.place)
          from press.ledger_entries e where e.place between v_first and v_first + ledger_entries.width - 1);
end
$$;
comment on function press_gateway.ledger_entries is 'The first width of the 256 entries of the index-th bundle (C2SP tlog-tiles), each after its length in two bytes; null unless a published checkpoint covers them.';
revoke all on function press_gateway.ledger_entries from public;
grant execute on function press_gateway.ledger_entries to press_gateway;
