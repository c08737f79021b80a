/* The ledger against its owner and a superuser: raw statements, also in a session that plays replica. */
select plan(59);
select tests.make_edition('raffle', 5);
select press.issue_tickets('raffle', 2, recipient => 'alice') is not null;
select tests.sign_pending();
select tests.publish_checkpoint() is not null;
select tests.make_raffle('drawn', 'random_int');
select press.draw_winner('drawn') is not null;
insert into press.beacon_rounds (chain_hash, round, signature) select chain_hash, 1, repeat('0', 96) from press.beacon_chains;
select press_worker.stop_press('A reason.');
select press.start_press('A reason.');
select press_worker.adopt_ledger('press.test/ledger', 'A reason.');
insert into press.redemptions (edition_id, ticket_number, holder_id, redeemed_by) select edition_id, ticket_number, holder_id, 'holder' from press.tickets where ticket_number = 1;

create temp table records (name text, columns text);
insert into records values ('press.ledger_entries', 'leaf = leaf'), ('press_private.ledger_nodes', 'hash = hash'), ('press.checkpoints', 'note = note'),
  ('press.redemptions', 'redeemed_by = redeemed_by'), ('press_private.press_state', 'reason = reason'), ('press_private.ledger_adoptions', 'reason = reason'),
  ('press_private.draw_requests', 'requested_by = requested_by'), ('press.beacon_chains', 'public_key = public_key'), ('press.beacon_rounds', 'signature = signature');
create temp view attempts as
select attempt from records,
  unnest(array[format('update %s set %s', name, columns), format('delete from %s', name), format('truncate %s cascade', name)]) attempt;
grant select on attempts to public;

select throws_ok(attempt, 'PRDEN', null, 'a superuser is refused: ' || attempt) from attempts;
set local session_replication_role = replica;
select throws_ok(attempt, 'PRDEN', null, 'and as a replica: ' || attempt) from attempts where attempt !~ '^truncate';
set local session_replication_role = origin;

-- What may be inserted is held by constraints, for everybody.
create function pg_temp.insert_entry(place bigint, type text, leaf text, hash bytea default null, ticket_number integer default null, with_edition boolean default true)
  returns void language sql as $$
  insert into press.ledger_entries (place, type, edition_id, ticket_number, leaf, leaf_hash)
  select insert_entry.place, insert_entry.type, case when insert_entry.with_edition then e.id end, insert_entry.ticket_number, insert_entry.leaf,
    coalesce(insert_entry.hash, press_private.leaf_hash(insert_entry.leaf)) from press.editions e where e.slug = 'raffle' $$;
grant all on function pg_temp.insert_entry to public;
set local role press_owner;
select throws_ok($$select pg_temp.insert_entry(99, 'edition.drawn', '{}', sha256('{}'))$$, '23514', null, 'a hash that is not the leaf''s');
select throws_ok($$select pg_temp.insert_entry(0, 'edition.drawn', '{}')$$, '23505', null, 'a place twice');
select throws_ok($$select pg_temp.insert_entry(-1, 'edition.drawn', '{}')$$, '23514', null, 'a place before the first');
select throws_ok($$select pg_temp.insert_entry(99, 'ticket.issued', '{}', null, 1)$$, '23505', null, 'a second ticket.issued of a ticket');
select throws_ok($$select pg_temp.insert_entry(99, 'edition.opened', '{}')$$, '23505', null, 'a second edition.opened of an edition');
select throws_ok($$select pg_temp.insert_entry(99, 'ticket.issued', '{}', null, 1, false)$$, '23514', null, 'a ticket of no edition');
select throws_ok($$select pg_temp.insert_entry(99, 'edition.drawn', repeat('x', 65536))$$, '23514', null, 'a leaf that no bundle has room for');
select lives_ok($$select pg_temp.insert_entry(99, 'edition.drawn', repeat('x', 65535))$$, 'one that it has room for, where it can be');
select throws_ok($$insert into press_private.ledger_inbox (type, leaf) values ('x', repeat('x', 65536))$$, '23514', null, 'the inbox takes none that could get no place');
select throws_ok($$insert into press_private.ledger_head (is_only, tree_size) values (false, 0)$$, '23514', null, 'the ledger has one head');
select throws_ok($$insert into press_private.ledger_head (tree_size) values (0)$$, '23505', null, 'and only one');
select throws_ok($$insert into press_private.ledger_nodes (level, index, hash) select level, index, sha256('') from press_private.ledger_nodes$$, '23505', null, 'a node twice');
select throws_ok($$insert into press.checkpoints (tree_size, root_hash, key_id, note) select tree_size, root_hash, key_id, 'other' from press.checkpoints$$,
  '23505', null, 'two checkpoints of one size');
select throws_ok($$update press.signing_keys set purpose = 'ticket' where purpose = 'checkpoint'$$, 'PRDEN', null, 'a key for another purpose');
select * from finish();
