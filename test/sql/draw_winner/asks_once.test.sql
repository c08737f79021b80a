select plan(28);
select tests.make_edition('golden-ticket', 5, 1);
select tests.make_raffle('raffle', 'random_int');
select tests.make_raffle('other', 'sealed');
select press.create_edition('draft', 'A draft', 5, null, 'random_int') is not null;
select press.create_edition('beacon-draft', 'A draft', 5, null, 'beacon', closes_at => clock_timestamp() + interval '1 hour') is not null;
select press.issue_tickets('raffle', 3, recipient => 'alice') is not null;

select tests.as_gateway('press_anonymous');
select throws_ok($$select press.draw_winner('raffle')$$, 'PRANO', null, 'NOT_SIGNED_IN without a token');
select tests.as_gateway('press_holder', 'alice');
select throws_ok($$select press.draw_winner('raffle')$$, 'PRDEN', null, 'NOT_ALLOWED for a holder');

select tests.as_gateway('press_operator', 'olga');
select throws_ok($$select press.draw_winner('nothing')$$, 'PRNOE', null, 'EDITION_NOT_FOUND');
select throws_ok($$select press.draw_winner(null)$$, 'PRNOE', null, 'EDITION_NOT_FOUND without a slug');
select throws_ok($$select press.draw_winner('golden-ticket')$$, 'PRINV', null, 'INVALID_INPUT for an edition without a draw');
select throws_ok($$select press.draw_winner('draft')$$, 'PRCLS', null, 'EDITION_NOT_OPEN for a draft');
select throws_ok($$select press.draw_winner('beacon-draft')$$, 'PRCLS', null, 'EDITION_NOT_OPEN for one whose draw is by beacon, before it hears when its round comes');

select row_eq($$select attempt, status::text, replaced_number, reason, entries_count, entries_hash, entropy, beacon_round, tree_size, ticket_number, drawn_at
    from press.draw_winner('raffle', '00000000-0000-4000-8000-000000000001')$$,
  row(1, 'requested'::text, null::integer, null::text, null::integer, null::text, null::text, null::bigint, null::bigint, null::integer, null::timestamptz),
  'the answer is a draw that was asked for, and nothing of its result');
select is((select status::text from press.editions where slug = 'raffle'), 'closed', 'it has closed the edition');
select is((select status::text from press.draw_winner('raffle', '00000000-0000-4000-8000-000000000001')), 'requested', 'the same key gives the same answer');
select throws_ok($$select press.draw_winner('raffle', '00000000-0000-4000-8000-000000000002')$$, 'PRDRN', null, 'ALREADY_DRAWN under another key');
select throws_ok($$select press.draw_winner('raffle')$$, 'PRDRN', null, 'ALREADY_DRAWN without a key');
select lives_ok($$select press.draw_winner('other', '00000000-0000-4000-8000-000000000001')$$, 'a key binds within its edition');
select tests.as_gateway('press_operator', 'otto');
select throws_ok($$select press.draw_winner('raffle', '00000000-0000-4000-8000-000000000001')$$, 'PRDRN', null, 'ALREADY_DRAWN for another operator''s same key');
select tests.as_gateway('press_holder', 'alice');
select throws_ok($$select press.issue_ticket('raffle')$$, 'PRCLS', null, 'EDITION_NOT_OPEN: nobody joins in any more');
select is((select count(*) from press.draws), 2::bigint, 'everybody sees that there will be a draw');

select tests.as_superuser();
select results_eq('select requested_by, request_key from press_private.draw_requests order by edition_id',
  $$values ('operator:olga', '00000000-0000-4000-8000-000000000001'::uuid), ('operator:olga', '00000000-0000-4000-8000-000000000001')$$, 'who asked is kept');
select is_empty($$select from press_private.ledger_inbox where type = 'edition.drawn'$$, 'the ledger hears of it when it is drawn');
select tests.record_all();
select is((select count(*) from tests.make_draws()), 2::bigint, 'the worker draws');

select tests.as_gateway('press_operator', 'olga');
select results_eq($$select status::text, entries_count, ticket_number from press.draw_winner('raffle', '00000000-0000-4000-8000-000000000001')$$,
  $$values ('drawn', 3, 3)$$, 'the same key tells the winner now');
select throws_ok($$select press.draw_winner('raffle')$$, 'PRDRN', null, 'ALREADY_DRAWN for ever');
select is((select status::text from press.editions where slug = 'raffle'), 'drawn', 'the edition is drawn');
select lives_ok($$select press.close_edition('raffle')$$, 'which is more than closed');
select throws_ok($$select press.open_edition('raffle')$$, 'PRCLS', null, 'EDITION_NOT_OPEN: it is never opened again');
select results_eq($$select entries_count, ticket_number from press.draws d join press.editions e on e.id = d.edition_id where e.slug = 'other'$$,
  $$values (0, null::integer)$$, 'an edition without tickets is drawn with no winner');
select tests.as_gateway('press_anonymous');
select is((select count(*) from press.draws where status = 'drawn'), 2::bigint, 'everybody sees the result');
select tests.as_login(tests.operator_login());
select throws_ok($$select press.draw_winner('other')$$, 'PRDRN', null, 'ALREADY_DRAWN for a login that is an operator');
select tests.as_superuser();
select is_empty('select from press.audit() where not is_ok', 'and the audit finds nothing');
select * from finish();
