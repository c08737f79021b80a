/* A result that follows from what is here is drawn, and not given up. */
select plan(4);
select tests.make_chain() is not null;
select tests.make_raffle('raffle', 'beacon', 10, clock_timestamp() + interval '1 hour', 1, repeat('ab', 32));
select press.issue_tickets('raffle', 3, recipient => 'alice') is not null;
select tests.let_an_hour_pass('raffle');
select press_worker.close_due_edition(id) from press.editions;
select tests.record_all();
select tests.let_an_hour_pass('raffle');
select press.draw_winner('raffle') is not null;
alter table press.draws disable trigger _200_guard_result;
update press.draws set requested_at = requested_at - interval '1 day';
alter table press.draws enable always trigger _200_guard_result;
create function pg_temp.detail_of(call text) returns text language plpgsql as $$
declare v_detail text;
begin
  execute 'select ' || call;
  raise 'undo' using errcode = 'PT001';
exception
  when sqlstate 'PT001' then return 'not refused';
  when sqlstate 'PRNDR' then
    get stacked diagnostics v_detail = pg_exception_detail;
    return v_detail;
end $$;

select is(pg_temp.detail_of($$press.void_draw('raffle', 'The beacon is gone')$$), 'not refused', 'a draw whose round nobody has brought can be given up');
select press_worker.archive_beacon_round(chain_hash, round, repeat('0', 96)) is not null from press_worker.rounds_to_fetch();
select is(pg_temp.detail_of($$press.void_draw('raffle', 'The beacon is gone')$$), format('Round %s of its beacon is here, so a worker will draw it; look whether one runs.', beacon_round),
  'DRAW_NOT_READY once it is archived') from press.draws;
select is((select status::text from press.draws), 'requested', 'it waits for the worker');
select is((select status::text from press_worker.record_draw((select id from press.editions), 1, null, null)), 'drawn', 'who draws it');
select * from finish();
