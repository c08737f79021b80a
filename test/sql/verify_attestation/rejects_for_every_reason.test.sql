/* Evidence of a repository breaks each rule or not, the number is right or not, the proof new or not, the holder active or not, the evidence valid or not: exactly the
   violations that there are come out, and the decision can be made again from its row. */
select plan(29);
create function pg_temp.id_of(subject text) returns uuid language sql as $$
  select a.id from press.attestations a join press.holders h on h.id = a.holder_id where h.subject = id_of.subject order by a.submitted_at desc limit 1 $$;
create temp table cases as
select row_number() over () as n, x.* from (
  select repository_age, repository_size, account_age, address, nonce, proof, inactive
  from unnest(array[false, true]) repository_age, unnest(array[false, true]) repository_size, unnest(array[false, true]) account_age, unnest(array[false, true]) address,
       unnest(array[false, true]) nonce, unnest(array[false, true]) proof, unnest(array[false, true]) inactive) x;
select tests.attest('somebody', 'repository', 'used') is not null;
create function pg_temp.decide(c cases) returns press.attestations language plpgsql as $$
declare
  v_subject      text := 'subject ' || c.n;
  v_address      text := tests.fresh_address();
  v_attestation  press.attestations;
begin
  perform press.begin_attestation('repository', v_subject);
  if c.address then
    perform press.submit_attestation('repository', 'other/' || c.n, null, 'neighbour ' || c.n, v_address);
  end if;
  v_attestation := press.submit_attestation('repository', 'owner/' || c.n, null, v_subject, v_address);
  update press.holders set is_active = not c.inactive where subject = v_subject;
  return press_worker.verify_attestation(
    v_attestation.id,
    tests.repository_proof(case when c.proof then abs(hashtext('used')) + 1::bigint else c.n end),
    case when c.nonce then repeat('0', 64) else tests.nonce_of(v_subject, 'repository') end,
    jsonb_build_object(
      'repository_created_at', v_attestation.submitted_at - case when c.repository_age then interval '719 hours 58 minutes 59.999 seconds' else interval '719 hours 59 minutes' end,
      'repository_size_kb', case when c.repository_size then 99 else 100 end,
      'account_created_at', v_attestation.submitted_at - case when c.account_age then interval '2159 hours 58 minutes 59.999 seconds' else interval '2159 hours 59 minutes' end));
end
$$;
create temp table outcomes as
select c.n, d.*, array_remove(array[case when c.nonce then 'nonce_invalid' end, case when c.proof and not c.nonce then 'proof_already_used' end, case when c.inactive then 'holder_inactive' end,
  case when c.repository_age then 'repository_too_young' end, case when c.repository_size then 'repository_too_small' end, case when c.account_age then 'account_too_young' end,
  case when c.address then 'address_checked_too_often' end], null) as expected
from cases c, pg_temp.decide(c) d;

select is((select count(*) from outcomes), 128::bigint, 'all combinations were decided');
select is_empty('select n, violations, expected from outcomes where violations is distinct from expected', 'each gives exactly the violations that there are, in their order; of a proof that nobody has shown to be theirs nothing is said');
select results_eq($$select n from outcomes where status = 'verified'$$, $$select n from cases where not (repository_age or repository_size or account_age or address or nonce or proof or inactive)$$,
  'without any, one is verified');
select is((select count(*) from press.credentials), 2::bigint, 'and that one has a credential, as somebody had before');
select is_empty('select r.* from outcomes o, press.replay_decision(o.id) r where r.agrees is not true', 'every decision comes out the same when it is made again');
select is_empty('select o.id from outcomes o join press_private.attestation_work w on w.attestation_id = o.id', 'the evidence is gone, also of what was rejected');
select set_eq('select o.n from outcomes o join press_private.attestation_nonces x on x.holder_id = o.holder_id', 'select n from cases where nonce', 'and so are the numbers that were named');
select is_empty($$select o.n from outcomes o left join press_private.ledger_inbox i on i.leaf::jsonb ->> 'attestation_id' = o.id::text
  where i.leaf is distinct from press_private.attestation_decided_leaf((select a from press.attestations a where a.id = o.id), (select rule_set_hash from press.rule_sets))$$, 'the ledger tells of each');
select is((select i.leaf::jsonb -> 'violations' from press_private.ledger_inbox i, outcomes o where i.leaf::jsonb ->> 'attestation_id' = o.id::text and cardinality(o.violations) = 6 and o.violations[1] = 'proof_already_used'),
  '["proof_already_used","holder_inactive","repository_too_young","repository_too_small","account_too_young","address_checked_too_often"]', 'with every violation, by name');
select throws_ok(format('select press_worker.verify_attestation(%L, tests.repository_proof(1), null, ''{}'')', id), 'PREVD', null, 'EVIDENCE_REJECTED for one that was rejected') from outcomes where n = 128;
select throws_like(format('select press_worker.verify_attestation(%L, tests.repository_proof(1), null, ''{}'')', id), 'EVIDENCE_REJECTED: %', 'by its name') from outcomes where n = 128;

-- Of an ID token, the address alone is judged; of evidence that is invalid, what is known.
create function pg_temp.decided(subject text, kind text, proof text, is_nonce_named boolean, facts jsonb, problem text default null) returns text language plpgsql as $$
declare
  v_attestation  press.attestations := tests.submit(subject, kind);
begin
  return array_to_string((press_worker.verify_attestation(
    v_attestation.id, proof, case when is_nonce_named then tests.nonce_of(subject, kind) end, facts, problem)).violations, ',');
end
$$;
select is(pg_temp.decided('oidc-1', 'oidc', tests.oidc_proof('oidc-1'), false, '{}'), 'nonce_invalid', 'a token that names no number');
select is(pg_temp.decided('oidc-2', 'oidc', null, false, '{"problem":"Its signature is not one of the issuer."}', 'evidence_invalid'), 'evidence_invalid', 'a token that is none: what it names is not known');
select is(facts ->> 'problem', 'Its signature is not one of the issuer.', 'and why is kept') from press.attestations where id = pg_temp.id_of('oidc-2');
select is(pg_temp.decided('repository-1', 'repository', null, false, '{"problem":"There is no such repository."}', 'evidence_invalid'), 'evidence_invalid', 'a repository that is not there: its age is not known');
select is(pg_temp.decided('repository-2', 'repository', tests.repository_proof(7), false, '{"problem":"It belongs to an organisation.","repository_size_kb":1}', 'evidence_invalid'),
  'evidence_invalid,repository_too_small', 'what is known of it is judged');
select is(pg_temp.decided('repository-3', 'repository', tests.repository_proof(8), true, '{}'), 'repository_too_young,repository_too_small,account_too_young', 'without a problem, what is not known is not good enough');
select is(pg_temp.decided('repository-4', 'repository', tests.repository_proof(9), true, tests.repository_facts() || '{"repository_size_kb":null}'), 'repository_too_small', 'nor is what is null');
select throws_ok(format($$select pg_temp.decided('repository-5', 'repository', tests.repository_proof(10), true, tests.repository_facts() || %L)$$, fact), 'PRINV', null, format('INVALID_INPUT for %s', fact))
from unnest(array['{"repository_size_kb":-1}', '{"repository_size_kb":1.5}', '{"repository_size_kb":"big"}', '{"repository_created_at":"yesterday week"}', '{"account_created_at":"infinity"}', '{"account_created_at":"yesterday"}', '{"repository_created_at":"2020-01-01"}']::jsonb[]) fact;

select is(pg_temp.decided('repository-6', 'repository', null, false, '{"problem":"It is empty.","repository_size_kb":null}', 'evidence_invalid'), 'evidence_invalid', 'with a problem, what is null is not known');

-- A number is judged by when the evidence was submitted, and counts once.
select tests.submit('late') is not null;
create temp table named as select tests.nonce_of('late', 'oidc') as nonce;
update press_private.attestation_nonces n set expires_at = clock_timestamp() from named x where n.nonce = x.nonce;
select press_worker.forget_addresses() is not null;
select is((press_worker.verify_attestation(pg_temp.id_of('late'), tests.oidc_proof('late'), (select nonce from named), '{}')).status, 'verified', 'a number that has expired since is right: the worker was late, not the holder');
select press.begin_attestation('oidc', 'early') is not null;
update press_private.attestation_nonces n set expires_at = clock_timestamp() - interval '1 millisecond' where n.nonce = tests.nonce_of('early', 'oidc');
select press.submit_attestation('oidc', tests.id_token('early'), null, 'early', tests.fresh_address()) is not null;
select is((press_worker.verify_attestation(pg_temp.id_of('early'), tests.oidc_proof('early'), tests.nonce_of('early', 'oidc'), '{}')).violations, '{nonce_invalid}', 'one that had expired before is not');
select tests.submit('victim') is not null, tests.submit('mallory') is not null;
select is((press_worker.verify_attestation(pg_temp.id_of('mallory'), tests.oidc_proof('victim'), tests.nonce_of('victim', 'oidc'), '{}')).violations, '{nonce_invalid}', 'nor is another holder''s: what they proved is nobody else''s');
select * from finish();
