select plan(23);
select tests.register_key('alice'), tests.register_key('alice', 2), tests.register_key('bob', 3);
create temp table records as select * from tests.submit_record('waits') union all select * from tests.submit_record('sent') union all select * from tests.submit_record('way') union all select * from tests.submit_record('other', 3);
select tests.put_on_chain(id, 100) is not null from records where nonce = 'sent';
create temp table alice as select id from press.holders where subject = 'alice';
select press.revoke_public_key(tests.record_key(2), 'Alice Smith sold it') is not null;
grant select on records, alice to public;

select tests.as_gateway('press_operator', 'olga');
select is(subject, null, 'a person is forgotten') from press.erase_holder((select id from alice));
select tests.as_superuser();
select results_eq('select public_key, possession_signature, revoked_by, revocation_reason from press.publishing_keys where holder_id = (select id from alice) order by 1', $$values
  (tests.record_key(1), null::text, 'operator:olga', 'Its holder was forgotten.'), (tests.record_key(2), null, 'login:' || current_setting('session_authorization'), null)$$, 'their keys are revoked, and what they signed over the name is gone');
select results_eq('select nonce, state::text, error_code, payload is null from press.publications where holder_id = (select id from alice) order by 1', $$values
  ('sent', 'sent', null, false), ('waits', 'failed', 'UNKNOWN_KEY', true), ('way', 'failed', 'UNKNOWN_KEY', true)$$, 'what waited fails, and its text is gone; what is on the chain stays');
select is(payload_hash, (select payload_hash from records where nonce = 'waits'), 'its hash stays') from press.publications where nonce = 'waits';
select is((state, payload)::text, (select ('queued', payload)::text from records where nonce = 'other'), 'another''s record waits as before') from press.publications where nonce = 'other';
select is_empty('select * from press_worker.keys_to_verify(10) k where k.public_key <> tests.record_key(3)', 'no worker is asked to verify their keys');
select throws_ok($$select press.submit_record(payload, signature, tests.record_key()) from records r where false union all select tests.submit_record('more')$$, 'PRKEY', null, 'nothing more is taken of them');
select is((s.id, s.state)::text, (r.id, 'failed')::text, 'a retry of what waited is answered, by its hash')
from records r, press.submit_record(r.payload, r.signature, tests.record_key()) s where r.nonce = 'waits';
select throws_ok(format('select press.submit_record(tests.record(%L, value => %L), tests.record_signature(), tests.record_key())', 'waits', 'y'), 'PRKEY', null, 'and another under its nonce is not');
select is(press_private.registration_text(tests.record_key(), null), null, 'nobody is named by a text to be signed');

-- The same person returns: their keys stay what they were.
select tests.as_gateway('press_holder', 'alice');
select is_empty('select id from press.publishing_keys', 'before they are known again they see nothing');
select press.register_public_key(tests.record_key(4), tests.record_signature()) is not null;
select is((select count(*) from press.publishing_keys), 3::bigint, 'who returns sees the old keys, and registers a new one');
select throws_ok($$select press.register_public_key(tests.record_key(), tests.record_signature())$$, 'PRKEY', null, 'UNKNOWN_KEY: the old ones stay revoked');
select is(state, 'queued', 'the new one signs records') from tests.submit_record('new', 4);
select tests.as_superuser();
select is((select count(*) from press_private.audit_findings('rows')) + (select count(*) from press_private.audit_findings('entries')), 0::bigint, 'the audit finds nothing');

-- Guards: nothing of it is let through for others, or undone.
select throws_ok(statement, 'PRDEN', null, 'refused: ' || statement)
from unnest(array['update press.publications set payload = null where nonce = ''other''', 'update press.publications set payload = ''x'' where nonce = ''waits''',
  'update press.publishing_keys set possession_signature = null where public_key = tests.record_key(4)',
  'update press.publishing_keys set possession_signature = ''x'' where public_key = tests.record_key(1)',
  'update press.publishing_keys set holder_id = gen_random_uuid()', 'delete from press.publishing_keys']) statement;

-- Who has acted for others on the chain stays.
select tests.as_gateway('press_operator', 'olga');
select tests.submit_record('by.olga', 4) is not null;
select tests.as_gateway('press_operator', 'otto');
select press.register_public_key(tests.record_key(5), tests.record_signature(), 'dora') is not null;
select press.register_public_key(tests.record_key(6), tests.record_signature()) is not null;
select tests.as_superuser();
select press.register_public_key(tests.record_key(7), tests.record_signature(), 'olga') is not null;
select throws_ok(format('select press.erase_holder(id) from press.holders where subject = %L', subject), 'PRDEN', null, format('NOT_ALLOWED: %s has acted as an operator', subject)) from unnest(array['olga', 'otto']) subject;
select * from finish();
