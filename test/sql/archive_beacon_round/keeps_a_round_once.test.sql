select plan(15);
select tests.make_chain() is not null;
select tests.make_raffle('raffle', 'beacon', 10, clock_timestamp() + interval '1 hour', 1, repeat('ab', 32));
select tests.let_an_hour_pass('raffle');
select press_worker.close_due_edition(id) from press.editions;
select tests.record_all();
select tests.let_an_hour_pass('raffle');
create temp table awaited as select b.round from press.editions e, press_private.beacon_of(e) b;
grant select on awaited to public;
select throws_ok(format('select press_worker.archive_beacon_round(%L, %s, %L)', repeat('ab', 32), round, repeat('0', 96)), 'PRINV', null, 'INVALID_INPUT for a round that no draw waits for yet') from awaited;
select press.draw_winner('raffle') is not null;
select tests.as_login('press_worker');
select throws_ok(format('select press_worker.archive_beacon_round(%L, %L, %L)', chain, c.round, signature), 'PRINV', null, format('INVALID_INPUT for %s, %s, %s', left(chain, 4), what, left(signature, 4)))
from awaited a, lateral (values (repeat('00', 32), a.round, 'it', repeat('0', 96)), (repeat('ab', 32), 0, '0', repeat('0', 96)), (repeat('ab', 32), a.round + 1, 'the next', repeat('0', 96)),
  (repeat('ab', 32), 9223372036854775807, 'the last', repeat('0', 96)), (repeat('ab', 32), a.round, 'it', repeat('0', 95)), (repeat('ab', 32), a.round, 'it', repeat('A', 96)),
  (null, a.round, 'it', repeat('0', 96)), (repeat('ab', 32), null, 'null', repeat('0', 96)), (repeat('ab', 32), a.round, 'it', null)) c (chain, round, what, signature);
select is((select r.round from press_worker.archive_beacon_round(repeat('ab', 32), a.round, repeat('0', 96)) r), a.round, 'the one that it waits for is kept') from awaited a;
select is((select r.round from press_worker.archive_beacon_round(repeat('ab', 32), a.round, repeat('0', 96)) r), a.round, 'the same again is fine') from awaited a;
select throws_ok($$select press_worker.archive_beacon_round(repeat('ab', 32), (select round from awaited), repeat('1', 96))$$, 'PRINV', null, 'INVALID_INPUT for another signature');
select tests.as_superuser();
select results_eq($$select leaf, edition_id from press_private.ledger_inbox where type = 'beacon.archived'$$, $$
  select format('{"at":"%s","chain_hash":"%s","round":%s,"signature":"%s","type":"beacon.archived"}', press_private.rfc3339(archived_at), repeat('ab', 32), (select round from awaited), repeat('0', 96)), null::integer
  from press.beacon_rounds$$, 'beacon.archived, once');
select tests.as_gateway('press_anonymous');
select is((select signature from press.beacon_rounds), repeat('0', 96), 'everybody can read it');
select * from finish();
