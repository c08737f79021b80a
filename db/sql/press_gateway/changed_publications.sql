/* One question for all subscribers of a gateway. A row changes when its publication does, or its transaction: the id comes with the one, the block with the other;
   and with each block that follows, until there are so many that nobody counts them (press_worker.record_sightings looks no more then).
   Each is found by its key: "offset 0" keeps the order id, publication, transaction, and a plan is made for each call. */
create or replace function press_gateway.changed_publications(publication_ids uuid[], seen timestamptz[])
  returns table (publication_id uuid, subject text, changed_at timestamptz)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set plan_cache_mode = force_custom_plan set jit = off as $$
begin
  return query
  select p.id, coalesce(h.subject, case when p.holder_id is not null then '' end), c.changed_at
  from unnest(changed_publications.publication_ids, changed_publications.seen) s (id, seen)
  cross join lateral (select i.id, i.holder_id, i.transaction_id, i.updated_at from press.publications i where i.id = s.id offset 0) p
  left join lateral (select i.subject from press.holders i where i.id = p.holder_id offset 0) h on true
  left join lateral (select i.updated_at, i.block_height from press.chain_transactions i where i.id = p.transaction_id offset 0) t on true
  left join press_private.chain_tip e on e.is_only and e.height - t.block_height < 100
  -- In milliseconds, as whoever asks keeps it.
  cross join lateral (select greatest(p.updated_at, t.updated_at, date_trunc('milliseconds', e.seen_at))) c (changed_at)
  where c.changed_at is distinct from s.seen;
end
$$;
comment on function press_gateway.changed_publications is 'Those of the publications that have changed since each was seen (null: never), with the subject of its holder (null: a checkpoint; empty, which is nobody''s: somebody who was forgotten) and when it changed last. seen: what changed_at was, one for each id.';
revoke all on function press_gateway.changed_publications from public;
grant execute on function press_gateway.changed_publications to press_gateway;
