/* The third layer alone: raw statements as a superuser, past every lock and guard. */
select plan(20);
select tests.make_edition('golden-ticket', 5, 1);
select tests.make_edition('other', 9, 9);
create function pg_temp.insert_ticket(ticket_number integer, holder uuid, holder_slot integer default 1, cap integer default 5, per_holder_limit integer default 1, edition text default 'golden-ticket')
  returns void language sql as $$
  insert into press.tickets (edition_id, ticket_number, holder_id, holder_slot, cap, per_holder_limit, issued_at)
  select e.id, insert_ticket.ticket_number, insert_ticket.holder, insert_ticket.holder_slot, insert_ticket.cap, insert_ticket.per_holder_limit, now()
  from press.editions e where e.slug = insert_ticket.edition
$$;
create temp table people as select n, gen_random_uuid() as id from generate_series(1, 9) n;
create function pg_temp.person(n integer) returns uuid language sql as $$ select id from people where people.n = person.n $$;

select lives_ok(format('select pg_temp.insert_ticket(%s, pg_temp.person(%s))', n, n), format('number %s fits', n)) from generate_series(1, 5) n;
select throws_ok('select pg_temp.insert_ticket(6, pg_temp.person(6))', '23514', null, 'number 6 of 5 is refused');
select throws_ok('select pg_temp.insert_ticket(3, pg_temp.person(6))', '23505', null, 'a second number 3 is refused');
select throws_ok('select pg_temp.insert_ticket(0, pg_temp.person(6))', '23514', null, 'number 0 is refused');
select throws_ok('select pg_temp.insert_ticket(6, pg_temp.person(6), cap => 6)', '23503', null, 'another cap than the edition''s is refused');
select throws_ok('select pg_temp.insert_ticket(6, pg_temp.person(6), cap => null)', '23502', null, 'no cap is refused');
select throws_ok('select pg_temp.insert_ticket(null, pg_temp.person(6))', '23502', null, 'no number is refused');
select throws_ok('select pg_temp.insert_ticket(5, null)', '23502', null, 'no holder is refused');
select throws_ok('select pg_temp.insert_ticket(5, pg_temp.person(6), per_holder_limit => null)', '23502', null, 'no holder limit is refused');
select throws_ok('select pg_temp.insert_ticket(5, pg_temp.person(1), 2)', '23514', null, 'a holder''s second slot of 1 is refused');
select lives_ok('select pg_temp.insert_ticket(1, pg_temp.person(1), 1, 9, 9, ''other'')', 'the same number fits in another edition');
select throws_ok('select pg_temp.insert_ticket(2, pg_temp.person(2), 1, 9, 8, ''other'')', '23503', null, 'another holder limit than the edition''s is refused');
select throws_ok('select pg_temp.insert_ticket(2, pg_temp.person(1), 1, 9, 9, ''other'')', '23505', null, 'a holder''s slot twice is refused');
select throws_ok($$insert into press.tickets (edition_id, ticket_number, holder_id, holder_slot, cap, per_holder_limit, issued_at, request_key, request_position)
  select id, n, gen_random_uuid(), 1, 9, 9, now(), '00000000-0000-4000-8000-000000000001', null from press.editions, generate_series(2, 2) n where slug = 'other'$$, '23514', null, 'a request key without its position is refused');
select throws_ok($$insert into press.tickets (edition_id, ticket_number, holder_id, holder_slot, cap, per_holder_limit, issued_at, request_key, request_position)
  select id, n, pg_temp.person(2), n, 9, 9, now(), '00000000-0000-4000-8000-000000000001', 1 from press.editions, generate_series(2, 3) n where slug = 'other'$$, '23505', null, 'a holder''s request key twice is refused');
select throws_ok($$insert into press.tickets (edition_id, ticket_number, holder_id, holder_slot, cap, per_holder_limit, issued_at, request_key, request_position, issued_by)
  select id, n, gen_random_uuid(), 1, 9, 9, now(), '00000000-0000-4000-8000-000000000001', 1, 'operator:olga' from press.editions, generate_series(2, 3) n where slug = 'other'$$, '23505', null, 'an operator''s request key twice is refused');
select * from finish();
