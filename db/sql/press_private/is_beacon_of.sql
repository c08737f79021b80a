/* By a clock that was put back, a checkpoint can be signed after the draw was asked for, and before the one that it counts from; and a slow worker can
   publish a smaller one. What is both smaller and earlier was there first. */
create or replace function press_private.is_beacon_of(draw press.draws, edition press.editions)
  returns boolean
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_closed  press.ledger_entries := press_private.closed_entry(edition.id);
  v_from    timestamptz := greatest(v_closed.recorded_at, edition.closed_at);
begin
  if edition.beacon_chain_hash is null then
    return draw.beacon_round is null and draw.tree_size is null;
  end if;
  return exists (
    select from press.checkpoints c
    join press.beacon_chains n on n.chain_hash = edition.beacon_chain_hash
    where c.tree_size = draw.tree_size and c.tree_size > v_closed.place and c.signed_at >= v_from
      and draw.beacon_round = press_private.beacon_round(
        n.genesis_at, n.period_seconds, date_trunc('milliseconds', c.signed_at), edition.draw_delay_seconds)
      and not exists (
        select from press.checkpoints f
        where f.signed_at >= v_from and f.signed_at < c.signed_at and f.tree_size > v_closed.place and f.tree_size < c.tree_size));
end
$$;
comment on function press_private.is_beacon_of is 'Whether the round of a draw is the one that follows from the first checkpoint that covers the closing; of another mode, that it has none.';
revoke all on function press_private.is_beacon_of from public;
