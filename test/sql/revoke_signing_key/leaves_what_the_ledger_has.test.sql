/* The key of the tickets is stolen: what the thief signs is worth nothing, what the ledger has is as good as ever, and what was under way is signed by another key. */
select plan(32);
select tests.make_edition('raffle', 10);
select press.issue_ticket('raffle', recipient => 'alice') is not null;
select tests.sign_pending();
select press_worker.integrate_ledger(1000) > 0;
select tests.publish_checkpoint() is not null;
select press.issue_ticket('raffle', recipient => 'bob') is not null;
create temp table claimed as select * from press_worker.tickets_to_sign(tests.key_id(), 10, 60);
create temp table honest as select t.id, t.envelope, press.timechain_proof(t.id) as proof from press.tickets t where t.status = 'signed';
create temp table stolen as
select replace(p.payload, ',"ticket_id"', ',"signature":"' || encode(tests.sign('a', p.payload), 'hex') || '","ticket_id"') as envelope
from (select press_private.ticket_envelope('raffle', tests.key_id(), 'mallory', h.id, 1, '2026-01-01') as payload from honest h) p;
grant all on claimed, honest, stolen to public;

select tests.as_gateway('press_anonymous');
select throws_ok($$select press.revoke_signing_key(tests.key_id(), 'Stolen')$$, 'PRANO', null, 'NOT_SIGNED_IN');
select tests.as_gateway('press_holder', 'alice');
select throws_ok($$select press.revoke_signing_key(tests.key_id(), 'Stolen')$$, 'PRDEN', null, 'NOT_ALLOWED for a holder');
select tests.as_login('press_worker');
select throws_ok($$select press.revoke_signing_key(tests.key_id(), 'Stolen')$$, '42501', null, 'nor for a worker, who might be the thief');
select tests.as_gateway('press_operator', 'olga');
select throws_ok(format('select press.revoke_signing_key(tests.key_id(), %L)', reason), 'PRINV', null, format('INVALID_INPUT for the reason %L', left(reason, 10)))
from unnest(array['', null, E'two\nlines', repeat('x', 501)]) reason;
select throws_ok($$select press.revoke_signing_key('0000000000000000', 'Stolen')$$, 'PRKEY', null, 'UNKNOWN_KEY for one that was never there');
select throws_ok($$select press.revoke_signing_key(null, 'Stolen')$$, 'PRKEY', null, 'nor is there one without an id');

create temp table revoked as select * from press.revoke_signing_key(tests.key_id(), 'A disk went missing.');
grant select on revoked to public;
select ok(revoked_at >= retired_at and revocation_reason = 'A disk went missing.', 'it is retired and revoked') from revoked;
select is((k.*)::text, (r.*)::text, 'and again: it stays as it is, whatever the reason') from revoked r, press.revoke_signing_key(tests.key_id(), 'Another reason') k;
select is((k.*)::text, (r.*)::text, 'everybody reads it') from revoked r join press.signing_keys k using (key_id);

-- What the ledger has.
select tests.as_superuser();
select matches(revoked_by, '^operator:[0-9a-f-]{36}$', 'who did it is an opaque id') from revoked;
select results_eq($$select type, leaf from press_private.ledger_inbox where type like 'key.re%' order by id$$, $$
  select 'key.retired', format('{"at":"%s","key_id":"%s","public_key":"%s","purpose":"ticket","type":"key.retired"}', press_private.rfc3339(retired_at), key_id, public_key) from revoked
  union all
  select 'key.revoked', format('{"at":"%s","by":"%s","key_id":"%s","public_key":"%s","purpose":"ticket","reason":"A disk went missing.","type":"key.revoked"}',
    press_private.rfc3339(revoked_at), revoked_by, key_id, public_key) from revoked$$, 'the ledger says both, once, and why');
select ok(press_private.is_canonical_json(leaf), 'canonically') from press_private.ledger_inbox where type = 'key.revoked';

-- The worker.
select tests.as_login('press_worker');
select throws_ok($$select press_worker.tickets_to_sign(tests.key_id(), 10, 60)$$, 'PRKEY', null, 'UNKNOWN_KEY: nothing is handed out to it');
select throws_ok($$select press_worker.attach_signatures(tests.key_id(), array(select ticket_id from claimed), array[tests.signature('a')])$$, 'PRKEY', null, 'UNKNOWN_KEY: what it had in hand is not stored');
select throws_ok($$select press_worker.register_signing_key(tests.public_key(), 'ticket')$$, 'PRKEY', null, 'UNKNOWN_KEY: it does not come back');
select lives_ok($$select press_worker.retire_signing_key(tests.key_id())$$, 'to retire it changes nothing');
select tests.as_superuser();
update press_private.signing_claims set claimed_until = now() - interval '1 second';
select press_worker.register_signing_key(tests.public_key('b'), 'ticket') is not null;
select results_eq($$select ticket_id from press_worker.tickets_to_sign(tests.key_id('b'), 10, 60)$$, 'select ticket_id from claimed', 'another key takes over');

-- What tickets are worth.
select tests.as_gateway('press_anonymous');
select is((v.is_signature_valid, v.is_key_known, v.is_key_revoked, v.is_ticket_known, v.refusal)::text, '(t,t,t,t,)', 'an honest ticket: its key is revoked, the press knows it, and nothing speaks against it')
from honest h, press.verify_ticket(h.envelope) v;
select is((v.is_signature_valid, v.is_key_known, v.is_key_revoked, v.is_ticket_known, v.refusal)::text, '(t,t,t,f,TICKET_NOT_FOUND)', 'the thief''s: the signature verifies, and says nothing')
from stolen s, press.verify_ticket(s.envelope) v;
select is((press.verify_ticket('{}')).is_key_revoked, null, 'of no key nothing is said');
select tests.as_gateway('press_holder', 'mallory');
select throws_ok('select press.redeem_ticket(s.envelope, h.proof) from stolen s, honest h', 'PRNOT', null, 'TICKET_NOT_FOUND: the thief''s is not redeemed, with the proof of another neither');
select tests.as_gateway('press_holder', 'alice');
select is((press.redeem_ticket(h.envelope, h.proof)).status, 'redeemed', 'the honest one is redeemed with the proof that it had') from honest h;

select tests.as_superuser();
select throws_ok('update press.signing_keys set ' || change || ' where key_id = tests.key_id()', 'PRDEN', null, 'cannot be changed: ' || change)
from unnest(array['revoked_at = null, revoked_by = null, revocation_reason = null', 'revocation_reason = ''other''', 'revoked_by = ''login:x''']) change;

-- A key that was retired long ago; and a press that is stopped.
select press_worker.retire_signing_key(tests.key_id('b')) is not null;
select press_worker.stop_press('Restored from a backup.');
select tests.as_login(tests.operator_login());
select is(revoked_by, 'login:' || session_user, 'also while the press is stopped; a login acts in its own name') from press.revoke_signing_key(tests.key_id('b'), 'Found in a log.');
select tests.as_superuser();
select is(count(*), 1::bigint, 'it is retired once') from press_private.ledger_inbox where type = 'key.retired' and leaf::json ->> 'key_id' = tests.key_id('b');
select is((press.start_press('It is the right one.')), true, 'it runs again');
select press_worker.integrate_ledger(1000) > 0;
select is_empty($$select "check", subject from press.audit() where not is_ok$$, 'the audit finds it all in order');
select * from finish();
