select plan(14);
select tests.as_gateway('press_anonymous');
select throws_ok($$select press.key_registration_text('x')$$, 'PRANO', null, 'NOT_SIGNED_IN');
select tests.as_gateway('press_holder', 'alice');
select throws_ok($$select press.key_registration_text('x', 'bob')$$, 'PRDEN', null, 'NOT_ALLOWED for another recipient');
select throws_ok(format('select press.key_registration_text(%L)', key), 'PRINV', null, format('INVALID_INPUT for the key %L', left(key, 70)))
from unnest(array[null, '', 'x', '04' || repeat('a', 64), '02' || repeat('a', 62), '02' || repeat('A', 64), '02' || repeat('a', 64) || ' ', E'02' || repeat('a', 64) || '\n']) key;
select throws_like($$select press.key_registration_text(tests.record_key())$$, 'INVALID_INPUT: %', 'INVALID_INPUT before the ledger has a name');
select tests.as_superuser();
select tests.publish_checkpoint() is not null;
select tests.as_gateway('press_holder', 'al"ice');
select is(press.key_registration_text(tests.record_key()),
  '{"ledger":"press.test/ledger","public_key":"' || tests.record_key() || '","subject":"al\"ice","type":"golden-press/key/v1"}', 'the text is canonical JSON, with the name of the ledger and of the person');
select tests.as_gateway('press_operator', 'olga');
select ok(press_private_text like '%"subject":"bob"%', 'an operator names somebody') from press.key_registration_text(tests.record_key(), 'bob') press_private_text;
select tests.as_superuser();
select ok(press_private.is_canonical_json(press.key_registration_text(tests.record_key(), 'aä😀"\\')), 'whatever the name has in it');
select * from finish();
