/* A finding is known until it holds again, whichever rows the next looks are about. */
select plan(16);
/* How many findings of the last look are those of the one before. */
create function tests.look_again() returns bigint
  language plpgsql volatile as $$
declare
  v_ids  bigint[] := array(select v.id from press_private.violations v);
begin
  perform from press.invariants();
  return (select count(*) from press_private.violations v where v.id = any (v_ids));
end
$$;
create temp view known as select "check", count(*) from press_private.violations group by 1;

-- Signatures are verified of a few tickets a look.
select tests.make_edition('forged', 300, 300);
select press.issue_tickets('forged', 300, recipient => 'alice') is not null;
select press_worker.register_signing_key(tests.public_key(), 'ticket') is not null;
select count(*) from (
  select array_agg(ticket_id) as ids, array_agg(tests.signature(ticket_id::text)) as signatures from press_worker.tickets_to_sign(tests.key_id(), 300, 60)) c,
  press_worker.attach_signatures(tests.key_id(), c.ids, c.signatures);
select is(tests.look_again(), 0::bigint, 'nothing was known before');
select results_eq('table known', $$values ('the key of an envelope signed it', 10::bigint)$$, 'ten of the signatures that nobody made are found');
select is(tests.look_again(), 10::bigint, 'they stay known');
select cmp_ok((select count from known), '>', 10::bigint, 'and others with them');
select matches(press.press_stop_reason(), '^I13 is broken: it does not hold that the key of an envelope signed it. press.tickets ', 'the press is stopped');

-- Whatever is known.
insert into press_private.violations ("check", subject, finding) select 'a drill', n::text, 'x' from generate_series(1, 2000) n;
select press.start_press('It is known.') is not null;
alter table press.tickets disable trigger _200_guard_identity;
select cmp_ok(tests.look_again(), '>', 10::bigint, 'what nobody finds any more is forgotten, and the rest is not');
select is_empty($$select from known where "check" = 'a drill'$$, 'all of it');
select is((select count(*) from known where "check" like 'nobody but functions%'), 1::bigint, 'and what is new is known');

-- What fails a look at one row hides nothing of others, and is known until it is mended.
select press.start_press('It is known.') is not null;
select tests.record_all();
alter table press_private.ledger_nodes drop constraint ledger_nodes_pkey, disable trigger _200_refuse_delete;
alter table press.ledger_entries drop constraint ledger_entries_leaf_hash_is_the_leafs;
insert into press_private.ledger_nodes select level, index, hash from press_private.ledger_nodes where level = 1 and index = 1;
alter table press.ledger_entries disable trigger _200_refuse_update;
update press.ledger_entries set leaf_hash = sha256('') where place = 0;
select tests.look_again();
select results_eq($$select subject from press_private.violations where "check" = 'what is stored can be read'$$, array['press.ledger_entries (3)'], 'what cannot be computed is named');
select results_eq($$select subject from press_private.violations where "check" = 'the hash of an entry is computed from it'$$, array['press.ledger_entries (0)'], 'and what is wrong beside it');
update press_private.looked_rows set last_number = 100 where relation = 'press.ledger_entries';
select tests.look_again();
select results_eq($$select subject from press_private.violations where "check" = 'what is stored can be read'$$, array['press.ledger_entries (3)'], 'also when the next looks are about others');
delete from press_private.ledger_nodes where ctid in (select max(ctid) from press_private.ledger_nodes where level = 1 and index = 1);
select tests.look_again();
select is_empty($$select from press_private.violations where "check" = 'what is stored can be read'$$, 'mended, it is forgotten');

-- Also when it has moved.
select press.start_press('It is known.') is not null;
select tests.make_edition('moved', 3, 3);
select press.issue_tickets('moved', 3, recipient => 'bob') is not null;
select tests.sign_pending();
insert into press_private.ledger_inbox (type, edition_id, ticket_number, leaf) select type, edition_id, ticket_number, leaf from press_private.ledger_inbox where type = 'ticket.issued' and ticket_number = 2;
select tests.look_again();
select is((select count(*) from press_private.violations where subject like 'press\_private.ledger\_inbox (%'), 1::bigint, 'an entry that is in the inbox twice');
alter table press.ledger_entries disable trigger user;
drop index press.ledger_entries_ticket_key;
select press.start_press('It is known.') is not null;
select press_worker.integrate_ledger(1000) > 0;
update press_private.looked_rows set last_id = 'ffffffff-ffff-ffff-ffff-ffffffffffff' where relation = 'press.tickets';
select tests.look_again();
select results_eq($$select subject from press_private.violations where "check" = 'an entry tells what the rows say, once'$$,
  $$select format('press.ledger_entries (%s)', max(i.place)) from press.ledger_entries i join press.editions e on e.id = i.edition_id and e.slug = 'moved' where i.ticket_number = 2$$, 'that has a place now');

-- However many rows were written at once.
update press.utxos set depth = depth where false;
select is_empty('select from press_private.changed_rows', 'what writes nothing notes nothing');
with written as (update press.tickets set issued_at = issued_at returning 1) select count(*) = 300 from written;
insert into press_private.changed_rows (relation, cost, ids) select 'press.tickets', 1000, '{}' from generate_series(1, 20) n;
select tests.look_again();
select is((select count(*) from press_private.changed_rows), 15::bigint, 'a look takes some five thousand');
select * from finish();
