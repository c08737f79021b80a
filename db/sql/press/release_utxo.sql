/* For an operator who has looked at the chain and found a coin there that the press gave up. What a named transaction has spent stays spent, and what a transaction that was
   given up would have paid does not exist until that one is seen after all. */
create or replace function press.release_utxo(txid text, output_index bigint, reason text)
  returns press.utxos
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_actor  press_hidden.actor_record;
  v_coin   press.utxos;
begin
  perform press_private.require_running();
  v_actor := press_private.require_operator();
  if not press_private.is_one_line(release_utxo.reason, 500) then
    perform press_private.refuse('INVALID_INPUT', 'A reason has 1 to 500 characters, none of them a control character.');
  end if;
  perform press_private.hold_operators(array[v_actor.subject]) where v_actor.kind = 'operator';
  select u.* into v_coin from press.utxos u where u.txid = release_utxo.txid and u.output_index = release_utxo.output_index for no key update;
  perform press_private.require_running();
  perform press_private.refuse('INVALID_INPUT', p.problem)
  from (values (case
    when v_coin.id is null then 'The pool has no such output.'
    when v_coin.state <> 'dirty' then format('It is %s, not dirty.', v_coin.state)
    when v_coin.competing_txid is not null then format('Transaction %s has spent it.', v_coin.competing_txid)
    when exists (select from press.chain_transactions t where t.id = v_coin.from_transaction_id and t.state not in ('accepted', 'mined')) then
      'The transaction that would have paid it was given up: when that is seen on the chain, the coin returns by itself.' end)) p (problem)
  where p.problem is not null;

  update press.utxos u
  set state = 'available', dirty_reason = null, released_by = press_private.issuer_label(v_actor), release_reason = release_utxo.reason
  where u.id = v_coin.id
  returning u.* into v_coin;
  return v_coin;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.release_utxo is 'Returns a dirty coin to the pool, when no transaction is known that has spent it. reason (1 to 500 characters): how you know; it is kept. Operators only. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT (also: there is no such coin, it is not dirty, a known transaction has spent it, or the one that pays it was given up), LOCK_TIMEOUT, RETRY.';
revoke all on function press.release_utxo from public;
grant execute on function press.release_utxo to press_anonymous, press_holder, press_operator;
