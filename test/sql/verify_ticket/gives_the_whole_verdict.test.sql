select plan(19);
select tests.make_edition('golden-ticket', 5, 1);
select press.issue_ticket('golden-ticket', recipient => who) is not null from unnest(array['alice', 'bob']) who;
select tests.sign_pending();
select press.issue_ticket('golden-ticket', recipient => 'carol') is not null;
create temp table them as
select who, t.id, t.envelope from unnest(array['alice', 'bob', 'carol']) who join press.holders h on h.subject = who join press.tickets t on t.holder_id = h.id;
grant all on them to public;
create function pg_temp.envelope_of(who text) returns text language sql as $$ select envelope from them where them.who = envelope_of.who $$;
-- An envelope of these members under one of the keys of the tests, whether it is registered or not.
create function pg_temp.forged(seed text, recipient text, ticket_id uuid, ticket_number bigint) returns text language sql as $$
  select replace(replace(p.payload, ',"ticket_id"', ',"signature":"' || encode(tests.sign(seed, p.payload), 'hex') || '","ticket_id"'), '', '')
  from (select replace(press_private.ticket_envelope('golden-ticket', tests.key_id(seed), recipient, ticket_id, 1, '2026-01-01'),
                       '"ticket_number":1', '"ticket_number":' || ticket_number) as payload) p $$;
create function pg_temp.judged(envelope text) returns setof press.ticket_verdict language sql as $$ select * from press.verify_ticket(envelope) $$;

select tests.as_gateway('press_anonymous');
select row_eq($$select * from press.verify_ticket(pg_temp.envelope_of('alice'))$$,
  row((select id from them where who = 'alice'), true, true, true, true, 'signed'::press.ticket_status, null::bigint, null::bigint, null::text, false)::press.ticket_verdict,
  'signed, and not in the ledger yet');
select tests.as_superuser();
select press_worker.integrate_ledger(1000) > 0;
select is((press.verify_ticket(pg_temp.envelope_of('alice'))).ledger_place, 2::bigint, 'with its place in the ledger');
select is((press.verify_ticket(pg_temp.envelope_of('alice'))).checkpoint_tree_size, null::bigint, 'and no checkpoint yet');
select tests.publish_checkpoint() is not null;
select tests.as_gateway('press_anonymous');
select row_eq($$select * from press.verify_ticket(pg_temp.envelope_of('alice'))$$,
  row((select id from them where who = 'alice'), true, true, true, true, 'signed'::press.ticket_status, 2, 5, null::text, false)::press.ticket_verdict,
  'and with the checkpoint that covers it');

select tests.as_superuser();
create temp table verdicts as
select what, v.* from (values
  ('another signature', regexp_replace(pg_temp.envelope_of('alice'), '"signature":"[0-9a-f]{128}"', '"signature":"' || tests.signature('x') || '"')),
  ('another recipient', replace(pg_temp.envelope_of('alice'), '"recipient":"alice"', '"recipient":"mallory"')),
  ('another number', replace(pg_temp.envelope_of('alice'), '"ticket_number":1', '"ticket_number":2')),
  ('an unknown id', pg_temp.forged('a', 'alice', gen_random_uuid(), 1)),
  ('an unknown key', pg_temp.forged('b', 'alice', (select id from them where who = 'alice'), 1)),
  ('a key for checkpoints', pg_temp.forged('c', 'alice', (select id from them where who = 'alice'), 1)),
  ('signed off the books', pg_temp.forged('a', 'mallory', (select id from them where who = 'alice'), 1)),
  ('a number beyond 2^31', pg_temp.forged('a', 'alice', (select id from them where who = 'alice'), 9007199254740991)),
  ('not yet signed', pg_temp.forged('a', 'carol', (select id from them where who = 'carol'), 3))
) c (what, envelope), press.verify_ticket(c.envelope) v;
select is((select refusal from verdicts where verdicts.what = w.what), w.refusal, format('%s is %s', w.what, w.refusal))
from (values ('another signature', 'SIGNATURE_INVALID'), ('another recipient', 'SIGNATURE_INVALID'), ('another number', 'SIGNATURE_INVALID'),
  ('an unknown id', 'TICKET_NOT_FOUND'), ('an unknown key', 'UNKNOWN_KEY'), ('a key for checkpoints', 'UNKNOWN_KEY'),
  ('signed off the books', 'TICKET_NOT_FOUND'), ('a number beyond 2^31', 'TICKET_NOT_FOUND'), ('not yet signed', 'TICKET_NOT_SIGNED')) w (what, refusal);
select set_eq('select what from verdicts where is_signature_valid', array['an unknown id', 'signed off the books', 'a number beyond 2^31', 'not yet signed'],
  'a signature is valid or not, whatever else is wrong');
select is_empty('select from verdicts where is_ticket_known or status is not null or ledger_place is not null or not is_canonical', 'none of them is told anything about the real ticket');

select press_worker.retire_signing_key(tests.key_id()) is not null;
select is((press.verify_ticket(pg_temp.envelope_of('alice'))).refusal, null, 'what a retired key signed verifies for ever');
select press.revoke_ticket((select id from them where who = 'bob'), 'because') is not null;
select is((select (v.status, v.refusal)::text from press.verify_ticket(pg_temp.envelope_of('bob')) v), '(revoked,TICKET_REVOKED)', 'a revoked one is told so');
select tests.as_login('press_auditor');
select is((press.verify_ticket(pg_temp.envelope_of('alice'))).refusal, null, 'an auditor may ask, who can change nothing');
select tests.as_superuser();
set local transaction_read_only = on;
select is((press.verify_ticket('{')).refusal, 'NOT_CANONICAL', 'in a transaction that is read-only');
select * from finish();
