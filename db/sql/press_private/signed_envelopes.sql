create or replace function press_private.signed_envelopes(key_id text, ticket_ids uuid[], signatures text[])
  returns table (ticket_id uuid, envelope text)
  language sql stable
begin atomic
  select u.ticket_id,
    press_private.ticket_envelope(e.slug, signed_envelopes.key_id, press_private.envelope_recipient(h), t.id, t.ticket_number, t.issued_at, u.signature)
  from unnest(signed_envelopes.ticket_ids, signed_envelopes.signatures) u (ticket_id, signature)
  left join press.tickets t on t.id = u.ticket_id
  left join press.editions e on e.id = t.edition_id
  left join press.holders h on h.id = t.holder_id;
end;
comment on function press_private.signed_envelopes is 'The envelope of each ticket with the signature given for it; null where there is no such ticket.';
revoke all on function press_private.signed_envelopes from public;
