/* Where it is the server that fails, as without memory, nothing is said of what is stored: the look fails, and the next one begins where it did. Any other error is a finding. */
select plan(4);
create or replace function press_private.recomputed_draws(edition_id integer) returns setof press.draw_recomputation
  language plpgsql stable as $$
begin
  if current_setting('tests.fails_with', true) <> '' then
    raise exception 'It cannot be read.' using errcode = current_setting('tests.fails_with');
  end if;
end
$$;
select tests.make_raffle('raffle', 'sealed', 9);
select press.issue_ticket('raffle', recipient => 'h' || n) is not null from generate_series(1, 4) n;
select tests.record_all();
select press.draw_winner('raffle') is not null;
select tests.record_all();
select count(*) = 1 from tests.make_draws();
select tests.record_all();

select set_config('tests.fails_with', '53200', true);
select throws_ok('select * from press.invariants()', '53200', 'It cannot be read.', 'a look fails for want of memory');
select is(press.press_stop_reason(), null, 'which stops no press');
select set_config('tests.fails_with', '22P02', true);
select results_eq('select invariant, subject, finding from press.invariants() where is_ok = false',
  $$select 'I5', format('press.draws (%s)', id), 'It cannot be read.' from press.editions$$, 'a draw that cannot be read is found by the next look');
select matches(press.press_stop_reason(), '^I5 is broken: ', 'and stops it');
select * from finish();
