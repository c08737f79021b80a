select plan(19);
select press.create_edition('trusted', 'For the trusted', 9, 3, required_trust_level => 1) is not null;
select press.create_edition('programmers', 'For programmers', 2, 2, required_kind => 'repository') is not null;
select press.open_edition(slug) is not null from unnest(array['trusted', 'programmers']) slug;
select tests.attest('alice', 'oidc') is not null;
select tests.attest('bob', 'repository') is not null;

select tests.as_gateway('press_holder', 'alice');
select lives_ok($$select press.issue_ticket('trusted', '00000000-0000-4000-8000-000000000001')$$, 'the trust level is there');
select throws_ok($$select press.issue_ticket('programmers')$$, 'PRELG', 'NOT_ELIGIBLE: The holder is not eligible for this edition.', 'NOT_ELIGIBLE without a credential of the kind');
select tests.as_gateway('press_holder', 'bob');
select lives_ok($$select press.issue_ticket('trusted'), press.issue_tickets('programmers', 2)$$, 'a higher level is enough too, and the kind is there');
select throws_ok($$select press.issue_ticket('programmers')$$, 'PRLIM', null, 'a limit is a limit for whoever is eligible');
select tests.as_gateway('press_holder', 'carol');
select throws_ok($$select press.issue_ticket('trusted')$$, 'PRELG', null, 'NOT_ELIGIBLE for somebody who is new here');
select throws_ok($$select press.issue_ticket('programmers')$$, 'PRELG', null, 'NOT_ELIGIBLE comes before CAP_REACHED');
select tests.as_gateway('press_operator', 'olga');
select throws_ok($$select press.issue_ticket('trusted', null, 'carol')$$, 'PRELG', null, 'an operator gives nobody what the edition does not');
select lives_ok($$select press.issue_ticket('trusted', null, 'alice')$$, 'it is the recipient who is eligible, and not who asks');

-- What comes and goes.
select tests.as_superuser();
alter table press.credentials disable trigger _200_guard_identity;
update press.credentials set valid_until = valid_from + interval '1 millisecond' where kind = 'repository';
alter table press.credentials enable always trigger _200_guard_identity;
select tests.attest('dora', 'repository') is not null;
select press.revoke_credential(c.id, 'Sold') is not null from press.credentials c join press.holders h on h.id = c.holder_id where h.subject = 'dora';
select press.create_edition('more', 'For more programmers', 9, required_kind => 'repository') is not null;
select press.open_edition('more') is not null;
select tests.as_gateway('press_holder', 'bob');
select throws_ok($$select press.issue_ticket('more')$$, 'PRELG', null, 'NOT_ELIGIBLE by a credential that has ended');
select tests.as_gateway('press_holder', 'dora');
select throws_ok($$select press.issue_ticket('more')$$, 'PRELG', null, 'NOT_ELIGIBLE by a credential that was revoked');
select tests.as_superuser();
update press.holders set trust_level = 0 where subject = 'alice';
select tests.as_gateway('press_holder', 'alice');
select throws_ok($$select press.issue_ticket('trusted')$$, 'PRELG', null, 'who has lost the trust gets no more');
select results_eq($$select ticket_number from press.issue_ticket('trusted', '00000000-0000-4000-8000-000000000001')$$, 'values (1)', 'and the same answer as before to a request of before');
select throws_ok($$select press.issue_tickets('trusted', 2, '00000000-0000-4000-8000-000000000001')$$, 'PRIDM', null, 'REQUEST_KEY_REUSED comes before NOT_ELIGIBLE');
select tests.as_superuser();
select press.close_edition('trusted') is not null;
select tests.as_gateway('press_holder', 'alice');
select throws_ok($$select press.issue_ticket('trusted')$$, 'PRCLS', null, 'EDITION_NOT_OPEN comes before NOT_ELIGIBLE');
select tests.as_gateway('press_holder', 'eve');
select throws_ok($$select press.issue_ticket('trusted')$$, 'PRCLS', null, 'also for somebody who is new here');

-- Many at once, each for themselves, with every reason in the detail.
select tests.as_superuser();
select press.create_edition('both', 'Both', 9, required_trust_level => 2, required_kind => 'repository') is not null;
select press.open_edition('both') is not null;
select tests.attest('frank', 'repository') is not null;
select tests.as_login('press_gateway');
select results_eq($$
  select request_index, refusal_code, refusal_detail, (ticket).ticket_number
  from press_gateway.issue_tickets('both', array['alice', 'frank', 'grace'], array[false, false, false], array[null, null, null], array[1, 1, 1], array[null, null, null]::uuid[])$$, $$
  values (1, 'PRELG', 'It demands the trust level 2, and the holder has 0. It demands a valid credential of the kind repository, and the holder has none.', null),
         (2, null, null, 1),
         (3, 'PRELG', 'It demands the trust level 2, and the holder has 0. It demands a valid credential of the kind repository, and the holder has none.', null)$$,
  'a batch answers each');

-- The terms are fixed, and the ledger names them by their hash.
select tests.as_superuser();
select throws_ok(format('update press.editions set %s where slug = ''both''', change), 'PRDEN', null, 'cannot be changed: ' || change)
from unnest(array['required_trust_level = 1', 'required_kind = null']) change;
select results_eq($$select leaf::json ->> 'edition', leaf::json ->> 'rule_set_hash' from press_private.ledger_inbox where type = 'edition.opened' and leaf::json ->> 'edition' in ('trusted', 'both') order by 1$$, $$
  values ('both', encode(sha256('{"required_kind":"repository","required_trust_level":2,"type":"golden-press/eligibility/v1"}'), 'hex')),
         ('trusted', encode(sha256('{"required_kind":null,"required_trust_level":1,"type":"golden-press/eligibility/v1"}'), 'hex'))$$,
  'edition.opened has the hash of what it demands');
select * from finish();
