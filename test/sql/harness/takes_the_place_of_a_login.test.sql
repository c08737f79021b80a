/* The helpers of test/sql/helpers.sql do what the other files rely on. */
select plan(9);

select tests.as_gateway('press_holder', 'alice');
select is(session_user, 'press_gateway', 'as_gateway takes the place of the login of the gateway');
select is(current_user, 'press_holder', 'as_gateway takes the role of the request');
select is(current_setting('press.subject'), 'alice', 'as_gateway states the subject of the token');
select throws_ok('create table press.mine ()', '42501', null, 'as_gateway has no more rights than the role');

select tests.as_gateway('press_anonymous');
select is(current_user, 'press_anonymous', 'as_gateway changes from one role to another');
select is(current_setting('press.subject'), '', 'as_gateway without a subject forgets the one before');

select tests.as_login(tests.operator_login());
select is(session_user::text, tests.operator_login(), 'as_login takes the place of a login');
select ok(pg_has_role('press_operator', 'member'), 'the operator''s login is a member of press_operator');

select tests.as_superuser();
select ok((select rolsuper from pg_catalog.pg_roles where rolname = current_user), 'as_superuser comes back');

select * from finish();
