select plan(21);
select tests.make_raffle('random', 'random_int');
select tests.make_raffle('sealed', 'sealed');
select press.issue_tickets(slug, 5, recipient => 'alice') is not null from unnest(array['random', 'sealed']) slug;
create function pg_temp.id_of(slug text) returns integer language sql security definer as $$ select id from press.editions e where e.slug = id_of.slug $$;
create temp view results as select e.slug, d.status, d.ticket_number from press.draws d join press.editions e on e.id = d.edition_id;

select tests.as_login('press_worker');
select throws_ok($$select press_worker.record_draw(pg_temp.id_of('random'), 1, 0, null)$$, 'PRINV', null, 'INVALID_INPUT for a draw that nobody asked for');
select throws_ok($$select press_worker.record_draw(null, null, null, null)$$, 'PRINV', null, 'INVALID_INPUT for nothing');
select tests.as_superuser();
select press.draw_winner('random') is not null, press.draw_winner('sealed') is not null;
select throws_ok($$select press_worker.record_draw(pg_temp.id_of('random'), 1, 0, null)$$, 'PRNDR', null, 'DRAW_NOT_READY before the closing is in the ledger');
select throws_ok($$select press_worker.record_draw(pg_temp.id_of('sealed'), 1, null, tests.draw_secret('sealed'))$$, 'PRNDR', null, 'DRAW_NOT_READY of a sealed draw too');
select tests.record_all();

select tests.as_login('press_worker');
select throws_ok(format($$select press_worker.record_draw(pg_temp.id_of('random'), 1, %L, %L)$$, choice, entropy), 'PRINV', null, format('INVALID_INPUT for the choice %s of 5, %s', choice, entropy))
from (values (-1, null), (5, null), (null, null), (0, repeat('a', 64))) c (choice, entropy);
select throws_ok(format($$select press_worker.record_draw(pg_temp.id_of('sealed'), 1, %L, %L)$$, choice, entropy), 'PRINV', null, format('INVALID_INPUT for a sealed draw by %s, %s', choice, entropy))
from (values (null, null), (null, repeat('a', 64)), (0, null), (null, 'x')) c (choice, entropy);
select tests.as_superuser();
select throws_ok($$select press_worker.record_draw(pg_temp.id_of('sealed'), 1, 0, tests.draw_secret('sealed'))$$, 'PRINV', null, 'INVALID_INPUT for the right secret with a choice');
select is_empty('select from results where ticket_number is not null', 'nothing of all this is kept');

select is(ticket_number, 4, 'the choice is counted from 0') from press_worker.record_draw(pg_temp.id_of('random'), 1, 3, null);
select is(ticket_number, 4, 'another choice, later, changes nothing') from press_worker.record_draw(pg_temp.id_of('random'), 1, 0, null);
select is(status::text, 'drawn', 'the secret decides') from press_worker.record_draw(pg_temp.id_of('sealed'), 1, null, tests.draw_secret('sealed'));
select is((select count(*) from press_private.ledger_inbox where type = 'edition.drawn'), 2::bigint, 'each has one entry');
select results_eq($$select leaf from press_private.ledger_inbox where type = 'edition.drawn' order by id$$, $$
  select format('{"at":"%s","edition":"random","inputs":{"entries_count":5,"entries_hash":"%s"},"mode":"random_int","reason":null,"ticket_number":4,"type":"edition.drawn"}',
    press_private.rfc3339(d.drawn_at), d.entries_hash) from press.draws d where d.edition_id = pg_temp.id_of('random')
  union all
  select format('{"at":"%s","edition":"sealed","inputs":{"entries_count":5,"entries_hash":"%s","secret":"%s"},"mode":"sealed","reason":null,"ticket_number":%s,"type":"edition.drawn"}',
    press_private.rfc3339(d.drawn_at), d.entries_hash, tests.draw_secret('sealed'), d.ticket_number) from press.draws d where d.edition_id = pg_temp.id_of('sealed')$$,
  'edition.drawn: what the winner follows from');
select is((select entries_hash from press.draws where edition_id = pg_temp.id_of('random')), (select leaf::json ->> 'entries_hash' from press.ledger_entries where type = 'edition.closed' and edition_id = pg_temp.id_of('random')),
  'over the entries of the closing');
select is_empty('select * from press_worker.draws_to_make()', 'nothing is left to make');
select * from finish();
