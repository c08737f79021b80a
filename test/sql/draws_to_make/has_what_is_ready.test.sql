select plan(12);
select tests.make_chain() is not null;
select tests.make_raffle('random', 'random_int');
select tests.make_raffle('sealed', 'sealed');
select tests.make_raffle('empty', 'random_int');
select press.issue_tickets(slug, 3, recipient => 'alice') is not null from unnest(array['random', 'sealed']) slug;
select tests.as_login('press_worker');
select is_empty('select * from press_worker.draws_to_make()', 'nobody has asked for a draw');
select tests.as_superuser();
select press.draw_winner(slug) is not null from unnest(array['random', 'sealed', 'empty']) slug;
select is_empty('select * from press_worker.draws_to_make()', 'tickets are pending, and closings not recorded');
select tests.record_closings() = 1;
select press_worker.integrate_ledger(100) > 0;
select results_eq('select edition, entries_count from press_worker.draws_to_make()', $$values ('empty', 0)$$, 'one without tickets waits for nothing');
select tests.sign_pending();
select tests.record_closings() = 2;
select is((select count(*) from press_worker.draws_to_make()), 1::bigint, 'a closing that has no place yet fixes nothing');
select press_worker.integrate_ledger(100) > 0;

select tests.as_login('press_worker');
select results_eq('select attempt, edition, mode, entries_count, commitment is not null, chain_hash, public_key, round, entropy from press_worker.draws_to_make()',
  $$values (1, 'random', 'random_int', 3, false, null::text, null::text, null::bigint, null::text), (1, 'sealed', 'sealed', null, true, null, null, null, null),
           (1, 'empty', 'random_int', 0, false, null, null, null, null)$$, 'then all of them are to be made');
select tests.as_superuser();
select press_worker.stop_press('a test');
select is_empty('select * from press_worker.draws_to_make()', 'none while the press is stopped');
select throws_ok('select press_worker.record_draw(edition_id, 1, 0, null) from press.draws', 'PRSTO', null, 'PRESS_STOPPED for whoever was told before');
select press.start_press('over');
select is((select count(*) from tests.make_draws()), 3::bigint, 'they are made');
select is_empty('select * from press_worker.draws_to_make()', 'once');

-- A secret that was revealed serves every worker; what a replacement is drawn from is what is left.
select press.replace_winner('sealed', 'Lost') is not null, press.replace_winner('random', 'Lost') is not null;
select tests.as_login('press_worker');
select results_eq('select edition, attempt, entries_count, entropy from press_worker.draws_to_make()',
  $$values ('random', 2, 2, null), ('sealed', 2, null::integer, tests.draw_secret('sealed'))$$, 'a replacement comes with the secret of its draw');
select is(status::text, 'drawn', 'so that a worker without the key decides it') from press_worker.draws_to_make() t, press_worker.record_draw(t.edition_id, 2, null, null) d where t.mode = 'sealed';
select tests.as_superuser();
select results_eq($$select d.attempt, press_private.draw_entries_count(press_private.closed_entry(d.edition_id), d.attempt), d.entries_count from press.draws d where d.status = 'drawn' order by d.edition_id, d.attempt$$,
  $$select d.attempt, count(n)::integer, count(n)::integer from press.draws d left join lateral press_private.draw_entries(d.edition_id, (press_private.closed_entry(d.edition_id)).place, d.attempt) n on true
    where d.status = 'drawn' group by d.edition_id, d.attempt order by d.edition_id, d.attempt$$, 'what is counted without going over the entries is what there are');
select * from finish();
