/* One of ours that was refused is taken after all, while another one that spends its coin is in somebody's hand. */
select plan(15);
create temp table sent (name text primary key, id bigint);
create function pg_temp.sent(name text) returns bigint language sql as $$ select s.id from sent s where s.name = sent.name $$;
create function pg_temp.states() returns text language sql as $$ select string_agg(s.name || ' ' || t.state, ', ' order by s.name) from sent s join press.chain_transactions t on t.id = s.id $$;
/* What an operator reads of the other one. */
create function pg_temp.reads() returns text language sql as $$
  select concat_ws(' ', t.error_code, t.error_detail, t.competing_txid = (select r.txid from press.chain_transactions r where r.id = pg_temp.sent('refused')))
  from press.chain_transactions t where t.id = pg_temp.sent('other') $$;
select tests.fund(1, 100);
select tests.queue_record('alice', 'a1') is not null;
insert into sent select 'refused', tests.send_one();
select is(tests.tell(pg_temp.sent('refused'), 'rejected'), 'recorded: rejected', 'it is refused, and nobody else can have it');
select tests.queue_record('bob', 'b1') is not null;
insert into sent select 'other', tests.send_one();
select is(tests.tell(pg_temp.sent('refused'), 'accepted'), 'recorded: accepted', 'it is taken after all, when another one has its coin');
select is(pg_temp.states(), 'other unknown, refused accepted', 'whose fate nobody knows from then on');
select is(tests.standing(), 'a1 sent, b1 unknown', 'nor that of its record');
select is(pg_temp.reads(), 'CONFLICT A transaction of the press that spends the same coin was accepted; whether it stays so a block will tell. t', 'and it says why');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');

-- Who has it in hand answers.
select is(tests.tell(pg_temp.sent('other'), 'conflict', jsonb_build_object('competing_txid', repeat('c', 64))), 'recorded: unknown', 'a stranger that no block has is not believed of it, because it may be out');
select is(tests.standing(), 'a1 sent, b1 unknown', 'and its record goes nowhere else');
select tests.send_again();
select is(tests.tell(pg_temp.sent('other'), 'accepted'), 'ignored: unknown', 'nor is it believed that nodes have both');
select is(pg_temp.reads(), 'CONFLICT A transaction of the press that spends the same coin was accepted before. t', 'which it says');
select ok(retry_at < clock_timestamp() + interval '10 s', 'and it is asked for again within seconds, not when the attempt would have been over') from press.chain_transactions where id = pg_temp.sent('other');
select is(tests.see(pg_temp.sent('refused'), 'mined'), 'mined', 'a block has the one');
select is(pg_temp.states(), 'other conflicted, refused mined', 'so it never has the other');
select is(tests.standing(), 'a1 sent, b1 queued', 'and the record of that is free');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');
select * from finish();
