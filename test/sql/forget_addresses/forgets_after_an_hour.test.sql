select plan(8);
select tests.submit(subject) is not null from unnest(array['alice', 'bob', 'carol']) subject;
update press_private.attestation_work set try_at = clock_timestamp();
select press.begin_attestation('repository', 'dave') is not null;
create function pg_temp.forget() returns integer language sql security definer as $$ select press_worker.forget_addresses() $$;

select is(pg_temp.forget(), 0, 'what is new is kept');
-- In one call: on a busy machine a second may pass between two.
create function pg_temp.let_an_hour_pass_and_forget() returns integer language plpgsql security definer as $$
begin
  update press_private.address_checks set checked_at = clock_timestamp() - interval '59 minutes 59 seconds';
  update press_private.address_checks set checked_at = clock_timestamp() - interval '1 hour' where ctid = (select min(ctid) from press_private.address_checks);
  return press_worker.forget_addresses();
end
$$;
select is(pg_temp.let_an_hour_pass_and_forget(), 1, 'an address is forgotten after an hour');
select is((select count(*) from press_private.address_checks), 2::bigint, 'and no sooner');
update press_private.address_checks set checked_at = clock_timestamp();
update press_private.attestation_nonces set expires_at = clock_timestamp();
create temp table numbers as select n.nonce from press_private.attestation_nonces n join press.holders h on h.id = n.holder_id and h.subject <> 'dave';
select is(pg_temp.forget(), 4, 'so is a number that has expired');
select set_eq('select nonce from press_private.attestation_work', 'select nonce from numbers', 'evidence that waits has the one that it has to name');
alter table press.attestations disable trigger _200_guard_decision;
update press.attestations set submitted_at = clock_timestamp() - interval '31 days';
alter table press.attestations enable always trigger _200_guard_decision;
update press_private.attestation_work set tries = 10;
select is(pg_temp.forget(), 0, 'and what nobody could check is not given up here: nothing that could fail keeps addresses for longer');
select press_worker.stop_press('test') is not null;
update press_private.address_checks set checked_at = clock_timestamp() - interval '1 hour';
select tests.as_login('press_worker');
select is(press_worker.forget_addresses(), 2, 'also while the press is stopped');
select tests.as_gateway('press_holder', 'alice');
select throws_ok('select press_worker.forget_addresses()', '42501', null, 'nobody but the worker does it');
select * from finish();
