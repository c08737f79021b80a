/* One encoding of a signature, and no other, so that nobody can write it in another way: standard base64 with its padding; strict DER (BIP 66), in which a length is
   one byte, and a number has neither a sign nor a zero too many. */
create or replace function press_private.ecdsa_signature_parts(signature text)
  returns bytea[]
  language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  v_der    bytea;
  v_at     integer := 3;  -- of the first number, counted from 1; before it are the tag and the length of both
  v_parts  bytea[] := array[]::bytea[];
begin
  if (signature collate "C" ~ '^[A-Za-z0-9+/]{8,96}={0,2}$' and length(signature) % 4 = 0) is not true then
    return null;
  end if;
  v_der := decode(signature, 'base64');
  if replace(encode(v_der, 'base64'), E'\n', '') <> signature or length(v_der) not between 8 and 72
     or get_byte(v_der, 0) <> 48 or get_byte(v_der, 1) <> length(v_der) - 2 then
    return null;
  end if;

  for v_part in 1 .. 2 loop
    if length(v_der) < v_at + 2 or get_byte(v_der, v_at - 1) <> 2 or get_byte(v_der, v_at) not between 1 and 33 or length(v_der) < v_at + 1 + get_byte(v_der, v_at)
       or get_byte(v_der, v_at + 1) > 127
       or (get_byte(v_der, v_at + 1) = 0 and get_byte(v_der, v_at) > 1 and get_byte(v_der, v_at + 2) < 128)
       or (get_byte(v_der, v_at + 1) > 0 and get_byte(v_der, v_at) = 33) then
      return null;
    end if;
    v_parts := v_parts || substr(decode(repeat('00', 32), 'hex') || substr(v_der, v_at + 2, get_byte(v_der, v_at)), get_byte(v_der, v_at) + 1);
    v_at := v_at + 2 + get_byte(v_der, v_at);
  end loop;
  return case when v_at = length(v_der) + 1 then v_parts end;
end
$$;
comment on function press_private.ecdsa_signature_parts is 'The two numbers r and s of an ECDSA signature (base64 of strict DER), 32 bytes each; null: it is not of that form.';
revoke all on function press_private.ecdsa_signature_parts from public;
