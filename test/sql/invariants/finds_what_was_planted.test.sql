/* A press in which something of everything has happened; then a superuser plants one thing after another, without triggers and constraints, and the next
   look names it. Each is undone, the look with it. */
select plan(95);
/* Whether the next look after this was done, by somebody who has put the triggers of these tables back, finds one of these rows and stops the press; what it found
   instead where it does not. */
create function tests.finds(tables text[], statement text, promise text, subjects text, standing text default 'stopped') returns text
  language plpgsql volatile as $$
declare
  v_table     text;
  v_expected  text[];
  v_found     text[];
  v_standing  text;
begin
  execute format('select array_agg(%L || x) from (%s) s (x)', promise || ' ', subjects) into v_expected;
  set constraints all immediate;
  begin
    foreach v_table in array tables loop
      execute format('alter table %s disable trigger all', v_table);
      execute coalesce((
        select string_agg(format('alter table %s drop constraint if exists %I cascade', c.conrelid::regclass, c.conname), ';')
        from pg_constraint c where c.conrelid = v_table::regclass and c.contype in ('c', 'u', 'f')), '');
      execute coalesce((
        select string_agg(format('drop index %s', i.indexrelid::regclass), ';')
        from pg_index i where i.indrelid = v_table::regclass and i.indisunique and not exists (select from pg_constraint where conindid = i.indexrelid)), '');
    end loop;
    execute statement;
    foreach v_table in array tables loop
      execute format('alter table %s enable trigger all', v_table);
      execute coalesce((
        select string_agg(format('alter table %s enable always trigger %I', t.tgrelid::regclass, t.tgname), ';')
        from pg_trigger t where t.tgrelid = v_table::regclass and not t.tgisinternal), '');
    end loop;
    v_found := array(select distinct format('%s %s', i.invariant, i.subject) from press.invariants() i where not i.is_ok order by 1);
    v_standing := case when press_private.stop_reason() is null then 'runs' else 'stopped' end;
    raise exception 'undone' using errcode = 'XUNDO';
  exception
    when sqlstate 'XUNDO' then null;
  end;
  return case when v_found && v_expected and v_standing = standing then 'found' else format('%s: %s, not %s', v_standing, v_found, v_expected) end;
end
$$;
create function tests.ticket(slug text, number integer) returns text
  language sql stable as $$ select format('(%s,%s)', e.id, ticket.number) from press.editions e where e.slug = ticket.slug $$;

create function tests.golden() returns integer
  language sql stable as $$ select e.id from press.editions e where e.slug = 'golden-ticket' $$;

select tests.make_edition('golden-ticket', 3, 2);
select tests.make_raffle('raffle', 'sealed', 9);
select press.issue_tickets('golden-ticket', 2, '00000000-0000-4000-8000-000000000001', 'alice') is not null;
select press.issue_ticket('golden-ticket', recipient => 'bob') is not null;
select press.issue_ticket('raffle', recipient => 'h' || n) is not null from generate_series(1, 4) n;
select tests.record_all();
select press.redeem_ticket(t.envelope, press.timechain_proof(t.id)) is not null from press.tickets t join press.editions e on e.id = t.edition_id and e.slug = 'golden-ticket' where t.ticket_number = 1;
select press.revoke_ticket(t.id, 'So it was decided.') is not null from press.tickets t join press.editions e on e.id = t.edition_id and e.slug = 'golden-ticket' where t.ticket_number = 3;
select press.draw_winner('raffle') is not null;
select tests.record_all();
select count(*) = 1 from tests.make_draws();
select tests.attest('alice') is not null, tests.attest('bob') is not null;
select tests.sign_credentials();
select tests.record_all();
select tests.fund(3);
select tests.queue_record('alice', 'a' || n) is not null from generate_series(1, 3) n;
select tests.tell(tests.send_one(), 'accepted') is not null, tests.send_one() is not null;

-- Clean.
select bag_eq($$select distinct invariant from press.invariants()$$, $$select 'I' || n from generate_series(1, 14) n$$, 'every promise has its rows');
select is_empty('select invariant, "check", subject, finding from press.invariants() where is_ok = false', 'a press at work keeps every promise');
select bag_eq($$select invariant from press.invariants() where is_ok is null$$, array['I7', 'I9', 'I11'], 'what no query can tell is said by name');
select is_empty('select from press.invariants() where is_ok is null and finding is null', 'with who looks instead');
select is_empty('select from press.invariants() where remedy is null or subject is null', 'and what to do when it is broken');
select is_empty('select from press_private.changed_rows', 'a look takes away what it looked at');
select is((select count(*) from press_private.broken_promises('{}', 600)), 0::bigint, 'where nothing was changed there is nothing to say');
select is_empty($$select "check" from press_private.invariant_checks() where looked_at_by is null and "check" not in (select "check" from press_private.audit_checks())
  and "check" not in ('a node is computed from the two below it', 'the stream has no event that no checkpoint covers',
    'nobody but functions of the press changes its rows, and what holds them to the rules is in place', 'nothing waits for longer than it should', 'what is stored can be read')$$, 'but for five, its sentences are the audit''s');
create table press.copy_of_tickets as table press.tickets;
create index copied on press.copy_of_tickets (id);
create function press.of_a_dba() returns integer language sql as 'select 1';
grant insert on press.copy_of_tickets to press_auditor;
select is_empty('select from press.invariants() where is_ok = false', 'what others have beside is theirs');
drop table press.copy_of_tickets;
create or replace function press.of_a_dba() returns integer language sql security definer as 'select 1';
select results_eq('select subject from press_private.audit_guards()', array['press.of_a_dba'], 'but for what lends everybody their rights');
drop function press.of_a_dba;

-- I1, I2
select is(tests.finds('{press.tickets}', $$insert into press.tickets (edition_id, ticket_number, holder_id, holder_slot, cap, per_holder_limit, issued_at) select e.id, 4, h.id, 1, e.cap, e.per_holder_limit, now() from press.editions e, press.holders h where e.slug = 'golden-ticket' and h.subject = 'h1'$$, 'I1', $$select 'press.tickets ' || tests.ticket('golden-ticket', 4)$$), 'found', 'I1: a ticket beyond the cap');
select is(tests.finds('{press.tickets}', $$insert into press.tickets (edition_id, ticket_number, holder_id, holder_slot, cap, per_holder_limit, issued_at) select e.id, 2, h.id, 1, e.cap, e.per_holder_limit, now() from press.editions e, press.holders h where e.slug = 'golden-ticket' and h.subject = 'h1'$$, 'I1', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I1: a number twice');
select is(tests.finds('{press.tickets}', $$delete from press.tickets t using press.editions e where e.id = t.edition_id and e.slug = 'golden-ticket' and t.ticket_number = 2$$, 'I1', $$select 'press.tickets ' || tests.ticket('golden-ticket', 3)$$), 'found', 'I1: a number that is missing');
select is(tests.finds('{press.tickets}', $$update press.tickets t set cap = 4 from press.editions e where e.id = t.edition_id and e.slug = 'golden-ticket' and t.ticket_number = 2$$, 'I1', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I1: a ticket with another cap than its edition');
select is(tests.finds('{press.tickets}', $$update press.tickets t set holder_slot = 3 from press.editions e where e.id = t.edition_id and e.slug = 'golden-ticket' and t.ticket_number = 2$$, 'I2', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I2: a slot beyond the limit, and one that is missing');
select is(tests.finds('{press.tickets}', $$update press.tickets t set holder_slot = 1 from press.editions e where e.id = t.edition_id and e.slug = 'golden-ticket' and t.ticket_number = 2$$, 'I2', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I2: a slot twice');
select is(tests.finds('{press.tickets}', $$update press.tickets set ticket_number = 0 where edition_id = tests.golden() and ticket_number = 1$$, 'I1', $$select 'press.tickets ' || tests.ticket('golden-ticket', 0)$$), 'found', 'I1: a number before the first');
select is(tests.finds('{press.editions}', $$update press.editions set cap = 2 where id = tests.golden()$$, 'I1', $$select 'press.tickets ' || tests.ticket('golden-ticket', n) from generate_series(1, 3) n$$), 'found', 'I1: a cap that was lowered after the sale');
select is(tests.finds('{press.editions}', $$update press.editions set status = 'draft' where id = tests.golden()$$, 'I1', $$select 'press.tickets ' || tests.ticket('golden-ticket', 1)$$), 'found', 'I1: tickets of a draft');
select is(tests.finds('{press.tickets}', $$update press.tickets set per_holder_limit = 3 where edition_id = tests.golden() and ticket_number = 2$$, 'I1', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I1: a ticket with another limit than its edition');
select is(tests.finds('{press.tickets}', $$update press.tickets set holder_slot = 3 - holder_slot where edition_id = tests.golden() and ticket_number < 3$$, 'I2', $$select 'press.tickets ' || tests.ticket('golden-ticket', 1)$$), 'found', 'I2: slots in another order than numbers');

-- I3
select is(tests.finds('{press.tickets}', $$update press.tickets t set status = 'redeemed' from press.editions e where e.id = t.edition_id and e.slug = 'golden-ticket' and t.ticket_number = 2$$, 'I3', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I3: redeemed by nobody');
select is(tests.finds('{press.redemptions}', $$update press.redemptions set holder_id = (select id from press.holders where subject = 'bob')$$, 'I3', $$select 'press.redemptions ' || tests.ticket('golden-ticket', 1)$$), 'found', 'I3: redeemed by a stranger');
select is(tests.finds('{press.redemptions}', $$insert into press.redemptions select t.edition_id, t.ticket_number, t.holder_id, 'holder' from press.tickets t join press.editions e on e.id = t.edition_id and e.slug = 'golden-ticket' where t.ticket_number = 3$$, 'I3', $$select 'press.redemptions ' || tests.ticket('golden-ticket', 3)$$), 'found', 'I3: redeemed and revoked');
select is(tests.finds('{press.redemptions}', $$delete from press.redemptions$$, 'I3', $$select 'press.tickets ' || tests.ticket('golden-ticket', 1)$$), 'found', 'I3: a redemption that was forgotten');
select is(tests.finds('{press.tickets}', $$update press.tickets set status = 'signed' where edition_id = tests.golden() and ticket_number = 1$$, 'I3', $$select 'press.redemptions ' || tests.ticket('golden-ticket', 1)$$), 'found', 'I3: a ticket that can be redeemed again');
select is(tests.finds('{press.tickets}', $$update press.tickets set status = 'signed' where edition_id = tests.golden() and ticket_number = 3$$, 'I3', $$select 'press.revocations ' || tests.ticket('golden-ticket', 3)$$), 'found', 'I3: a revoked ticket that is good again');
select is(tests.finds('{press.tickets,press.revocations}', $$insert into press.revocations (edition_id, ticket_number, reason, revoked_by) select edition_id, 2, reason, revoked_by from press.revocations$$, 'I3', $$select 'press.revocations ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I3: a revocation of a ticket that is good');

-- I4
select is(tests.finds('{press.credentials}', $$insert into press.credentials select gen_random_uuid(), c.attestation_id, c.holder_id, c.kind, c.trust_level, 'pending', c.status_list, c.status_index + 9, c.valid_from, c.valid_until from press.credentials c limit 1$$, 'I4', $$select 'press.attestations (' || id || ')' from press.attestations$$), 'found', 'I4: a second credential of an attestation');
select is(tests.finds('{press.credentials}', $$update press.credentials set trust_level = 2$$, 'I4', $$select 'press.credentials (' || id || ')' from press.credentials$$), 'found', 'I4: a document that says something else');
select is(tests.finds('{press.attestations}', $$update press.attestations set proof_digest = (select min(proof_digest) from press.attestations)$$, 'I4', $$select 'press.attestations (' || id || ')' from press.attestations$$), 'found', 'I4: a proof that counts for two');
select is(tests.finds('{press.credentials}', $$delete from press.credentials where holder_id = (select id from press.holders where subject = 'bob')$$, 'I4', $$select format('press.attestations (%s)', a.id) from press.attestations a join press.holders h on h.id = a.holder_id where h.subject = 'bob'$$), 'found', 'I4: verified, without a credential');
select is(tests.finds('{press.attestations}', $$update press.attestations set status = 'rejected', violations = '{nonce_invalid}' where holder_id = (select id from press.holders where subject = 'bob')$$, 'I4', $$select format('press.attestations (%s)', a.id) from press.attestations a join press.holders h on h.id = a.holder_id where h.subject = 'bob'$$), 'found', 'I4: rejected, with a credential');
select is(tests.finds('{press.credentials}', $$update press.credentials set holder_id = (select id from press.holders where subject = 'h1')$$, 'I4', $$select format('press.attestations (%s)', id) from press.attestations$$), 'found', 'I4: a credential of somebody else');
select is(tests.finds('{press.credentials}', $$update press.credentials set status = 'pending'$$, 'I4', $$select format('press.credentials (%s)', id) from press.credentials$$), 'found', 'I4: a document of what is not signed yet');
select is(tests.finds('{press_private.credential_payloads}', $$update press_private.credential_payloads set unsigned_document = unsigned_document || ' '$$, 'I4', $$select format('press.credentials (%s)', id) from press.credentials$$), 'found', 'I4: another payload than the one that was signed');

-- I5
select is(tests.finds('{}', $$alter table press.draws disable trigger _200_guard_result; update press.draws set ticket_number = 1 + ticket_number % 4$$, 'I5', $$select format('press.draws (%s,1)', edition_id) from press.draws$$), 'found', 'I5: another winner');
select is(tests.finds('{press.draws,press_private.draw_requests}', $$delete from press_private.draw_requests; delete from press.draws$$, 'I5', $$select format('press.editions (%s)', edition_id) from press.draws$$), 'found', 'I5: no result');
select is(tests.finds('{press.editions}', $$update press.editions set status = 'closed' where status = 'drawn'$$, 'I5', $$select format('press.draws (%s,1)', edition_id) from press.draws$$), 'found', 'I5: a result of an edition that is not drawn');
select is(tests.finds('{press_private.draw_requests}', $$delete from press_private.draw_requests$$, 'I5', $$select format('press.draws (%s,1)', edition_id) from press.draws$$), 'found', 'I5: a draw that nobody asked for');
select is(tests.finds('{press.draws}', $$update press.draws set tree_size = 1, beacon_round = 1$$, 'I5', $$select format('press.draws (%s,1)', edition_id) from press.draws$$), 'found', 'I5: a beacon of a draw that has none');
select is(tests.finds('{press.ledger_entries}', $$update press.ledger_entries set leaf = regexp_replace(leaf, '"ticket_number":(\d)', '"ticket_number":9') where type = 'edition.drawn'$$, 'I12', $$select format('press.draws (%s,1)', edition_id) from press.draws$$), 'found', 'I12: an entry with another winner');

-- I6
select is(tests.finds('{press.ledger_entries}', $$update press.ledger_entries set leaf = leaf || ' ' where place = 3$$, 'I6', $$select 'press.ledger_entries (3)'$$), 'found', 'I6: another leaf');
select is(tests.finds('{press_private.ledger_nodes}', $$update press_private.ledger_nodes set hash = sha256('') where level = 1 and index = 1$$, 'I6', $$select 'press_private.ledger_nodes (1,1)'$$), 'found', 'I6: another node');
select is(tests.finds('{press.checkpoints}', $$update press.checkpoints set root_hash = sha256('') where tree_size = (select max(tree_size) from press.checkpoints)$$, 'I6', $$select format('press.checkpoints (%s)', max(tree_size)) from press.checkpoints$$), 'found', 'I6: another root');
select is(tests.finds('{press.ledger_entries}', $$delete from press.ledger_entries where place = 4$$, 'I6', $$select 'press.ledger_entries (4)'$$), 'found', 'I6: a place that is empty');
select is(tests.finds('{press_private.ledger_head}', $$update press_private.ledger_head set tree_size = tree_size - 1$$, 'I6', $$select 'press_private.ledger_head (t)'$$), 'found', 'I6: a head that forgets');
select is(tests.finds('{press.ledger_entries}', $$update press.ledger_entries set leaf_hash = sha256('') where place = 2$$, 'I6', $$select 'press.ledger_entries (2)'$$), 'found', 'I6: another hash of an entry');
select is(tests.finds('{press_private.ledger_nodes}', $$delete from press_private.ledger_nodes where level = 2 and index = 0$$, 'I6', $$select 'press_private.ledger_nodes (2,0)'$$), 'found', 'I6: a node that is missing');
select is(tests.finds('{press_private.ledger_head}', $$update press_private.ledger_head set tree_size = tree_size + 7$$, 'I6', $$select 'press_private.ledger_head (t)'$$), 'found', 'I6: a head that counts what is not there');
select is(tests.finds('{press.ledger_entries}', $$delete from press.ledger_entries where place = (select max(place) from press.ledger_entries)$$, 'I6', $$select format('press.checkpoints (%s)', max(tree_size)) from press.checkpoints$$), 'found', 'I6: a ledger that is shorter than its checkpoint');

-- I8, I9
select is(tests.finds('{press.tickets}', $$update press.tickets t set request_position = 1 from press.editions e where e.id = t.edition_id and e.slug = 'golden-ticket' and t.ticket_number = 2$$, 'I8', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I8: a key with two answers');
select is(tests.finds('{press.tickets}', $$update press.tickets t set holder_id = (select id from press.holders where subject = 'bob') from press.editions e where e.id = t.edition_id and e.slug = 'golden-ticket' and t.ticket_number = 2$$, 'I8', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I8: an answer for two');
select is(tests.finds('{}', $$update press_private.event_stream set stream_size = 1000000, seen_at = now()$$, 'I9', $$select 'press_private.event_stream'$$), 'found', 'I9: an event that nobody may know yet');
select is(tests.finds('{press.tickets}', $$update press.tickets set request_key = null where edition_id = tests.golden() and ticket_number = 1$$, 'I8', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I8: an answer whose first ticket is anothers');
select is(tests.finds('{press.tickets}', $$update press.tickets set request_position = 3 where edition_id = tests.golden() and ticket_number = 2$$, 'I8', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I8: an answer with a gap');
select is(tests.finds('{press.checkpoints}', $$update press_private.event_stream set stream_size = (select max(tree_size) from press.checkpoints), seen_at = now(); delete from press.checkpoints where tree_size = (select max(tree_size) from press.checkpoints)$$, 'I9', $$select 'press_private.event_stream'$$), 'found', 'I9: a checkpoint that is gone, whose events are out');

-- I10
select is(tests.finds('{press.utxos}', $$update press.utxos set state = 'available', transaction_id = null, spent_by_txid = null where state = 'spent'$$, 'I10', $$select format('press.utxos (%s)', id) from press.utxos where state = 'spent'$$), 'found', 'I10: a coin that can be spent again');
select is(tests.finds('{press_private.chain_inputs}', $$insert into press_private.chain_inputs select t.id, 7, i.utxo_id from press_private.chain_inputs i, press.chain_transactions t where t.id <> i.transaction_id limit 1$$, 'I10', $$select format('press.utxos (%s)', id) from press.utxos$$), 'found', 'I10: a coin in two transactions');
select is(tests.finds('{press.chain_transactions}', $$update press.chain_transactions set fee_satoshis = fee_satoshis + 1 where state = 'accepted'$$, 'I10', $$select format('press.chain_transactions (%s)', id) from press.chain_transactions where state = 'accepted'$$), 'found', 'I10: a satoshi too many');
select is(tests.finds('{press.utxos}', $$delete from press.utxos where from_transaction_id is not null$$, 'I10', $$select format('press.chain_transactions (%s)', id) from press.chain_transactions where state = 'accepted'$$), 'found', 'I10: a change that was lost');
select is(tests.finds('{press.publications}', $$update press.publications set state = 'sent', sent_at = now() where state = 'processing'$$, 'I10', $$select format('press.publications (%s)', id) from press.publications where state = 'processing'$$), 'found', 'I10: a publication that is ahead of its transaction');
select is(tests.finds('{press.utxos}', $$update press.utxos set state = 'dirty', dirty_reason = 'x' where state = 'spent'$$, 'I10', $$select format('press.utxos (%s)', id) from press.utxos where state = 'spent'$$), 'found', 'I10: a coin that is given up, and spent');
select is(tests.finds('{press.utxos}', $$update press.utxos set satoshis = satoshis + 1 where state = 'spent'$$, 'I10', $$select format('press.chain_transactions (%s)', id) from press.chain_transactions where state = 'accepted'$$), 'found', 'I10: a coin that grew after it was spent');
select is(tests.finds('{press.utxos}', $$update press.utxos set spent_by_txid = repeat('ab', 32) where state = 'spent'$$, 'I10', $$select format('press.utxos (%s)', id) from press.utxos where state = 'spent'$$), 'found', 'I10: a coin that somebody else has spent');
select is(tests.finds('{press.chain_transactions}', $$update press.chain_transactions set raw = set_byte(raw, 50, get_byte(raw, 50) # 1) where state = 'accepted'$$, 'I10', $$select format('press.chain_transactions (%s)', id) from press.chain_transactions where state = 'accepted'$$), 'found', 'I10: another byte of a transaction');
select is(tests.finds('{press_private.chain_inputs}', $$delete from press_private.chain_inputs i using press.chain_transactions t where t.id = i.transaction_id and t.state = 'sending'$$, 'I10', $$select format('press.utxos (%s)', u.id) from press.utxos u where u.state = 'unknown'$$), 'found', 'I10: a coin that its transaction does not have');
select is(tests.finds('{press.publications}', $$update press.publications set output_index = output_index + 1 where state = 'sent'$$, 'I10', $$select format('press.publications (%s)', id) from press.publications where state = 'sent'$$), 'found', 'I10: a publication in another output');
select is(tests.finds('{press_private.chain_outputs}', $$insert into press_private.chain_outputs (transaction_id, output_index, publication_id) select t.id, 9, o.publication_id from press.chain_transactions t, press_private.chain_outputs o where t.state = 'accepted' and o.transaction_id <> t.id; update press.chain_transactions set state = 'accepted' where state = 'sending'$$, 'I10', $$select format('press.publications (%s)', id) from press.publications where state = 'processing'$$), 'found', 'I10: a publication that the chain has twice, and its coin');

-- I11
select is(tests.finds('{}', $$grant insert on press.tickets to press_gateway$$, 'I11', $$select 'press.tickets'$$), 'found', 'I11: a right that nobody has');
select is(tests.finds('{}', $$grant update (title) on press.editions to press_operator$$, 'I11', $$select 'press.editions'$$), 'found', 'I11: also of one column');
select is(tests.finds('{}', $$alter table press.tickets no force row level security$$, 'I11', $$select 'press.tickets'$$), 'found', 'I11: rows that are everybodys');
select is(tests.finds('{}', $$alter table press.tickets disable trigger _200_guard_identity$$, 'I11', $$select 'press.tickets'$$), 'found', 'I11: a trigger that is off');
select is(tests.finds('{}', $$grant execute on function press_private.refuse to public$$, 'I11', $$select 'press_private.refuse'$$), 'found', 'I11: a function that is everybodys');
select is(tests.finds('{}', $$alter table press_private.erased_holders owner to press_worker$$, 'I11', $$select 'press_private.erased_holders'$$), 'found', 'I11: a table of somebody else');
select is(tests.finds('{}', $$grant truncate on press.ledger_entries to press_operator$$, 'I11', $$select 'press.ledger_entries'$$), 'found', 'I11: also to empty it');
select is(tests.finds('{}', $$alter table press.tickets enable trigger _200_refuse_delete$$, 'I11', $$select 'press.tickets'$$), 'found', 'I11: a trigger that a replica goes without');
select is(tests.finds('{}', $$do $d$ begin execute (select format('alter table press.redemptions disable trigger %I', tgname) from pg_trigger where tgrelid = 'press.redemptions'::regclass and tgisinternal limit 1); end $d$;$$, 'I11', $$select 'press.redemptions'$$), 'found', 'I11: a foreign key that is off');
select is(tests.finds('{}', $$update pg_index set indisvalid = false where indexrelid = 'press.tickets_pkey'::regclass$$, 'I11', $$select 'press.tickets'$$), 'found', 'I11: a key that holds nobody to anything');

-- I12, I13
select is(tests.finds('{press.ledger_entries}', $$delete from press.ledger_entries i using press.editions e where e.id = i.edition_id and e.slug = 'golden-ticket' and i.ticket_number = 2$$, 'I12', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I12: a signature without an entry');
select is(tests.finds('{press.ledger_entries}', $$update press.ledger_entries i set leaf = replace(leaf, 'ticket_number":2', 'ticket_number":1') where i.type = 'ticket.issued' and i.ticket_number = 2$$, 'I12', $$select format('press.ledger_entries (%s)', place) from press.ledger_entries where ticket_number = 2$$), 'found', 'I12: an entry that tells something else');
select is(tests.finds('{press.tickets}', $$update press.tickets t set envelope = null from press.editions e where e.id = t.edition_id and e.slug = 'golden-ticket' and t.ticket_number = 2$$, 'I12', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I12: signed, without an envelope');
select is(tests.finds('{press.tickets}', $$update press.tickets t set envelope = replace(t.envelope, '"ticket_number":2', '"ticket_number":1') from press.editions e where e.id = t.edition_id and e.slug = 'golden-ticket' and t.ticket_number = 2$$, 'I13', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I13: an envelope that says something else');
select is(tests.finds('{press.tickets}', $$update press.tickets t set envelope = regexp_replace(t.envelope, '"signature":".', '"signature":"' || case when t.envelope like '%"signature":"0%' then '1' else '0' end) from press.editions e where e.id = t.edition_id and e.slug = 'golden-ticket' and t.ticket_number = 2$$, 'I13', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I13: a signature of nobody');
select is(tests.finds('{press.signing_keys}', $$update press.signing_keys set purpose = 'checkpoint' where purpose = 'ticket'$$, 'I13', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I13: a key that is not known any more');
select is(tests.finds('{press_private.ledger_inbox}', $$insert into press_private.ledger_inbox (type, edition_id, ticket_number, leaf) select type, edition_id, ticket_number, leaf from press.ledger_entries where edition_id = tests.golden() and ticket_number = 2$$, 'I12', $$select format('press_private.ledger_inbox (%s)', last_value + 1) from press_private.ledger_inbox_id_seq$$), 'found', 'I12: an entry that is told twice');
select is(tests.finds('{press.tickets}', $$update press.tickets set status = 'pending' where edition_id = tests.golden() and ticket_number = 2$$, 'I12', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I12: an envelope of what is not signed yet');
select is(tests.finds('{press_private.erased_envelopes}', $$insert into press_private.erased_envelopes select tests.golden(), 2, repeat('ab', 32)$$, 'I12', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I12: the hash of an envelope that is there');
select is(tests.finds('{}', $$alter table press_private.ledger_nodes drop constraint ledger_nodes_pkey; insert into press_private.ledger_nodes select level, index, hash from press_private.ledger_nodes where level = 1 and index = 1$$, 'I12', $$select 'press.ledger_entries (3)'$$), 'found', 'I12: a node twice: what cannot be computed');
select is(tests.finds('{press.tickets}', $$update press.tickets set envelope = replace(envelope, '"key_id":"', '"key_id":"0') where edition_id = tests.golden() and ticket_number = 2$$, 'I13', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I13: an envelope of a key that nobody knows');
select is(tests.finds('{press.tickets}', $$update press.tickets set envelope = replace(envelope, 'alice', 'mallory') where edition_id = tests.golden() and ticket_number = 2$$, 'I13', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I13: an envelope of somebody else');
select is(tests.finds('{press.holders}', $$update press.holders set subject = 'mallory' where subject = 'alice'$$, 'I13', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I13: a holder with another name than the envelope');

-- I14
select is(tests.finds('{press.publications}', $$update press.publications set submitted_at = submitted_at - interval '1 hour'$$, 'I14', $$select format('press.publications (%s)', id) from press.publications where state = 'queued'$$, 'runs'), 'found', 'I14: what is late, which does not stop the press');
select is(tests.finds('{press_private.ledger_inbox}', $$update press_private.ledger_inbox set leaf = overlay(leaf placing '2020' from 8)$$, 'I14', $$select format('press_private.ledger_inbox (%s)', min(id)) from press_private.ledger_inbox$$, 'runs'), 'found', 'I14: an entry that gets no place');
select is(tests.finds('{press.chain_transactions}', $$update press.chain_transactions set stored_at = stored_at - interval '1 hour' where state = 'sending'$$, 'I14', $$select format('press.chain_transactions (%s)', id) from press.chain_transactions where state = 'sending'$$, 'runs'), 'found', 'I14: a transaction that nobody answers for');
select * from finish();
