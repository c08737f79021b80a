create or replace function press_private.require_signature(signature text)
  returns bytea[]
  language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  v_parts  bytea[] := press_private.ecdsa_signature_parts(require_signature.signature);
begin
  if v_parts is null then
    perform press_private.refuse('INVALID_INPUT', 'A signature is base64, with its padding, of the strict DER encoding of an ECDSA signature.');
  end if;
  return v_parts;
end
$$;
comment on function press_private.require_signature is 'The two numbers of the signature. Refuses: INVALID_INPUT (it is not of the form).';
revoke all on function press_private.require_signature from public;
