select plan(28);
select tests.make_raffle('raffle', 'sealed');
select press.issue_tickets('raffle', 4, recipient => 'alice') is not null;

select tests.as_gateway('press_anonymous');
select throws_ok($$select press.replace_winner('raffle', 'because')$$, 'PRANO', null, 'NOT_SIGNED_IN without a token');
select tests.as_gateway('press_holder', 'alice');
select throws_ok($$select press.replace_winner('raffle', 'because')$$, 'PRDEN', null, 'NOT_ALLOWED for a holder');
select tests.as_gateway('press_operator', 'olga');
select throws_ok(format($$select press.replace_winner('nothing', %L)$$, reason), 'PRINV', null, format('INVALID_INPUT for a reason of %s characters', coalesce(length(reason), -1)))
from unnest(array['', repeat('x', 501), E'two\nlines', null]) reason;
select throws_ok($$select press.replace_winner('nothing', 'because')$$, 'PRNOE', null, 'EDITION_NOT_FOUND');
select throws_ok($$select press.replace_winner('raffle', 'because')$$, 'PRNDR', null, 'DRAW_NOT_READY while it was not drawn');
select press.draw_winner('raffle', '00000000-0000-4000-8000-000000000001') is not null;
select throws_ok($$select press.replace_winner('raffle', 'because')$$, 'PRNDR', null, 'DRAW_NOT_READY while its draw is not decided');
select throws_ok($$select press.replace_winner('raffle', 'because', '00000000-0000-4000-8000-000000000001')$$, 'PRIDM', null, 'REQUEST_KEY_REUSED for the key of the draw');

select tests.as_superuser();
select tests.record_all();
select is((select count(*) from tests.make_draws()), 1::bigint, 'it is drawn');
create temp table first as select * from press.draws;
select tests.as_gateway('press_operator', 'olga');
select is(status::text, 'requested', 'a replacement is asked for') from press.replace_winner('raffle', 'Ticket was lost, "they" said', '00000000-0000-4000-8000-000000000002');
select is(attempt, 2, 'the same key gives the same answer') from press.replace_winner('raffle', 'Ticket was lost, "they" said', '00000000-0000-4000-8000-000000000002');
select throws_ok($$select press.replace_winner('raffle', 'Another reason', '00000000-0000-4000-8000-000000000002')$$, 'PRIDM', null, 'REQUEST_KEY_REUSED for another reason');
select throws_ok($$select press.draw_winner('raffle', '00000000-0000-4000-8000-000000000002')$$, 'PRIDM', null, 'REQUEST_KEY_REUSED for a draw');
select throws_ok($$select press.replace_winner('raffle', 'because')$$, 'PRNDR', null, 'DRAW_NOT_READY for another one meanwhile');
select throws_ok($$select press.draw_winner('raffle')$$, 'PRDRN', null, 'ALREADY_DRAWN for a draw');

select tests.as_superuser();
select results_eq('select d.attempt, d.entries_count, d.replaced_number = f.ticket_number, d.ticket_number <> f.ticket_number, d.entropy = f.entropy from tests.make_draws() d, first f',
  'values (2, 3, true, true, true)', 'it is over the rest, by the same secret');
select press.replace_winner('raffle', 'That one too') is not null;
select is((select entries_count from tests.make_draws()), 2, 'a third');
select press.replace_winner('raffle', 'And that') is not null;
select is((select entries_count from tests.make_draws()), 1, 'a fourth, the last ticket');
select press.replace_winner('raffle', 'All of them') is not null;
select is((select entries_count from tests.make_draws()), 0, 'a fifth, over nothing');
select results_eq('select array_agg(distinct ticket_number order by ticket_number) from press.draws', $$values (array[1, 2, 3, 4, null])$$, 'nobody wins twice, and in the end nobody is left');
select throws_ok($$select press.replace_winner('raffle', 'because')$$, 'PRINV', null, 'INVALID_INPUT: there never is a winner to replace');

select results_eq($$select leaf from press_private.ledger_inbox where type = 'winner.replaced' order by id limit 1$$, $$
  select format('{"at":"%s","attempt":2,"edition":"raffle","inputs":{"entries_count":3,"entries_hash":"%s","secret":"%s"},"mode":"sealed",'
      || '"reason":"Ticket was lost, \"they\" said","replaced_number":%s,"ticket_number":%s,"type":"winner.replaced"}',
    press_private.rfc3339(d.drawn_at), d.entries_hash, tests.draw_secret('raffle'), d.replaced_number, d.ticket_number)
  from press.draws d where d.attempt = 2$$, 'winner.replaced, with its reason');
select tests.publish_checkpoint() is not null;
select results_eq($$select attempt, is_recomputable, recomputed_number, agrees, finding from press.recompute_draw('raffle')$$,
  'select attempt, true, ticket_number, true, null::text from press.draws order by attempt', 'and everybody recomputes them all');
select is((select string_agg(type, ' ' order by place) from press.ledger_entries where type ~ 'drawn|replaced'),
  'edition.drawn winner.replaced winner.replaced winner.replaced winner.replaced', 'in the ledger they are in their order');
select is((select status::text from press.editions), 'drawn', 'the edition stays drawn');
select is_empty('select from press.audit() where not is_ok', 'and the audit finds nothing');
select * from finish();
