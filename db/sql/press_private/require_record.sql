/* What a record has to have, before anybody asks whose it is. A text that is no JSON has no members to be judged. */
create or replace function press_private.require_record(signed_payload text)
  returns jsonb
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_record  jsonb;
begin
  if (octet_length(require_record.signed_payload) between 1 and 10000) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A payload has 1 to 10000 bytes.');
  end if;
  v_record := press_private.read_json(require_record.signed_payload);
  if v_record is not null and (jsonb_typeof(v_record -> 'nonce') = 'string' and v_record ->> 'nonce' collate "C" ~ '^[A-Za-z0-9._:-]{1,128}$') is not true then
    perform press_private.refuse('INVALID_INPUT', 'A payload is an object with a member "nonce": 1 to 128 characters of A-Z, a-z, 0-9, ".", "_", ":" and "-".');
  end if;
  if v_record is not null and (jsonb_typeof(v_record -> 'expires_at') = 'string'
      and press_private.moment_of(v_record ->> 'expires_at') <= clock_timestamp() + interval '7 days') is not true then
    perform press_private.refuse('INVALID_INPUT', 'A payload is an object with a member "expires_at": a moment at most seven days ahead, as 2026-03-01T09:30:00.000Z.');
  end if;
  if not press_private.is_canonical_json(require_record.signed_payload) then
    perform press_private.refuse('NOT_CANONICAL', 'A payload is JSON to the byte as RFC 8785 writes it: no white space, members in the order of their names and each once, 100 levels deep at most, and without U+0000.');
  end if;
  return v_record;
end
$$;
comment on function press_private.require_record is 'The record that the payload is. Refuses: INVALID_INPUT (its size, its nonce or expires_at), NOT_CANONICAL.';
revoke all on function press_private.require_record from public;
