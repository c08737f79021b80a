/* Everything that happens drops its entry, in the transaction in which it happens: canonical JSON, members in the order of their names, nobody by
   name. Moments are checked where they are kept in a row as well. */
select plan(17);
create function pg_temp.leaves(of_type text) returns setof text language sql as $$ select leaf from press_private.ledger_inbox where type = of_type order by id $$;
create temp table people as select press_private.ensure_holders(array['alice']) is null as is_known;
create function pg_temp.id_of(who text) returns uuid language sql as $$ select id from press.holders where subject = who $$;

-- Editions.
select press.create_edition('golden-ticket', 'The "golden" ticket', 5, 1) is not null;
select is_empty('select from press_private.ledger_inbox', 'a draft is nobody''s business');
select press.open_edition('golden-ticket') is not null;
select press.open_edition('golden-ticket') is not null;
select results_eq($$select * from pg_temp.leaves('edition.opened')$$, $$
  select format('{"at":"%s","cap":5,"closes_at":null,"draw_mode":"none","edition":"golden-ticket","opens_at":null,"per_holder_limit":1,"rule_set_hash":null,"type":"edition.opened"}',
    press_private.rfc3339(opened_at)) from press.editions where slug = 'golden-ticket'$$, 'edition.opened, once: its terms');
select press.create_edition('raffle', 'Raffle', 100, 2, 'random_int', '2026-11-01 12:00:00.1239+01', '2126-12-01 00:00:00+00') is not null;
select press.open_edition('raffle') is not null;
select is(leaf::jsonb - 'at', '{"cap": 100, "closes_at": "2126-12-01T00:00:00.000Z", "draw_mode": "random_int", "edition": "raffle",
  "opens_at": "2026-11-01T11:00:00.123Z", "per_holder_limit": 2, "rule_set_hash": null, "type": "edition.opened"}', 'its window and its draw')
from (select l as leaf from pg_temp.leaves('edition.opened') l offset 1) i;

-- Keys.
select press_worker.register_signing_key(tests.public_key('b'), 'checkpoint') is not null from generate_series(1, 2);
select results_eq($$select * from pg_temp.leaves('key.activated')$$, $$
  select format('{"at":"%s","key_id":"%s","public_key":"%s","purpose":"checkpoint","type":"key.activated"}', press_private.rfc3339(activated_at), key_id, public_key)
  from press.signing_keys$$, 'key.activated, once');
select press_worker.retire_signing_key(tests.key_id('b')) is not null from generate_series(1, 2);
select results_eq($$select * from pg_temp.leaves('key.retired')$$, $$
  select format('{"at":"%s","key_id":"%s","public_key":"%s","purpose":"checkpoint","type":"key.retired"}', press_private.rfc3339(retired_at), key_id, public_key)
  from press.signing_keys$$, 'key.retired, once');

-- Tickets.
select press.issue_ticket('golden-ticket', recipient => 'alice') is not null;
select is_empty($$select * from pg_temp.leaves('ticket.issued')$$, 'issuing writes nothing here: the ticket is pending');
select tests.sign_pending();
select results_eq($$select leaf::jsonb - 'at' from pg_temp.leaves('ticket.issued') leaf$$, $$
  select jsonb_build_object('edition', 'golden-ticket', 'envelope_hash', encode(sha256(convert_to(envelope, 'UTF8')), 'hex'), 'holder', pg_temp.id_of('alice'),
    'ticket_id', id, 'ticket_number', 1, 'type', 'ticket.issued') from press.tickets$$, 'ticket.issued, when it is signed');
select matches(leaf, '^\{"at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","edition":"golden-ticket","envelope_hash":"[0-9a-f]{64}","holder":"[0-9a-f-]{36}","ticket_id":"[0-9a-f-]{36}","ticket_number":1,"type":"ticket.issued"\}$',
  'its members are in the order of their names') from pg_temp.leaves('ticket.issued') leaf;
select ok((leaf::json ->> 'at')::timestamptz between t.issued_at and clock_timestamp(), 'at the moment of signing') from pg_temp.leaves('ticket.issued') leaf, press.tickets t;
select results_eq($$select edition_id, ticket_number from press_private.ledger_inbox where type = 'ticket.issued'$$, 'select edition_id, ticket_number from press.tickets', 'it can be found by its ticket');

select tests.as_gateway('press_operator', 'Olga "the op"');
select press.revoke_ticket(id, E'"lost", ünd söme \\ 😀') is not null from press.tickets;
select tests.as_superuser();
select results_eq($$select leaf from pg_temp.leaves('ticket.revoked') leaf$$, $$
  select format('{"at":"%s","by":"operator:%s","edition":"golden-ticket","reason":"\"lost\", ünd söme \\ 😀","ticket_id":"%s","ticket_number":1,"type":"ticket.revoked"}',
    press_private.rfc3339(r.revoked_at), pg_temp.id_of('Olga "the op"'), t.id) from press.revocations r, press.tickets t$$, 'ticket.revoked: the operator is an id');
select is((select revoked_by from press.revocations), 'operator:Olga "the op"', 'whose name is in the database alone');
select press.issue_ticket('raffle', recipient => 'bob') is not null;
select tests.sign_pending();
select press.revoke_ticket(id, 'Because.') is not null from press.tickets where status = 'signed';
select is(leaf::json ->> 'by', 'login:' || session_user, 'a database login is named as it is') from (select l as leaf from pg_temp.leaves('ticket.revoked') l offset 1) r;

-- What is refused or rolled back leaves nothing.
create temp table before as select max(id) as id from press_private.ledger_inbox;
select throws_ok($$select press.revoke_ticket(id, 'Again.') from press.tickets where ticket_number = 1$$, 'PRREV', null, 'TICKET_REVOKED');
select throws_ok($$select press.open_edition('nothing')$$, 'PRNOE', null, 'EDITION_NOT_FOUND');
select results_eq('select max(id) from press_private.ledger_inbox', 'table before', 'a refusal drops no entry');
select is_empty($$select type from press_private.ledger_inbox where leaf ~ 'alice|bob|Olga'$$, 'nobody appears by name');
select * from finish();
