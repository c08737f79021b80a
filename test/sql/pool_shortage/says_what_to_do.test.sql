select plan(17);
create function tests.shortage(seed text default 'a') returns text
  language sql volatile as $$ select publication_count || ' ' || coalesce(reason, '-') from press_worker.pool_shortage(tests.wallet(seed)) $$;

select is(tests.shortage(), '0 -', 'nothing is wrong with a pool that nobody wants anything of');
select tests.queue_record('alice', 'a' || n) is not null from generate_series(1, 3) n;
select is(tests.shortage(), '0 -', 'nor before anybody has looked');
select is_empty('select * from tests.claim()', 'there are no coins');
select is(tests.shortage(), '3 empty', 'then the wallet has to be paid');
select tests.as_login('press_worker');
select is((select reason from press_worker.pool_shortage(tests.wallet())), 'empty', 'a worker is told');
select tests.as_gateway('press_operator', 'olga');
select throws_ok('select press_worker.pool_shortage(tests.wallet())', '42501', null, 'and nobody else');
select tests.as_superuser();

select tests.fund(1);
create temp table made as select c as claimed from tests.claim() c;
select is((select count(*) from made), 1::bigint, 'one coin pays for one');
select is(tests.shortage(), '2 -', 'what is on its way brings change: nothing has to be done');
select is(tests.store(m.claimed), 'stored', 'stored') from made m;
select is(tests.shortage(), '2 -', 'nor while it is being sent');
select is(tests.tell((m.claimed).transaction_id, 'accepted'), 'recorded: accepted', 'accepted') from made m;
select is(tests.shortage(), '2 empty', 'until somebody looks again, there is nothing on its way');
update press.utxos set depth = 20 where state = 'available';
select is(tests.shortage(), '2 unmined', 'change at the end of a line of twenty waits for a block');
update press.utxos set depth = 1 where state = 'available';

select is(tests.shortage('b'), '2 other_wallet', 'a wallet that has no coins where another one has some');
select is((select count(*) from tests.claim()), 1::bigint, 'the change pays for the next');
update press.publications set state = 'failed', error_code = 'EXPIRED', error_detail = 'For a test.' where state = 'queued';
select is(tests.shortage(), '0 -', 'none waits any more');
select is(tests.shortage('b'), '0 other_wallet', 'the other wallet has no coins all the same');
select * from finish();
