/* The envelope is made here and nowhere else: the worker signs what this returns without a signature, and sends back the signature alone.
   The canonical JSON (RFC 8785) of a flat object is its members in the order of their names without white space. For strings to_json
   writes the same as JSON.stringify for every character that a text can hold; numbers here are integers. */
create or replace function press_private.ticket_envelope(
    edition text, key_id text, recipient text, ticket_id uuid, ticket_number integer, issued_at timestamptz, signature text default null)
  returns text
  language sql stable
begin atomic
  select '{"edition":' || to_json(ticket_envelope.edition)
      || ',"key_id":"' || ticket_envelope.key_id
      || '","recipient":' || to_json(ticket_envelope.recipient)
      || coalesce(',"signature":"' || ticket_envelope.signature || '"', '')
      || ',"ticket_id":"' || ticket_envelope.ticket_id
      || '","ticket_number":' || ticket_envelope.ticket_number
      || ',"timestamp":"' || press_private.rfc3339(ticket_envelope.issued_at)
      || '","type":"golden-press/ticket/v1"}';
end;
comment on function press_private.ticket_envelope is 'The canonical text of a ticket''s envelope; without a signature, the bytes that are signed.';
revoke all on function press_private.ticket_envelope from public;
