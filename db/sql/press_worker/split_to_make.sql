/* Refills the pool before it runs low, from the largest coin that there is. One split at a time, by a key: two would split the same shortage twice. What is split is at most
   half as deep as a coin may be, so that its parts can be spent before a block comes. Coins are spent until next to nothing is left of them, and what is left stays available: it
   does not count, else the pool would be full of it one day, and never be refilled again. */
create or replace function press_worker.split_to_make(
    wallet_script text, low_count integer, target_count integer, satoshis_each bigint, fee_satoshis_per_kb integer, reserve_seconds integer, dust_satoshis integer default 1)
  returns setof press_private.unsigned_transaction_record
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_bitmapscan = off
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_now        timestamptz := clock_timestamp();  -- an index serves what does not change within a statement
  v_terms      press.chain_transactions;
  v_available  integer;
  v_coin       press.utxos;
  v_id         bigint;
begin
  perform press_private.require_running();
  perform press_private.require_wallet_terms(wallet_script, fee_satoshis_per_kb, dust_satoshis, reserve_seconds);
  if (low_count between 1 and target_count and target_count <= 10000 and satoshis_each between dust_satoshis and 100000000) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A pool is low at 1 coin or more, its target is not below that and up to 10000, and a coin has from dust to 100000000 satoshis.');
  end if;
  perform press_private.release_reservations();
  select count(*) into v_available from (
    select from press.utxos u
    where u.state = 'available' and u.depth < 20 and u.wallet_script = split_to_make.wallet_script and u.satoshis >= least(satoshis_each, fee_satoshis_per_kb)
    limit split_to_make.target_count) a;
  if v_available >= low_count
     or exists (select from press.chain_transactions t where t.is_split and t.state in ('reserved', 'sending', 'unknown'))
     or exists (
       select from press.chain_transactions t
       where t.is_split and t.state = 'rejected' and t.wallet_script = split_to_make.wallet_script and t.updated_at > v_now - interval '10 minutes') then
    return;
  end if;

  select u.* into v_coin from press.utxos u
  where u.state = 'available' and u.depth < 10 and u.wallet_script = split_to_make.wallet_script
  order by u.satoshis desc, u.id desc limit 1 for no key update of u skip locked;
  v_terms.wallet_script := split_to_make.wallet_script;
  v_terms.fee_satoshis_per_kb := split_to_make.fee_satoshis_per_kb;
  v_terms.dust_satoshis := split_to_make.dust_satoshis;
  v_terms.reserved_until := v_now + make_interval(secs => reserve_seconds);
  v_terms.is_split := true;
  v_terms.split_satoshis := satoshis_each;
  -- A part costs itself and 34 bytes; what all share is taken for 200.
  v_terms.split_count := least(target_count - v_available, 2500,
    floor((v_coin.satoshis - 0.2 * fee_satoshis_per_kb) / (satoshis_each + 0.034 * fee_satoshis_per_kb)))::integer;
  if v_coin.id is not null and v_terms.split_count >= 2 then
    v_id := press_private.reserve_transaction(v_terms, '{}', 34 * v_terms.split_count, array[v_coin.id]);
    return query select * from press_private.unsigned_transactions(array[v_id]);
  end if;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure or deadlock_detected or unique_violation then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_worker.split_to_make is 'When fewer than low_count coins of the wallet are available that pay for a kilobyte, or have satoshis_each, and no split is being made: reserves the largest coin and returns the transaction that makes up to target_count (10000) of them, satoshis_each, as press_worker.publications_to_send does. Nothing when there is nothing to split. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.split_to_make from public;
grant execute on function press_worker.split_to_make to press_worker;
