/* Of the tickets with these ids, or of all. That slots and requests have no gap is said of each ticket and the one before it, so that it can be said
   of a few: what holds of every ticket holds of the whole. */
create or replace function press_private.audit_tickets(ids uuid[] default null)
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
  where (audit_tickets.ids is null or t.id = any (audit_tickets.ids)) and c.holds is not true;

  return query
  select c."check", format('press.tickets (%s,%s)', t.edition_id, t.ticket_number), c.finding
  from press.tickets t
  left join press.tickets b on b.edition_id = t.edition_id and b.ticket_number = t.ticket_number - 1
  left join press.tickets s on s.holder_id = t.holder_id and s.edition_id = t.edition_id and s.holder_slot = t.holder_slot - 1
  cross join lateral (
    select b.request_key = t.request_key and coalesce(b.issued_by, b.holder_id::text) = coalesce(t.issued_by, t.holder_id::text)) r (is_continued)
  cross join lateral (values
    ('the slots of a holder run from 1 to their count, within the limit',
     (t.holder_slot = 1 or s.ticket_number < t.ticket_number) and not exists (
       select from press.tickets d where d.holder_id = t.holder_id and d.edition_id = t.edition_id and d.holder_slot = t.holder_slot and d.id <> t.id),
     format('It has the slot %s of the holder %s, and the one before it is that of number %s.', t.holder_slot, t.holder_id, s.ticket_number)),
    ('a request was answered once, whole, and for one holder',
     case when t.request_key is null then t.request_position is null
     else case t.request_position when 1 then r.is_continued is not true else r.is_continued and b.holder_id = t.holder_id and b.request_position = t.request_position - 1 end
      and not exists (
        select from press_private.tickets_of_request(t.edition_id, t.holder_id, t.issued_by, t.request_key) d
        where d.request_position = t.request_position and d.id <> t.id) end,
     format('It has the position %s under the key %s of %s, after one with the position %s under the key %s.',
       t.request_position, t.request_key, coalesce(t.issued_by, t.holder_id::text), b.request_position, b.request_key))
  ) c ("check", holds, finding)
  where (audit_tickets.ids is null or t.id = any (audit_tickets.ids)) and c.holds is not true;
end
$$;
comment on function press_private.audit_tickets is 'What does not hold of the rows of tickets: of those with the ids, or of all (null).';
revoke all on function press_private.audit_tickets from public;
