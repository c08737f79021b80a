/* A tile of 8 levels of the tree is its lowest level: the hashes of 256 neighbours, each the root of a complete subtree. Such a hash
   never changes, so neither does a tile. */
create or replace function press_gateway.ledger_tile(level integer, index bigint, width integer)
  returns bytea
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_first  bigint;
begin
  if press_private.is_tile_published(ledger_tile.level, ledger_tile.index, ledger_tile.width) is not true then
    return null;
  end if;

  v_first := ledger_tile.index * 256;
  return (select string_agg(h.hash, ''::bytea order by h.index)
          from press_private.subtree_hashes(8 * ledger_tile.level, v_first, v_first + ledger_tile.width - 1) h);
end
$$;
comment on function press_gateway.ledger_tile is 'The first width of the 256 hashes of the index-th tile of a level (C2SP tlog-tiles), 32 bytes each; null unless a published checkpoint covers them.';
revoke all on function press_gateway.ledger_tile from public;
grant execute on function press_gateway.ledger_tile to press_gateway;
