/* Adds a coin that somebody paid to the wallet. Nobody here can look at the chain, so it is believed; a coin that is not there makes its first transaction fail, and goes dirty. */
create or replace function press.fund_pool(txid text, output_index bigint, satoshis bigint, wallet_script text)
  returns press.utxos
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_actor  press_hidden.actor_record;
  v_coin   press.utxos;
begin
  perform press_private.require_running();
  v_actor := press_private.require_operator();
  if (fund_pool.txid collate "C" ~ '^[0-9a-f]{64}$' and fund_pool.output_index between 0 and 4294967295) is not true then
    perform press_private.refuse('INVALID_INPUT', 'An output is named by a txid of 64 lower-case hex characters and its index.');
  end if;
  if (fund_pool.satoshis between 1 and 2100000000000000) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A coin has 1 to 2100000000000000 satoshis.');
  end if;
  if (fund_pool.wallet_script collate "C" ~ '^76a914[0-9a-f]{40}88ac$') is not true then
    perform press_private.refuse('INVALID_INPUT', 'The wallet''s script is P2PKH in lower-case hex: 76a914, 20 bytes, 88ac.');
  end if;

  perform press_private.refuse('INVALID_INPUT', 'A transaction of the press pays it: it comes into the pool by itself, when the nodes have that.')
  where exists (select from press.chain_transactions t where t.txid = fund_pool.txid)
    and not exists (select from press.utxos u where u.txid = fund_pool.txid and u.output_index = fund_pool.output_index);

  perform press_private.hold_operators(array[v_actor.subject]) where v_actor.kind = 'operator';
  perform press_private.require_running();
  insert into press.utxos (txid, output_index, satoshis, wallet_script, funded_by)
  values (fund_pool.txid, fund_pool.output_index, fund_pool.satoshis, fund_pool.wallet_script, press_private.issuer_label(v_actor))
  on conflict on constraint utxos_outpoint_key do nothing;
  perform press_private.await_standbys() where not found;
  select u.* into strict v_coin from press.utxos u where u.txid = fund_pool.txid and u.output_index = fund_pool.output_index;
  if (v_coin.satoshis, v_coin.wallet_script) <> (fund_pool.satoshis, fund_pool.wallet_script) then
    perform press_private.refuse('INVALID_INPUT', format('The pool has this output already, with %s satoshis for %s.', v_coin.satoshis, v_coin.wallet_script));
  end if;
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
comment on function press.fund_pool is 'Adds an output that pays the wallet to the pool that publishing is paid from, or returns it when it is there. txid, output_index: which output; satoshis: what it pays; wallet_script: whom, the script of the output in hex. Operators only. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT (also: it is there with other satoshis or another script), LOCK_TIMEOUT, RETRY.';
revoke all on function press.fund_pool from public;
grant execute on function press.fund_pool to press_anonymous, press_holder, press_operator;
