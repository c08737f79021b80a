/* Rows name operators. Whoever acts is known again before they are named, on every way there is to act; and then they cannot be forgotten any more. */
select plan(60);
select tests.make_edition('golden-ticket', 99);
select tests.make_raffle('raffle', 'sealed');
select press.issue_ticket('golden-ticket', recipient => 'alice') is not null, press.issue_ticket('golden-ticket', recipient => 'alice') is not null;
select tests.sign_pending();
select tests.publish_checkpoint() is not null;
create temp table held as select t.id, t.ticket_number, t.envelope, press.timechain_proof(t.id) as proof from press.tickets t;
select tests.attest('alice') is not null;
select tests.register_key('erin', n) is not null from generate_series(2, 4) n;
select tests.fund(1);
select tests.queue_record('frida', 'lost') is not null;
select tests.tell(tests.send_one(), 'missing_inputs') is not null;
create temp table acts as select * from unnest(
  array['issues', 'redeems', 'revokes a ticket', 'sets rules', 'submits evidence', 'revokes a credential', 'draws',
    'registers a key', 'submits a record', 'revokes a key', 'funds the pool', 'returns a coin', 'forgets somebody', 'stops nothing, and starts'],
  array['press.issue_ticket(''golden-ticket'', recipient => ''bob'')',
    format('press.redeem_ticket(%L, %L)', (select envelope from held where ticket_number = 1), (select proof from held where ticket_number = 1)),
    format('press.revoke_ticket(%L, ''Lost'')', (select id from held where ticket_number = 2)),
    'press.set_rules(checks_per_hour => 7)',
    format('press.submit_attestation(''oidc'', %L, recipient => ''carol'', client_address => %L)', tests.id_token('carol'), tests.fresh_address()),
    format('press.revoke_credential(%L, ''Sold'')', (select id from press.credentials)),
    'press.draw_winner(''raffle'')',
    'press.register_public_key(tests.record_key(1), tests.record_signature(), ''erin'')',
    format('press.submit_record(%L, %L, %L)', tests.record(), tests.record_signature(), tests.record_key(2)),
    format('press.revoke_public_key(%L)', tests.record_key(3)),
    format('press.fund_pool(%L, 0, 500, %L)', repeat('a', 64), tests.wallet()),
    (select format('press.release_utxo(%L, %s, ''Seen'')', u.txid, u.output_index) from press.utxos u where u.state = 'dirty'),
    (select format('press.erase_holder(%L)', h.id) from press.holders h where h.subject = 'frida'),
    'press.start_press(''All is well'')']) with ordinality a (name, call, index);
select press.issue_ticket('golden-ticket', recipient => name) is not null from acts;
create temp table operators as select h.id, a.* from press.holders h join acts a on a.name = h.subject;
select press.erase_holder(id) is not null from operators;
select is((select count(*) from press_private.erased_holders), 14::bigint, 'fourteen operators were forgotten who had done nothing');

create function pg_temp.act(name text, call text) returns void language plpgsql as $$
begin
  -- Before the last of them somebody stops the press: one that runs is not started.
  if name ~ 'starts' then
    insert into press_private.press_state (is_stopped, reason, changed_by) values (true, 'A test', 'worker');
  end if;
  perform tests.as_gateway('press_operator', name);
  execute 'select ' || call;
  perform tests.as_superuser();
end $$;
select lives_ok(format('select pg_temp.act(%L, %L)', name, call), name || ', having been forgotten') from operators order by index;
select is(h.subject, o.name, o.name || ': is known again, as who they were') from operators o join press.holders h on h.id = o.id order by o.index;
select throws_ok(format('select press.erase_holder(%L)', id), 'PRDEN', null, name || ': NOT_ALLOWED, for the name is in a row') from operators order by index;
select is_empty('select from press_private.erased_holders e join operators o on o.id = e.holder_id', 'all of them are here');
select is_empty($$select "check", subject, finding from press.audit() where not is_ok and "check" <> 'a node is computed from the entries below it, and every complete subtree has one'$$, 'the audit finds nothing');

-- A name that came into a row beside the press is found, though the person is not there any more.
set constraints all immediate;
select press.issue_ticket('golden-ticket', recipient => 'ghost') is not null;
create temp table ghost as select id from press.holders where subject = 'ghost';
select lives_ok('select press.erase_holder(id) from ghost', 'somebody who has not acted is forgotten');
select lives_ok('select press.erase_holder(id) from ghost', 'and stays so');
create function pg_temp.erased_with(place text, name text) returns text language plpgsql as $$
declare v_detail text;
begin
  execute format('alter table %s disable trigger all', place);
  execute format('update %s set %I = ''operator:ghost'' where %2$I = (select max(%2$I) from %1$s where %2$I ~ ''^operator:'')', place, name);
  perform press.erase_holder(id) from ghost;
  raise 'undo' using errcode = 'PT001', detail = 'was erased again';
exception when sqlstate 'PT001' or sqlstate 'PRDEN' then
  get stacked diagnostics v_detail = pg_exception_detail;
  return v_detail;
end $$;
select is(pg_temp.erased_with(place, name), 'They have acted as an operator, and what operators did stays under their names.', format('a name in %s.%s is found', place, name))
from (values ('press.tickets', 'issued_by'), ('press.redemptions', 'redeemed_by'), ('press.revocations', 'revoked_by'), ('press_private.draw_requests', 'requested_by'),
  ('press_private.press_state', 'changed_by'), ('press_private.rule_set_requests', 'requested_by'), ('press.attestations', 'submitted_by'),
  ('press.credentials', 'revoked_by'), ('press.publishing_keys', 'registered_by'), ('press.publishing_keys', 'revoked_by'), ('press.publications', 'submitted_by'),
  ('press.utxos', 'funded_by'), ('press.utxos', 'released_by')) p (place, name);
select * from finish();
