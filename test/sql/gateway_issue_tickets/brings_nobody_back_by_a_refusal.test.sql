/* Who was forgotten is known again by what they are given, and not by what they are refused: a batch is committed with both in it. */
select plan(13);
create function pg_temp.ask(slug text, key uuid default null, subjects text[] default '{alice}') returns text language sql as $$
  select string_agg(coalesce(refusal_code, (ticket).ticket_number::text), ',' order by request_index)
  from press_gateway.issue_tickets(slug, subjects, array_fill(false, array[cardinality(subjects)]), array_fill(null::text, array[cardinality(subjects)]),
    array_fill(1, array[cardinality(subjects)]), array_fill(key, array[cardinality(subjects)])) $$;
select tests.make_edition('sold-out', 2, 1);
select tests.make_edition('closed', 9);
select tests.make_edition('open', 9, 1);
select count(*) from press.issue_ticket('sold-out', '00000000-0000-4000-8000-000000000001', 'somebody');
select press.issue_ticket('open', recipient => 'olga') is not null;
select tests.as_login('press_gateway');
select is(pg_temp.ask('sold-out', '00000000-0000-4000-8000-000000000002'), '2', 'alice has the last one');
select tests.as_superuser();
select press.close_edition('closed') is not null;
create temp table alice as select id from press.holders where subject = 'alice';
create temp table olga as select id from press.holders where subject = 'olga';
grant select on alice, olga to public;
create function pg_temp.forget() returns void language sql as $$ select press.erase_holder(id) from alice; select press.erase_holder(id) from olga $$;
create function pg_temp.name() returns text language sql as $$ select subject from press.holders join alice using (id) $$;

select pg_temp.forget();
select tests.as_login('press_gateway');
select is(pg_temp.ask('closed'), 'PRCLS', 'EDITION_NOT_OPEN where it was closed');
select is(pg_temp.ask('sold-out', '00000000-0000-4000-8000-000000000003', '{alice,berta}'), 'PRLIM,PRCAP', 'HOLDER_LIMIT_REACHED where all is issued, as for whoever is known');
select is_empty($$
  select from press_gateway.issue_tickets('closed', array['olga'], array[true], array['carol'], array[1], array[null]::uuid[]) where refusal_code is null$$, 'nor is an operator given anything there');
select tests.as_superuser();
select is(pg_temp.name(), null, 'nobody is back by it');
select is((select subject from press.holders join olga using (id)), null, 'nor is the operator');
select tests.as_login('press_gateway');
select is(pg_temp.ask('sold-out', '00000000-0000-4000-8000-000000000002', '{alice,alice,berta}'), '2,2,PRCAP', 'asked again, the request has its answer');
select tests.as_superuser();
select is(pg_temp.name(), 'alice', 'and she is back, as whoever is given something');

select pg_temp.forget();
select tests.as_login('press_gateway');
select is(pg_temp.ask('open', null, '{alice,berta,alice}'), '2,3,PRLIM', 'she is one person in a batch');
select tests.as_superuser();
select is(pg_temp.name(), 'alice', 'and is back');
select bag_eq($$select subject from press.holders where id in (select holder_id from press.tickets)$$, $$values ('somebody'), ('alice'), ('berta'), (null)$$, 'others are new');
select tests.as_login('press_gateway');
select results_eq($$select (ticket).ticket_number from press_gateway.issue_tickets('open', array['olga'], array[true], array['carol'], array[1], array[null]::uuid[])$$, 'values (4)', 'an operator who was forgotten issues');
select tests.as_superuser();
select is((select subject from press.holders join olga using (id)), 'olga', 'and is back');
select * from finish();
