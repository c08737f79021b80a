select plan(18);
-- Not in the same millisecond, within which PostgreSQL 15 gives ids of any order.
select tests.register_key('alice');
select pg_sleep(0.002);
select tests.register_key('bob', 2);
select pg_sleep(0.002);
select tests.register_key('carol', 3);
select tests.as_login('press_worker');
select is_empty('select * from press_worker.keys_to_verify(10)', 'none while no record waits');
select tests.as_superuser();
create temp table records as select * from tests.submit_record('a') union all select * from tests.submit_record('b', 2);
create temp table texts as select n, press.key_registration_text(tests.record_key(n), subject) as text from (values (1, 'alice'), (2, 'bob')) v (n, subject);
grant select on texts to public;
select tests.as_login('press_worker');
select results_eq('select public_key, registration_text, signature from press_worker.keys_to_verify(10)', 'select tests.record_key(n), text, tests.record_signature() from texts order by n',
  'then those that records wait for, with what their holders have signed');
select is((select count(*) from press_worker.keys_to_verify(1)), 1::bigint, 'as many as are asked for');
create temp table keys as select * from press_worker.keys_to_verify(10);
select ok(press_worker.note_verified_key(key_id, signature, true), 'a key is verified') from keys where public_key = tests.record_key(1);
select ok(not press_worker.note_verified_key(key_id, signature, is_genuine), 'once') from keys, unnest(array[true, false]) is_genuine where public_key = tests.record_key(1);
select ok(not press_worker.note_verified_key(key_id, 'another', false), 'nothing is noted of a signature that is not there any more') from keys where public_key = tests.record_key(2);
select ok(press_worker.note_verified_key(key_id, signature, false), 'one whose signature is none') from keys where public_key = tests.record_key(2);
select ok(not press_worker.note_verified_key(key_id, signature, true), 'stays what it was found to be') from keys where public_key = tests.record_key(2);
select throws_ok(format('select press_worker.note_verified_key(%s)', arguments), 'PRINV', null, 'INVALID_INPUT for ' || arguments)
from unnest(array['null, null, true', 'gen_random_uuid(), '''', true']) arguments;
select throws_ok(format('select press_worker.note_verified_key(%L, signature, null) from keys', key_id), 'PRINV', null, 'INVALID_INPUT where nothing was said') from keys where public_key = tests.record_key(1);
select is_empty('select * from press_worker.keys_to_verify(10)', 'then none is left');
select tests.as_superuser();
select is((revoked_by, verified_at is null)::text, '(worker,t)', 'it is revoked') from press.publishing_keys where public_key = tests.record_key(2);
select is((state, error_code)::text, '(failed,UNKNOWN_KEY)', 'and its records fail') from press.publications where nonce = 'b';
select is(state, 'queued', 'the others wait') from press.publications where nonce = 'a';
select is(possession_signature, tests.record_signature(), 'what was verified stays') from press.register_public_key(tests.record_key(), tests.record_signature(3), 'alice');
select throws_ok($$update press.publishing_keys set verified_at = null where verified_at is not null$$, 'PRDEN', null, 'for ever');
select * from finish();
