/* Anybody with SQL can set a custom setting: only the gateway's login is believed. */
select plan(8);
select tests.make_edition('golden-ticket', 5, 1);
create role stranger login;
grant press_holder to stranger;

select tests.as_login('stranger');
set local role press_holder;
set local press.subject = 'alice';
select throws_ok($$select press.issue_ticket('golden-ticket')$$, 'PRANO', null, 'a login that sets our claims is nobody');
select is((press.current_holder()).id, null, 'and no holder');

select tests.as_login(tests.operator_login());
select set_config('press.subject', 'alice', true);
select throws_ok($$select press.issue_ticket('golden-ticket')$$, 'PRINV', null, 'INVALID_INPUT for an operator''s login that names no recipient, claims or not');
select is((press.issue_ticket('golden-ticket', recipient => 'bob')).issued_by, 'login:' || tests.operator_login(), 'the row records the login that issued');

select tests.as_login('press_gateway');
select set_config('press.subject', 'alice', true);
select throws_ok($$select press.issue_ticket('golden-ticket')$$, '42501', null, 'the gateway''s login without a role may call nothing');
set local role press_anonymous;
select throws_ok($$select press.issue_ticket('golden-ticket')$$, 'PRANO', null, 'a subject under the anonymous role is nobody');
set local role press_holder;
select set_config('press.subject', '', true);
select throws_ok($$select press.issue_ticket('golden-ticket')$$, 'PRANO', null, 'the holder role without a subject is nobody');

select tests.as_gateway('press_operator', 'olga');
select is((press.issue_ticket('golden-ticket', recipient => 'carol')).issued_by, 'operator:olga', 'the row records the operator who issued');
select * from finish();
