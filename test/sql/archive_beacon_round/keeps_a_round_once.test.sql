select plan(12);
select tests.make_chain() is not null;
select tests.as_login('press_worker');
select throws_ok(format('select press_worker.archive_beacon_round(%L, %L, %L)', chain, round, signature), 'PRINV', null, format('INVALID_INPUT for %s, %s, %s', left(chain, 4), round, left(signature, 4)))
from (values (repeat('00', 32), 1, repeat('0', 96)), (repeat('ab', 32), 0, repeat('0', 96)), (repeat('ab', 32), 1, repeat('0', 95)), (repeat('ab', 32), 1, repeat('A', 96)),
  (null, 1, repeat('0', 96)), (repeat('ab', 32), null, repeat('0', 96)), (repeat('ab', 32), 1, null)) c (chain, round, signature);
select is((select round from press_worker.archive_beacon_round(repeat('ab', 32), 4711, repeat('0', 96))), 4711::bigint, 'a round is kept');
select is((select round from press_worker.archive_beacon_round(repeat('ab', 32), 4711, repeat('0', 96))), 4711::bigint, 'the same again is fine');
select throws_ok($$select press_worker.archive_beacon_round(repeat('ab', 32), 4711, repeat('1', 96))$$, 'PRINV', null, 'INVALID_INPUT for another signature');
select tests.as_superuser();
select results_eq($$select leaf, edition_id from press_private.ledger_inbox where type = 'beacon.archived'$$, $$
  select format('{"at":"%s","chain_hash":"%s","round":4711,"signature":"%s","type":"beacon.archived"}', press_private.rfc3339(archived_at), repeat('ab', 32), repeat('0', 96)), null::integer
  from press.beacon_rounds$$, 'beacon.archived, once');
select tests.as_gateway('press_anonymous');
select is((select signature from press.beacon_rounds), repeat('0', 96), 'everybody can read it');
select * from finish();
