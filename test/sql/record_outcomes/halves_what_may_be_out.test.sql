/* A bundle that nobody answered of and that is refused then may be out all the same. Its first half is taken by nodes: these may forget it, and take the whole. */
select plan(19);
create function pg_temp.tell_latest(outcome text, more jsonb default '{}') returns text language sql as $$ select tests.tell((select max(t.id) from press.chain_transactions t where t.raw is not null), outcome, more) $$;
create temp table bundle (name text primary key, id bigint, half bigint);
create function pg_temp.halve(name text) returns text language plpgsql as $$
declare
  v_id  bigint;
begin
  perform tests.queue_record('alice', halve.name || n, '1 hour') from generate_series(1, 2) n;
  v_id := tests.send_one(window_ms => 1000);
  perform tests.tell(v_id, 'unknown');
  perform tests.send_again();
  perform tests.tell(v_id, 'rejected');
  perform tests.store(c) from tests.claim(1000) c;
  insert into bundle select halve.name, v_id, t.id from press.chain_transactions t where t.replaces_id = v_id;
  return tests.tell((select t.id from press.chain_transactions t where t.replaces_id = v_id), 'accepted');
end $$;
select tests.fund(6, 100000);

select is(pg_temp.halve('a'), 'recorded: accepted', 'the first half is taken');
select is(tests.standing(), 'a1 sent, a2 queued waits', 'the other one waits for the block');
select is_empty('select * from tests.claim()', 'and goes into no other transaction');
select tests.tell(half, 'accepted') from bundle;
select is(tests.standing(), 'a1 sent, a2 queued waits', 'however often that is said');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');
select is(tests.see(half, 'mined'), 'mined', 'a block has the half') from bundle;
select is(tests.standing(), 'a1 sent, a2 queued', 'so it never has the whole, and the rest is free');
select is(tests.store(c), 'stored', 'it goes out') from tests.claim() c;
select pg_temp.tell_latest('accepted');

select is(pg_temp.halve('b'), 'recorded: accepted', 'again');
select is(tests.see(id, 'mined'), 'mined', 'the nodes have forgotten the half, and a block has the whole') from bundle where name = 'b';
select is((select string_agg(p.nonce || ' ' || p.state || ' ' || (p.transaction_id = b.id), ', ' order by p.nonce) from press.publications p, bundle b where b.name = 'b' and p.nonce ~ '^b'), 'b1 sent true, b2 sent true', 'both stand there');
select is((select state::text from press.chain_transactions t join bundle b on b.half = t.id where b.name = 'b'), 'conflicted', 'and the half never will');
select is_empty('select * from tests.pool_findings()', 'nothing is there twice');

select is(pg_temp.halve('c'), 'recorded: accepted', 'again');
select tests.send_again();
select is(tests.see(half, 'conflicted', jsonb_build_object('competing_txid', repeat('c', 64), 'competing_is_mined', true)), 'conflicted', 'a stranger was faster than either') from bundle where name = 'c';
select is(tests.standing(), 'a1 sent, a2 sent, b1 sent, b2 sent, c1 queued, c2 queued', 'both are free');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');
select is(string_agg(tests.store(c), ', '), 'stored, stored', 'and go out') from tests.claim() c;
select tests.tell(id, 'accepted') from press.chain_transactions where state = 'sending';
select is(tests.standing(), 'a1 sent, a2 sent, b1 sent, b2 sent, c1 sent, c2 sent', 'all of them');
select * from finish();
