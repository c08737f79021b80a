select plan(44);
create function pg_temp.id_of(subject text) returns uuid language sql as $$
  select a.id from press.attestations a join press.holders h on h.id = a.holder_id where h.subject = id_of.subject $$;
select tests.submit('submitted') is not null, tests.attest('verified') is not null, tests.submit('rejected') is not null;
select press_worker.verify_attestation(pg_temp.id_of('rejected'), tests.oidc_proof('x'), null, '{}') is not null;

select throws_ok(format('update press.attestations set %s where id = pg_temp.id_of(%L)', change, subject), 'PRDEN', null, format('cannot be changed when it is %s: %s', subject, change))
from unnest(array['submitted', 'verified', 'rejected']) subject,
  unnest(array['id = gen_random_uuid()', 'holder_id = gen_random_uuid()', 'kind = ''repository''', 'evidence_digest = repeat(''0'', 64)', 'submitted_at = ''2020-01-01''', 'submitted_by = null',
    'request_key = gen_random_uuid()', 'address_checks = 7']) change;
select throws_ok(format('update press.attestations set %s where id = pg_temp.id_of(''verified'')', change), 'PRDEN', null, 'nor, when it was decided: ' || change)
from unnest(array['status = ''rejected'', violations = ''{x}'', proof_digest = null', 'status = ''submitted'', decided_at = null, rule_set_id = null, violations = null', 'decided_at = now()', 'proof_digest = repeat(''0'', 64)',
  'facts = ''{}''', 'facts = null']) change;
select throws_ok('update press.attestations set status = ''verified'', violations = ''{}'', proof_digest = repeat(''0'', 64) where id = pg_temp.id_of(''rejected'')', 'PRDEN', null, 'what was rejected is never verified');
select throws_ok('update press.attestations set ' || change || ' where id = pg_temp.id_of(''submitted'')', '23514', null, 'a decision is whole: ' || change)
from unnest(array['status = ''verified''', 'decided_at = now()', 'status = ''verified'', decided_at = now(), rule_set_id = 1, violations = ''{x}'', proof_digest = repeat(''0'', 64)',
  'status = ''verified'', decided_at = now(), rule_set_id = 1, violations = ''{}''', 'status = ''rejected'', decided_at = now(), rule_set_id = 1, violations = ''{}'', proof_digest = null']) change;
select throws_ok(format('update press.attestations set status = ''verified'', decided_at = now(), rule_set_id = 1, facts = ''{}'', violations = ''{}'', proof_digest = %L where id = pg_temp.id_of(''submitted'')', proof_digest), '23505', null,
  'one proof is verified once, also by whoever forgets every function') from press.attestations where id = pg_temp.id_of('verified');
select throws_ok('insert into press.attestations (holder_id, kind, evidence_digest, address_checks) select holder_id, kind, evidence_digest, 1 from press.attestations where id = pg_temp.id_of(''submitted'')', '23505', null,
  'and the same evidence is checked once at a time');
select throws_ok('delete from press.attestations', 'PRDEN', null, 'it is never deleted');
select throws_ok('truncate press.attestations cascade', 'PRDEN', null, 'nor truncated');
set local session_replication_role = replica;
select throws_ok('delete from press.attestations', 'PRDEN', null, 'also not in a session that plays replica');
select throws_ok('update press.attestations set decided_at = now() where decided_at is not null', 'PRDEN', null, 'where nothing changes either');
set local session_replication_role = origin;

-- When a person is forgotten, the facts go.
insert into press_private.erased_holders (holder_id, subject_hash) select holder_id, sha256('x') from press.attestations where id = pg_temp.id_of('verified');
select throws_ok('update press.attestations set facts = ''{}'' where id = pg_temp.id_of(''verified'')', 'PRDEN', null, 'facts never change to others, even of who was forgotten');
select lives_ok('update press.attestations set facts = null where id = pg_temp.id_of(''verified'')', 'they go');
select * from finish();
