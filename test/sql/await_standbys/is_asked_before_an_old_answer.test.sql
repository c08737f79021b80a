/* What was committed before is perhaps not on the synchronous standbys: who gives such an answer again, and writes nothing, asks for them first. Here whoever asks is refused, by a code of its own; that they
   are waited for, test/crash/standby_away.test.ts has. */
select plan(20);
select tests.make_edition('golden-ticket', 9);
select tests.make_raffle('raffle', 'random_int');
select tests.make_raffle('withheld', 'sealed');
select press.create_edition('new', 'New', 1) is not null;
select press.issue_ticket('golden-ticket', recipient => 'alice') is not null;
select press.issue_tickets('raffle', 2, recipient => 'bob') is not null;
select tests.sign_pending();
select tests.publish_checkpoint() is not null;
create temp table requests as select * from unnest(
  array['a ticket', 'a redemption', 'a draw', 'an attestation', 'a replacement'],
  array['press.issue_ticket(''golden-ticket'', pg_temp.key(1), ''alice'')',
    (select format('press.redeem_ticket(%L, %L, pg_temp.key(1))', t.envelope, press.timechain_proof(t.id)) from press.tickets t join press.editions e on e.id = t.edition_id where e.slug = 'golden-ticket'),
    'press.draw_winner(''raffle'', pg_temp.key(1))',
    'press.submit_attestation(''oidc'', tests.id_token(''alice''), pg_temp.key(1), ''alice'', tests.fresh_address())',
    'press.replace_winner(''raffle'', ''Lost'', pg_temp.key(2))']) with ordinality r (answer, call, index);
create function pg_temp.key(n integer) returns uuid language sql as $$ select format('00000000-0000-4000-8000-%s', lpad(n::text, 12, '0'))::uuid $$;
create or replace function press_private.await_standbys() returns boolean language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  raise 'The standbys are asked for.' using errcode = 'PT001';
end $$;

select lives_ok('select ' || call, answer || ', the first time: its own commit waits') from requests where index < 5;
select tests.record_all();
select (select count(*) from tests.make_draws()) = 1;
select lives_ok('select ' || call, answer || ', the first time: its own commit waits') from requests where index = 5;
select throws_ok('select ' || call, 'PT001', null, answer || ', again: the standbys are asked for') from requests;

-- Without a key, too: what is as it is asked to be.
select press.issue_ticket('withheld', recipient => 'alice') is not null;
select press.draw_winner('withheld') is not null;
select tests.record_all();
alter table press.draws disable trigger _200_guard_result;
update press.draws set requested_at = now() - interval '2 days' where status = 'requested';
alter table press.draws enable always trigger _200_guard_result;
create temp table acts as select * from unnest(
  array['an opening', 'a closing', 'the end of a draw', 'a coin', 'a stop'],
  array['press.open_edition(''new'')', 'press.close_edition(''golden-ticket'')', 'press.void_draw(''withheld'', ''Lost'')', 'press.fund_pool(repeat(''f'', 64), 0, 1000, tests.wallet())',
    'press_worker.stop_press(''Lost'')']) with ordinality a (answer, call, index);
select lives_ok('select ' || call, answer || ', the first time: its own commit waits') from acts where index < 5;
select throws_ok('select ' || call, 'PT001', null, answer || ', again: the standbys are asked for') from acts where index < 5;
select lives_ok('select ' || call, answer || ', the first time: its own commit waits') from acts where index = 5;
select throws_ok('select ' || call, 'PT001', null, answer || ', again: the standbys are asked for') from acts where index = 5;
select * from finish();
