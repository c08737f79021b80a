select plan(11);
select tests.make_edition('raffle', 10, 10);
select tests.make_edition('empty', 1);
select press.issue_tickets('raffle', 3, recipient => 'alice') is not null;
select press_worker.register_signing_key(tests.public_key(), 'ticket') is not null;
select press_worker.attach_signatures(tests.key_id(), array_agg(s.ticket_id), array_agg(encode(tests.sign('a', s.payload), 'hex'))) from press_worker.tickets_to_sign(tests.key_id(), 2, 1) s;
select is(tests.record_closings(), 0, 'nothing has closed');
select press.close_edition('raffle') is not null from generate_series(1, 2);
select is(tests.record_closings(), 0, 'it has closed, and a ticket is pending');
select press.close_edition('empty') is not null;
select is(tests.record_closings(), 1, 'one without tickets waits for nothing');
select tests.sign_pending();

select tests.as_login('press_worker');
select is(tests.record_closings(), 1, 'the last signature is there');
select is(tests.record_closings(), 0, 'it is recorded once');
select is(press_worker.record_closed_edition(-1), false, 'and nothing that does not wait for it');
select is(press_worker.integrate_ledger(100) > 0, true, 'and gets its place');
select tests.as_superuser();
select results_eq($$select leaf from press.ledger_entries where type = 'edition.closed' order by place$$, $$
  select format('{"at":"%s","edition":"%s","entries_hash":"%s","issued_count":%s,"type":"edition.closed"}', press_private.rfc3339(e.closed_at), e.slug,
    encode(sha256(convert_to(coalesce(string_agg(t.ticket_number || ' ' || encode(sha256(convert_to(t.envelope, 'UTF8')), 'hex') || E'\n', '' order by t.ticket_number), ''), 'UTF8')), 'hex'),
    count(t.id))
  from press.editions e left join press.tickets t on t.edition_id = e.id group by e.id order by e.slug$$, 'edition.closed: how many tickets, and which');
select is((select leaf::json ->> 'entries_hash' from press.ledger_entries where type = 'edition.closed' and leaf ~ 'raffle'),
  encode(sha256(convert_to((select string_agg((leaf::json ->> 'ticket_number') || ' ' || (leaf::json ->> 'envelope_hash') || E'\n', '' order by (leaf::json ->> 'ticket_number')::integer)
    from press.ledger_entries where type = 'ticket.issued'), 'UTF8')), 'hex'), 'which can be recomputed from the ledger alone');
select ok((select max(place) from press.ledger_entries where type = 'ticket.issued') < (select place from press.ledger_entries where type = 'edition.closed' and leaf ~ 'raffle'),
  'it comes after the tickets that it counts');
select is_empty('select from press_private.closings_to_record', 'nothing waits any more');
select * from finish();
