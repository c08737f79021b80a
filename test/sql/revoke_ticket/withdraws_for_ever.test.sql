select plan(21);
select tests.make_edition('golden-ticket', 2, 1);
create temp table ids (who text, id uuid);
grant all on ids to public;
insert into ids select 'alice', id from press.issue_ticket('golden-ticket', recipient => 'alice');
insert into ids select 'bob', id from press.issue_ticket('golden-ticket', recipient => 'bob');
create function pg_temp.ticket_of(who text) returns uuid language sql as $$ select id from ids where ids.who = ticket_of.who $$;

select tests.as_gateway('press_anonymous');
select throws_ok($$select press.revoke_ticket(gen_random_uuid(), 'because')$$, 'PRANO', null, 'NOT_SIGNED_IN without a token');
select tests.as_gateway('press_holder', 'alice');
select throws_ok($$select press.revoke_ticket(pg_temp.ticket_of('alice'), 'because')$$, 'PRDEN', null, 'NOT_ALLOWED for the holder');

select tests.as_gateway('press_operator', 'olga');
select throws_ok($$select press.revoke_ticket(gen_random_uuid(), 'because')$$, 'PRNOT', null, 'TICKET_NOT_FOUND');
select throws_ok($$select press.revoke_ticket(null, 'because')$$, 'PRNOT', null, 'TICKET_NOT_FOUND without an id');
select throws_ok($$select press.revoke_ticket(gen_random_uuid(), '')$$, 'PRINV', null, 'INVALID_INPUT without a reason');
select throws_ok($$select press.revoke_ticket(gen_random_uuid(), null)$$, 'PRINV', null, 'INVALID_INPUT for a null reason');
select throws_ok($$select press.revoke_ticket(gen_random_uuid(), repeat('x', 501))$$, 'PRINV', null, 'INVALID_INPUT for a reason of 501 characters');
select tests.as_gateway('press_operator', repeat('x', 256));
select throws_ok($$select press.revoke_ticket(gen_random_uuid(), 'because')$$, 'PRINV', null, 'INVALID_INPUT for an operator whom the ledger cannot name');
select tests.as_gateway('press_operator', 'erased:olga');
select throws_ok($$select press.revoke_ticket(gen_random_uuid(), 'because')$$, 'PRINV', null, 'INVALID_INPUT for an operator with the name of somebody who was forgotten');
select tests.as_gateway('press_operator', 'olga');
select throws_ok($$select press.revoke_ticket(pg_temp.ticket_of('alice'), 'because')$$, 'PRUNS', null, 'TICKET_NOT_SIGNED while it is pending');

select tests.as_superuser();
select tests.sign_pending();
select tests.as_gateway('press_operator', 'olga');
select is((press.revoke_ticket(pg_temp.ticket_of('alice'), 'Lost and found')).status::text, 'revoked', 'it is revoked');
select throws_ok($$select press.revoke_ticket(pg_temp.ticket_of('alice'), 'Again')$$, 'PRREV', null, 'TICKET_REVOKED the second time');
select results_eq('select ticket_number, reason, revoked_by from press.revocations', $$values (1, 'Lost and found', 'operator:olga')$$, 'the reason and the operator are kept');
select throws_ok($$select press.issue_ticket('golden-ticket', recipient => 'carol')$$, 'PRCAP', null, 'the number is not given out again');
select throws_ok($$select press.issue_ticket('golden-ticket', recipient => 'alice')$$, 'PRLIM', null, 'nor is the holder''s slot');

select tests.as_gateway('press_holder', 'alice');
select is((select reason from press.revocations), 'Lost and found', 'the holder can read why');
select tests.as_gateway('press_holder', 'bob');
select is_empty('select from press.revocations', 'nobody else can');

select tests.as_superuser();
update press.tickets set status = 'redeemed' where id = pg_temp.ticket_of('bob');
select throws_ok($$select press.revoke_ticket(pg_temp.ticket_of('bob'), 'because')$$, 'PRRED', null, 'ALREADY_REDEEMED after redemption');
select throws_ok('update press.revocations set reason = ''Other''', 'PRDEN', null, 'a revocation cannot be changed, by anybody');
select throws_ok('delete from press.revocations', 'PRDEN', null, 'nor removed');
select throws_ok($$insert into press.revocations (edition_id, ticket_number, reason, revoked_by) select edition_id, ticket_number, 'b', 'c' from press.revocations$$,
  '23505', null, 'nor made twice: the third layer');
select * from finish();
