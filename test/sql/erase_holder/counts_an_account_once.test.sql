/* What was proved counts once, also when who proved it was forgotten: neither they nor anybody else gives it for another credential. */
select plan(9);
create function pg_temp.verdict(subject text, account text) returns text language plpgsql as $$
declare
  v_attestation  press.attestations;
begin
  perform press.begin_attestation('oidc', subject);
  v_attestation := press.submit_attestation('oidc', tests.id_token(account || gen_random_uuid()), null, subject, tests.fresh_address());
  v_attestation := press_worker.verify_attestation(v_attestation.id, tests.oidc_proof(account), tests.nonce_of(subject, 'oidc'), '{}');
  return concat_ws(' ', v_attestation.status, v_attestation.violations::text);
end
$$;
select is(pg_temp.verdict('alice', 'her account'), 'verified {}', 'she proves an account');
create temp table alice as select id from press.holders where subject = 'alice';
select (press.erase_holder(id)).subject is null from alice;
select is(pg_temp.verdict('bob', 'her account'), 'rejected {proof_already_used}', 'while she is forgotten, it is nobody else''s');
select is(pg_temp.verdict('alice', 'her account'), 'rejected {proof_already_used}', 'when she returns, it has given a credential already');
select is((select id from press.holders where subject = 'alice'), (select id from alice), 'to her');
select is(pg_temp.verdict('bob', 'her account'), 'rejected {proof_already_used}', 'and it is nobody else''s then either');
select is(pg_temp.verdict('alice', 'another account'), 'verified {}', 'another one counts');
select (press.erase_holder(id)).subject is null from alice;
select is(pg_temp.verdict('carol', 'another account'), 'rejected {proof_already_used}', 'once, though she is forgotten again');
select is((select count(*) from press.credentials), 2::bigint, 'two accounts have given two credentials');
select is_empty('select "check", subject, finding from press.audit() where not is_ok', 'the audit finds nothing');
select * from finish();
