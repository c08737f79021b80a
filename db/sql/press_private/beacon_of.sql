/* The round is fixed by what nobody can put off: the first published checkpoint that covers the closing, by when it was signed, since a slow worker may
   publish a smaller one later. One that a clock put back dates before the closing does not count. Plans are kept to indexes, however small the ledger was when they were made. */
create or replace function press_private.beacon_of(edition press.editions)
  returns press_private.beacon_record
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_beacon  press_private.beacon_record;
  v_closed  press.ledger_entries := press_private.closed_entry(edition.id);
  v_chain   press.beacon_chains;
begin
  select c.* into v_chain from press.beacon_chains c where c.chain_hash = edition.beacon_chain_hash;
  v_beacon.closed_place := v_closed.place;
  select c.tree_size, date_trunc('milliseconds', c.signed_at) into v_beacon.tree_size, v_beacon.checkpoint_at
  from press.checkpoints c
  where c.signed_at >= greatest(v_closed.recorded_at, edition.closed_at) and c.tree_size > v_closed.place
  order by c.signed_at, c.tree_size limit 1;
  v_beacon.round := press_private.beacon_round(v_chain.genesis_at, v_chain.period_seconds, v_beacon.checkpoint_at, edition.draw_delay_seconds);
  v_beacon.due_at := v_chain.genesis_at + (v_beacon.round - 1) * make_interval(secs => v_chain.period_seconds);
  return v_beacon;
end
$$;
comment on function press_private.beacon_of is 'Which round of its beacon decides the draw of the edition, and when that is due; nulls from where on nothing is known yet.';
revoke all on function press_private.beacon_of from public;
