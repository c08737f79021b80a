create or replace function press_private.require_sightings(sightings jsonb)
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if jsonb_typeof(sightings) is distinct from 'array' or jsonb_array_length(sightings) > 10000
     or exists (
       select from jsonb_populate_recordset(null::press_private.sighting_record, sightings) g
       where (g.transaction_id is not null and g.sighting in ('mined', 'mempool', 'unseen', 'conflicted', 'unknown')
         and case when g.sighting = 'mined' then g.block_hash collate "C" ~ '^[0-9a-f]{64}$' and g.block_height >= 0 else true end
         and coalesce(g.header collate "C" ~ '^[0-9a-f]{160}$', true)
         and coalesce(g.merkle_index >= 0, true) and not exists (select from unnest(g.merkle_hashes) h where (h collate "C" ~ '^[0-9a-f]{64}$') is not true)
         and coalesce(g.competing_txid collate "C" ~ '^[0-9a-f]{64}$', true)) is not true) then
    perform press_private.refuse('INVALID_INPUT', 'Sightings are an array of up to 10000 objects, each with transaction_id and sighting (mined, with block_hash and block_height; mempool, unseen, conflicted or unknown); hashes and txids are 64 lower-case hex characters, a header 160.');
  end if;
exception
  when data_exception then
    perform press_private.refuse('INVALID_INPUT', sqlerrm);
end
$$;
comment on function press_private.require_sightings is 'Refuses: INVALID_INPUT.';
revoke all on function press_private.require_sightings from public;
