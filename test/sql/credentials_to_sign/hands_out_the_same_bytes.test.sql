select plan(35);
create function pg_temp.claim(seed text default 'b', batch_size integer default 10, issuer text default 'did:web:press.test', base_url text default 'https://press.test') returns setof record language sql as $$
  select * from press_worker.credentials_to_sign(tests.key_id(seed), issuer, base_url, batch_size, 60) $$;
create temp table claimed (credential_id uuid, unsigned_document text, proof_options text, n serial);
grant all on claimed, claimed_n_seq to public;
select tests.attest('alice') is not null, tests.attest('bob', 'repository') is not null, tests.attest('carol') is not null;
select press_worker.register_signing_key(tests.public_key(seed), purpose) is not null from (values ('a', 'ticket'), ('b', 'credential'), ('c', 'credential')) k (seed, purpose);

select tests.as_login('press_worker');
insert into claimed select * from press_worker.credentials_to_sign(tests.key_id('b'), 'did:web:press.test', 'https://press.test', 1, 60);
select tests.as_superuser();
select is(c.unsigned_document, format(
    '{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/undefined-terms/v2"],"credentialStatus":{"id":"https://press.test/credentials/status/1#%s","statusListCredential":"https://press.test/credentials/status/1","statusListIndex":"%1$s","statusPurpose":"revocation","type":"BitstringStatusListEntry"},"credentialSubject":{"attestationKind":"oidc","id":"urn:uuid:%s","trustLevel":1},"id":"urn:uuid:%s","issuer":"did:web:press.test","type":["VerifiableCredential","AttestationCredential"],"validFrom":"%s","validUntil":"%s"}',
    r.status_index, r.holder_id, r.id, press_private.rfc3339(r.valid_from), press_private.rfc3339(r.valid_until)), 'the oldest comes first: the credential, canonical')
from claimed c join press.credentials r on r.id = c.credential_id join press.holders h on h.id = r.holder_id and h.subject = 'alice';
select matches(proof_options, '^{"@context":\["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/undefined-terms/v2"\],"created":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","cryptosuite":"eddsa-jcs-2022","proofPurpose":"assertionMethod","type":"DataIntegrityProof","verificationMethod":"did:web:press.test#'
  || tests.key_id('b') || '"}$', 'and what its proof will say of itself') from claimed;
select is((select count(*) from press_private.credential_payloads p join claimed c using (credential_id, unsigned_document, proof_options)), 1::bigint, 'both are stored before anybody sees them');
select is((select count(*) from pg_temp.claim() x (id uuid, d text, p text)), 2::bigint, 'nobody else is handed it while the lease runs');
update press_private.credential_payloads set claimed_until = clock_timestamp() where credential_id = (select credential_id from claimed);
select results_eq($$select * from pg_temp.claim(issuer => 'did:web:other.test', base_url => 'https://other.test') x (id uuid, d text, p text)$$, 'select credential_id, unsigned_document, proof_options from claimed',
  'when it has run out, it is the same to the byte, whatever has changed meanwhile');
-- a claim that lasts longer than any may was made before the clock was set back
update press_private.credential_payloads set claimed_until = clock_timestamp() + interval '10 years';
select is((select count(*) from pg_temp.claim() x (id uuid, d text, p text)), 3::bigint, 'one that no lease could have is over: the clock was set back');
update press_private.credential_payloads set claimed_until = clock_timestamp();
select is_empty($$select * from pg_temp.claim('c') x (id uuid, d text, p text)$$, 'while its key is in use, no other key has it');
select press_worker.retire_signing_key(tests.key_id('b')) is not null;
select is((select count(*) from pg_temp.claim('c') x (id uuid, d text, p text) where p like '%#' || tests.key_id('c') || '"}'), 3::bigint, 'when its key was retired, it is written anew for the next');
select throws_ok('select * from pg_temp.claim() x (id uuid, d text, p text)', 'PRKEY', null, 'UNKNOWN_KEY for a key that was retired');
select throws_ok($$select * from pg_temp.claim('a') x (id uuid, d text, p text)$$, 'PRKEY', null, 'UNKNOWN_KEY for a key of another purpose');
update press_private.credential_payloads set claimed_until = clock_timestamp();
select press.revoke_credential(credential_id, 'because') is not null from claimed;
select is((select count(*) from pg_temp.claim('c') x (id uuid, d text, p text)), 2::bigint, 'what was revoked before it was signed is not signed any more');

select throws_ok(format('select press_worker.credentials_to_sign(tests.key_id(''c''), %L, %L, %L, %L)', issuer, base_url, batch_size, lease_seconds), 'PRINV', null,
  format('INVALID_INPUT for %L, %L, %L, %L', issuer, base_url, batch_size, lease_seconds))
from (values ('did:web:press.test', 'https://press.test', 0, 60), ('did:web:press.test', 'https://press.test', 1001, 60), ('did:web:press.test', 'https://press.test', null, 60),
  ('did:web:press.test', 'https://press.test', 1, 0), ('did:web:press.test', 'https://press.test', 1, 3601), ('did:web:press.test', 'https://press.test', 1, null),
  (null, 'https://press.test', 1, 60), ('press.test', 'https://press.test', 1, 60), ('did:web:press"test', 'https://press.test', 1, 60), ('did:web:press.test#key', 'https://press.test', 1, 60),
  ('did:web:press.test', null, 1, 60), ('did:web:press.test', 'https://press.test/', 1, 60), ('did:web:press.test', 'press.test', 1, 60), ('did:web:press.test', 'https://press.test/"', 1, 60)) bad (issuer, base_url, batch_size, lease_seconds);
select lives_ok(format($$select press_worker.credentials_to_sign(tests.key_id('c'), %L, %L, 1, 60)$$, issuer, base_url), format('%s at %s is fine', issuer, base_url))
from (values ('did:web:localhost%3A5000', 'http://localhost:5000'), ('did:web:127.0.0.1%3A5000', 'http://127.0.0.1:5000'), ('did:web:press.test:a', 'https://press.test/a'), ('did:web:%5B%3A%3A1%5D%3A5000', 'http://[::1]:5000')) good (issuer, base_url);
select tests.as_gateway('press_operator', 'olga');
select throws_ok('select * from pg_temp.claim() x (id uuid, d text, p text)', '42501', null, 'nobody but the worker signs');
select tests.as_superuser();
select throws_ok('delete from press_private.credential_payloads', 'PRDEN', null, 'what was handed out is never removed');
select throws_ok('truncate press_private.credential_payloads', 'PRDEN', null, 'nor truncated');
select press_worker.stop_press('test') is not null;
select throws_ok($$select * from pg_temp.claim('c') x (id uuid, d text, p text)$$, 'PRSTO', null, 'PRESS_STOPPED');
select tests.as_login('press_auditor');
select is((select count(*) from press_private.credential_payloads), 3::bigint, 'the auditor reads what was handed out');
select is((select count(*) from press.credentials where status = 'pending'), 2::bigint, 'and all credentials');
select * from finish();
