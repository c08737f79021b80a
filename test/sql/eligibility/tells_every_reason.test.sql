select plan(21);
select tests.make_edition('open-to-all', 2, 1);
select press.create_edition('demanding', 'Demanding', 5, 1, required_trust_level => 2, required_kind => 'oidc') is not null;
select tests.as_gateway('press_anonymous');
select throws_ok($$select press.eligibility('open-to-all')$$, 'PRANO', null, 'NOT_SIGNED_IN without a token');
select tests.as_superuser();
select throws_ok($$select press.eligibility('open-to-all')$$, 'PRINV', null, 'INVALID_INPUT for a database login: it is no person');
select tests.as_gateway('press_holder', 'alice');
select throws_ok($$select press.eligibility('no-such-edition')$$, 'PRNOE', null, 'EDITION_NOT_FOUND');
select throws_ok($$select press.eligibility('demanding')$$, 'PRNOE', null, 'EDITION_NOT_FOUND for a draft');
select is_empty($$select press.eligibility('open-to-all')$$, 'no reason: would get one');
select tests.as_gateway('press_operator', 'olga');
select results_eq($$select name, sentence, detail from press.eligibility('demanding')$$, $$
  values ('EDITION_NOT_OPEN', 'The edition is not open.', 'It is a draft that was not opened yet.'),
         ('NOT_ELIGIBLE', 'The holder is not eligible for this edition.', 'It demands a valid credential of the kind oidc, and the holder has none.'),
         ('NOT_ELIGIBLE', 'The holder is not eligible for this edition.', 'It demands the trust level 2, and the holder has 0.')$$,
  'every reason at once, each demand by itself, in the order in which they would be the answer');
select lives_ok($$select press.open_edition('demanding')$$, 'it is opened');

select tests.as_gateway('press_holder', 'alice');
select results_eq($$select name, detail from press.eligibility('demanding')$$, $$
  values ('NOT_ELIGIBLE', 'It demands a valid credential of the kind oidc, and the holder has none.'),
         ('NOT_ELIGIBLE', 'It demands the trust level 2, and the holder has 0.')$$,
  'somebody who is not known yet has nothing');
select throws_ok($$select press.issue_ticket('demanding')$$, 'PRELG', null, 'and is refused a ticket');
select tests.as_superuser();
select is((select count(*) from press.holders where subject = 'alice'), 0::bigint, 'to ask makes nobody known');
select tests.attest('alice', 'oidc') is not null;
select tests.as_gateway('press_holder', 'alice');
select results_eq($$select detail from press.eligibility('demanding')$$, $$values ('It demands the trust level 2, and the holder has 1.')$$, 'a credential of the kind is one reason less');
select tests.as_superuser();
select tests.attest('alice', 'repository') is not null;
select tests.as_gateway('press_holder', 'alice');
select is_empty($$select press.eligibility('demanding')$$, 'with the trust level she would get one');
select lives_ok($$select press.issue_ticket('demanding'), press.issue_ticket('open-to-all')$$, 'and does');
select results_eq($$select name, detail from press.eligibility('demanding')$$, $$values ('HOLDER_LIMIT_REACHED', 'The limit is 1, and the holder has 1.')$$, 'but not a second one');
select tests.as_gateway('press_holder', 'bob');
select lives_ok($$select press.issue_ticket('open-to-all')$$, 'bob takes the last one');
select results_eq($$select name, detail from press.eligibility('open-to-all')$$, $$
  values ('HOLDER_LIMIT_REACHED', 'The limit is 1, and the holder has 1.'), ('CAP_REACHED', 'All 2 were issued.')$$, 'two reasons at once');
select tests.as_gateway('press_holder', 'carol');
select results_eq($$select name from press.eligibility('open-to-all')$$, $$values ('CAP_REACHED')$$, 'none is left for anybody');
select tests.as_superuser();
update press.holders set is_active = false where subject = 'bob';
select press.close_edition('open-to-all') is not null;
select tests.as_gateway('press_holder', 'bob');
select results_eq($$select name from press.eligibility('open-to-all')$$, $$values ('HOLDER_INACTIVE'), ('EDITION_NOT_OPEN'), ('HOLDER_LIMIT_REACHED'), ('CAP_REACHED')$$, 'everything at once');
select throws_ok($$select press.issue_ticket('open-to-all')$$, 'PRINA', null, 'the first of which is the answer to a request');
select tests.as_superuser();
select press_worker.stop_press('A drill.') is not null;
select tests.as_gateway('press_holder', 'carol');
select results_eq($$select name, detail from press.eligibility('demanding') limit 1$$, $$values ('PRESS_STOPPED', 'A drill.')$$, 'a stopped press issues nothing');
select tests.as_gateway('press_operator', repeat('x', 300));
select isnt_empty($$select press.eligibility('demanding')$$, 'a subject that could not be a recipient is answered as well');
select * from finish();
