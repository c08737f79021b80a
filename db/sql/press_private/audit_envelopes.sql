create or replace function press_private.audit_envelopes(ids uuid[] default null)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select c."check", format('press.tickets (%s,%s)', t.edition_id, t.ticket_number), c.finding
  from press.tickets t
  cross join lateral press_private.envelope_parts(t.envelope) p
  left join press.editions e on e.id = t.edition_id
  left join press.holders h on h.id = t.holder_id
  left join press.signing_keys k on k.key_id = p.key_id and k.purpose = 'ticket'
  cross join lateral (values
    ('an envelope says what the row of its ticket says',
     t.envelope = press_private.ticket_envelope(e.slug, p.key_id, press_private.envelope_recipient(h), t.id, t.ticket_number, t.issued_at, p.signature)
     -- Signed while its holder was forgotten, who has returned since.
     or t.envelope = press_private.ticket_envelope(e.slug, p.key_id, 'erased:' || h.id, t.id, t.ticket_number, t.issued_at, p.signature),
     'It is not what the row, the edition and the holder make of it.'),
    ('an envelope names a key that signs tickets', k.key_id is not null, format('There is no key %s for tickets.', p.key_id))
  ) c ("check", holds, finding)
  where (audit_envelopes.ids is null or t.id = any (audit_envelopes.ids)) and t.envelope is not null and c.holds is not true;
end
$$;
comment on function press_private.audit_envelopes is 'What does not hold of envelopes, but for their signatures: of the tickets with the ids, or of all (null).';
revoke all on function press_private.audit_envelopes from public;
