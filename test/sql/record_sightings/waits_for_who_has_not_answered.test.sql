/* Who has an attempt in hand may be about to send it, and whether its competitor is still there then nobody knows. */
select plan(10);
create temp table sent (name text primary key, id bigint);
create function pg_temp.sent(name text) returns bigint language sql as $$ select s.id from sent s where s.name = sent.name $$;
create function pg_temp.states() returns text language sql as $$ select string_agg(s.name || ' ' || t.state, ', ' order by s.name) from sent s join press.chain_transactions t on t.id = s.id $$;
select tests.fund(1, 100000);
select tests.queue_record('alice', 'a1') is not null;
insert into sent select 'parent', tests.send_one();
select tests.tell(pg_temp.sent('parent'), 'accepted');
select tests.queue_record('alice', 'a2') is not null;
insert into sent select 'child', tests.send_one();
select is(tests.tell(pg_temp.sent('child'), 'missing_inputs'), 'recorded: unknown', 'a node that lacks its parent does not have it');
select tests.send_again();
select is((select (attempts, answered_attempt, may_be_out)::text from press.chain_transactions where id = pg_temp.sent('child')), '(2,1,f)', 'a second attempt is in somebody''s hand');
select is(tests.see(pg_temp.sent('child'), 'conflicted', jsonb_build_object('competing_txid', repeat('c', 64))), 'unknown', 'somebody else sees a competitor in the nodes'' memory: it stays where it is');
select is(tests.standing(), 'a1 sent, a2 unknown', 'and so does its record');
select is(tests.tell(pg_temp.sent('child'), 'accepted'), 'recorded: accepted', 'the competitor has vanished, and it is sent');
select is(tests.standing(), 'a1 sent, a2 sent', 'once');

select tests.queue_record('alice', 'a3') is not null;
insert into sent select 'first', tests.send_one();
select is(tests.see(pg_temp.sent('first'), 'conflicted', jsonb_build_object('competing_txid', repeat('d', 64))), 'unknown', 'so does one that was handed out once');
select is(tests.see(pg_temp.sent('first'), 'conflicted', jsonb_build_object('competing_txid', repeat('d', 64), 'competing_is_mined', true)), 'conflicted', 'until a block has the competitor');
select is(tests.standing(), 'a1 sent, a2 sent, a3 queued', 'then it goes elsewhere');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');
select * from finish();
