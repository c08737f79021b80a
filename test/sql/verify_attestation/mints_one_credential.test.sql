select plan(55);
create function pg_temp.id_of(subject text) returns uuid language sql security definer as $$
  select a.id from press.attestations a join press.holders h on h.id = a.holder_id where h.subject = id_of.subject order by a.submitted_at desc limit 1 $$;
create function pg_temp.nonce_of(subject text, kind text default 'oidc') returns text language sql security definer as $$ select tests.nonce_of(subject, kind) $$;
create function pg_temp.verify(subject text, account text default null) returns press.attestations language sql as $$
  select press_worker.verify_attestation(pg_temp.id_of(subject), tests.oidc_proof(coalesce(account, subject)), pg_temp.nonce_of(subject), '{}') $$;
create function pg_temp.trust(subject text) returns smallint language sql security definer as $$ select h.trust_level from press.holders h where h.subject = trust.subject $$;

-- The way of a claim, with the rights of those who take part.
select tests.as_gateway('press_holder', 'alice');
select set_config('press.client_address', '192.0.2.1', true) is not null;
select press.begin_attestation('oidc') is not null, press.submit_attestation('oidc', tests.id_token('alice')) is not null;
select tests.as_login('press_worker');
create temp table decided as select * from pg_temp.verify('alice');
grant select on decided to public;
select is((status, violations, rule_set_id)::text, '(verified,{},1)', 'without a violation it is verified') from decided;
select is(facts - 'checked_at', '{"address_checks":1,"holder_is_active":true,"nonce_is_right":true,"proof_is_new":true}', 'on the facts that are kept') from decided;
select throws_ok($$select pg_temp.verify('alice')$$, 'PRVRF', null, 'ALREADY_VERIFIED for the second time');
select throws_ok($$select pg_temp.verify('alice', 'mallory')$$, 'PRVRF', null, 'with another proof too');
select is(pg_temp.trust('alice'), 1::smallint, 'its holder is trusted more');
select throws_ok('select * from press.credentials', '42501', null, 'the worker reads no credentials');

select tests.as_gateway('press_holder', 'alice');
select results_eq($$select c.status::text, c.kind::text, c.trust_level, c.status_list, c.valid_from, c.valid_until, c.document from press.credentials c$$,
  $$select 'pending', 'oidc', 1::smallint, 1, decided_at, decided_at + interval '365 days', null::text from decided$$, 'it gave one credential, for a year, which awaits its signature');
select tests.as_gateway('press_holder', 'bob');
select is_empty('select id from press.credentials', 'which is nobody else''s');
select tests.as_superuser();
select is_empty('select attestation_id from press_private.attestation_work', 'the evidence is gone');
select is_empty('select nonce from press_private.attestation_nonces', 'and so is the number');
select is((select array_agg(leaf) from press_private.ledger_inbox where type = 'attestation.decided'),
  array[format('{"at":"%s","attestation_id":"%s","evidence_digest":"%s","holder":"%s","kind":"oidc","rule_set_hash":"%s","type":"attestation.decided","verdict":"verified","violations":[]}',
    press_private.rfc3339(d.decided_at), d.id, d.evidence_digest, d.holder_id, r.rule_set_hash)], 'the ledger tells that it was decided')
from decided d join press.rule_sets r on r.id = d.rule_set_id;
select is(proof_digest, encode(press_private.keyed_hash('proof', '{"issuer":"https://id.test","kind":"oidc","subject":"alice"}'), 'hex'), 'what was proved is kept as a keyed hash') from decided;

-- A repository counts for more; a verification never lowers trust.
select is((tests.attest('alice', 'repository')).status, 'verified', 'a repository is verified');
select is(pg_temp.trust('alice'), 2::smallint, 'and counts for more');
select tests.submit('alice', 'oidc', tests.id_token('alice at work')) is not null;
select is((pg_temp.verify('alice', 'alice at work')).status, 'verified', 'another account of the same person is verified');
select is(pg_temp.trust('alice'), 2::smallint, 'and lowers nothing');
select is((select array_agg(trust_level order by valid_from) from press.credentials), '{1,2,1}', 'there are three credentials by now');

-- What nobody can plant while the triggers are there, and what comes of it when they were removed: nothing is minted, signed or issued.
select tests.submit('carol') is not null, tests.submit('dave') is not null, tests.submit('gone') is not null, tests.submit('alice', 'oidc', tests.id_token('alice at home')) is not null;
alter table press.attestations disable trigger _200_require_credential;
alter table press.credentials disable trigger _200_guard_minting;
insert into press.credentials (attestation_id, holder_id, kind, trust_level, status_list, status_index, valid_from, valid_until)
select a.id, a.holder_id, a.kind, 1, 9, n, now(), now() + interval '1 year' from unnest(array['carol', 'gone', 'alice']) with ordinality s (subject, n) join press.attestations a on a.id = pg_temp.id_of(s.subject);
update press.attestations set status = 'verified', decided_at = now(), rule_set_id = 1, facts = '{}', violations = '{}', proof_digest = repeat('a', 64) where id = pg_temp.id_of('dave');
alter table press.attestations enable always trigger _200_require_credential;
alter table press.credentials enable always trigger _200_guard_minting;
create temp table before as select (select count(*) from press.credentials) as credentials, (select count(*) from press_private.ledger_inbox) as entries;
select throws_ok($$select pg_temp.verify('carol')$$, 'PRVRF', null, 'ALREADY_VERIFIED where a credential is there, and the attestation is not verified');
select throws_ok($$select pg_temp.verify('dave')$$, 'PRVRF', null, 'ALREADY_VERIFIED where the attestation is verified, and there is no credential');
select results_eq('select (select count(*) from press.credentials), (select count(*) from press_private.ledger_inbox)', 'select * from before', 'nothing is minted from either, and nothing told');
select bag_eq($$select a.subject from press.audit(part => 'rows') a where not a.is_ok and a.check = 'an attestation is verified if and only if it has its one credential'$$,
  $$select format('press.attestations (%s)', pg_temp.id_of(s)) from unnest(array['carol', 'dave', 'gone', 'alice']) s$$, 'the audit names them for what they are');
select press_worker.register_signing_key(tests.public_key('b'), 'credential') is not null;
create temp table planted as select c.* from press.credentials c where c.status_list = 9;
create temp table to_sign as select * from press_worker.credentials_to_sign(tests.key_id('b'), 'did:web:press.test', 'https://press.test', 1000, 60);
select is((select count(*) from to_sign), 3::bigint, 'what was minted is handed to the signer');
select is_empty('select from to_sign join planted on id = credential_id', 'what was planted is not');
create temp table signed (credential_id uuid, signature text);
with stored as (
insert into press_private.credential_payloads (credential_id, key_id, unsigned_document, proof_options, claimed_until)
select c.id, tests.key_id('b'), press_private.unsigned_credential((select x from press.credentials x where x.id = c.id), 'did:web:press.test', 'https://press.test'), press_private.proof_options('did:web:press.test', tests.key_id('b'), now()), now() from planted c
returning *)
insert into signed select credential_id, encode(tests.sign_bytes('b', press_private.credential_digest(unsigned_document, proof_options)), 'hex') from stored;
select results_eq('select distinct outcome from (select array_agg(credential_id) as ids, array_agg(signature) as signatures from signed) s, press_worker.attach_credential_signatures(tests.key_id(''b''), ids, signatures)',
  $$values ('refused')$$, 'nor does a signature that is right make one of it');
select is((select count(*) from press_private.ledger_inbox where type = 'credential.issued'), 0::bigint, 'and the ledger is told of none');
select press.create_edition('proved', 'For the proved', 9, 9, required_kind => 'oidc') is not null, press.create_edition('trusted', 'For the trusted', 9, 9, required_trust_level => 1) is not null;
select press.open_edition(slug) is not null from unnest(array['proved', 'trusted']) slug;
select throws_ok(format('select press.issue_ticket(%L, null, %L)', slug, subject), 'PRELG', null, format('NOT_ELIGIBLE: %s gives nothing that %s demands', subject, slug))
from unnest(array['proved', 'trusted']) slug, unnest(array['carol', 'dave']) subject;
select press.erase_holder(a.holder_id) is not null from press.attestations a where a.id = pg_temp.id_of('gone');
update press_private.credential_payloads set claimed_until = '2020-01-01';
select bag_eq($$select credential_id from press_worker.credentials_to_sign(tests.key_id('b'), 'did:web:press.test', 'https://press.test', 1000, 60)$$, 'select credential_id from to_sign',
  'nor is one signed when its holder was forgotten, and its attestation rejected');
select press.revoke_credential(id, 'because') is not null from press.credentials where attestation_id <> all (array(select p.attestation_id from planted p)) and holder_id = (select h.id from press.holders h where h.subject = 'alice');
select is(pg_temp.trust('alice'), 0::smallint, 'a revocation counts what was minted');

-- A failure at any step leaves nothing of the others.
create function pg_temp.fail() returns trigger language plpgsql as $$ begin raise exception 'as if the power had failed' using errcode = 'XX000'; end $$;
select tests.submit('erin') is not null;
create function pg_temp.verify_with_a_failure(relation regclass, timing text) returns text language plpgsql as $$
begin
  execute format('create trigger _999_fail %s on %s for each row execute function pg_temp.fail()', timing, relation);
  begin
    perform pg_temp.verify('erin');
    return 'it was decided';
  exception when internal_error then
    execute format('drop trigger _999_fail on %s', relation);
    return format('%s,%s,%s,%s,%s', (select status from press.attestations where id = pg_temp.id_of('erin')), (select count(*) from press.credentials where attestation_id = pg_temp.id_of('erin')),
      pg_temp.trust('erin'), (select count(*) from press_private.attestation_work where attestation_id = pg_temp.id_of('erin')), pg_temp.nonce_of('erin') is not null);
  end;
end
$$;
select is(pg_temp.verify_with_a_failure(relation, timing), 'submitted,0,0,1,t', format('nothing is left of a decision that failed: %s on %s', timing, relation))
from (values ('press.attestations'::regclass, 'after update'), ('press.credentials', 'before insert'), ('press.credentials', 'after insert'), ('press.holders', 'after update'),
  ('press_private.attestation_work', 'after delete'), ('press_private.attestation_nonces', 'after delete'), ('press_private.ledger_inbox', 'after insert')) f (relation, timing);
select is((pg_temp.verify('erin')).status, 'verified', 'and it is decided when it is tried again');

select throws_ok(format('select press_worker.verify_attestation(pg_temp.id_of(''erin''), %L, %L, %L, %L)', proof, null, facts, problem), 'PRINV', null, format('INVALID_INPUT for %s', what))
from (values (null, '{}', null, 'nothing proved'), ('{}', '{}', null, 'an empty proof'), ('x', '{}', null, 'a proof that is no JSON'), (tests.oidc_proof('x') || ' ', '{}', null, 'a proof with a space'),
  (tests.repository_proof(1), '{}', null, 'a proof of another kind'), (tests.oidc_proof('x'), null, null, 'no facts'), (tests.oidc_proof('x'), '[]', null, 'facts that are no object'),
  (tests.oidc_proof('x'), '{"name":"Erin"}', null, 'a fact that is none'), (tests.oidc_proof('x'), '{"problem":"x"}', null, 'a sentence without a problem'), (null, '{}', 'evidence_invalid', 'a problem without a sentence'),
  (null, '{"problem":"x"}', 'other', 'a problem that is none')) bad (proof, facts, problem, what);
select throws_ok($$select press_worker.verify_attestation(gen_random_uuid(), tests.oidc_proof('x'), null, '{}')$$, 'PRINV', null, 'INVALID_INPUT for an attestation that does not exist');
select tests.submit('full') is not null;
create function pg_temp.take_no_place() returns trigger language plpgsql as $$ begin return null; end $$;
create trigger _000_no_place before insert on press.credentials for each row execute function pg_temp.take_no_place();
select throws_ok($$select pg_temp.verify('full')$$, '40001', null, 'RETRY where no list has a free place: nothing is verified without a credential');
drop trigger _000_no_place on press.credentials;
select is((pg_temp.verify('full')).status, 'verified', 'and it is, when one has');
select tests.as_gateway('press_operator', 'olga');
select throws_ok($$select pg_temp.verify('erin')$$, '42501', null, 'nobody but the worker verifies');
select tests.as_superuser();
select press_worker.stop_press('test') is not null;
select throws_ok($$select pg_temp.verify('erin')$$, 'PRSTO', null, 'PRESS_STOPPED');
select * from finish();
