select plan(32);
create temp table claimed (credential_id uuid, unsigned_document text, proof_options text);
grant all on claimed to public;
create function pg_temp.signature(seed text default 'b') returns text language sql as $$
  select encode(tests.sign_bytes(seed, press_private.credential_digest(c.unsigned_document, c.proof_options)), 'hex') from claimed c $$;
create function pg_temp.attach(signature text, seed text default 'b') returns setof text language sql as $$
  select outcome from press_worker.attach_credential_signatures(tests.key_id(seed), array(select credential_id from claimed), array[attach.signature]) $$;
select tests.attest('alice') is not null, tests.attest('bob') is not null, tests.attest('carol') is not null;
select press_worker.register_signing_key(tests.public_key(seed), purpose) is not null from (values ('a', 'ticket'), ('b', 'credential'), ('c', 'credential')) k (seed, purpose);
insert into claimed select * from press_worker.credentials_to_sign(tests.key_id('b'), 'did:web:press.test', 'https://press.test', 1, 60);
create temp table signatures as select pg_temp.signature() as right_one, pg_temp.signature('c') as of_c;
grant select on signatures to public;

select tests.as_login('press_worker');
select throws_ok(format('select pg_temp.attach(%L)', bad), 'PRINV', null, format('INVALID_INPUT for the signature %L', left(bad, 10)))
from unnest(array['', 'abc', repeat('A', 128), repeat('a', 130), null]) bad;
select throws_ok($$select press_worker.attach_credential_signatures(tests.key_id('b'), array(select credential_id from claimed), '{}')$$, 'PRINV', null, 'INVALID_INPUT for a missing signature');
select throws_ok($$select pg_temp.attach(repeat('0', 128), 'a')$$, 'PRKEY', null, 'UNKNOWN_KEY for a key of tickets');
select results_eq($$select pg_temp.attach(repeat('0', 128))$$, $$values ('refused')$$, 'a signature that does not verify is refused');
select results_eq($$select pg_temp.attach(of_c, 'c') from signatures$$, $$values ('refused')$$, 'one of a key that the claim is not under is refused');
select results_eq($$select pg_temp.attach(of_c) from signatures$$, $$values ('refused')$$, 'under the name of another key, too');
select results_eq($$select pg_temp.attach(right_one) from signatures$$, $$values ('attached')$$, 'the first right one is attached');
select results_eq($$select pg_temp.attach(right_one) from signatures$$, $$values ('repeated')$$, 'the same again is fine');
select results_eq($$select pg_temp.attach(repeat('0', 128))$$, $$values ('refused')$$, 'another is refused');
select results_eq($$select outcome from press_worker.attach_credential_signatures(tests.key_id('b'), array[gen_random_uuid()], array[repeat('0', 128)])$$, $$values ('refused')$$, 'a credential that does not exist is refused');
select is_empty($$select outcome from press_worker.attach_credential_signatures(tests.key_id('b'), '{}', '{}')$$, 'an empty batch is fine');

select tests.as_superuser();
select is(r.document, replace(replace(c.unsigned_document, ',"type":["V', ',"proof":' || c.proof_options || ',"type":["V'),
    ',"type":"DataIntegrityProof"', ',"proofValue":"z' || press_private.base58btc(decode(s.right_one, 'hex')) || '","type":"DataIntegrityProof"'), 'the document has its proof, and in it the value, each where the order of names has it')
from press.credentials r join claimed c on c.credential_id = r.id, signatures s;
select is((r.unsigned_document, r.proof_options, r.key_id, encode(r.signature, 'hex'))::text, (c.unsigned_document, c.proof_options, tests.key_id('b'), s.right_one)::text, 'and is taken apart again')
from claimed c join press.credentials d on d.id = c.credential_id, press_private.read_credential(d.document) r, signatures s;
select is(press_private.is_credential_genuine(d.document), true, 'it is genuine') from press.credentials d where document is not null;
select is(press_private.is_credential_genuine(replace(d.document, '"trustLevel":1', '"trustLevel":2')), false, 'and with a changed member it is not') from press.credentials d where document is not null;
select is(press_private.is_credential_genuine(bad), false, format('nor is %L', bad)) from unnest(array['', '{}', null]) bad;
select is((select array_agg(substr(leaf, 33)) from press_private.ledger_inbox where type = 'credential.issued'),
  array[format(',"credential_hash":"%s","credential_id":"%s","holder":"%s","type":"credential.issued"}', encode(sha256(convert_to(d.document, 'UTF8')), 'hex'), d.id, d.holder_id)], 'the ledger tells of it once, by the hash of its document')
from press.credentials d where document is not null;

-- Revoked before the signature came.
delete from claimed;
insert into claimed select * from press_worker.credentials_to_sign(tests.key_id('b'), 'did:web:press.test', 'https://press.test', 1, 60);
select press.revoke_credential(credential_id, 'because') is not null from claimed;
select results_eq('select pg_temp.attach(pg_temp.signature())', $$values ('refused')$$, 'what was revoked meanwhile is not signed');
select is((select array_agg(leaf::jsonb -> 'credential_hash') from press_private.ledger_inbox where type = 'credential.revoked'), array['null'::jsonb], 'and its revocation tells of no document');
update press_private.credential_payloads set claimed_until = clock_timestamp();
delete from claimed;
insert into claimed select * from press_worker.credentials_to_sign(tests.key_id('b'), 'did:web:press.test', 'https://press.test', 1, 60);
select press_worker.retire_signing_key(tests.key_id('b')) is not null;
select throws_ok('select pg_temp.attach(pg_temp.signature())', 'PRKEY', null, 'UNKNOWN_KEY when the key was retired meanwhile');
select tests.as_gateway('press_operator', 'olga');
select throws_ok($$select press_worker.attach_credential_signatures('', '{}', '{}')$$, '42501', null, 'nobody but the worker attaches signatures');
select tests.as_superuser();
select press_worker.stop_press('test') is not null;
select throws_ok($$select press_worker.attach_credential_signatures('', '{}', '{}')$$, 'PRSTO', null, 'PRESS_STOPPED');

-- Base58, as Bitcoin has it.
select is(array[press_private.base58btc(bytes), press_private.base58btc_bytes(text)::text], array[text, bytes::text], format('%L is %L', bytes, text))
from (values ('\x61'::bytea, '2g'), ('\x73696d706c792061206c6f6e6720737472696e67', '2cFupjhnEsSn59qHXstmK2ffpLv2'), ('\x00eb15231dfceb60925886b67d065299925915aeb172c06647', '1NS17iag9jJgTHD1VXjvLCEnZuQ3rJDE9L'), ('\x00000000000000000000', '1111111111')) v (bytes, text);
select * from finish();
