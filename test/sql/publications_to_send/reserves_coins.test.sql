select plan(48);
create temp table claimed as select * from tests.claim() with no data;
grant all on claimed to public;

-- one each
select tests.fund(5);
select tests.fund(1, 5000);
select tests.queue_record('alice', 'a' || n) is not null from generate_series(1, 3) n;
select tests.as_login('press_worker');
insert into claimed select * from press_worker.publications_to_send(tests.wallet(), 100, 0, 100000, 2, 300);
select tests.as_superuser();
select is((select count(*) from claimed), 2::bigint, 'as many transactions as it was asked for');
select bag_eq('select p ->> ''payload'' from claimed, jsonb_array_elements(publications) p', $$select payload from press.publications where nonce in ('a1', 'a2')$$, 'of the oldest, one each without a window');
select results_eq($$select t.state, t.epoch, t.fee_satoshis + t.change_satoshis, t.reserved_until > clock_timestamp() + interval '290 s', t.fee_satoshis_per_kb, t.depth from press.chain_transactions t order by id$$,
  $$values ('reserved'::press.chain_transaction_state, 1, 1000::bigint, true, 100, 1), ('reserved', 1, 1000, true, 100, 1)$$, 'the smallest coins that suffice');
select is(fee_satoshis, ceil((length(tests.build(c)) / 2 + 1) * 0.1)::bigint, 'a tenth of a satoshi a byte, for the longest signature: a byte more than this one') from tests.claim() c;
select is(tests.standing(), 'a1 processing, a2 processing, a3 processing', 'they are processed');
select is(tests.coins(), 'available 3, reserved 3', 'and their coins reserved');
select is_empty('select * from tests.claim()', 'nothing is handed out twice');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');

-- a reservation that ran out
update press.chain_transactions set reserved_until = clock_timestamp() where id = (select min(transaction_id) from claimed);
select is((select string_agg(p ->> 'id', ',') from tests.claim() c, jsonb_array_elements(c.publications) p), (select string_agg(id::text, ',') from press.publications where nonce = 'a1'), 'what was claimed and not stored in time is handed out again, in a new transaction');
select is((select state from press.chain_transactions where id = (select min(transaction_id) from claimed)), 'released', 'the old one is over');

-- one that lasts longer than any may was made before the clock was set back
select tests.queue_record('alice', 'late') is not null;
select tests.fund(1);
create temp table late as select * from tests.claim();
update press.chain_transactions set reserved_until = clock_timestamp() + interval '1 hour' where state = 'reserved';
select is_empty('select * from tests.claim()', 'the longest reservation holds');
update press.chain_transactions t set reserved_until = clock_timestamp() + interval '10 years' from late l where l.transaction_id = t.id;
select is((select string_agg(p ->> 'id', ',') from tests.claim() c, jsonb_array_elements(c.publications) p), (select string_agg(id::text, ',') from press.publications where nonce = 'late'), 'one that nobody could have is over: the clock was set back');

-- sizes
select tests.queue_record('sizes', 's' || bytes, byte_count => bytes) is not null from unnest(array[66, 75, 76, 77, 100, 255, 256, 257, 1000, 10000]) bytes;
select is(press_private.publication_output_bytes(p), (8 + length(press_private.compact_size(length(s.script))) + length(s.script))::bigint, format('sized exactly: a payload of %s bytes', octet_length(p.payload)))
from press.publications p, lateral (select press_private.publication_script(p.payload, p.signature, (select public_key from press.publishing_keys k where k.id = p.key_id)) as script) s
where p.nonce ~ '^s';
select is((select string_agg(tests.store(c), ',') from tests.claim() c), repeat('stored,', 2) || 'stored', 'as many go as there are coins');
select is((select count(*) from press.publications where error_code = 'POOL_EMPTY' and state = 'queued'), 7::bigint, 'the rest waits, and says for what');
select tests.fund(20);
select is((select count(*) from tests.claim()), 7::bigint, 'until there are coins');
select is((select count(*) from press.publications where error_code is not null), 0::bigint, 'then nothing is wrong with them any more');

-- whose coins
select tests.queue_record('bob', 'b1') is not null;
select is_empty($$select * from tests.claim(seed => 'b')$$, 'another wallet has no coins here');
select tests.fund(1, 30, 'b');
select is_empty($$select * from tests.claim(seed => 'b')$$, 'too small a one pays for nothing');
select tests.fund(2, 25, 'b');
select is((select jsonb_array_length(inputs) from tests.claim(seed => 'b')), 2, 'but several together do');
select tests.let_leases_end();
select press_worker.release_expired();
update press.utxos set depth = 20 where wallet_script = tests.wallet('b');
select is_empty($$select * from tests.claim(seed => 'b')$$, 'a coin at the end of a line of twenty waits for a block');
update press.utxos set depth = 0 where wallet_script = tests.wallet('b');

-- the change
select tests.fund(3, change, 'c' || change) from generate_series(42, 48) change;
select is((select change_satoshis || ' ' || fee_satoshis from tests.claim(seed => 'c' || coin, max_transactions => 1)), expected, format('of %s satoshis', coin))
from (values (42, '0 42'), (43, '1 42'), (46, '4 42')) c (coin, expected);
select is((select change_satoshis || ' ' || fee_satoshis from press_worker.publications_to_send(tests.wallet('c45'), 100, 0, 100000, 1, 300, 10)), '0 45', 'what is below dust goes as fee');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');

select throws_ok(format('select press_worker.publications_to_send(%L, %s)', script, rest), 'PRINV', null, 'INVALID_INPUT: ' || coalesce(script, 'null') || ', ' || rest)
from (values (null, '100, 0, 100000, 1, 300'), ('76a914', '100, 0, 100000, 1, 300'), (tests.wallet(), '-1, 0, 100000, 1, 300'), (tests.wallet(), 'null, 0, 100000, 1, 300'), (tests.wallet(), '100, -1, 100000, 1, 300'),
  (tests.wallet(), '100, 0, 19999, 1, 300'), (tests.wallet(), '100, 0, 100000, 0, 300'), (tests.wallet(), '100, 0, 100000, 10001, 300'), (tests.wallet(), '100, 0, 100000, 1, 0'), (tests.wallet(), '100, 0, 100000, 1, 3601'), (tests.wallet(), '100, 0, 100000, 1, 300, 0')) bad (script, rest);
select tests.as_gateway('press_operator', 'olga');
select throws_ok('select tests.claim()', '42501', null, 'nobody but the worker');
select tests.as_superuser();
select press_worker.stop_press('test') is not null;
select throws_ok('select tests.claim()', 'PRSTO', null, 'PRESS_STOPPED');
select * from finish();
