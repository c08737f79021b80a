select plan(9);
select tests.make_edition('raffle', 10, 10);
select press.issue_tickets('raffle', 4, recipient => 'alice') is not null;
select press_worker.register_signing_key(tests.public_key(), 'ticket') is not null;
create temp view claimed as select * from press_worker.tickets_to_sign(tests.key_id(), 10, 60);
create temp table payloads as select c.ticket_id, c.payload, t.ticket_number from claimed c join press.tickets t on t.id = c.ticket_id;
create function pg_temp.sign(number integer) returns bigint language sql as $$
  select count(*) from payloads p, press_worker.attach_signatures(tests.key_id(), array[p.ticket_id], array[encode(tests.sign('a', p.payload), 'hex')])
  where p.ticket_number = sign.number $$;

select is_empty('select press_worker.editions_to_record()', 'nothing has closed');
select press.close_edition('raffle') is not null;
select results_eq('select press_worker.editions_to_record()', 'select id from press.editions', 'it has closed, and nobody has looked yet');
select is(tests.record_closings(), 0, 'no ticket has its signature');
select is_empty('select press_worker.editions_to_record()', 'its last ticket is awaited');
select pg_temp.sign(4), pg_temp.sign(3), pg_temp.sign(1);
select results_eq('select press_worker.editions_to_record()', 'select id from press.editions', 'which has its signature');
select is(tests.record_closings(), 0, 'another has none');
select is((select awaited_number from press_private.closings_to_record), 2, 'and is awaited now');
select pg_temp.sign(2);
select press_worker.stop_press('because') is not null;
select is_empty('select press_worker.editions_to_record()', 'nothing is recorded while the press is stopped');
select press.start_press('because') is not null;
select is(tests.record_closings(), 1, 'all are signed');
select * from finish();
