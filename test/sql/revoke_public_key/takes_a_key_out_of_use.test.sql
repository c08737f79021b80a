select plan(19);
select tests.register_key('alice'), tests.register_key('bob', 2);
create temp table records as select * from tests.submit_record('waits') union all select * from tests.submit_record('sent') union all select * from tests.submit_record('other', 2);
grant select on records to public;
select tests.put_on_chain(id) from records where nonce = 'sent';

select tests.as_gateway('press_anonymous');
select throws_ok('select press.revoke_public_key(tests.record_key())', 'PRANO', null, 'NOT_SIGNED_IN');
select tests.as_gateway('press_holder', 'bob');
select throws_ok(format('select press.revoke_public_key(tests.record_key(), %L)', reason), 'PRINV', null, 'INVALID_INPUT for a reason ' || what)
from (values ('', 'of nothing'), (repeat('x', 501), 'that is too long'), (E'a\nb', 'of two lines')) r (reason, what);
select throws_ok('select press.revoke_public_key(tests.record_key())', 'PRKEY', null, 'UNKNOWN_KEY: it is another holder''s');
select throws_ok('select press.revoke_public_key(tests.record_key(9))', 'PRKEY', null, 'UNKNOWN_KEY: nobody has registered it');
select tests.as_gateway('press_holder', 'alice');
create temp table revoked as select * from press.revoke_public_key(tests.record_key(), 'It was stolen.');
select is((revoked_by, revocation_reason, revoked_at is not null)::text, '(holder,"It was stolen.",t)', 'its holder revokes it, with a reason') from revoked;
select is((k.*)::text, (r.*)::text, 'and again: it stays as it is') from revoked r, press.revoke_public_key(tests.record_key(), 'Another reason.') k;
select results_eq('select nonce, state::text, error_code from press.publications order by nonce', $$values ('sent', 'sent', null), ('waits', 'failed', 'UNKNOWN_KEY')$$,
  'what waits fails, and what was sent stays');
select throws_ok('select tests.submit_record(''more'')', 'PRKEY', null, 'UNKNOWN_KEY for a record of it');
select is((s.state, s.id), (r.state::press.publication_state, r.id), 'a record that was submitted before is answered as before')
from (select 'failed'::press.publication_state as state, id, payload, signature from records where nonce = 'waits') r, press.submit_record(r.payload, r.signature, tests.record_key()) s;
select tests.as_gateway('press_holder', 'bob');
select is((select state from press.publications), 'queued', 'another''s record waits as before');
select tests.as_gateway('press_operator', 'olga');
select is(revoked_by, 'operator:olga', 'an operator revokes any key, in their own name') from press.revoke_public_key(tests.record_key(2));
select is((select error_detail from press.publications where nonce = 'other'), 'Its key was revoked before it was sent.', 'which its records say');

select tests.as_superuser();
select throws_ok($$update press.publishing_keys set revoked_at = null, revoked_by = null, revocation_reason = null$$, 'PRDEN', null, 'nobody takes that back, not even a superuser');
select throws_ok($$update press.publishing_keys set revocation_reason = 'x'$$, 'PRDEN', null, 'nor changes why');
select throws_ok($$update press.publications set state = 'queued' where nonce = 'waits'$$, 'PRDEN', null, 'and what failed stays failed');
select is((select count(*) from press_private.audit_findings('rows')), 0::bigint, 'the audit finds nothing');
select press_worker.stop_press('test') is not null;
select throws_ok('select press.revoke_public_key(null)', 'PRSTO', null, 'PRESS_STOPPED, before all others');
select * from finish();
