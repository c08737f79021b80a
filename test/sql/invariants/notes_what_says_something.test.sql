/* A transaction is asked for a hundred times before nobody asks any more. Only what is new of it is noted to be looked at. */
select plan(11);
create temp table sent (name text primary key, id bigint);
create function pg_temp.sent(name text) returns bigint language sql as $$ select s.id from sent s where s.name = sent.name $$;
create temp view noted as
select string_agg(distinct s.name, ', ' order by s.name) as names from press_private.changed_rows c cross join unnest(c.numbers) n (key) join sent s on s.id = n.key where c.relation = 'press.chain_transactions';
create function pg_temp.look() returns void language sql as $$ select count(*) from press.invariants() $$;
select tests.fund(3);
select tests.queue_record('alice', 'a' || n) is not null from generate_series(1, 2) n;
insert into sent select 'mined', tests.send_one();
insert into sent select 'open', tests.send_one();
select is((select names from noted), 'mined, open', 'what is sent is noted');
select is(tests.tell(id, 'accepted'), 'recorded: accepted', name || ' is taken') from sent order by name;
select is(tests.see(pg_temp.sent('mined'), 'mined'), 'mined', 'one is in a block');
select pg_temp.look();
select is_empty('table press_private.changed_rows', 'all is looked at');

select press_worker.record_tip(10, repeat('a', 64));
select is((select count(*) from press_worker.transactions_to_look_at(10, 0)), 2::bigint, 'both are asked for');
select is((select names from noted), null, 'which is no news of them');
select tests.see(pg_temp.sent('open'), 'mempool'), tests.see(pg_temp.sent('mined'), 'mined');
select is((select names from noted), null, 'nor is it that they are where they were');
select is(tests.see(pg_temp.sent('open'), 'mined'), 'mined', 'the other is in a block, too');
select is((select names from noted), 'open', 'which is');
select pg_temp.look();
alter table press.chain_transactions disable trigger _200_guard_identity;
update press.chain_transactions set raw = raw || '\x00' where id = pg_temp.sent('mined');
select is((select names from noted), 'mined', 'and so is a byte, whoever has written it');
select * from finish();
