/* A press in which something of everything has happened; then a superuser plants one thing after another, without triggers and constraints, and the next
   look names it. Each is undone, the look with it. */
select plan(47);
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
-- I1, I2
select is(tests.finds('{press.tickets}', $$insert into press.tickets (edition_id, ticket_number, holder_id, holder_slot, cap, per_holder_limit, issued_at) select e.id, 4, h.id, 1, e.cap, e.per_holder_limit, now() from press.editions e, press.holders h where e.slug = 'golden-ticket' and h.subject = 'h1'$$, 'I1', $$select 'press.tickets ' || tests.ticket('golden-ticket', 4)$$), 'found', 'I1: a ticket beyond the cap');
select is(tests.finds('{press.tickets}', $$insert into press.tickets (edition_id, ticket_number, holder_id, holder_slot, cap, per_holder_limit, issued_at) select e.id, 2, h.id, 1, e.cap, e.per_holder_limit, now() from press.editions e, press.holders h where e.slug = 'golden-ticket' and h.subject = 'h1'$$, 'I1', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I1: a number twice');
select is(tests.finds('{press.tickets}', $$delete from press.tickets t using press.editions e where e.id = t.edition_id and e.slug = 'golden-ticket' and t.ticket_number = 2$$, 'I1', $$select 'press.tickets ' || tests.ticket('golden-ticket', 3)$$), 'found', 'I1: a number that is missing');
select is(tests.finds('{press.tickets}', $$update press.tickets t set cap = 4 from press.editions e where e.id = t.edition_id and e.slug = 'golden-ticket' and t.ticket_number = 2$$, 'I1', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I1: a ticket with another cap than its edition');
select is(tests.finds('{press.tickets}', $$update press.tickets t set holder_slot = 3 from press.editions e where e.id = t.edition_id and e.slug = 'golden-ticket' and t.ticket_number = 2$$, 'I2', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I2: a slot beyond the limit, and one that is missing');
select is(tests.finds('{press.tickets}', $$update press.tickets t set holder_slot = 1 from press.editions e where e.id = t.edition_id and e.slug = 'golden-ticket' and t.ticket_number = 2$$, 'I2', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I2: a slot twice');

-- I3
select is(tests.finds('{press.tickets}', $$update press.tickets t set status = 'redeemed' from press.editions e where e.id = t.edition_id and e.slug = 'golden-ticket' and t.ticket_number = 2$$, 'I3', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I3: redeemed by nobody');
select is(tests.finds('{press.redemptions}', $$update press.redemptions set holder_id = (select id from press.holders where subject = 'bob')$$, 'I3', $$select 'press.redemptions ' || tests.ticket('golden-ticket', 1)$$), 'found', 'I3: redeemed by a stranger');
select is(tests.finds('{press.redemptions}', $$insert into press.redemptions select t.edition_id, t.ticket_number, t.holder_id, 'holder' from press.tickets t join press.editions e on e.id = t.edition_id and e.slug = 'golden-ticket' where t.ticket_number = 3$$, 'I3', $$select 'press.redemptions ' || tests.ticket('golden-ticket', 3)$$), 'found', 'I3: redeemed and revoked');

-- I4
select is(tests.finds('{press.credentials}', $$insert into press.credentials select gen_random_uuid(), c.attestation_id, c.holder_id, c.kind, c.trust_level, 'pending', c.status_list, c.status_index + 9, c.valid_from, c.valid_until from press.credentials c limit 1$$, 'I4', $$select 'press.attestations (' || id || ')' from press.attestations$$), 'found', 'I4: a second credential of an attestation');
select is(tests.finds('{press.credentials}', $$update press.credentials set trust_level = 2$$, 'I4', $$select 'press.credentials (' || id || ')' from press.credentials$$), 'found', 'I4: a document that says something else');
select is(tests.finds('{press.attestations}', $$update press.attestations set proof_digest = (select min(proof_digest) from press.attestations)$$, 'I4', $$select 'press.attestations (' || id || ')' from press.attestations$$), 'found', 'I4: a proof that counts for two');

-- I5
select is(tests.finds('{}', $$alter table press.draws disable trigger _200_guard_result; update press.draws set ticket_number = 1 + ticket_number % 4$$, 'I5', $$select format('press.draws (%s,1)', edition_id) from press.draws$$), 'found', 'I5: another winner');
select is(tests.finds('{press.draws,press_private.draw_requests}', $$delete from press_private.draw_requests; delete from press.draws$$, 'I5', $$select format('press.editions (%s)', edition_id) from press.draws$$), 'found', 'I5: no result');

-- I6
select is(tests.finds('{press.ledger_entries}', $$update press.ledger_entries set leaf = leaf || ' ' where place = 3$$, 'I6', $$select 'press.ledger_entries (3)'$$), 'found', 'I6: another leaf');
select is(tests.finds('{press_private.ledger_nodes}', $$update press_private.ledger_nodes set hash = sha256('') where level = 1 and index = 1$$, 'I6', $$select 'press_private.ledger_nodes (1,1)'$$), 'found', 'I6: another node');
select is(tests.finds('{press.checkpoints}', $$update press.checkpoints set root_hash = sha256('') where tree_size = (select max(tree_size) from press.checkpoints)$$, 'I6', $$select format('press.checkpoints (%s)', max(tree_size)) from press.checkpoints$$), 'found', 'I6: another root');
select is(tests.finds('{press.ledger_entries}', $$delete from press.ledger_entries where place = 4$$, 'I6', $$select 'press.ledger_entries (4)'$$), 'found', 'I6: a place that is empty');
select is(tests.finds('{press_private.ledger_head}', $$update press_private.ledger_head set tree_size = tree_size - 1$$, 'I6', $$select 'press_private.ledger_head (t)'$$), 'found', 'I6: a head that forgets');

-- I8, I9
select is(tests.finds('{press.tickets}', $$update press.tickets t set request_position = 1 from press.editions e where e.id = t.edition_id and e.slug = 'golden-ticket' and t.ticket_number = 2$$, 'I8', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I8: a key with two answers');
select is(tests.finds('{press.tickets}', $$update press.tickets t set holder_id = (select id from press.holders where subject = 'bob') from press.editions e where e.id = t.edition_id and e.slug = 'golden-ticket' and t.ticket_number = 2$$, 'I8', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I8: an answer for two');
select is(tests.finds('{}', $$update press_private.event_stream set stream_size = 1000000, seen_at = now()$$, 'I9', $$select 'press_private.event_stream'$$), 'found', 'I9: an event that nobody may know yet');

-- I10
select is(tests.finds('{press.utxos}', $$update press.utxos set state = 'available', transaction_id = null, spent_by_txid = null where state = 'spent'$$, 'I10', $$select format('press.utxos (%s)', id) from press.utxos where state = 'spent'$$), 'found', 'I10: a coin that can be spent again');
select is(tests.finds('{press_private.chain_inputs}', $$insert into press_private.chain_inputs select t.id, 7, i.utxo_id from press_private.chain_inputs i, press.chain_transactions t where t.id <> i.transaction_id limit 1$$, 'I10', $$select format('press.utxos (%s)', id) from press.utxos$$), 'found', 'I10: a coin in two transactions');
select is(tests.finds('{press.chain_transactions}', $$update press.chain_transactions set fee_satoshis = fee_satoshis + 1 where state = 'accepted'$$, 'I10', $$select format('press.chain_transactions (%s)', id) from press.chain_transactions where state = 'accepted'$$), 'found', 'I10: a satoshi too many');
select is(tests.finds('{press.utxos}', $$delete from press.utxos where from_transaction_id is not null$$, 'I10', $$select format('press.chain_transactions (%s)', id) from press.chain_transactions where state = 'accepted'$$), 'found', 'I10: a change that was lost');
select is(tests.finds('{press.publications}', $$update press.publications set state = 'sent', sent_at = now() where state = 'processing'$$, 'I10', $$select format('press.publications (%s)', id) from press.publications where state = 'processing'$$), 'found', 'I10: a publication that is ahead of its transaction');

-- I11
select is(tests.finds('{}', $$grant insert on press.tickets to press_gateway$$, 'I11', $$select 'press.tickets'$$), 'found', 'I11: a right that nobody has');
select is(tests.finds('{}', $$grant update (title) on press.editions to press_operator$$, 'I11', $$select 'press.editions'$$), 'found', 'I11: also of one column');
select is(tests.finds('{}', $$alter table press.tickets no force row level security$$, 'I11', $$select 'press.tickets'$$), 'found', 'I11: rows that are everybodys');
select is(tests.finds('{}', $$alter table press.tickets disable trigger _200_guard_identity$$, 'I11', $$select 'press.tickets'$$), 'found', 'I11: a trigger that is off');
select is(tests.finds('{}', $$grant execute on function press_private.refuse to public$$, 'I11', $$select 'press_private.refuse'$$), 'found', 'I11: a function that is everybodys');

-- I12, I13
select is(tests.finds('{press.ledger_entries}', $$delete from press.ledger_entries i using press.editions e where e.id = i.edition_id and e.slug = 'golden-ticket' and i.ticket_number = 2$$, 'I12', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I12: a signature without an entry');
select is(tests.finds('{press.ledger_entries}', $$update press.ledger_entries i set leaf = replace(leaf, 'ticket_number":2', 'ticket_number":1') where i.type = 'ticket.issued' and i.ticket_number = 2$$, 'I12', $$select format('press.ledger_entries (%s)', place) from press.ledger_entries where ticket_number = 2$$), 'found', 'I12: an entry that tells something else');
select is(tests.finds('{press.tickets}', $$update press.tickets t set envelope = null from press.editions e where e.id = t.edition_id and e.slug = 'golden-ticket' and t.ticket_number = 2$$, 'I12', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I12: signed, without an envelope');
select is(tests.finds('{press.tickets}', $$update press.tickets t set envelope = replace(t.envelope, '"ticket_number":2', '"ticket_number":1') from press.editions e where e.id = t.edition_id and e.slug = 'golden-ticket' and t.ticket_number = 2$$, 'I13', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I13: an envelope that says something else');
select is(tests.finds('{press.tickets}', $$update press.tickets t set envelope = regexp_replace(t.envelope, '"signature":"..', '"signature":"00') from press.editions e where e.id = t.edition_id and e.slug = 'golden-ticket' and t.ticket_number = 2$$, 'I13', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I13: a signature of nobody');
select is(tests.finds('{press.signing_keys}', $$update press.signing_keys set purpose = 'checkpoint' where purpose = 'ticket'$$, 'I13', $$select 'press.tickets ' || tests.ticket('golden-ticket', 2)$$), 'found', 'I13: a key that is not known any more');

-- I14
select is(tests.finds('{press.publications}', $$update press.publications set submitted_at = submitted_at - interval '1 hour'$$, 'I14', $$select format('press.publications (%s)', id) from press.publications where state = 'queued'$$, 'runs'), 'found', 'I14: what is late, which does not stop the press');
select * from finish();
