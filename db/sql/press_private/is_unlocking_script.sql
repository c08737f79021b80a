create or replace function press_private.is_unlocking_script(script bytea, byte_count integer)
  returns boolean
  language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  v_signature_bytes  integer;
begin
  -- Sized for 107 bytes: a longer one would pay less than was asked.
  if length(script) <> byte_count or byte_count not between 44 and 107 then
    return false;
  end if;
  v_signature_bytes := get_byte(script, 0);
  return v_signature_bytes = byte_count - 35
    and get_byte(script, 1) = 48 and get_byte(script, 2) = v_signature_bytes - 3
    and get_byte(script, v_signature_bytes) = 65
    and get_byte(script, v_signature_bytes + 1) = 33 and get_byte(script, v_signature_bytes + 2) in (2, 3);
end
$$;
comment on function press_private.is_unlocking_script is 'Whether the bytes, of which there are to be so many, push a signature in the form of DER for ALL|FORKID and a compressed key, and nothing else.';
revoke all on function press_private.is_unlocking_script from public;
