/* Stores what was signed, before anybody sends it: from here on it may be out, and its coins are its own until the chain says otherwise. Whoever comes with a claim that is
   over changes nothing, and has nothing that they may send. What is stored is what was handed out, to the byte. A crash before the commit leaves the reservation. */
create or replace function press_worker.store_transactions(transaction_ids bigint[], epochs integer[], txids text[], raws text[], attempt_seconds integer)
  returns table (transaction_id bigint, outcome text, detail text)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s'
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_given        record;
  v_transaction  press.chain_transactions;
  v_ids          bigint[] := array[]::bigint[];
  v_txids        text[] := array[]::text[];
  v_raws         bytea[] := array[]::bytea[];
  v_before       integer;
begin
  perform press_private.require_running();
  if (attempt_seconds between 1 and 3600) is not true then
    perform press_private.refuse('INVALID_INPUT', 'An attempt is 1 to 3600 seconds.');
  end if;
  if not coalesce(cardinality(epochs) = cardinality(transaction_ids) and cardinality(txids) = cardinality(transaction_ids) and cardinality(raws) = cardinality(transaction_ids), false)
     or exists (select from unnest(txids, raws) g (txid, raw) where (g.txid collate "C" ~ '^[0-9a-f]{64}$' and g.raw collate "C" ~ '^(?:[0-9a-f]{2})+$' and length(g.raw) between 120 and 20000000) is not true) then
    perform press_private.refuse('INVALID_INPUT', 'There are one epoch, one txid (64 lower-case hex characters) and the bytes (lower-case hex) for each transaction.');
  end if;

  -- Each is judged when all are locked; their bytes are written together.
  perform from press.chain_transactions t where t.id = any (transaction_ids) order by t.id for no key update;
  for v_given in
    select g.id, g.epoch, g.txid, decode(g.raw, 'hex') as raw from unnest(transaction_ids, epochs, txids, raws) g (id, epoch, txid, raw) order by g.id
  loop
    select t.* into v_transaction from press.chain_transactions t where t.id = v_given.id;
    transaction_id := v_given.id;
    select * into outcome, detail from press_private.judge_raw_transaction(v_transaction, v_given.epoch, v_given.txid, v_given.raw);
    v_before := array_position(v_ids, v_given.id);
    if v_before is not null then  -- It was brought twice, and the first are its bytes.
      outcome := case when v_given.raw = v_raws[v_before] then 'repeated' else 'refused' end;
      detail := null;
    elsif outcome = 'stored' and v_given.txid = any (v_txids) then
      outcome := 'invalid';
      detail := 'It is another transaction, which was stored before.';
    elsif outcome = 'stored' then
      v_ids := v_ids || v_given.id;
      v_txids := v_txids || v_given.txid;
      v_raws := v_raws || v_given.raw;
    end if;
    return next;
  end loop;
  perform press_private.write_raw_transactions(v_ids, v_txids, v_raws, attempt_seconds);
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_worker.store_transactions is 'Stores signed transactions, each under the epoch that it was handed out with; the caller sends those that are stored, as their first attempt, within attempt_seconds (1 to 3600). outcome: stored; repeated (these very bytes are there: press_worker.transactions_to_send hands them out when it is time); refused (the claim is over: throw it away); invalid (the detail says why; it is not stored). Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.store_transactions from public;
grant execute on function press_worker.store_transactions to press_worker;
