select plan(6);
select tests.make_edition('first', 10, 10);
select tests.make_edition('second', 10, 10);
select press.issue_tickets('first', 3, recipient => 'alice') is not null;
select press_worker.register_signing_key(tests.public_key(), 'ticket') is not null;
select press_worker.integrate_ledger(100) > 0;
create temp table places as select max(place) + 1 as next from press.ledger_entries;
create temp table editions as select id, slug from press.editions;
grant select on places, editions to public;
select tests.sign_pending();
select press_worker.integrate_ledger(100) > 0;

select tests.as_login('press_gateway');
select bag_eq('select press_gateway.changed_editions(0, 2)', 'select id from pg_temp.editions', 'both were opened');
select results_eq('select press_gateway.changed_editions(1, 2)', $$select id from pg_temp.editions where slug = 'second'$$, 'the second one by the second entry');
select is_empty('select press_gateway.changed_editions(2, next) from places', 'a key is of no edition');
select results_eq('select press_gateway.changed_editions(next, next + 3) from places', $$select id from pg_temp.editions where slug = 'first'$$, 'three tickets of one edition: once');
select is_empty('select press_gateway.changed_editions(next + 3, 9223372036854775807) from places', 'nothing has happened since');
select is_empty($$
  select f, n from unnest(array[null, 0, 9223372036854775807]) f, unnest(array[null, -9223372036854775808, 0]) n where exists (select press_gateway.changed_editions(f, n))$$,
  'what is no range has no entries, and is no error');
select * from finish();
