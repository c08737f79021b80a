/* Asked for ever, each second or so: a few index lookups, and never a count over a table, but for the coins that are not spent. */
create or replace function press_gateway.press_metrics()
  returns table (ledger_size bigint, checkpoint_size bigint, checkpoint_at timestamptz, inbox_waiting bigint, stream_size bigint,
    stream_seen_at timestamptz, is_stream_held boolean, is_stopped boolean, pending_since timestamptz,
    pool jsonb, publications_queued_since timestamptz, transactions_unknown_since timestamptz, looked_at timestamptz, violations jsonb)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  return query
  select h.tree_size, coalesce(c.tree_size, 0), c.signed_at,
    coalesce((select i.id from press_private.ledger_inbox i order by i.id desc limit 1)
           - (select i.id from press_private.ledger_inbox i order by i.id limit 1) + 1, 0),
    s.stream_size, s.seen_at, coalesce(s.held_until > clock_timestamp(), false),
    press_private.stop_reason() is not null,
    (select t.issued_at from press.tickets t where t.status = 'pending' order by t.issued_at limit 1),
    -- Coins that were spent are more each day, and nobody has to act on them.
    (select jsonb_object_agg(p.state, jsonb_build_object('count', p.count, 'satoshis', p.satoshis))
     from (select u.state, count(*) as count, sum(u.satoshis) as satoshis from press.utxos u where u.spent_by_txid is null group by u.state) p),
    (select p.submitted_at from press.publications p where p.state = 'queued' and p.sent_at is null order by p.submitted_at limit 1),
    (select x.stored_at from press.chain_transactions x where x.state in ('sending', 'unknown') order by x.stored_at limit 1),
    l.looked_at,
    (select jsonb_object_agg(b.invariant, b.count)
     from (select i.invariant, count(v.id) as count from press_private.invariant_checks() i left join press_private.violations v on v."check" = i."check"
           where i.looked_at_by is null
           group by i.invariant) b)
  from press_private.ledger_head h
  cross join press_private.event_stream s
  cross join press_private.last_look l
  left join lateral (select c.tree_size, c.signed_at from press.checkpoints c order by c.tree_size desc limit 1) c on true;
end
$$;
comment on function press_gateway.press_metrics is 'One row. Entries with a place; under the latest checkpoint, and since when (0 and null before the first); without a place, at most. Events in the stream, when they were last seen (nulls: never), and whether a worker sends them now. Whether the press is stopped. Since when the oldest pending ticket waits (null: none does). The coins that are not spent, by state: {"available":{"count","satoshis"},…}; null: there are none. Since when the oldest queued publication waits, and since when a transaction was stored whose fate is not known (nulls: there is none). When somebody looked last whether every promise holds (null: never), and how many findings there are against each of those that the press looks at itself: {"I1":0,…}.';
revoke all on function press_gateway.press_metrics from public;
grant execute on function press_gateway.press_metrics to press_gateway;
