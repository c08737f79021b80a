select plan(40);
create temp table handed (name text primary key, claimed press_private.unsigned_transaction_record);
create function pg_temp.handed(name text) returns press_private.unsigned_transaction_record language sql as $$ select h.claimed from handed h where h.name = handed.name $$;
create function pg_temp.store(name text, raw text default null, epoch integer default null, txid text default null) returns text language sql as $$
  select r.outcome || coalesce(': ' || r.detail, '')
  from coalesce(store.raw, tests.build(pg_temp.handed(name))) b (raw),
    press_worker.store_transactions(array[(pg_temp.handed(name)).transaction_id], array[coalesce(store.epoch, (pg_temp.handed(name)).epoch)], array[coalesce(store.txid, tests.txid(b.raw))], array[b.raw], 60) r $$;
create function pg_temp.hand_out(name text) returns void language plpgsql as $$
declare
  v_claimed  press_private.unsigned_transaction_record := tests.claim_one();
begin
  insert into handed values (name, v_claimed);
end $$;
select tests.fund(1, 100), tests.fund(4, 30);
select tests.queue_record('alice', 'a' || n) is not null from generate_series(1, 2) n;
select pg_temp.hand_out('one'), pg_temp.hand_out('two');
select is((select string_agg(jsonb_array_length((claimed).inputs) || ' ' || ((claimed).change_satoshis > 0), ', ' order by name) from handed), '1 true, 2 true', 'one with one coin, one with two');

-- Every byte is another one, one after the other.
create temp table flipped as
select h.name, n, press_private.raw_transaction_problem(t, set_byte(r.raw, n, case get_byte(r.raw, n) when 0 then 1 else 0 end), array(select id from press.publications where transaction_id = t.id order by output_index)) as problem
from handed h join press.chain_transactions t on t.id = (h.claimed).transaction_id cross join lateral (select decode(tests.build(h.claimed), 'hex') as raw) r cross join lateral generate_series(0, length(r.raw) - 1) n;
select results_eq('select name, count(*) filter (where problem is null) from flipped group by 1 order by 1', $$values ('one', 100::bigint), ('two', 200::bigint)$$,
  'no byte may differ but 68 of each signature and 32 of each key');
select is((select string_agg(distinct regexp_replace(problem, '\d+', 'N'), ' ' order by regexp_replace(problem, '\d+', 'N')) from flipped),
  'Input N does not spend what was reserved for it. Input N has a sequence number. Input N is not unlocked by a signature (DER, ALL|FORKID) and a compressed key. It has not N inputs. Its outputs are not those that were handed out, with the lock time N after them. Its version is neither N nor 2.', 'and each time it is said where');
select is(press_private.raw_transaction_problem(t, substr(r.raw, 1, n), '{}') is null, false, format('nor may it end after %s bytes', n))
from press.chain_transactions t, lateral (select decode(tests.build(pg_temp.handed('one')), 'hex') as raw) r, unnest(array[4, 5, 30, 41, 42, 100, 148, 152]) n where t.id = (pg_temp.handed('one')).transaction_id;
select is(pg_temp.store('one', tests.build(pg_temp.handed('one')) || '00'), 'invalid: Its outputs are not those that were handed out, with the lock time 0 after them.', 'nothing may follow');
select is(pg_temp.store('one', txid => repeat('0', 64)), 'invalid: Its txid is not that of its bytes.', 'the txid is computed');
select is(pg_temp.store('one', tests.build(pg_temp.handed('two'))), 'invalid: It has not 1 inputs.', 'one is not another');
select is((select state from press.chain_transactions where id = (pg_temp.handed('one')).transaction_id), 'reserved', 'nothing of it was stored');

-- The claim.
select is(pg_temp.store('one', epoch => 2), 'refused', 'another''s epoch is none');
select is(pg_temp.store('one'), 'stored', 'what was handed out is stored');
select results_eq($$select t.state, t.txid, t.raw, t.attempts, t.answered_attempt, t.may_be_out, t.stored_at is not null, t.retry_at between clock_timestamp() + '55 s' and clock_timestamp() + '60 s' from press.chain_transactions t where t.id = (pg_temp.handed('one')).transaction_id$$,
  $$select 'sending'::press.chain_transaction_state, tests.txid(r), decode(r, 'hex'), 1, 0, false, true, true from tests.build(pg_temp.handed('one')) r$$, 'as the first attempt');
select is(tests.coins(), 'available 2, reserved 2, unknown 1', 'its coin may be spent from now on');
select results_eq('select o.output_index, p.nonce, o.sent_at from press_private.chain_outputs o join press.publications p on p.id = o.publication_id', $$values (0, 'a1', null::timestamptz(3))$$, 'and what it carries is kept');
select is(pg_temp.store('one'), 'repeated', 'told twice, it is there');
select is((select attempts from press.chain_transactions where id = (pg_temp.handed('one')).transaction_id), 1, 'and nothing has changed');
select is(pg_temp.store('one', overlay(tests.build(pg_temp.handed('one')) placing 'cdcd' from 241 for 4)), 'refused', 'another signature does not take its place');
update press.chain_transactions set reserved_until = clock_timestamp() where state = 'reserved';
select is(pg_temp.store('two'), 'refused', 'who comes after the end of the reservation stores nothing');
select press_worker.release_expired();
select is(pg_temp.store('two'), 'refused', 'nor when it was given up');
select is(tests.coins(), 'available 4, unknown 1', 'its coins are free');
select is((select outcome from press_worker.store_transactions(array[0], array[1], array[repeat('0', 64)], array[repeat('00', 60)], 60)), 'refused', 'nor what never was');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');

select throws_ok(format('select press_worker.store_transactions(%s)', bad), 'PRINV', null, 'INVALID_INPUT: ' || left(bad, 60))
from unnest(array['null, null, null, null, 60', '''{1}'', ''{}'', ''{}'', ''{}'', 60', '''{}'', ''{}'', ''{}'', ''{}'', 0', '''{}'', ''{}'', ''{}'', ''{}'', null', '''{1}'', ''{1}'', ''{00}'', array[repeat(''00'', 60)], 60',
  '''{1}'', ''{1}'', array[repeat(''0'', 64)], ''{00}'', 60', '''{1}'', ''{1}'', array[repeat(''0'', 64)], array[repeat(''0'', 121)], 60', '''{1}'', ''{1}'', array[repeat(''0'', 64)], array[repeat(''AA'', 60)], 60', '''{1}'', ''{1}'', ''{null}'', ''{null}'', 60']) bad;
select is_empty('select press_worker.store_transactions(''{}'', ''{}'', ''{}'', ''{}'', 60)', 'none are none');
select tests.as_gateway('press_operator', 'olga');
select throws_ok('select press_worker.store_transactions(''{}'', ''{}'', ''{}'', ''{}'', 60)', '42501', null, 'nobody but the worker');
select tests.as_superuser();
select press_worker.stop_press('test') is not null;
select throws_ok('select press_worker.store_transactions(''{}'', ''{}'', ''{}'', ''{}'', 60)', 'PRSTO', null, 'PRESS_STOPPED');
select * from finish();
