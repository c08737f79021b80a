select plan(7);
select tests.submit(subject) is not null from unnest(array['alice', 'bob', 'carol']) subject;
update press_private.attestation_work set try_at = clock_timestamp();
select press.begin_attestation('repository', 'dave') is not null;
create function pg_temp.forget() returns integer language sql security definer as $$ select press_worker.forget_addresses() $$;

select is(pg_temp.forget(), 0, 'what is new is kept');
update press_private.address_checks set checked_at = clock_timestamp() - interval '59 minutes 59 seconds';
update press_private.address_checks set checked_at = clock_timestamp() - interval '1 hour' where ctid = (select min(ctid) from press_private.address_checks);
select is(pg_temp.forget(), 1, 'an address is forgotten after an hour');
select is((select count(*) from press_private.address_checks), 2::bigint, 'and no sooner');
update press_private.attestation_nonces set expires_at = clock_timestamp();
select is(pg_temp.forget(), 1, 'so is a number that has expired, and was not used');
select bag_eq($$select h.subject from press_private.attestation_nonces n join press.holders h on h.id = n.holder_id$$, $$values ('alice'), ('bob'), ('carol')$$,
  'what evidence that waits has to name is kept');
select press_worker.stop_press('test') is not null;
update press_private.address_checks set checked_at = clock_timestamp() - interval '1 hour';
select tests.as_login('press_worker');
select is(press_worker.forget_addresses(), 2, 'also while the press is stopped');
select tests.as_gateway('press_holder', 'alice');
select throws_ok('select press_worker.forget_addresses()', '42501', null, 'nobody but the worker does it');
select * from finish();
