create or replace function press_private.ticket_issued_leaf(ticket press.tickets, edition text, envelope_hash text, signed_at timestamptz)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339(ticket_issued_leaf.signed_at)
      || '","edition":"' || ticket_issued_leaf.edition
      || '","envelope_hash":"' || ticket_issued_leaf.envelope_hash
      || '","holder":"' || (ticket).holder_id
      || '","ticket_id":"' || (ticket).id
      || '","ticket_number":' || (ticket).ticket_number
      || ',"type":"ticket.issued"}';
end;
comment on function press_private.ticket_issued_leaf is 'The leaf of a ticket that was signed. edition: its slug; envelope_hash: see press_private.envelope_hash.';
revoke all on function press_private.ticket_issued_leaf from public;
