/* A secret or a beacon that is withheld for good: no winner, never another roll, and everybody sees it. */
select plan(21);
select tests.make_raffle('raffle', 'sealed');
select tests.make_raffle('decided', 'random_int');
select press.issue_tickets('raffle', 3, recipient => 'alice') is not null, press.issue_ticket('decided', recipient => 'alice') is not null;
create function pg_temp.let_a_day_pass() returns void language sql as $$
  alter table press.draws disable trigger _200_guard_result;
  update press.draws set requested_at = requested_at - interval '1 day' where status = 'requested';
  alter table press.draws enable always trigger _200_guard_result;
$$;

select tests.as_gateway('press_anonymous');
select throws_ok($$select press.void_draw('raffle', 'because')$$, 'PRANO', null, 'NOT_SIGNED_IN without a token');
select tests.as_gateway('press_holder', 'alice');
select throws_ok($$select press.void_draw('raffle', 'because')$$, 'PRDEN', null, 'NOT_ALLOWED for a holder');
select tests.as_gateway('press_operator', 'olga');
select throws_ok($$select press.void_draw('raffle', '')$$, 'PRINV', null, 'INVALID_INPUT without a reason');
select throws_ok($$select press.void_draw('nothing', 'because')$$, 'PRNOE', null, 'EDITION_NOT_FOUND');
select throws_ok($$select press.void_draw('raffle', 'because')$$, 'PRNDR', null, 'DRAW_NOT_READY while nobody has asked for a draw');
select press.draw_winner('raffle', '00000000-0000-4000-8000-000000000001') is not null, press.draw_winner('decided') is not null;
select throws_ok($$select press.void_draw('raffle', 'because')$$, 'PRNDR', null, 'DRAW_NOT_READY on the day that it was asked for');

select tests.as_superuser();
select pg_temp.let_a_day_pass();
select tests.as_gateway('press_operator', 'olga');
select throws_ok($$select press.void_draw('raffle', 'because')$$, 'PRNDR', null, 'DRAW_NOT_READY while the closing is not in the ledger');
select tests.as_superuser();
select tests.record_all();
select press_worker.record_draw(edition_id, 1, 0, null) is not null from press_worker.draws_to_make() where mode = 'random_int';
select tests.as_gateway('press_operator', 'olga');
select throws_ok($$select press.void_draw('decided', 'because')$$, 'PRDRN', null, 'ALREADY_DRAWN once there is a winner');
select results_eq($$select status::text, ticket_number, entropy, entries_count, reason from press.void_draw('raffle', 'The "secret" is lost')$$,
  $$values ('void', null::integer, null::text, 3, 'The "secret" is lost')$$, 'after a day it is given up, without a winner');
select is(reason, 'The "secret" is lost', 'asked twice it answers the same') from press.void_draw('raffle', 'Another reason');
select is((select status::text from press.draw_winner('raffle', '00000000-0000-4000-8000-000000000001')), 'void', 'who asked for the draw is told');
select throws_ok($$select press.draw_winner('raffle')$$, 'PRDRN', null, 'ALREADY_DRAWN: never another roll');
select throws_ok($$select press.replace_winner('raffle', 'because')$$, 'PRINV', null, 'INVALID_INPUT: there never is a winner to replace');
select is((select status::text from press.editions where slug = 'raffle'), 'drawn', 'the edition is drawn');

select tests.as_superuser();
select is((select status::text from press_worker.record_draw((select id from press.editions where slug = 'raffle'), 1, null, tests.draw_secret('raffle'))), 'void',
  'a secret that comes too late changes nothing');
select results_eq($$select leaf from press_private.ledger_inbox where type = 'edition.drawn' and leaf ~ '"raffle"'$$, $$
  select format('{"at":"%s","edition":"raffle","inputs":{"entries_count":3,"entries_hash":"%s"},"mode":"sealed","reason":"The \"secret\" is lost","ticket_number":null,"type":"edition.drawn"}',
    press_private.rfc3339(drawn_at), entries_hash) from press.draws where status = 'void'$$, 'the ledger says so');
select tests.publish_checkpoint() is not null;
select tests.as_gateway('press_anonymous');
select results_eq($$select is_recomputable, recorded_number, recomputed_number, agrees, finding from press.recompute_draw('raffle')$$,
  $$values (false, null::integer, null::integer, true, 'not recomputable: it is void, and has no winner')$$, 'and so does recomputing it');
select is((select reason from press.draws where status = 'void'), 'The "secret" is lost', 'everybody can read why');
select tests.as_superuser();
select throws_ok($$update press.draws set status = 'drawn'$$, 'PRDEN', null, 'nobody changes it any more');

-- A ticket may be void for its winner later; that is a replacement, which is never void.
select press.replace_winner('decided', 'Lost') is not null;
select pg_temp.let_a_day_pass();
select throws_ok($$select press.void_draw('decided', 'because')$$, 'PRDRN', null, 'ALREADY_DRAWN: a replacement is not given up');
select is_empty($$select "check" from press.audit() where not is_ok and "check" <> 'a row is as the press wrote it'$$, 'and the audit finds only that the tests moved a moment');
select * from finish();
