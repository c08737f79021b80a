select plan(8);
select tests.make_edition('raffle', 100, 2);
select press.create_edition('draft', 'A draft', 1) is not null;

select tests.as_gateway('press_anonymous');
select throws_ok($$select press.close_edition('raffle')$$, 'PRANO', null, 'NOT_SIGNED_IN without a token');
select tests.as_gateway('press_holder', 'alice');
select throws_ok($$select press.close_edition('raffle')$$, 'PRDEN', null, 'NOT_ALLOWED for a holder');

select tests.as_gateway('press_operator', 'olga');
select throws_ok($$select press.close_edition('nothing')$$, 'PRNOE', null, 'EDITION_NOT_FOUND');
select throws_ok($$select press.close_edition('draft')$$, 'PRCLS', null, 'EDITION_NOT_OPEN for a draft');
select is((press.close_edition('raffle')).status::text, 'closed', 'it is closed');
select isnt((press.close_edition('raffle')).closed_at, null, 'asked twice it answers the same');

select tests.as_gateway('press_holder', 'alice');
select throws_ok($$select press.issue_ticket('raffle')$$, 'PRCLS', null, 'EDITION_NOT_OPEN afterwards');
select is((select status::text from press.editions where slug = 'raffle'), 'closed', 'the public sees that it is closed');
select * from finish();
