select plan(43);
select tests.publish_checkpoint() is not null;
create function pg_temp.register(n integer, recipient text default null, r integer default 1) returns press.publishing_keys
  language sql as $$ select press.register_public_key(tests.record_key(n), tests.record_signature(r), recipient) $$;

select tests.as_gateway('press_anonymous');
select throws_ok($$select press.register_public_key('', '')$$, 'PRANO', null, 'NOT_SIGNED_IN');
select tests.as_gateway('press_holder', 'alice');
select throws_ok($$select press.register_public_key('', '', 'bob')$$, 'PRDEN', null, 'NOT_ALLOWED for another recipient');
select throws_ok($$select press.register_public_key('', tests.record_signature())$$, 'PRINV', null, 'INVALID_INPUT for a key that is none');
select throws_ok(format('select press.register_public_key(tests.record_key(), %L)', signature), 'PRINV', null, 'INVALID_INPUT for a signature ' || what)
from (values
  ('', 'of nothing'), (null, 'that is not there'), ('MAYCAQECAQE', 'without its padding'), ('MAYCAQECAQE=' || E'\n', 'with a line feed'), ('MAYCAQECAQ_=', 'in another alphabet'),
  ('MAYCAQECAQF=', 'with bits that no byte has'), (encode('\x30060201010201', 'base64'), 'that is cut off'), (encode('\x3006020101020101ff', 'base64'), 'with a byte behind it'),
  (encode('\x300702010102010100', 'base64'), 'with a byte behind s'), (encode('\x3106020101020101', 'base64'), 'that is another sequence'), (encode('\x3005020101020101', 'base64'), 'that says a wrong length'),
  (encode('\x308106020101020101', 'base64'), 'whose length is two bytes'), (encode('\x3006030101020101', 'base64'), 'whose r is no integer'), (encode('\x3006020101030101', 'base64'), 'whose s is no integer'),
  (encode('\x300702020001020101', 'base64'), 'whose r has a zero too many'), (encode('\x300702010102020001', 'base64'), 'whose s has a zero too many'),
  (encode('\x3006020181020101', 'base64'), 'whose r is negative'), (encode('\x3006020101020181', 'base64'), 'whose s is negative'), (encode('\x3005020002020101', 'base64'), 'whose r has no bytes'),
  (encode(decode('3026' || '0221' || '01' || repeat('00', 32) || '020101', 'hex'), 'base64'), 'whose r has 33 bytes and no zero'),
  (encode(decode('3027' || '0222' || '00' || repeat('81', 33) || '020101', 'hex'), 'base64'), 'whose r has 34 bytes')) s (signature, what);
select throws_ok(format('select press.register_public_key(tests.record_key(), %L)', encode(decode(der, 'hex'), 'base64')), 'PRSIG', null, 'SIGNATURE_INVALID for ' || what)
from (values
  ('3006020100020101', 'r of zero'), ('3006020101020100', 's of zero'),
  ('3026' || '022100' || 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141' || '020101', 'r of the order'),
  ('3025' || '020101' || '0220' || '7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1', 'a high s, by one')) s (der, what);

create temp table first as select * from pg_temp.register(1);
select tests.as_superuser();
select is((k.public_key, k.records_per_hour, k.registered_by, k.verified_at, k.revoked_at, h.subject)::text, (tests.record_key(1), 1000, null, null, null, 'alice')::text, 'a key is its holder''s')
from first k join press.holders h on h.id = k.holder_id;
select tests.as_gateway('press_holder', 'alice');
select is((k.*)::text, (f.*)::text, 'the same again is the same') from first f, pg_temp.register(1) k;
select is(possession_signature, tests.record_signature(2), 'until it is verified, another signature takes the place of the first') from pg_temp.register(1, r => 2);
select is((select count(*) from press.publishing_keys), 1::bigint, 'its holder sees it');
select lives_ok(format('select press.register_public_key(tests.record_key(2), %L)', replace(encode(decode('3045' || '022100' || 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140'
  || '0220' || '7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0', 'hex'), 'base64'), E'\n', '')), 'the largest r and s are taken');
select tests.as_gateway('press_holder', 'bob');
select is_empty('select id from press.publishing_keys', 'nobody else does');
select throws_ok('select pg_temp.register(1)', 'PRDEN', null, 'NOT_ALLOWED: it is another holder''s');
select tests.as_gateway('press_operator', 'olga');
select is(registered_by, 'operator:olga', 'an operator registers for somebody, in their own name') from pg_temp.register(3, 'bob');

-- Twenty in use, or within an hour.
select tests.as_superuser();
select count(pg_temp.register(n, 'carol')) from generate_series(11, 29) n;
select lives_ok($$select pg_temp.register(30, 'carol')$$, 'a twentieth key');
select throws_ok($$select pg_temp.register(31, 'carol')$$, 'PRRAT', null, 'RATE_LIMITED: a twenty-first');
select lives_ok($$select pg_temp.register(30, 'carol')$$, 'and what is registered already is answered');
select count(press.revoke_public_key(tests.record_key(n))) from generate_series(11, 30) n;
select throws_ok($$select pg_temp.register(31, 'carol')$$, 'PRRAT', null, 'RATE_LIMITED: to revoke some within the hour does not help');
select throws_ok($$select pg_temp.register(30, 'carol')$$, 'PRKEY', null, 'UNKNOWN_KEY: a key that was revoked stays so');
update press.holders set is_active = false where subject = 'alice';
select throws_ok($$select pg_temp.register(1, 'alice')$$, 'PRINA', null, 'HOLDER_INACTIVE');
select press_worker.stop_press('test') is not null;
select throws_ok($$select press.register_public_key('', '')$$, 'PRSTO', null, 'PRESS_STOPPED, before all others');
select * from finish();
