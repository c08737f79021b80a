/* Each mode, from the leaves alone; then each leaf that the result rests on is changed. */
select plan(46);
select tests.make_chain() is not null;
select tests.make_raffle('random', 'random_int');
select tests.make_raffle('sealed', 'sealed');
select tests.make_raffle('beacon', 'beacon', 100, clock_timestamp() + interval '50 minutes', 60, repeat('ab', 32));
select tests.make_edition('golden-ticket', 5, 1);
select press.issue_tickets(slug, 7, recipient => 'alice') is not null from unnest(array['random', 'sealed', 'beacon']) slug;
select tests.record_all();
-- Revoked before the closing, and after it.
select press.revoke_ticket(t.id, 'before') is not null from press.tickets t where t.ticket_number = 2;
select throws_ok($$select * from press.recompute_draw('nothing')$$, 'PRNOE', null, 'EDITION_NOT_FOUND');
select throws_ok($$select * from press.recompute_draw('random')$$, 'PRNDR', null, 'DRAW_NOT_READY before it is drawn');
select press.draw_winner('random') is not null, press.draw_winner('sealed') is not null;
select tests.let_an_hour_pass('beacon');
select press_worker.close_due_edition(e.id) from press.editions e where e.slug = 'beacon';
select tests.record_all();
select press.revoke_ticket(t.id, 'after') is not null from press.tickets t where t.ticket_number in (3, 5, 7);
select tests.publish_checkpoint() is not null;
select tests.let_an_hour_pass('beacon');
select press.draw_winner('beacon') is not null;
select is((select entries_count from press_worker.draws_to_make() where mode = 'random_int'), 6, 'the worker chooses among as many');
select is((select string_agg(entries_count::text, ' ') from tests.make_draws()), '6 6 6', 'a ticket that was revoked before the closing is drawn from no more; later ones are');
select throws_ok($$select * from press.recompute_draw('random')$$, 'PRNDR', null, 'DRAW_NOT_READY while the ledger does not have it');
select tests.publish_checkpoint() is not null;

select tests.as_gateway('press_anonymous');
select results_eq($$select attempt, mode::text, is_recomputable, recorded_number, recomputed_number, agrees, finding from press.recompute_draw('random')$$,
  $$values (1, 'random_int', false, 7, null::integer, true, 'not recomputable: the worker chose by its own random number generator')$$, 'random_int says what it is');
select results_eq(format('select is_recomputable, recomputed_number, agrees, finding from press.recompute_draw(%L)', slug),
  format('select true, ticket_number, true, null::text from press.draws d join press.editions e on e.id = d.edition_id where e.slug = %L', slug), slug || ' agrees')
from unnest(array['sealed', 'beacon']) slug;

select tests.as_superuser();
-- The formula, written once more.
create function pg_temp.winner(edition text, mode text, entropy text) returns integer language sql as $$
  with seed as (
    select sha256(convert_to(concat_ws(E'\n', 'golden-press/draw/v1', mode, edition, d.entries_hash, entropy, '1', ''), 'UTF8')) as seed
    from press.draws d join press.editions e on e.id = d.edition_id where e.slug = winner.edition),
  words as (select n, (select sum(get_byte(sha256(seed || int8send(n)), i) * 256::numeric ^ (7 - i)) from generate_series(0, 7) i) as word from seed, generate_series(0, 9) n)
  select (array[1, 3, 4, 5, 6, 7])[1 + word % 6] from words where word < 18446744073709551612 order by n limit 1 $$;
select is((select ticket_number from press.draws d join press.editions e on e.id = d.edition_id where e.slug = 'sealed'), pg_temp.winner('sealed', 'sealed', tests.draw_secret('sealed')), 'by the formula');
select is(ticket_number, pg_temp.winner('beacon', 'beacon', lpad(beacon_round::text, 96, '0')), 'of a beacon too') from press.draws where beacon_round is not null;

-- What does not fit is said.
alter table press.ledger_entries disable trigger all;
alter table press.ledger_entries drop constraint ledger_entries_leaf_hash_is_the_leafs;
create function pg_temp.finding_with(edition text, type text, was text, becomes text) returns text language plpgsql as $$
declare v_finding text;
begin
  update press.ledger_entries e set leaf = regexp_replace(e.leaf, was, becomes)
  where e.type = finding_with.type and (e.leaf ~ format('"edition":"%s"', edition) or e.leaf !~ '"edition":') and e.leaf ~ was;
  if not found then return 'nothing was changed'; end if;
  select r.finding into v_finding from press.recompute_draw(edition) r where not r.agrees limit 1;
  raise 'undo' using errcode = 'PT001', detail = coalesce(v_finding, 'agrees');
exception when sqlstate 'PT001' then
  get stacked diagnostics v_finding = pg_exception_detail;
  return v_finding;
end $$;
select matches(pg_temp.finding_with(edition, type, was, becomes), '^' || finding, format('%s, another %s: %s', edition, type, becomes))
from (values
  ('sealed', 'ticket.issued', '"envelope_hash":"..', '"envelope_hash":"zz', 'The closing of the edition names other tickets than were issued\.$'),
  ('sealed', 'edition.closed', '"entries_hash":"..', '"entries_hash":"zz', 'The closing of the edition names other tickets than were issued\.$'),
  ('sealed', 'edition.drawn', '"entries_hash":"..', '"entries_hash":"zz', 'It names other entries than the closing of the edition\.$'),
  ('sealed', 'edition.drawn', '"entries_count":6', '"entries_count":7', 'It counts 7 entries, and there were 6 to draw from\.$'),
  ('sealed', 'edition.drawn', '"mode":"sealed"', '"mode":"random_int"', 'It is a draw of the mode random_int, and the edition was opened with sealed\.$'),
  ('sealed', 'edition.drawn', '"secret":"....', '"secret":"0000', 'Its secret is not the one that the edition committed to\.$'),
  ('sealed', 'edition.drawn', '"secret"', '"sacred"', 'It does not say what decided it\.$'),
  ('sealed', 'edition.drawn', '"edition"', '"Edition"', 'It is a draw of no edition, and the edition is sealed\.$'),
  ('sealed', 'edition.drawn', '"attempt"|"edition":', '"attempt":2,"edition":', 'It says to be attempt 2\.$'),
  ('beacon', 'edition.drawn', '"signature"', '"Signature"', 'It does not say what decided it\.$'),
  ('beacon', 'edition.drawn', '"inputs"', '"Inputs"', 'It names other entries than the closing of the edition\.$'),
  ('sealed', 'edition.drawn', '"ticket_number":\d+', '"ticket_number":2', 'Its inputs give \d\.$'),
  ('sealed', 'edition.drawn', '"ticket_number":\d+', '"ticket_number":null', 'Its inputs give \d\.$'),
  ('random', 'edition.drawn', '"ticket_number":\d+', '"ticket_number":2', 'Its winner is none of the entries\.$'),
  ('random', 'edition.drawn', '"reason":null', '"reason":"void"', 'It is void, and has a winner\.$'),
  ('beacon', 'edition.drawn', '"round":', '"round":1', 'Its round is not the first one after the delay\.$'),
  ('beacon', 'edition.drawn', '"tree_size":\d+', '"tree_size":1', 'The checkpoint that its delay counts from does not cover the closing\.$'),
  ('beacon', 'edition.closed', '"at":"20..', '"at":"2016', 'The edition was closed early\.$'),
  ('beacon', 'edition.closed', '"at":"20..', '"at":"2096', 'The checkpoint that its delay counts from is older than the closing\.$'),
  ('beacon', 'edition.opened', '"beacon_chain_hash":"[^"]*"', '"beacon_chain_hash":"52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"', 'Its beacon is named quicknet, and has another key or other times than quicknet\.$'),
  ('sealed', 'edition.closed', '"issued_count":7', '"issued_count":8', 'The closing of the edition counts 8 tickets, and 7 were issued\.$'),
  ('sealed', 'edition.drawn', '"secret":"....', '"secret":"zzzz', 'Its secret is not the one that the edition committed to\.$'),
  ('sealed', 'edition.drawn', '"secret":', '"round":1,"secret":', 'Its inputs are not those of a draw in this mode\.$'),
  ('random', 'edition.opened', '"draw_mode"', '"draw_commitment":"00","draw_mode"', 'The edition was opened with the terms of another mode\.$'),
  ('sealed', 'edition.opened', '"draw_mode"', '"draw_delay_seconds":60,"draw_mode"', 'The edition was opened with the terms of another mode\.$'),
  ('sealed', 'edition.drawn', '"ticket_number":\d+,"type":"[^"]*"', '"ticket_number":2', 'Its inputs give \d\.$'),
  ('random', 'edition.drawn', '"inputs":{', '"inputs":{"secret":"00",', 'Its inputs are not those of a draw in this mode\.$'),
  ('beacon', 'edition.drawn', '"inputs":{', '"inputs":{"secret":"00",', 'Its inputs are not those of a draw in this mode\.$'),
  ('sealed', 'edition.drawn', '"ticket_number":\d+', '"ticket_number":"x"', 'It cannot be read: invalid input syntax for type integer: "x"$'),
  ('beacon', 'edition.drawn', '"checkpoint_at":"20..', '"checkpoint_at":"xx', 'It cannot be read: '),
  ('beacon', 'edition.drawn', '"checkpoint_at":"20..', '"checkpoint_at":"2016', 'The checkpoint that its delay counts from is older than the closing\.$'),
  ('beacon', 'edition.drawn', '"signature":"0', '"signature":"1', 'The round of its beacon is not in the ledger with this signature\.$'),
  ('sealed', 'ticket.revoked', '"ticket_id":"........', '"ticket_id":"00000000', 'An entry is about another ticket than the ticket\.issued of \d\.$'),
  ('random', 'ticket.issued', '"ticket_id":"........', '"ticket_id":"00000000', 'An entry is about another ticket than the ticket\.issued of \d\.$'),
  ('beacon', 'beacon.archived', '"signature":"0', '"signature":"1', 'The round of its beacon is not in the ledger with this signature\.$')
) c (edition, type, was, becomes, finding);
update press.ledger_entries e set place = e.place + 1000000 where e.type = 'ticket.issued' and e.ticket_number = 7 and e.leaf ~ '"sealed"';
update press.ledger_entries e set leaf = regexp_replace(e.leaf, '"entries_hash":"[0-9a-f]*","issued_count":7', format('"entries_hash":"%s","issued_count":6', h.hash))
from (
  select encode(sha256(string_agg(convert_to(format(E'%s %s\n', i.ticket_number, i.leaf::json ->> 'envelope_hash'), 'UTF8'), ''::bytea order by i.ticket_number)), 'hex') as hash
  from press.ledger_entries i where i.type = 'ticket.issued' and i.ticket_number < 7 and i.leaf ~ '"sealed"') h
where e.type = 'edition.closed' and e.leaf ~ '"sealed"';
select is((select finding from press.recompute_draw('sealed')), 'A ticket was issued after the closing of the edition.', 'an entry of a ticket after the closing');
select * from finish();
