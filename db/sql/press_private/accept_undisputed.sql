/* Nearly always a transaction that was sent is simply taken: nobody has ever made another one of ours with a coin of it, and nothing waits for it. What
   press_private.accept_transaction does with such a one is done here with hundreds, a statement a table; all others are left to it. Locked are the transactions by their
   ids, then all of their coins. */
create or replace function press_private.accept_undisputed(transaction_ids bigint[], attempts integer[], is_mined boolean)
  returns bigint[]
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s'
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_ids  bigint[];
begin
  perform from press.chain_transactions t where t.id = any (accept_undisputed.transaction_ids) order by t.id for no key update;
  -- Whoever claims one of these coins now waits for these rows, or is waited for.
  perform from press.utxos u
  where u.id = any (array(select i.utxo_id from press_private.chain_inputs i where i.transaction_id = any (accept_undisputed.transaction_ids)))
  order by u.id for no key update;

  v_ids := array(
    select t.id from press.chain_transactions t
    where t.id = any (accept_undisputed.transaction_ids) and (t.state in ('sending', 'unknown') or is_mined and t.state = 'accepted') and not exists (
      select from press_private.chain_inputs i join press_private.chain_inputs o on o.utxo_id = i.utxo_id
      where i.transaction_id = t.id and (o.transaction_id <> t.id or not o.is_live))
      and not exists (select from press.publications p where p.after_transaction_id = t.id));
  update press.chain_transactions t
  set state = 'accepted', accepted_at = coalesce(t.accepted_at, clock_timestamp()),
      answered_attempt = greatest(t.answered_attempt, case when g.attempt is not null then least(g.attempt, t.attempts) end),
      -- Who took it has just been asked.
      looked_at = clock_timestamp(), may_be_out = true, refused_count = 0, retry_at = null, error_code = null, error_detail = null, competing_txid = null
  from (
    select g.id, max(g.attempt) as attempt from unnest(accept_undisputed.transaction_ids, accept_undisputed.attempts) g (id, attempt)
    where g.id = any (v_ids) group by g.id
  ) g
  where t.id = g.id;
  update press.utxos u
  set state = 'spent', transaction_id = t.id, spent_by_txid = t.txid, reserved_until = null, dirty_reason = null, competing_txid = null
  from press.chain_transactions t join press_private.chain_inputs i on i.transaction_id = t.id
  where t.id = any (v_ids) and u.id = i.utxo_id;
  perform press_private.add_outputs(v_ids);
  perform press_private.note_sent(v_ids);
  return v_ids;
end
$$;
comment on function press_private.accept_undisputed is 'Takes those of these transactions that are stored, and whose coins no other has had and for which nothing waits, for ones that the nodes have; which ones. attempts: the attempt that was answered, of each; null: they were seen. is_mined: in a block, so that those that the nodes had already count too.';
revoke all on function press_private.accept_undisputed from public;
