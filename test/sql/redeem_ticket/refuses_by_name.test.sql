/* Each refusal, in order of precedence, for a call to which it and later ones apply; and nothing is written by any of them. */
select no_plan();
select tests.make_edition('golden-ticket', 9, 1);
select press.issue_ticket('golden-ticket', recipient => who) is not null from unnest(array['alice', 'bob', 'rita', 'ida', 'dora']) who;
select tests.sign_pending();
select tests.publish_checkpoint() is not null;
select press.issue_ticket('golden-ticket', recipient => 'late') is not null;
select tests.sign_pending();
select press_worker.integrate_ledger(1000) > 0;
select press.issue_ticket('golden-ticket', recipient => 'nina') is not null;
select tests.sign_pending();
select press.issue_ticket('golden-ticket', recipient => 'pia') is not null;

create temp table them as
select h.subject as who, t.id, t.envelope, press.tickets_timechain_proof(t) as proof from press.tickets t join press.holders h on h.id = t.holder_id;
grant all on them to public;
create function pg_temp.envelope_of(who text) returns text language sql as $$ select envelope from them where them.who = envelope_of.who $$;
create function pg_temp.proof_of(who text) returns text language sql as $$ select proof from them where them.who = proof_of.who $$;
create function pg_temp.id_of(who text) returns uuid language sql as $$ select id from them where them.who = id_of.who $$;
create function pg_temp.forged(seed text, recipient text, ticket_id uuid) returns text language sql as $$
  select replace(p, ',"ticket_id"', ',"signature":"' || encode(tests.sign(seed, p), 'hex') || '","ticket_id"')
  from press_private.ticket_envelope('golden-ticket', tests.key_id(seed), recipient, ticket_id, 1, '2026-01-01') p $$;
create temp table forgeries as
select 'forged by alice' as what, regexp_replace(pg_temp.envelope_of('alice'), '"signature":"[0-9a-f]{128}"', '"signature":"' || tests.signature('x') || '"') as envelope
union all select 'unknown id', pg_temp.forged('a', 'alice', gen_random_uuid())
union all select 'unknown key', pg_temp.forged('b', 'alice', pg_temp.id_of('alice'))
union all select 'checkpoint key', pg_temp.forged('c', 'alice', pg_temp.id_of('alice'))
union all select 'off the books', pg_temp.forged('a', 'mallory', pg_temp.id_of('alice'))
union all select 'in the place of bob''s', pg_temp.forged('a', 'mallory', pg_temp.id_of('bob'))
union all select 'not yet signed', pg_temp.forged('b', 'pia', pg_temp.id_of('pia'));
grant all on forgeries to public;
create function pg_temp.forgery(what text) returns text language sql as $$ select envelope from forgeries where forgeries.what = forgery.what $$;

create function pg_temp.problem_of(envelope text, proof text) returns text language plpgsql as $$
declare v_detail text;
begin
  perform press.redeem_ticket(problem_of.envelope, problem_of.proof);
  return 'redeemed';
exception when sqlstate 'PRMRK' then
  get stacked diagnostics v_detail = pg_exception_detail;
  return v_detail;
end $$;

create temp table wrong_proofs as
select * from (values
  ('nothing', ''), ('garbage', 'c2sp.org/tlog-proof@v1'), ('another ticket''s', pg_temp.proof_of('bob')),
  ('half of it', left(pg_temp.proof_of('alice'), 300)), ('a line feed more', pg_temp.proof_of('alice') || E'\n'), ('a line feed before', E'\n' || pg_temp.proof_of('alice')),
  ('a carriage return', replace(pg_temp.proof_of('alice'), E'\n', E'\r\n')),
  ('another version', replace(pg_temp.proof_of('alice'), '@v1', '@v2')),
  ('no entry', regexp_replace(pg_temp.proof_of('alice'), E'\nextra [^\n]*', '')),
  ('another place', regexp_replace(pg_temp.proof_of('alice'), E'\nindex ([0-9]+)\n', E'\nindex 1\\1\n')),
  ('a zero before the place', regexp_replace(pg_temp.proof_of('alice'), E'\nindex ', E'\nindex 0')),
  ('no hashes', regexp_replace(pg_temp.proof_of('alice'), E'(\nindex [0-9]+\n)([^\n]{44}\n)+', E'\\1')),
  ('a hash too few', regexp_replace(pg_temp.proof_of('alice'), E'(\nindex [0-9]+\n)[^\n]{44}\n', E'\\1')),
  ('a hash too many', regexp_replace(pg_temp.proof_of('alice'), E'(\nindex [0-9]+\n)([^\n]{44}\n)', E'\\1\\2\\2')),
  ('another hash', regexp_replace(pg_temp.proof_of('alice'), E'(\nindex [0-9]+\n)[^\n]{44}\n', E'\\1' || repeat('A', 43) || E'=\n')),
  ('bits left over in a hash', regexp_replace(pg_temp.proof_of('alice'), E'(\nindex [0-9]+\n[^\n]{42})[^\n]=\n', E'\\1B=\n')),
  ('no Base64', regexp_replace(pg_temp.proof_of('alice'), E'(\nindex [0-9]+\n)[^\n]{44}\n', E'\\1' || repeat('~', 43) || E'=\n')),
  ('no checkpoint', split_part(pg_temp.proof_of('alice'), E'\n\n', 1) || E'\n\n'),
  ('an unknown checkpoint', split_part(pg_temp.proof_of('alice'), E'\n\n', 1) || E'\n\n' || tests.checkpoint_note(7, sha256('x'))),
  ('a checkpoint by another key', (select split_part(pg_temp.proof_of('alice'), E'\n\n', 1) || E'\n\n' || tests.checkpoint_note(c.tree_size, c.root_hash, 'b') from press.checkpoints c)),
  ('a checkpoint of a size beyond all', split_part(pg_temp.proof_of('alice'), E'\n\n', 1) || E'\n\no\n99999999999999999999\nx\n\n')
) p (what, proof);
grant all on wrong_proofs to public;

select press.revoke_ticket(pg_temp.id_of('rita'), 'because') is not null;
update press.holders set is_active = false where subject = 'ida';
select tests.as_gateway('press_holder', 'dora');
select press.redeem_ticket(pg_temp.envelope_of('dora'), pg_temp.proof_of('dora'), '00000000-0000-4000-8000-00000000000d') is not null;
select tests.as_superuser();
create temp view written as
select (select count(*) from press.redemptions) as redemptions, (select array_agg(status::text order by ticket_number) from press.tickets) as status,
       (select count(*) from press_private.ledger_inbox) as inbox, (select count(*) from press.holders) as holders;
create temp table before as select * from written;

select tests.as_gateway('press_anonymous');
select throws_ok($$select press.redeem_ticket(null, null)$$, 'PRANO', null, 'NOT_SIGNED_IN without a token');
select throws_ok($$select press.redeem_ticket(pg_temp.envelope_of('alice'), pg_temp.proof_of('alice'))$$, 'PRANO', null, 'NOT_SIGNED_IN, though all else is right');
select tests.as_gateway('press_holder', 'ida');
select throws_ok($$select press.redeem_ticket(null, null)$$, 'PRINA', null, 'HOLDER_INACTIVE whatever an inactive holder sends');
select throws_ok($$select press.redeem_ticket(pg_temp.envelope_of('ida'), pg_temp.proof_of('ida'))$$, 'PRINA', null, 'HOLDER_INACTIVE for a ticket that was good');
select tests.as_gateway('press_operator', 'olga');
select throws_ok($$select press.redeem_ticket(pg_temp.envelope_of('ida'), pg_temp.proof_of('alice'))$$, 'PRINA', null, 'HOLDER_INACTIVE at the gate too');
select tests.as_gateway('press_holder', 'alice');
select throws_ok($$select press.redeem_ticket(pg_temp.envelope_of('ida'), pg_temp.proof_of('ida'))$$, 'PROWN', null, 'another holder is not told so');

select throws_ok($$select press.redeem_ticket(null, pg_temp.proof_of('alice'))$$, 'PRINV', null, 'INVALID_INPUT without an envelope');
select throws_ok($$select press.redeem_ticket(pg_temp.envelope_of('alice'), null)$$, 'PRINV', null, 'INVALID_INPUT without a proof');

select tests.as_gateway('press_holder', 'dora');
select throws_ok($$select press.redeem_ticket(pg_temp.envelope_of('alice'), pg_temp.proof_of('alice'), '00000000-0000-4000-8000-00000000000d')$$, 'PRIDM', null,
  'REQUEST_KEY_REUSED for another ticket under the key');
select throws_ok($$select press.redeem_ticket('{}', 'x', '00000000-0000-4000-8000-00000000000d')$$, 'PRIDM', null, 'REQUEST_KEY_REUSED for anything else under it');

select tests.as_gateway('press_holder', 'alice');
select throws_ok($$select press.redeem_ticket(pg_temp.forgery('unknown id'), 'x')$$, 'PRNOT', null, 'TICKET_NOT_FOUND for an id that no ticket has');
select throws_ok($$select press.redeem_ticket(pg_temp.forgery('off the books'), pg_temp.proof_of('alice'))$$, 'PRNOT', null,
  'TICKET_NOT_FOUND for what the press''s own key signed off the books');
select throws_ok($$select press.redeem_ticket(pg_temp.forgery('not yet signed'), 'x')$$, 'PRUNS', null, 'TICKET_NOT_SIGNED for a pending ticket, whatever the signature');
select throws_ok(format('select press.redeem_ticket(%L, pg_temp.proof_of(''alice''))', text), 'PRCAN', null, 'NOT_CANONICAL: ' || left(text, 20))
from unnest(array['', 'x', '{}', ' ' || pg_temp.envelope_of('alice'), pg_temp.envelope_of('alice') || E'\n', replace(pg_temp.envelope_of('alice'), ',"key_id', ', "key_id')]) text;
select throws_ok($$select press.redeem_ticket(pg_temp.forgery('unknown key'), 'x')$$, 'PRKEY', null, 'UNKNOWN_KEY');
select throws_ok($$select press.redeem_ticket(pg_temp.forgery('checkpoint key'), 'x')$$, 'PRKEY', null, 'UNKNOWN_KEY for the key of checkpoints');
select throws_ok($$select press.redeem_ticket(pg_temp.forgery('forged by alice'), 'x')$$, 'PRSIG', null, 'SIGNATURE_INVALID for a forged signature');
select throws_ok($$select press.redeem_ticket(replace(pg_temp.envelope_of('bob'), '"recipient":"bob"', '"recipient":"alice"'), pg_temp.proof_of('bob'))$$, 'PRSIG', null,
  'SIGNATURE_INVALID for a changed envelope');

select throws_ok(format('select press.redeem_ticket(pg_temp.envelope_of(''alice''), %L)', proof), 'PRMRK', null, 'PROOF_INVALID: ' || what) from wrong_proofs;
select tests.as_gateway('press_holder', 'late');
select throws_ok(format('select press.redeem_ticket(pg_temp.envelope_of(''late''), %L)', pg_temp.proof_of('alice')), 'PRMRK', null, 'PROOF_INVALID for a ticket that no checkpoint covers yet');
select tests.as_gateway('press_holder', 'nina');
select is(pg_temp.problem_of(pg_temp.envelope_of('nina'), pg_temp.proof_of('alice')), 'The ticket has no place in the ledger yet; ask for its proof in a moment.',
  'PROOF_INVALID for one that has no place yet, and what to do is said');
select tests.as_gateway('press_holder', 'alice');
select throws_ok(format('select press.redeem_ticket(pg_temp.envelope_of(''bob''), %L)', pg_temp.proof_of('alice')), 'PRMRK', null, 'PROOF_INVALID for another''s ticket with one''s own proof');
select throws_ok($$select press.redeem_ticket(pg_temp.envelope_of('bob'), pg_temp.proof_of('bob'))$$, 'PROWN', null, 'NOT_THE_HOLDER for another''s ticket');
select throws_ok($$select press.redeem_ticket(pg_temp.envelope_of('rita'), pg_temp.proof_of('rita'))$$, 'PROWN', null, 'NOT_THE_HOLDER also if it was revoked');
select tests.as_gateway('press_holder', 'nobody-yet');
select throws_ok($$select press.redeem_ticket(pg_temp.envelope_of('bob'), pg_temp.proof_of('bob'))$$, 'PROWN', null, 'NOT_THE_HOLDER for somebody who is new here');
-- Whoever writes another envelope into the row, signed by the press's own key, has not written it into the ledger.
select tests.as_superuser();
alter table press.tickets disable trigger _200_guard_identity;
update press.tickets set envelope = pg_temp.forgery('in the place of bob''s') where id = pg_temp.id_of('bob');
alter table press.tickets enable always trigger _200_guard_identity;
select tests.as_gateway('press_operator', 'olga');
select is(pg_temp.problem_of(pg_temp.forgery('in the place of bob''s'), pg_temp.proof_of('bob')), 'The entry of this ticket in the ledger is of another envelope.',
  'PROOF_INVALID for an envelope that is in the ticket''s row, and not in its entry');
select tests.as_gateway('press_holder', 'rita');
select throws_ok($$select press.redeem_ticket(pg_temp.envelope_of('rita'), pg_temp.proof_of('rita'))$$, 'PRREV', null, 'TICKET_REVOKED');
select tests.as_gateway('press_operator', 'olga');
select throws_ok($$select press.redeem_ticket(pg_temp.envelope_of('rita'), pg_temp.proof_of('rita'))$$, 'PRREV', null, 'TICKET_REVOKED at the gate');
select throws_ok($$select press.redeem_ticket(pg_temp.envelope_of('dora'), pg_temp.proof_of('dora'))$$, 'PRRED', null, 'ALREADY_REDEEMED');
select throws_ok($$select press.redeem_ticket(pg_temp.envelope_of('dora'), pg_temp.proof_of('dora'), '00000000-0000-4000-8000-00000000000d')$$, 'PRRED', null,
  'ALREADY_REDEEMED under a key that is another''s');
select tests.as_gateway('press_holder', 'dora');
select throws_ok($$select press.redeem_ticket(pg_temp.envelope_of('dora'), pg_temp.proof_of('dora'))$$, 'PRRED', null, 'ALREADY_REDEEMED without the key');
select throws_ok($$select press.redeem_ticket(pg_temp.envelope_of('dora'), pg_temp.proof_of('dora'), gen_random_uuid())$$, 'PRRED', null, 'ALREADY_REDEEMED under another key');

select tests.as_login('press_worker');
select press_worker.stop_press('a test') is not null;
select tests.as_gateway('press_anonymous');
select throws_ok($$select press.redeem_ticket(null, null)$$, 'PRSTO', null, 'PRESS_STOPPED before all others');
select tests.as_gateway('press_holder', 'alice');
select throws_ok($$select press.redeem_ticket(pg_temp.envelope_of('alice'), pg_temp.proof_of('alice'))$$, 'PRSTO', null, 'PRESS_STOPPED, though all else is right');
select tests.as_superuser();
select results_eq('select * from written', 'select * from before', 'none of them wrote anything');
select press.start_press('the test is over') is not null;
select tests.as_gateway('press_holder', 'alice');
select is((press.redeem_ticket(pg_temp.envelope_of('alice'), pg_temp.proof_of('alice'))).status::text, 'redeemed', 'and the ticket is redeemed when all is right');
select * from finish();
