create or replace function press_private.is_envelope_genuine(envelope text)
  returns boolean
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return exists (
    select from press_private.envelope_parts(is_envelope_genuine.envelope) p
    join press.signing_keys k on k.key_id = p.key_id and k.purpose = 'ticket'
    where press.ed25519_verify(decode(k.public_key, 'hex'), convert_to(p.message, 'UTF8'), decode(p.signature, 'hex')));
end
$$;
comment on function press_private.is_envelope_genuine is 'Whether the envelope, which the press wrote, has the signature of the key that it names.';
revoke all on function press_private.is_envelope_genuine from public;
