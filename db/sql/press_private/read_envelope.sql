/* The canonical form, judged and never repaired: JSON is parsed and written again, member by member, and what is not the same text was written
   otherwise: with other members, twice the same, in another order, with spaces, escapes or numbers of another form. Whatever the parser refuses
   (no JSON, nested too deep, half a surrogate pair, U+0000) is not canonical either. PostgreSQL writes a string as RFC 8785 does. The forms
   of the values are those of the SDK, verifier/envelope.ts. */
create or replace function press_private.read_envelope(envelope text)
  returns press_private.envelope_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_read  press_private.envelope_record;
begin
  if length(read_envelope.envelope) > 65536 then
    return null;
  end if;
  select m.ticket_id::uuid, m.key_id, replace(read_envelope.envelope, ',"signature":"' || m.signature || '"', ''), m.signature
  into v_read
  from json_to_record(read_envelope.envelope::json) m
    (edition text, key_id text, recipient text, signature text, ticket_id text, ticket_number text, "timestamp" text, type text)
  where read_envelope.envelope = format(
      '{"edition":%s,"key_id":%s,"recipient":%s,"signature":%s,"ticket_id":%s,"ticket_number":%s,"timestamp":%s,"type":"golden-press/ticket/v1"}',
      to_json(m.edition), to_json(m.key_id), to_json(m.recipient), to_json(m.signature), to_json(m.ticket_id), m.ticket_number, to_json(m."timestamp"))
    and m.edition collate "C" ~ '^[a-z0-9]+(-[a-z0-9]+)*$'
    and m.key_id collate "C" ~ '^[0-9a-f]{16}$'
    and m.recipient <> ''
    and m.signature collate "C" ~ '^[0-9a-f]{128}$'
    and m.ticket_id collate "C" ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    and m.ticket_number collate "C" ~ '^[1-9][0-9]{0,15}$' and m.ticket_number::bigint < 9007199254740992  -- 2^53
    -- Years have four digits. PostgreSQL knows no year 0000; its days are those of 2000.
    and m."timestamp" collate "C" ~ '^[0-9]{4}-'
    and regexp_replace(m."timestamp", '^0000-', '2000-') = press_private.rfc3339(regexp_replace(m."timestamp", '^0000-', '2000-')::timestamptz);
  return v_read;
exception
  when data_exception or program_limit_exceeded then
    return null;
end
$$;
comment on function press_private.read_envelope is 'The parts of a text that is the canonical form of a signed envelope; null for any other text. Says nothing of whether it is genuine.';
revoke all on function press_private.read_envelope from public;
