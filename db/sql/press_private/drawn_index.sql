/* Without a seed no word ever chooses one, and there is no index: a ledger that was tampered with may name none. */
create or replace function press_private.drawn_index(seed bytea, count integer)
  returns integer
  language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  v_index  integer;
  v_turn   bigint := 0;
begin
  while v_index is null and drawn_index.seed is not null and drawn_index.count > 0 loop
    v_index := press_private.sample_index(drawn_index.count, 64, press_private.draw_word(drawn_index.seed, v_turn));
    v_turn := v_turn + 1;
  end loop;
  return v_index;
end
$$;
comment on function press_private.drawn_index is 'The index, from 0 to below count, that a seed draws: by its first word that chooses one. Null where count is 0, or there is no seed.';
revoke all on function press_private.drawn_index from public;
