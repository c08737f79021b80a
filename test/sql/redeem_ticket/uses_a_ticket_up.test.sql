select plan(28);
select tests.make_edition('golden-ticket', 9, 9);
create temp table them as
select n, t.id from generate_series(1, 6) n, lateral press.issue_ticket('golden-ticket', recipient => case when n < 5 then 'alice' else 'bob' end) t;
select tests.sign_pending();
select tests.publish_checkpoint() is not null;
alter table them add envelope text, add proof text;
update them set envelope = t.envelope, proof = press.tickets_timechain_proof(t) from press.tickets t where t.id = them.id;
grant all on them to public;
create function pg_temp.redeem(n integer, request_key uuid default null) returns press.tickets language sql as $$
  select press.redeem_ticket(envelope, proof, redeem.request_key) from them where them.n = redeem.n $$;

select tests.as_gateway('press_holder', 'alice');
select row_eq('select (r).id, (r).status, (r).ticket_number from pg_temp.redeem(1) r', row((select id from them where n = 1), 'redeemed'::press.ticket_status, 1), 'its holder redeems it');
select throws_ok('select pg_temp.redeem(1)', 'PRRED', null, 'and not twice');
select is((select redeemed_by from press.redemptions), 'holder', 'the holder can read by whom it was');
select tests.as_gateway('press_holder', 'bob');
select is_empty('select from press.redemptions', 'others cannot');

select tests.as_gateway('press_operator', 'olga');
select is((pg_temp.redeem(5)).status::text, 'redeemed', 'an operator at the gate redeems what was shown');
select is((select redeemed_by from press.redemptions where ticket_number = 5), 'operator:olga', 'and is recorded');
select tests.as_login(tests.operator_login());
select is((pg_temp.redeem(6)).status::text, 'redeemed', 'so does a login');
select is((select redeemed_by from press.redemptions where ticket_number = 6), 'login:' || tests.operator_login(), 'and is recorded');

select tests.as_superuser();
select results_eq($$select ticket_number, leaf::json ->> 'by', leaf::json ->> 'ticket_id' from press_private.ledger_inbox where type = 'ticket.redeemed' order by id$$,
  $$values (1, 'holder:' || (select id from press.holders where subject = 'alice'), (select id::text from them where n = 1)),
           (5, 'operator:' || (select id from press.holders where subject = 'olga'), (select id::text from them where n = 5)),
           (6, 'login:' || tests.operator_login(), (select id::text from them where n = 6))$$, 'the ledger names them by opaque id');
select results_eq($$select leaf::json ->> 'at' from press_private.ledger_inbox where type = 'ticket.redeemed' order by id$$,
  $$select press_private.rfc3339(redeemed_at) from press.redemptions order by ticket_number$$, 'and says when');

select tests.as_gateway('press_holder', 'alice');
create temp table first_answer as select (r).* from pg_temp.redeem(2, '00000000-0000-4000-8000-000000000001') r;
grant all on first_answer to public;
select results_eq($$select (r).* from pg_temp.redeem(2, '00000000-0000-4000-8000-000000000001') r$$, 'select * from first_answer', 'the same key gives the same answer');
select results_eq($$select (press.redeem_ticket(envelope, 'another proof', '00000000-0000-4000-8000-000000000001')).* from them where n = 2$$, 'select * from first_answer',
  'also with another proof: it belongs to the moment, the key to the ticket');
select throws_ok($$select pg_temp.redeem(3, '00000000-0000-4000-8000-000000000001')$$, 'PRIDM', null, 'another ticket under it is refused');
select throws_ok($$select pg_temp.redeem(2)$$, 'PRRED', null, 'the same ticket without it too');
select tests.as_gateway('press_operator', 'olga');
select is((pg_temp.redeem(3, '00000000-0000-4000-8000-000000000001')).ticket_number, 3, 'a key is its actor''s: another may have the same');
select is((pg_temp.redeem(3, '00000000-0000-4000-8000-000000000001')).ticket_number, 3, 'and has its own answer');
select throws_ok($$select pg_temp.redeem(2, '00000000-0000-4000-8000-000000000001')$$, 'PRIDM', null, 'and its own refusal');
select tests.as_superuser();
select is((select count(*) from press_private.ledger_inbox where type = 'ticket.redeemed'), 5::bigint, 'an answer that is repeated is recorded once');

select press_worker.retire_signing_key(tests.key_id()) is not null;
select press.close_edition('golden-ticket') is not null;
select tests.as_gateway('press_holder', 'alice');
select is((pg_temp.redeem(4)).status::text, 'redeemed', 'a retired key still verifies, and a closed edition still redeems');
select results_eq($$select (r).* from pg_temp.redeem(2, '00000000-0000-4000-8000-000000000001') r$$, 'select * from first_answer', 'for ever the same answer');

select tests.as_superuser();
select throws_ok('update press.redemptions set redeemed_by = ''x''', 'PRDEN', null, 'a redemption cannot be changed, by anybody');
select throws_ok('delete from press.redemptions', 'PRDEN', null, 'nor removed');
select throws_ok('truncate press.redemptions', 'PRDEN', null, 'nor all of them');
select throws_ok($$insert into press.redemptions (edition_id, ticket_number, holder_id, redeemed_by) select edition_id, ticket_number, holder_id, 'x' from press.redemptions$$, '23505', null,
  'nor made twice: the third layer');
select throws_ok($$insert into press.redemptions (edition_id, ticket_number, holder_id, redeemed_by) select id, 9, gen_random_uuid(), 'x' from press.editions$$, '23503', null, 'nor for a ticket that is not there');
select is((select count(*) from press.tickets where status = 'redeemed'), 6::bigint, 'six were redeemed');
select is((press.verify_ticket((select envelope from them where n = 1))).refusal, 'ALREADY_REDEEMED', 'whoever is shown one is told so');
select throws_ok(format('select press.revoke_ticket(%L, ''because'')', (select id from them where n = 1)), 'PRRED', null, 'a redeemed ticket is not revoked');
select * from finish();
