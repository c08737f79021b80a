/* Every arrow between states, tried as a superuser by a plain update. */
select plan(42);
create temp table way (name text, row_id bigint);
select tests.fund(12);
select tests.queue_record('alice', 'a' || n) is not null from generate_series(1, 8) n;
/* A transaction in each state, by the front doors. */
create function pg_temp.make(state text) returns bigint language plpgsql as $$
declare
  v_id  bigint;
begin
  if make.state in ('reserved', 'released') then
    v_id := (tests.claim_one()).transaction_id;
    if make.state = 'released' then
      update press.chain_transactions set reserved_until = clock_timestamp() where id = v_id;
      perform press_worker.release_expired();
    end if;
    return v_id;
  end if;
  v_id := tests.send_one();
  case make.state
    when 'unknown'    then perform tests.tell(v_id, 'unknown');
    when 'accepted'   then perform tests.tell(v_id, 'accepted');
    when 'mined'      then perform tests.see(v_id, 'mined');
    when 'replaced'   then perform tests.tell(v_id, 'fee_too_low');
    when 'conflicted' then perform tests.tell(v_id, 'conflict');
    when 'rejected'   then perform tests.tell(v_id, 'rejected');
    else null;
  end case;
  return v_id;
end $$;
insert into way select s::text, pg_temp.make(s::text) from unnest(enum_range(null::press.chain_transaction_state)) s;
select bag_eq('select name from way join press.chain_transactions t on t.id = row_id and t.state::text = name', 'select s::text from unnest(enum_range(null::press.chain_transaction_state)) s', 'one in each state');
create function pg_temp.move(id bigint, state text) returns text language plpgsql as $$
begin
  -- Whether the arrow is there, not whether all that belongs to it is.
  update press.chain_transactions t set state = move.state::press.chain_transaction_state,
    block_hash = case when move.state = 'mined' then repeat('b', 64) end, block_height = case when move.state = 'mined' then 1 end where t.id = move.id;
  raise exception using errcode = 'P0099';
exception
  when sqlstate 'P0099' or check_violation or not_null_violation then return 'moves';
  when sqlstate 'PRDEN' then return 'refused';
end $$;
select is((select string_agg(s::text, ' ' order by s) from unnest(enum_range(null::press.chain_transaction_state)) s where s::text <> name and pg_temp.move(row_id, s::text) = 'moves'), onwards, 'from ' || name)
from way join (values ('reserved', 'sending released'), ('sending', 'unknown accepted mined replaced conflicted rejected'), ('unknown', 'accepted mined replaced conflicted rejected'), ('accepted', 'mined conflicted'),
  ('mined', 'accepted'), ('replaced', 'accepted mined'), ('conflicted', 'accepted mined'), ('rejected', 'accepted mined'), ('released', null)) a (name, onwards) using (name);
select lives_ok($$select press_private.conflict_transaction(row_id, repeat('c', 64), null, 'So.') from way where name not in ('sending', 'unknown', 'accepted')$$, 'what is not on its way to the chain is not given up');
select is_empty($$select from press.chain_transactions where error_detail = 'So.'$$, 'nor is anything written of it');
select throws_ok(format('update press.chain_transactions set %s where id = %s', change, row_id), 'PRDEN', null, format('nobody changes what it is: %s', change))
from way, unnest(array['id = -1', 'wallet_script = tests.wallet(''x'')', 'replaces_id = id', 'created_at = now()', 'is_split = true, split_count = 1, split_satoshis = 1', 'epoch = epoch + 1', 'raw = raw || ''\x00''', 'txid = repeat(''0'', 64)',
  'raw = null, txid = null, stored_at = null', 'stored_at = now()', 'fee_satoshis = fee_satoshis + 1', 'change_satoshis = 0', 'fee_satoshis_per_kb = 1', 'dust_satoshis = 2', 'has_checkpoint = true', 'attempts = 0', 'answered_attempt = 0', 'may_be_out = false', 'accepted_at = null']) change
where name = 'accepted' and change !~ '^id';
select throws_ok(format('delete from %s', t), 'PRDEN', null, format('nobody deletes rows of %s', t)) from unnest(array['press.chain_transactions', 'press.utxos', 'press_private.chain_inputs', 'press_private.chain_outputs']) t;
set constraints all immediate;
select throws_ok(format('truncate %s cascade', t), 'PRDEN', null, format('nor all of them: %s', t)) from unnest(array['press.chain_transactions', 'press.utxos', 'press_private.chain_inputs', 'press_private.chain_outputs']) t;
select throws_ok('update press_private.chain_inputs set input_index = 7', 'PRDEN', null, 'what was spent is told once');
select throws_ok('update press_private.chain_outputs set output_index = 7', 'PRDEN', null, 'and what was published');
select throws_ok('update press_private.chain_outputs set sent_at = now() - interval ''1 h''', 'PRDEN', null, 'and when it was sent');
create temp table stamp as select id, updated_at from press.chain_transactions;
select pg_sleep(0.002);
update press.chain_transactions set looked_at = now();
select is_empty('select from press.chain_transactions t join stamp s using (id) where t.updated_at <= s.updated_at', 'every change has its moment');
select * from finish();
