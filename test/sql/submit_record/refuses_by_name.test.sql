select plan(60);
create function pg_temp.submit(payload text, signature text default tests.record_signature(), pubkey text default tests.record_key()) returns press.publications
  language sql as $$ select press.submit_record(payload, signature, pubkey) $$;
select tests.register_key('alice'), tests.register_key('bob', 2);
create temp table times as select press_private.rfc3339(clock_timestamp() + interval '1 hour') as soon;
grant select on times to public;

select tests.as_gateway('press_anonymous');
select throws_ok($$select pg_temp.submit('', '', '')$$, 'PRANO', null, 'NOT_SIGNED_IN');
select tests.as_gateway('press_holder', 'alice');
select throws_ok(format('select pg_temp.submit(tests.record(), pubkey => %L)', key), 'PRINV', null, format('INVALID_INPUT for the key %L', left(key, 9))) from unnest(array[null, '', '04' || repeat('a', 64)]) key;
select throws_ok(format('select pg_temp.submit(tests.record(), %L)', signature), 'PRINV', null, format('INVALID_INPUT for the signature %L', signature)) from unnest(array[null, '', 'MAYCAQECAQE', 'x']) signature;
select throws_ok(format('select pg_temp.submit(%L)', payload), 'PRINV', null, 'INVALID_INPUT for a payload ' || what)
from times t, lateral (values
  ('', 'of nothing'), (null, 'that is not there'), (repeat('x', 10001), 'of 10001 bytes'), (repeat('ä', 5001), 'of 5001 characters of two bytes'),
  ('[]', 'that is an array'), ('"nonce"', 'that is a string'), ('1', 'that is a number'), ('null', 'that is null'), ('{}', 'without members'),
  (format('{"expires_at":"%s"}', soon), 'without a nonce'), (format('{"expires_at":"%s","nonce":null}', soon), 'whose nonce is null'), (format('{"expires_at":"%s","nonce":1}', soon), 'whose nonce is a number'),
  (format('{"expires_at":"%s","nonce":""}', soon), 'whose nonce is empty'), (format('{"expires_at":"%s","nonce":"%s"}', soon, repeat('x', 129)), 'whose nonce has 129 characters'),
  (format('{"expires_at":"%s","nonce":"a b"}', soon), 'whose nonce has a space'), (format('{"expires_at":"%s","nonce":"ä"}', soon), 'whose nonce has another letter'), (format('{"expires_at":"%s","nonce":"a\n"}', soon), 'whose nonce has a line feed'),
  ('{"nonce":"a"}', 'without expires_at'), ('{"expires_at":null,"nonce":"a"}', 'whose expires_at is null'), ('{"expires_at":1,"nonce":"a"}', 'whose expires_at is a number'),
  ('{"expires_at":"tomorrow","nonce":"a"}', 'whose expires_at is a word'), (format('{"expires_at":"%s","nonce":"a"}', replace(soon, 'Z', '+00:00')), 'in an offset'),
  (format('{"expires_at":"%s","nonce":"a"}', replace(soon, 'T', ' ')), 'with a space in its moment'), (format('{"expires_at":"%s","nonce":"a"}', replace(soon, 'Z', '1Z')), 'finer than a millisecond'),
  (format('{"expires_at":"%s","nonce":"a"}', left(soon, 10) || 'T24:00:00Z'), 'at 24 hours'), (format('{"expires_at":"%s","nonce":"a"}', left(soon, 17) || '60Z'), 'at second 60'),
  ('{"expires_at":"2026-02-30T00:00:00Z","nonce":"a"}', 'on a day that there is not'), ('{"expires_at":"infinity","nonce":"a"}', 'for ever')) p (payload, what);
select throws_ok($$select pg_temp.submit(tests.record('far', interval '7 days 1 second'))$$, 'PRINV', null, 'INVALID_INPUT more than seven days ahead');
select throws_ok(format('select pg_temp.submit(%L)', payload), 'PRCAN', null, 'NOT_CANONICAL for ' || what)
from times t, lateral (values
  ('{', 'what is no JSON'), (format('{"expires_at":"%s", "nonce":"a"}', soon), 'white space'), (format('{"nonce":"a","expires_at":"%s"}', soon), 'another order'),
  (format('{"expires_at":"%s","nonce":"a","nonce":"a"}', soon), 'a member that is there twice'), (format('{"expires_at":"%s","nonce":"\u0061"}', soon), 'an escape'),
  (format('{"expires_at":"%s","nonce":"a","value":1.0}', soon), 'a number'), (format('{"expires_at":"%s","nonce":"a","value":"\u0000"}', soon), 'a character that PostgreSQL does not have'),
  (format('{"expires_at":"%s","nonce":"a","value":1e400}', soon), 'a number that no double can hold'),
  (format('{"expires_at":"%s","nonce":"a","value":%s}', soon, repeat('[', 100) || repeat(']', 100)), 'a hundred arrays in it'),
  (format('{"expires_at":"%s","nonce":"a","value":%s}', soon, repeat('{"a":', 100) || '1' || repeat('}', 100)), 'a hundred objects in it')) p (payload, what);

select throws_ok($$select pg_temp.submit(tests.record(), pubkey => tests.record_key(9))$$, 'PRKEY', null, 'UNKNOWN_KEY: nobody has registered it');
select throws_ok($$select pg_temp.submit(tests.record(), pubkey => tests.record_key(2))$$, 'PRKEY', null, 'UNKNOWN_KEY: it is another holder''s, of which nobody learns');
select throws_ok(format('select pg_temp.submit(tests.record(), %L)', encode(decode('3025' || '020101' || '0220' || '7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1', 'hex'), 'base64')),
  'PRSIG', null, 'SIGNATURE_INVALID for a high S');
select throws_ok($$select pg_temp.submit(tests.record('late', interval '-1 second'))$$, 'PREXP', null, 'EXPIRED');
select lives_ok($$select pg_temp.submit(tests.record('late'))$$, 'nothing of all this has used the nonce');
select throws_ok($$select pg_temp.submit(tests.record('late', value => 'y'))$$, 'PRNON', null, 'NONCE_REUSED for another record');
select throws_ok($$select pg_temp.submit(tests.record('late', interval '-1 second'))$$, 'PRNON', null, 'also for one that has expired');
select is((select count(*) from press.publications), 1::bigint, 'a refusal leaves nothing');

select tests.as_superuser();
select press.set_publishing_quota(tests.record_key(), 1) is not null;
select tests.as_gateway('press_holder', 'alice');
select throws_ok($$select pg_temp.submit(tests.record('late', value => 'y'))$$, 'PRRAT', null, 'RATE_LIMITED, before NONCE_REUSED');
select throws_ok($$select pg_temp.submit('{')$$, 'PRCAN', null, 'what is no record counts for nothing');
select tests.as_superuser();
update press.holders set is_active = false where subject = 'alice';
select tests.as_gateway('press_holder', 'alice');
select throws_ok($$select pg_temp.submit('', '', '')$$, 'PRINA', null, 'HOLDER_INACTIVE, before what is wrong with the request');
select tests.as_gateway('press_operator', 'olga');
select throws_ok($$select pg_temp.submit(tests.record('other'))$$, 'PRINA', null, 'HOLDER_INACTIVE: an operator submits nothing of theirs either');
select tests.as_superuser();
select press_worker.stop_press('test') is not null;
select tests.as_gateway('press_anonymous');
select throws_ok($$select pg_temp.submit('', '', '')$$, 'PRSTO', null, 'PRESS_STOPPED, before all others');
select * from finish();
