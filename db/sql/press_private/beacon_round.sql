create or replace function press_private.beacon_round(genesis_at timestamptz, period_seconds integer, checkpoint_at timestamptz, delay_seconds integer)
  returns bigint
  language sql immutable
begin atomic
  select greatest(1, 1 + ceil(
    (extract(epoch from beacon_round.checkpoint_at) + beacon_round.delay_seconds - extract(epoch from beacon_round.genesis_at)) / nullif(beacon_round.period_seconds, 0)))::bigint
  where beacon_round.checkpoint_at is not null and beacon_round.period_seconds <> 0;
end;
comment on function press_private.beacon_round is 'The first round that is due delay_seconds or more after the checkpoint; null without a checkpoint, and of what is no chain, because its rounds have no time between them.';
revoke all on function press_private.beacon_round from public;
