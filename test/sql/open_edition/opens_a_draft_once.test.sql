select plan(9);
select tests.as_gateway('press_operator', 'olga');
select press.create_edition('raffle', 'Raffle', 100, 2) is not null;

select tests.as_gateway('press_anonymous');
select throws_ok($$select press.open_edition('raffle')$$, 'PRANO', null, 'NOT_SIGNED_IN without a token');
select is_empty('select from press.editions', 'a draft is not seen by the public');
select tests.as_gateway('press_holder', 'alice');
select throws_ok($$select press.open_edition('raffle')$$, 'PRDEN', null, 'NOT_ALLOWED for a holder');

select tests.as_gateway('press_operator', 'olga');
select throws_ok($$select press.open_edition('nothing')$$, 'PRNOE', null, 'EDITION_NOT_FOUND');
select is((press.open_edition('raffle')).status::text, 'open', 'it is open');
select is((press.open_edition('raffle')).status::text, 'open', 'asked twice it answers the same');
select press.close_edition('raffle') is not null;
select throws_ok($$select press.open_edition('raffle')$$, 'PRCLS', null, 'EDITION_NOT_OPEN: a closed edition is never opened again');

select tests.as_superuser();
select throws_ok($$update press.editions set cap = 101$$, 'PRDEN', null, 'the cap cannot change once it has opened, for anybody');
select throws_ok($$update press.editions set status = 'open', closed_at = null$$, 'PRDEN', null, 'the status never goes back, for anybody');
select * from finish();
