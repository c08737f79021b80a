/* What is in a transaction that nobody has signed is out for certain nowhere, and does not go out any more; what was stored may be out, and goes on. */
select plan(10);
select tests.fund(3, 100000);
select tests.queue_record(name, name || '-1', '1 hour') is not null from unnest(array['alice', 'bob']) name;
create temp table claimed as select c as given from tests.claim(1000) c;
select tests.queue_record('carol', 'carol-1') is not null;
create temp table stored as select tests.send_one() as id;
select is(tests.standing(), 'alice-1 processing, bob-1 processing, carol-1 processing', 'two are claimed together, one is stored');
create temp table people as select id, subject from press.holders;
grant select on people to public;
select tests.as_gateway('press_operator', 'olga');
select press.erase_holder(id) is not null from people where subject in ('alice', 'carol');
select tests.as_superuser();
select is(tests.standing(), 'alice-1 failed(UNKNOWN_KEY), bob-1 queued, carol-1 processing', 'what is not signed fails, and another''s in it waits again');
select is((select string_agg((payload is null)::text, ', ' order by nonce) from press.publications), 'true, false, false', 'its text is gone');
select is(tests.store(given), 'refused', 'who has claimed them stores nothing') from claimed;
select is(tests.coins(), 'available 2, unknown 1', 'the coin is free');
select is(tests.store(c), 'stored', 'the other''s record goes out') from tests.claim(1000) c;
select tests.tell(id, 'accepted') from press.chain_transactions where state = 'sending';
select is(tests.standing(), 'alice-1 failed(UNKNOWN_KEY), bob-1 sent, carol-1 sent', 'and so does what was stored');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');

-- Who forgets themselves leaves no name.
select tests.register_key('otto', 5) is not null;
truncate people;
insert into people select id, subject from press.holders where subject = 'otto';
select tests.as_gateway('press_operator', 'otto');
select is(subject, null, 'an operator who has done nothing else may forget themselves') from press.erase_holder((select id from people));
select tests.as_superuser();
select is((select revoked_by from press.publishing_keys where public_key = tests.record_key(5)), 'holder', 'and is not named by their keys');
select * from finish();
