/* What no checkpoint covers may still be another tree tomorrow, after a restored backup, so it is not served as a tile, which may be kept for ever.
   In numeric, because asking for a tile that can never be is no error. */
create or replace function press_private.is_tile_published(level integer, index bigint, width integer)
  returns boolean
  language sql stable
begin atomic
  select is_tile_published.level between 0 and 63 and is_tile_published.index >= 0 and is_tile_published.width between 1 and 256
     and (is_tile_published.index::numeric * 256 + is_tile_published.width) * 256::numeric ^ is_tile_published.level
         <= (select max(c.tree_size) from press.checkpoints c);
end;
comment on function press_private.is_tile_published is 'Whether the first width hashes of the tile (C2SP tlog-tiles) are under a published checkpoint. Null, so no, when there is none.';
revoke all on function press_private.is_tile_published from public;
