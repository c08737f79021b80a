create or replace function press_private.require_public_key(public_key text)
  returns void
  language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if (require_public_key.public_key collate "C" ~ '^0[23][0-9a-f]{64}$') is not true then
    perform press_private.refuse('INVALID_INPUT', 'A public key is the 33 bytes of a compressed point of secp256k1: 66 lower-case hexadecimal characters, the first two 02 or 03.');
  end if;
end
$$;
comment on function press_private.require_public_key is 'Lets pass what has the form of a compressed key; whether it is a point of the curve those say who verify with it. Refuses: INVALID_INPUT.';
revoke all on function press_private.require_public_key from public;
