select plan(44);
select tests.make_edition('golden-ticket', 9, 3);
select press.issue_tickets('golden-ticket', 2, '00000000-0000-4000-8000-000000000001', 'alice') is not null;
select press.issue_ticket('golden-ticket', null, 'bob') is not null;
select tests.sign_pending();
select tests.publish_checkpoint() is not null;
create temp table alice as select id from press.holders where subject = 'alice';
create temp table held as select t.ticket_number, t.envelope, press.timechain_proof(t.id) as proof from press.tickets t join press.holders h on h.id = t.holder_id where h.subject = 'alice';
grant select on alice, held to public;
select tests.as_gateway('press_holder', 'alice');
select press.issue_ticket('golden-ticket', '00000000-0000-4000-8000-000000000002') is not null;
select tests.as_superuser();
select press.revoke_ticket(t.id, 'Lost') is not null from press.tickets t where t.ticket_number = 2;
select tests.attest('alice', 'repository') is not null;
select tests.submit('alice', 'oidc') is not null;
select press.deactivate_holder(id, 'Alice of Wonderland, see her mail') is not null from alice;
select press.reactivate_holder(id) is not null from alice;

select tests.as_gateway('press_anonymous');
select throws_ok('select press.erase_holder(null)', 'PRANO', null, 'NOT_SIGNED_IN without a token');
select tests.as_gateway('press_holder', 'alice');
select throws_ok('select press.erase_holder(id) from alice', 'PRDEN', null, 'NOT_ALLOWED for a holder');
select tests.as_gateway('press_operator', 'olga');
select throws_ok($$select press.erase_holder('00000000-0000-4000-8000-000000000001')$$, 'PRINV', null, 'INVALID_INPUT for somebody who is not there');

select results_eq('select id, subject, trust_level, is_active, deactivation_reason from press.erase_holder((select id from alice))', 'select id, null::text, 2::smallint, true, null::text from alice', 'a person is forgotten');
select results_eq('select id, subject from press.erase_holder((select id from alice))', 'select id, null::text from alice', 'once is enough');
select tests.as_superuser();
select results_eq('select t.ticket_number, t.status::text, t.envelope from press.tickets t join alice a on a.id = t.holder_id order by 1', $$
  values (1, 'signed', null::text), (2, 'revoked', null), (4, 'pending', null)$$, 'numbers and states stay, envelopes are gone');
select results_eq('select ticket_number, envelope_hash from press_private.erased_envelopes order by 1', $$
  select ticket_number, encode(sha256(convert_to(envelope, 'UTF8')), 'hex') from held order by 1$$, 'their hashes stay');
select is_empty('select from press_private.attestation_work', 'evidence is gone');
select is_empty('select from press_private.attestation_nonces', 'so are the numbers that proofs name');
select results_eq('select kind::text, status::text, violations, facts from press.attestations order by submitted_at', $$
  values ('repository', 'verified', '{}'::text[], null::jsonb), ('oidc', 'rejected', '{holder_erased}', null)$$, 'what was not decided is rejected; facts are gone');
select results_eq($$select leaf::json ->> 'verdict', leaf::json ->> 'violations' from press_private.ledger_inbox where type = 'attestation.decided' order by id$$, $$
  values ('verified', '[]'), ('rejected', '["holder_erased"]')$$, 'and the ledger is told');
select is((select count(*) from press.credentials where status = 'pending'), 1::bigint, 'a credential stays: it names nobody');

-- What an envelope in somebody's hand is worth.
select results_eq('select is_ticket_known, is_signature_valid, status::text, refusal from held, press.verify_ticket(envelope) order by ticket_number', $$
  values (true, true, 'signed', null::text), (true, true, 'revoked', 'TICKET_REVOKED')$$, 'an old envelope is known by its hash');
select is((select is_ticket_known from press.verify_ticket((select replace(envelope, '"ticket_number":1,', '"ticket_number":3,') from held where ticket_number = 1))), false, 'another one is not');
select results_eq('select press.tickets_timechain_proof(t) from press.tickets t where t.ticket_number in (1, 2) order by t.ticket_number', 'select proof from held order by ticket_number', 'their proofs are the same');
select is_empty('select from press_gateway.read_envelopes(array(select id from press.tickets where holder_id = (select id from alice)))', 'nobody reads it here any more');

-- What awaits its signature is signed for nobody.
select tests.sign_pending();
select matches((select envelope from press.tickets where ticket_number = 4), (select '"recipient":"erased:' || id || '"' from alice), 'a ticket that was pending is signed for the opaque id');
select is_empty($$select "check", subject, finding from press.audit() where not is_ok and "check" <> 'a node is computed from the entries below it, and every complete subtree has one'$$, 'the audit finds nothing');
select press.close_edition('golden-ticket') is not null;
select is(tests.record_closings(), 1, 'the closing waits for no envelope that is gone');
select is_empty($$select "check", subject, finding from press.audit(part => 'entries') where not is_ok$$, 'and says the same of what was issued');

-- Guards: nothing else is let through.
select throws_ok(statement, 'PRDEN', null, 'refused: ' || statement)
from unnest(array['update press.tickets set envelope = null where ticket_number = 3', 'update press.tickets set envelope = ''x'' where ticket_number = 1',
  'update press.holders set subject = null where subject = ''bob''', 'update press.holders set subject = ''mallory'' where subject is null',
  'update press.holders set subject = ''alice'' where subject = ''bob''',
  'update press_private.erased_envelopes set envelope_hash = repeat(''0'', 64)', 'delete from press_private.erased_envelopes', 'truncate press_private.erased_envelopes',
  'update press_private.erased_holders set erased_at = now()', 'truncate press_private.erased_holders', 'delete from press_private.erased_holders']) statement;

-- She returns.
select tests.make_edition('second', 9, 1);
select tests.as_gateway('press_holder', 'alice');
select is((press.current_holder()).id, null, 'by reading alone nobody returns');
select results_eq($$select name from press.eligibility('golden-ticket')$$, $$values ('EDITION_NOT_OPEN'), ('HOLDER_LIMIT_REACHED')$$, 'but is told what holds for them');
select lives_ok($$select press.issue_ticket('second')$$, 'by asking for a ticket she does');
select results_eq('select id, trust_level from press.current_holder()', 'select id, 2::smallint from alice', 'she is who she was');
select throws_ok($$select press.issue_ticket('second')$$, 'PRLIM', null, 'and meets the old limits');
select results_eq($$select ticket_number from press.issue_ticket('golden-ticket', '00000000-0000-4000-8000-000000000002')$$, 'values (4)', 'her requests have their answers');
select lives_ok('select press.redeem_ticket(envelope, proof, ''00000000-0000-4000-8000-000000000003'') from held where ticket_number = 1', 'her old envelope is worth what it was');
select lives_ok('select press.redeem_ticket(envelope, proof, ''00000000-0000-4000-8000-000000000003'') from held where ticket_number = 1', 'and asking again under the key answers the same');
select throws_ok('select press.redeem_ticket(envelope, proof) from held where ticket_number = 1', 'PRRED', null, 'once');
select tests.as_superuser();
select is_empty('select from press_private.erased_holders', 'nobody is forgotten any more');
select tests.sign_pending();
select is_empty($$select "check", subject, finding from press.audit() where not is_ok and "check" <> 'a node is computed from the entries below it, and every complete subtree has one'$$, 'the audit finds nothing again');

-- Who cannot be forgotten.
select tests.as_gateway('press_operator', 'bob');
select lives_ok($$select press.issue_ticket('second', null, 'carol')$$, 'bob acts as an operator');
select tests.as_superuser();
select throws_like($$select press.erase_holder(id) from press.holders where subject = 'bob'$$, '%NOT_ALLOWED%', 'NOT_ALLOWED for somebody who has acted as an operator');
select * from finish();
