select plan(7);
select tests.make_edition('raffle', 4, 2);
select press.issue_ticket('raffle', recipient => 'inactive') is not null;
update press.holders set is_active = false where subject = 'inactive';
create temp table answers (request_index integer, refusal_code text, refusal_message text, refusal_detail text, refusal_hint text, ticket press.tickets);
grant all on answers to public;

select tests.as_login('press_gateway');
insert into answers select * from press_gateway.issue_tickets('raffle',
  array['alice', null,   'bob', 'alice', 'inactive', 'alice', 'bob', 'olga', 'carol'],
  array[false,   false,  false, false,   false,      false,   false, true,   false],
  array[null,    null,   'eve', null,    null,       null,    null,  'dora', null],
  array[2,       1,      1,     2,       1,          1,       0,     1,      1],
  array['00000000-0000-4000-8000-000000000001', null, null, '00000000-0000-4000-8000-000000000001', null, null, null, null, null]::uuid[]);

select results_eq('select request_index, refusal_code, (ticket).ticket_number from answers',
  $$values (1, null, 2), (1, null, 3), (2, 'PRANO', null), (3, 'PRDEN', null), (4, null, 2), (4, null, 3), (5, 'PRINA', null), (6, 'PRLIM', null), (7, 'PRINV', null), (8, null, 4), (9, 'PRCAP', null)$$,
  'each request has its own answer, in its order');
select results_eq('select (ticket).* from answers where request_index = 4', 'select (ticket).* from answers where request_index = 1', 'a retry within the batch has the same tickets');
select results_eq('select distinct left(refusal_message, length(''CAP_REACHED:'')) from answers where refusal_code = ''PRCAP''', $$values ('CAP_REACHED:')$$, 'a message begins with the refusal''s name');
select is_empty('select from answers where refusal_code is not null and refusal_hint is null', 'every refusal says what to do next');
select throws_ok('select from press.tickets', '42501', null, 'the gateway''s own login reads no tables');

select results_eq($$select refusal_code from press_gateway.issue_tickets('nothing', array['alice', null], array[false, false], array[null, null], array[1, 1], array[null, null]::uuid[])$$,
  $$values ('PRNOE'), ('PRANO')$$, 'an edition that is not there is each client''s own refusal');
select tests.as_superuser();
select is((select array_agg(t.issued_by || '>' || h.subject order by t.ticket_number) from press.tickets t join press.holders h on h.id = t.holder_id where t.issued_by like 'operator%'),
  array['operator:olga>dora'], 'an operator issues for the named recipient');
select * from finish();
