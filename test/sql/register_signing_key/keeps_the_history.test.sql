select plan(23);
select tests.as_login('press_worker');
select is((press_worker.register_signing_key(tests.public_key(), 'ticket')).key_id, tests.key_id(), 'the key id is the fingerprint of the public key');
select is((press_worker.register_signing_key(tests.public_key(), 'ticket')).key_id, tests.key_id(), 'registering again is fine');
select throws_ok(format('select press_worker.register_signing_key(%L, ''ticket'')', key), 'PRINV', null, format('INVALID_INPUT for the key %L', left(key, 10)))
from unnest(array['', 'abc', repeat('A', 64), repeat('g', 64), repeat('a', 66), null]) key;
select is((press_worker.register_signing_key(tests.public_key('b'), 'credential')).purpose, 'credential', 'a key can be for credentials');
select throws_ok($$select press_worker.register_signing_key(tests.public_key('b'), 'ticket')$$, 'PRINV', null, 'and then serves for nothing else');
select throws_ok(format('select press_worker.register_signing_key(tests.public_key(''c''), %L)', purpose), 'PRINV', null, format('INVALID_INPUT for the purpose %L', purpose)) from unnest(array['lock', null]) purpose;

-- y = 2; y = p + 3, where y = 3 is a point; a point of order 8; the sum of it and 12345 B; y = 1, whose x is 0, with the sign of an odd x.
select throws_ok(format('select press_worker.register_signing_key(%L, ''ticket'')', key), 'PRINV', null, 'INVALID_INPUT for ' || what)
from (values ('02' || repeat('00', 31), 'a y that no point has'),
             ('f0' || repeat('ff', 30) || '7f', 'an encoding that is not canonical'),
             ('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'a key of small order'),
             ('cdbc161be64c4302f56443ff29ccf36a2075be1a1fa67ff126b56315f5681c38', 'a key of mixed order'),
             ('01' || repeat('00', 30) || '80', 'the neutral point with a sign')) v (key, what);

select tests.as_superuser();
select throws_ok($$insert into press.signing_keys (key_id, public_key) values ('0123456789abcdef', tests.public_key('b'))$$, '23514', null, 'a key id that is not the fingerprint is refused');
select throws_ok('update press.signing_keys set activated_at = now() - interval ''1 day''', 'PRDEN', null, 'the history cannot be changed');
select throws_ok('delete from press.signing_keys', 'PRDEN', null, 'nor removed');
select throws_ok('truncate press.signing_keys', 'PRDEN', null, 'nor truncated');
select tests.as_gateway('press_anonymous');
select is((select public_key from press.signing_keys where purpose = 'ticket'), tests.public_key(), 'everybody can read it');
select throws_ok($$select press_worker.register_signing_key(tests.public_key(), 'ticket')$$, '42501', null, 'and nobody but the worker writes it');
select * from finish();
