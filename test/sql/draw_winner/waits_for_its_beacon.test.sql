/* A beacon's round is the first one after the delay, counted from the checkpoint that covers the closing: drawing before it is refused, with the moment. */
select plan(22);
select tests.make_chain() is not null;
select tests.make_raffle('raffle', 'beacon', 10, clock_timestamp() + interval '1 hour', 600, repeat('ab', 32));
select press.issue_tickets('raffle', 5, recipient => 'alice') is not null;
create function pg_temp.detail_of(call text) returns text language plpgsql as $$
declare v_detail text;
begin
  execute 'select ' || call;
  return 'not refused';
exception when sqlstate 'PRNDR' then
  get stacked diagnostics v_detail = pg_exception_detail;
  return v_detail;
end $$;

select throws_ok($$select press.close_edition('raffle')$$, 'PRNDR', null, 'DRAW_NOT_READY: closing it early is refused');
select matches(pg_temp.detail_of($$press.close_edition('raffle')$$), '^Its draw is by beacon, so it closes at 20.*Z and not earlier\.$', 'with the moment');
select throws_ok($$select press.draw_winner('raffle')$$, 'PRNDR', null, 'DRAW_NOT_READY before it closes');
select is((select status::text from press.editions), 'open', 'and it is still open');

select tests.let_an_hour_pass('raffle');
select matches(pg_temp.detail_of($$press.draw_winner('raffle')$$), '^Its closing at .* is not under a published checkpoint yet; try again in a moment\.$', 'DRAW_NOT_READY while the worker has not closed it');
select press_worker.close_due_edition(id) from press.editions;
select matches(pg_temp.detail_of($$press.draw_winner('raffle')$$), 'not under a published checkpoint yet', 'nor recorded that');
select tests.sign_pending();
select tests.record_closings() = 1;
select press_worker.integrate_ledger(100) > 0;
select matches(pg_temp.detail_of($$press.draw_winner('raffle')$$), 'not under a published checkpoint yet', 'nor published a checkpoint');
select tests.publish_checkpoint() is not null;
select matches(pg_temp.detail_of($$press.draw_winner('raffle')$$), format('^Round %s of its beacon is due at %s\.$', b.round, press_private.rfc3339(b.due_at)), 'nor has the round come')
from press.editions e, press_private.beacon_of(e) b;
select ok(b.due_at >= c.signed_at + interval '10 minutes' - interval '1 millisecond' and b.due_at < c.signed_at + interval '10 minutes 1 second',
  'which is the first one after the delay') from press.editions e, press_private.beacon_of(e) b, press.checkpoints c;

select tests.let_an_hour_pass('raffle');
create temp table beacon as select b.* from press.editions e, press_private.beacon_of(e) b;
select results_eq($$select status::text, beacon_round, tree_size, ticket_number from press.draw_winner('raffle')$$,
  'select ''requested'', round, tree_size, null::integer from beacon', 'then the draw can be asked for, and which round decides is fixed');
select is_empty('select from press.draws where ticket_number is not null', 'although everybody could compute it, nothing here tells the winner');

select results_eq('select chain_hash, public_key, round, entropy, entries_count from press_worker.draws_to_make()',
  $$select repeat('ab', 32), repeat('cd', 96), round, null::text, null::integer from beacon$$, 'the worker is told what to fetch');
select results_eq('select chain_hash, public_key, round from press_worker.rounds_to_fetch()', $$select repeat('ab', 32), repeat('cd', 96), round from beacon$$, 'as one of the rounds that are missing');
select throws_ok($$select press_worker.record_draw(edition_id, 1, null, null) from press.draws$$, 'PRNDR', null, 'DRAW_NOT_READY until the round is archived');
select throws_ok($$select press_worker.record_draw(edition_id, 1, 0, null) from press.draws$$, 'PRINV', null, 'INVALID_INPUT for a worker that would choose by itself');
select results_eq('select entropy, entries_count from tests.make_draws()', $$select lpad(round::text, 96, '0'), 5 from beacon$$, 'its signature decides');
select is_empty('select from press_worker.rounds_to_fetch()', 'and none is missing any more');
select tests.publish_checkpoint() is not null;
select results_eq($$select is_recomputable, recomputed_number, agrees from press.recompute_draw('raffle')$$, 'select true, ticket_number, true from press.draws', 'and everybody recomputes it');

-- What comes later, and what a clock that was put back makes of it.
create temp table first as select d.*, c.signed_at, e.recorded_at from press.draws d join press.checkpoints c using (tree_size) join press.ledger_entries e on e.edition_id = d.edition_id and e.type = 'edition.closed';
insert into press.checkpoints (tree_size, root_hash, key_id, note, signed_at) select 1000, sha256(''), '', '', recorded_at from first;
select is((select b.tree_size from press.editions e, press_private.beacon_of(e) b), 1000::bigint, 'a checkpoint that is signed later by a clock that was put back seems to be the first');
select is_empty('select from press_private.audit_draws()', 'and the draw that was made agrees as before');
alter table press.checkpoints disable trigger all;
update press.checkpoints c set signed_at = f.signed_at + interval '1 hour' from first f where c.tree_size = 1000;
alter table press.draws disable trigger all;
update press.draws d set tree_size = 1000, beacon_round = d.beacon_round + 3600;
select matches((select finding from press_private.audit_draws() where "check" ~ '^a draw was asked for'), 'its round is \d+ at the size 1000, and should be \d+ at \d+\.$', 'a later checkpoint in the place of the first is found');
alter table press.editions disable trigger all;
update press.editions e set closed_at = clock_timestamp() + interval '1 day';
select is((select b.tree_size from press.editions e, press_private.beacon_of(e) b), null, 'one that is older than the closing does not count');
select * from finish();
