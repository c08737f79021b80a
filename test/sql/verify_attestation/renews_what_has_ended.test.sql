/* A proof counts once; when its credential has come to its end, its holder, and nobody else, proves it again. */
select plan(29);
create function pg_temp.verify(subject text, account text, kind text default 'oidc') returns press.attestations language plpgsql as $$
declare
  v_attestation  press.attestations;
begin
  update press_private.address_checks set checked_at = clock_timestamp() - interval '1 hour';
  v_attestation := tests.submit(subject, kind, case kind when 'oidc' then tests.id_token(account) else account || '/press' end);
  return press_worker.verify_attestation(v_attestation.id, case kind when 'oidc' then tests.oidc_proof(account) else tests.repository_proof(abs(hashtext(account)) + 1::bigint) end,
    tests.nonce_of(subject, kind), case kind when 'oidc' then '{}' else tests.repository_facts() end);
end
$$;
/* As if so long had passed since everything was decided. */
create function pg_temp.let_pass(duration interval) returns void language plpgsql as $$
begin
  alter table press.attestations disable trigger _200_guard_decision;
  alter table press.credentials disable trigger _200_guard_identity;
  update press.credentials set valid_from = valid_from - duration, valid_until = valid_until - duration, revoked_at = revoked_at - duration;
  update press.attestations set submitted_at = submitted_at - duration, decided_at = decided_at - duration;
  alter table press.credentials enable always trigger _200_guard_identity;
  alter table press.attestations enable always trigger _200_guard_decision;
end
$$;
create temp table first as select * from pg_temp.verify('alice', 'account');
select is((status, renewed_id)::text, '(verified,)', 'the first is the first') from first;
select pg_temp.let_pass('364 days 23 hours');
select throws_ok($$select tests.submit('alice', 'oidc', tests.id_token('account'))$$, 'PRVRF', null, 'ALREADY_VERIFIED for the same evidence while its credential is valid');
create temp table early as select a.* from tests.submit('alice', 'oidc', tests.id_token('account again')) a;
select is((press_worker.verify_attestation(id, tests.oidc_proof('account'), tests.nonce_of('alice', 'oidc'), '{}')).violations, '{proof_already_used}', 'and other evidence of it proves nothing new') from early;
select pg_temp.let_pass('1 hour');
select is((pg_temp.verify('mallory', 'account')).violations, '{proof_already_used}', 'when it has ended, it is nobody else''s');
create temp table second as select * from pg_temp.verify('alice', 'account');
select is((s.status, s.violations, s.renewed_id)::text, format('(verified,{},%s)', f.id), 'its holder renews it') from first f, second s;
select is(facts -> 'proof_is_new', 'true', 'as a proof that counts') from second;
select is(agrees, true, 'the decision can be made again') from second s, press.replay_decision(s.id);
select results_eq('select c.attestation_id, c.valid_until > clock_timestamp() from press.credentials c order by c.valid_from', 'select id, false from first union all select id, true from second', 'of two credentials one is valid');
select is((select trust_level from press.holders where subject = 'alice'), 1::smallint, 'trust is what it was');
select is((pg_temp.verify('mallory', 'account')).violations, '{proof_already_used}', 'it is nobody else''s now either');
select throws_ok($$select tests.submit('alice', 'oidc', tests.id_token('account'))$$, 'PRVRF', null, 'and not to be renewed before it ends');
select is_empty($$select a.check, a.finding from press.audit(part => 'rows') a where not a.is_ok and a.check <> 'a row is as the press wrote it'$$, 'the audit finds nothing but what was dated back here');
select pg_temp.let_pass('365 days');
create temp table third as select * from pg_temp.verify('alice', 'account');
select is(t.renewed_id, s.id, 'the next one renews the latest') from second s, third t;

-- What was revoked is not renewed.
select press.revoke_credential((select c.id from press.credentials c join third t on t.id = c.attestation_id), 'It was sold.') is not null;
select pg_temp.let_pass('365 days');
select throws_ok($$select tests.submit('alice', 'oidc', tests.id_token('account'))$$, 'PRVRF', null, 'ALREADY_VERIFIED for what was revoked, also after it would have ended');
create temp table again as select a.* from tests.submit('alice', 'oidc', tests.id_token('account once more')) a;
select is((press_worker.verify_attestation(id, tests.oidc_proof('account'), tests.nonce_of('alice', 'oidc'), '{}')).violations, '{proof_already_used}', 'in other evidence too') from again;
select pg_temp.verify('carol', 'account of carol') is not null;
select pg_temp.let_pass('365 days');
select press.revoke_credential((select c.id from press.credentials c join press.holders h on h.id = c.holder_id where h.subject = 'carol'), 'Late.') is not null;
select is((pg_temp.verify('carol', 'account of carol')).status, 'verified', 'one that had ended before it was revoked is');
select is((pg_temp.verify('dave', 'dave', 'repository')).status, 'verified', 'a repository is verified');
select pg_temp.let_pass('365 days');
select is((pg_temp.verify('dave', 'dave', 'repository')).status, 'verified', 'and renewed, by the same name');

-- The third layer: whoever forgets every function.
create temp table erin as select * from pg_temp.verify('erin', 'erin');
create temp table planted as select a.id from tests.submit('erin', 'oidc', tests.id_token('another')) a;
create temp table other as select a.id from tests.submit('mallory', 'oidc', tests.id_token('more')) a;
select throws_ok(format('update press.attestations set status = ''verified'', decided_at = clock_timestamp(), rule_set_id = 1, facts = ''{}'', violations = ''{}'', proof_digest = %L, renewed_id = %s where id = (select id from planted)', e.proof_digest, renewed), code, null, what)
from erin e, lateral (values ('null', '23505', 'a second first one'), (quote_literal(e.id), 'PRDEN', 'one of a credential that is valid'),
  (quote_literal((select id from first)), '23505', 'one that was renewed already'), ('gen_random_uuid()', 'PRDEN', 'one of none'), ('id', 'PRDEN', 'one of itself')) c (renewed, code, what);
select pg_temp.let_pass('365 days');
select throws_ok(format('update press.attestations set status = ''verified'', decided_at = clock_timestamp(), rule_set_id = 1, facts = ''{}'', violations = ''{}'', proof_digest = repeat(''0'', 64), renewed_id = %L where id = (select id from planted)', id), '23503', null, 'one of another proof') from erin;
select throws_ok(format('update press.attestations set status = ''verified'', decided_at = clock_timestamp(), rule_set_id = 1, facts = ''{}'', violations = ''{}'', proof_digest = %L, renewed_id = %L where id = (select id from other)', proof_digest, id), '23503', null, 'one of another holder') from erin;
select throws_ok(format('update press.attestations set renewed_id = %L where id = (select id from first)', id), 'PRDEN', null, 'nor is it changed afterwards') from erin;
select throws_ok('update press.attestations set renewed_id = null where id = (select id from second)', 'PRDEN', null, 'nor taken away');

-- Whoever has removed the trigger renews it all the same, and the audit names it.
alter table press.attestations disable trigger _200_guard_renewal;
alter table press.attestations disable trigger _200_require_credential;
create temp table planted_renewal as select a.id from tests.submit('alice', 'oidc', tests.id_token('account by hand')) a;
create function pg_temp.renewals_found() returns bigint language sql as $$
  select count(*) from press.audit(part => 'rows') f join planted_renewal p on f.subject = format('press.attestations (%s)', p.id)
  where not f.is_ok and f.check = 'a proof is one holder''s, and gives one valid credential at a time' $$;
select is(pg_temp.renewals_found(), 0::bigint, 'before, nothing is found');
update press.attestations a set status = 'verified', decided_at = clock_timestamp(), rule_set_id = 1, facts = '{}', violations = '{}', proof_digest = t.proof_digest, renewed_id = t.id
from third t where a.id = (select id from planted_renewal);
select is(pg_temp.renewals_found(), 1::bigint, 'a renewal of what was revoked before it ended is found');
alter table press.attestations enable always trigger _200_guard_renewal;
alter table press.attestations enable always trigger _200_require_credential;
select * from finish();
