select plan(10);
select tests.make_edition('golden-ticket', 5, 2);
create temp table answers (n serial, id uuid);
grant all on answers to public; grant all on sequence answers_n_seq to public;

select tests.as_gateway('press_holder', 'alice');
insert into answers (id) select id from press.issue_ticket('golden-ticket', '00000000-0000-4000-8000-000000000001');
insert into answers (id) select id from press.issue_ticket('golden-ticket', '00000000-0000-4000-8000-000000000001');
select is((select count(distinct id) from answers), 1::bigint, 'the same key gives the same ticket');
select throws_ok($$select press.issue_tickets('golden-ticket', 2, '00000000-0000-4000-8000-000000000001')$$, 'PRIDM', null, 'REQUEST_KEY_REUSED for another quantity');
select lives_ok($$select press.issue_tickets('golden-ticket', 1, '00000000-0000-4000-8000-000000000001')$$, 'issue_tickets of one is the same request');
insert into answers (id) select id from press.issue_ticket('golden-ticket', '00000000-0000-4000-8000-000000000002');
select is((select count(distinct id) from answers), 2::bigint, 'another key gives another ticket');
select lives_ok($$select press.issue_ticket('golden-ticket', '00000000-0000-4000-8000-000000000001')$$, 'a replay is answered though the holder''s limit is reached');

select tests.as_gateway('press_holder', 'bob');
insert into answers (id) select id from press.issue_ticket('golden-ticket', '00000000-0000-4000-8000-000000000001');
select is((select count(distinct id) from answers), 3::bigint, 'another holder''s request under the same key is another request');

select tests.as_gateway('press_operator', 'olga');
insert into answers (id) select id from press.issue_ticket('golden-ticket', '00000000-0000-4000-8000-000000000001', 'carol');
select throws_ok($$select press.issue_ticket('golden-ticket', '00000000-0000-4000-8000-000000000001', 'dora')$$, 'PRIDM', null, 'REQUEST_KEY_REUSED for another recipient');
select lives_ok($$select press.issue_ticket('golden-ticket', '00000000-0000-4000-8000-000000000001', 'carol')$$, 'an operator''s retry is answered');

select press.close_edition('golden-ticket') is not null;
select tests.as_gateway('press_holder', 'alice');
select is((press.issue_ticket('golden-ticket', '00000000-0000-4000-8000-000000000001')).id, (select id from answers where n = 1), 'a retry is answered also after closing');
select tests.as_superuser();
select is((select count(*) from press.tickets), 4::bigint, 'four requests, four tickets');
select * from finish();
