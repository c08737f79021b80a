select plan(29);
create function pg_temp.claim(kinds text[] default '{oidc,repository}', batch_size integer default 10, lease_seconds integer default 60)
  returns table (subject text, kind text, evidence text, has_nonce boolean, is_dated boolean, tries integer)
  language sql security definer as $$
  select h.subject, v.kind::text, v.evidence, v.nonce = tests.nonce_of(h.subject, v.kind::text), v.submitted_at = a.submitted_at, v.tries
  from press_worker.attestations_to_verify(claim.kinds::press.attestation_kind[], claim.batch_size, claim.lease_seconds) v
  join press.attestations a on a.id = v.attestation_id join press.holders h on h.id = a.holder_id $$;
select tests.submit('alice') is not null, tests.submit('bob', 'repository') is not null, tests.submit('carol') is not null;
update press_private.attestation_work w set try_at = clock_timestamp() - make_interval(secs => case h.subject when 'carol' then 3 when 'alice' then 2 else 1 end)
from press.attestations a join press.holders h on h.id = a.holder_id where a.id = w.attestation_id;

select tests.as_login('press_worker');
select results_eq($$select count(*) from press_worker.attestations_to_verify('{}', 10, 60)$$, 'values (0::bigint)', 'a worker that can check nothing is handed nothing');
select tests.as_superuser();
select results_eq($$select subject, evidence, has_nonce, tries from pg_temp.claim('{repository}')$$, $$values ('bob', 'bob/press', true, 1)$$, 'one of the kind that it can check, with the number that it has to name');
select is_empty($$select subject from pg_temp.claim('{repository}')$$, 'nobody else is handed it while the lease runs');
select results_eq($$select subject from pg_temp.claim(batch_size => 1)$$, $$values ('carol')$$, 'what has waited longest comes first');
select results_eq($$select subject, evidence from pg_temp.claim()$$, $$values ('alice', tests.id_token('alice'))$$, 'then the rest');
update press_private.attestation_work set try_at = clock_timestamp();
create temp table begun as select clock_timestamp() as at;
select bag_eq($$select subject, tries from pg_temp.claim()$$, $$values ('alice', 2), ('bob', 2), ('carol', 2)$$, 'all of it again when the leases have run out: a worker may have died');
select is((select bool_and(w.try_at between b.at + '60 s' and clock_timestamp() + '60 s') from press_private.attestation_work w, begun b), true, 'for as long as the lease is');
update press_private.attestation_work set try_at = clock_timestamp() + interval '1 day';
select is_empty('select subject from pg_temp.claim()', 'none while it waits, for a day at most');
-- what waits longer than any may was made before the clock was set back
update press_private.attestation_work set try_at = clock_timestamp() + interval '10 years';
select bag_eq('select subject from pg_temp.claim()', $$values ('alice'), ('bob'), ('carol')$$, 'all of it when the clock was set back: nothing waits for so long');
update press_private.attestation_work set try_at = clock_timestamp();
select results_eq('select distinct is_dated from pg_temp.claim()', 'values (true)', 'each with when it was submitted, by which its times are judged');

-- A number that is worth nothing is not told.
create function pg_temp.submit(subject text) returns uuid language sql as $$ select (press.submit_attestation('repository', subject || '/press', null, subject, tests.fresh_address())).id $$;
select press.begin_attestation('repository', subject) is not null from unnest(array['dave', 'erin']) subject;
update press_private.attestation_nonces n set expires_at = clock_timestamp() - interval '1 millisecond' from press.holders h where h.id = n.holder_id and h.subject = 'erin';
select pg_temp.submit(subject) is not null from unnest(array['dave', 'erin', 'frank']) subject;
select press.begin_attestation('repository', 'frank') is not null;
update press_private.attestation_nonces n set expires_at = clock_timestamp() from press.holders h where h.id = n.holder_id and h.subject = 'dave';
select bag_eq($$select subject, has_nonce from pg_temp.claim()$$, $$values ('dave', true), ('erin', null), ('frank', null)$$, 'a number counts that was valid when the evidence was submitted');
select press_worker.forget_addresses() is not null;
update press_private.attestation_work set try_at = clock_timestamp();
select is((select count(*) from press_worker.attestations_to_verify('{repository}', 10, 60) v join press.holders h on h.subject = 'dave' join press.attestations a on a.id = v.attestation_id and a.holder_id = h.id
  where v.nonce is not null), 1::bigint, 'also when it is forgotten since');

-- What was planted is handed to nobody: it could not be decided, and would come again and again.
alter table press.credentials disable trigger _200_guard_minting;
alter table press.attestations disable trigger _200_require_credential;
insert into press.credentials (attestation_id, holder_id, kind, trust_level, status_list, status_index, valid_from, valid_until)
select a.id, a.holder_id, a.kind, 2, 1, 0, now(), now() + interval '1 year' from press.attestations a join press.holders h on h.id = a.holder_id and h.subject = 'erin';
update press.attestations a set status = 'verified', decided_at = now(), rule_set_id = 1, facts = '{}', violations = '{}', proof_digest = repeat('a', 64)
from press.holders h where h.id = a.holder_id and h.subject = 'frank';
alter table press.credentials enable always trigger _200_guard_minting;
alter table press.attestations enable always trigger _200_require_credential;
update press_private.attestation_work set try_at = clock_timestamp();
select bag_eq('select subject from pg_temp.claim()', $$values ('alice'), ('bob'), ('carol'), ('dave')$$, 'a half-state is not handed out');

-- The outside world does not answer.
create function pg_temp.postpone(subject text, seconds integer) returns integer language plpgsql security definer as $$
declare
  v_id     uuid := (select a.id from press.attestations a join press.holders h on h.id = a.holder_id where h.subject = postpone.subject);
  v_begun  timestamptz := clock_timestamp();
  v_wait   interval := make_interval(secs => seconds);
begin
  perform press_worker.postpone_attestation(v_id, seconds);
  return (select seconds from press_private.attestation_work w where w.attestation_id = v_id and w.try_at between v_begun + v_wait and clock_timestamp() + v_wait);
end
$$;
select is(pg_temp.postpone('alice', 3000), 3000, 'one that is postponed is handed out again then');
select is(pg_temp.postpone('alice', 1), 1, 'or sooner, when it is known to be sooner');
select throws_ok(format('select press_worker.postpone_attestation(gen_random_uuid(), %L)', seconds), 'PRINV', null, format('INVALID_INPUT for %L seconds', seconds))
from unnest(array[0, 86401, null]) seconds;
select lives_ok('select press_worker.postpone_attestation(gen_random_uuid(), 1)', 'one that was decided meanwhile, or never was, is not minded');

select throws_ok(format('select press_worker.attestations_to_verify(''{oidc}'', %L, %L)', batch_size, lease_seconds), 'PRINV', null, format('INVALID_INPUT for a batch of %L, a lease of %L', batch_size, lease_seconds))
from (values (0, 60), (1001, 60), (null, 60), (10, 0), (10, 3601), (10, null)) bad (batch_size, lease_seconds);
select tests.as_gateway('press_operator', 'olga');
select throws_ok($$select press_worker.attestations_to_verify('{oidc}', 10, 60)$$, '42501', null, 'nobody but the worker is handed evidence');
select tests.as_login('press_auditor');
select throws_ok('select * from press_private.attestation_work', '42501', null, 'and nobody reads it, the auditor neither');
select tests.as_superuser();
select press_worker.stop_press('test') is not null;
select throws_ok($$select press_worker.attestations_to_verify('{oidc}', 10, 60)$$, 'PRSTO', null, 'PRESS_STOPPED');
select throws_ok($$select press_worker.postpone_attestation(gen_random_uuid(), 1)$$, 'PRSTO', null, 'PRESS_STOPPED, to postpone too');
select * from finish();
