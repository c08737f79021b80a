/* Quicker than press_private.read_envelope, for envelopes that the press itself wrote: inside a string every quote is escaped, so that what follows
   a bare quote is where it seems to be. */
create or replace function press_private.envelope_parts(envelope text)
  returns press_private.envelope_record
  language sql immutable
begin atomic
  select row(null::uuid, left(split_part(envelope_parts.envelope, '","key_id":"', 2), 16),
    replace(envelope_parts.envelope, ',"signature":"' || s.signature || '"', ''), s.signature)::press_private.envelope_record
  from split_part(split_part(envelope_parts.envelope, '","signature":"', 2), '","ticket_id":"', 1) s (signature);
end;
comment on function press_private.envelope_parts is 'The key, the message and the signature of an envelope that the press wrote; of any other text something.';
revoke all on function press_private.envelope_parts from public;
