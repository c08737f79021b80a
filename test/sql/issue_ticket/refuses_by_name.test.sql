select plan(22);
select tests.make_edition('golden-ticket', 2, 1);
select press.create_edition('draft', 'A draft', 1) is not null;
select tests.make_edition('later', 1, opens_at => now() + interval '1 day', closes_at => now() + interval '2 days');

select tests.as_gateway('press_anonymous');
select throws_ok($$select press.issue_ticket('golden-ticket')$$, 'PRANO', null, 'NOT_SIGNED_IN without a token');
select throws_ok($$select press.issue_ticket('no-such-edition')$$, 'PRANO', null, 'NOT_SIGNED_IN comes before EDITION_NOT_FOUND');

select tests.as_gateway('press_holder', 'erased:01a228c2-aaff-7661-9b77-9f73a4ba4a36');
select throws_ok($$select press.issue_ticket('golden-ticket')$$, 'PRINV', null, 'INVALID_INPUT for a subject that could be taken for somebody who was forgotten');
select tests.as_gateway('press_operator', 'olga');
select throws_ok($$select press.issue_ticket('golden-ticket', recipient => 'erased:x')$$, 'PRINV', null, 'and for a recipient');
select tests.as_gateway('press_holder', 'alice');
select throws_ok($$select press.issue_ticket('golden-ticket', recipient => 'bob')$$, 'PRDEN', null, 'NOT_ALLOWED for another recipient');
select throws_ok($$select press.issue_ticket('no-such-edition', recipient => 'bob')$$, 'PRDEN', null, 'NOT_ALLOWED comes before EDITION_NOT_FOUND');
select throws_ok($$select press.issue_ticket('no-such-edition')$$, 'PRNOE', 'EDITION_NOT_FOUND: There is no such edition.', 'EDITION_NOT_FOUND, and the message begins with the name');
select throws_ok($$select press.issue_ticket(null)$$, 'PRNOE', null, 'EDITION_NOT_FOUND without a slug');
select throws_ok($$select press.issue_ticket('draft')$$, 'PRNOE', null, 'EDITION_NOT_FOUND for a draft: it is nobody''s business');
select throws_ok($$select press.issue_ticket('later')$$, 'PRCLS', null, 'EDITION_NOT_OPEN before its window');
select lives_ok($$select press.issue_ticket('golden-ticket')$$, 'alice has hers');
select throws_ok($$select press.issue_ticket('golden-ticket')$$, 'PRLIM', null, 'HOLDER_LIMIT_REACHED for a second one');

select tests.as_gateway('press_operator', 'olga');
select throws_ok($$select press.issue_ticket('draft')$$, 'PRCLS', null, 'EDITION_NOT_OPEN for a draft, to an operator');
select throws_ok($$select press.issue_ticket('golden-ticket', recipient => '')$$, 'PRINV', null, 'INVALID_INPUT for an empty recipient');
select throws_ok($$select press.issue_ticket('golden-ticket', recipient => E'a\nb')$$, 'PRINV', null, 'INVALID_INPUT for a recipient with a line feed');
select throws_ok($$select press.issue_ticket('golden-ticket', recipient => repeat('x', 256))$$, 'PRINV', null, 'INVALID_INPUT for a recipient of 256 characters');
select lives_ok($$select press.issue_ticket('golden-ticket', recipient => repeat('😀', 255))$$, 'a recipient of 255 characters is fine');
select throws_ok($$select press.issue_ticket('golden-ticket', recipient => 'carol')$$, 'PRCAP', null, 'CAP_REACHED when all are issued');
select throws_ok($$select press.issue_ticket('golden-ticket', recipient => 'alice')$$, 'PRLIM', null, 'HOLDER_LIMIT_REACHED comes before CAP_REACHED');

select tests.as_superuser();
update press.holders set is_active = false where subject = 'alice';
select is((select count(*) from press.holders where subject in ('', 'bob', 'nobody')), 0::bigint, 'what was refused as input made no holders');
select tests.as_gateway('press_holder', 'alice');
select throws_ok($$select press.issue_ticket('no-such-edition')$$, 'PRINA', null, 'HOLDER_INACTIVE comes before EDITION_NOT_FOUND');

select tests.as_superuser();
select is((select count(*) from press.tickets), 2::bigint, 'nothing was written by what was refused');
select * from finish();
