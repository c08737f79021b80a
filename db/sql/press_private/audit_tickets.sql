create or replace function press_private.audit_tickets()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select c."check", format('press.tickets (%s,%s)', t.edition_id, t.ticket_number), c.finding
  from press.tickets t
  left join press.editions e on e.id = t.edition_id
  left join press.holders h on h.id = t.holder_id
  left join press_private.erased_envelopes x on x.edition_id = t.edition_id and x.ticket_number = t.ticket_number
  cross join lateral (values
    ('a ticket has the terms of its edition, and keeps within them',
     ((t.cap, t.per_holder_limit) = (e.cap, e.per_holder_limit) and e.status <> 'draft'
      and t.ticket_number between 1 and t.cap and t.holder_slot between 1 and t.per_holder_limit),
     format('It has the slot %s of %s and a cap of %s; its edition has %s and %s, and is %s.',
       t.holder_slot, t.per_holder_limit, t.cap, e.per_holder_limit, e.cap, coalesce(e.status::text, 'not there'))),
    ('a ticket has a holder', h.id is not null, format('There is no holder %s.', t.holder_id)),
    ('a ticket has an envelope, or the hash of one that was removed, once it is signed, and not before',
     case when t.status = 'pending' then t.envelope is null and x.envelope_hash is null else (t.envelope is null) = (x.envelope_hash is not null) end,
     format('It is %s and has %s, and %s in press_private.erased_envelopes.', t.status,
       case when t.envelope is null then 'none' else 'one' end, case when x.envelope_hash is null then 'none' else 'one' end))
  ) c ("check", holds, finding)
  where c.holds is not true;

  return query
  select c."check", format('press.tickets (%s,%s)', w.edition_id, w.ticket_number), c.finding
  from (
    select t.*,
      row_number() over (partition by t.edition_id, t.holder_id order by t.ticket_number) as holders_turn,
      row_number() over request as requests_turn,
      lag(t.ticket_number) over request as number_before,
      lag(t.holder_id) over request as holder_before
    from press.tickets t
    window request as (partition by t.edition_id, coalesce(t.issued_by, t.holder_id::text), t.request_key order by t.ticket_number)
  ) w
  cross join lateral (values
    ('the slots of a holder run from 1 to their count, within the limit', w.holder_slot = w.holders_turn,
     format('It is the %s. ticket of the holder %s, and has the slot %s.', w.holders_turn, w.holder_id, w.holder_slot)),
    ('a request was answered once, whole, and for one holder',
     case when w.request_key is null then w.request_position is null
     else w.request_position = w.requests_turn and coalesce((w.number_before, w.holder_before) = (w.ticket_number - 1, w.holder_id), w.requests_turn = 1) end,
     format('It is the %s. ticket with the key %s of %s, after number %s, and has the position %s.',
       w.requests_turn, w.request_key, coalesce(w.issued_by, w.holder_id::text), w.number_before, w.request_position))
  ) c ("check", holds, finding)
  where c.holds is not true;
end
$$;
comment on function press_private.audit_tickets is 'What does not hold of the rows of tickets.';
revoke all on function press_private.audit_tickets from public;
