create or replace function press_private.is_credential_genuine(document text)
  returns boolean
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return exists (
    select from press_private.read_credential(is_credential_genuine.document) r
    join press.signing_keys k on k.key_id = r.key_id and k.purpose = 'credential'
    where press.ed25519_verify(
      case when k.public_key collate "C" ~ '^[0-9a-f]{64}$' then decode(k.public_key, 'hex') end,  -- the audit asks of keys that were tampered with, too
      press_private.credential_digest(r.unsigned_document, r.proof_options), r.signature));
end
$$;
comment on function press_private.is_credential_genuine is 'Whether a credential, or a status list, has the signature of the key that it names, one for credentials of this press.';
revoke all on function press_private.is_credential_genuine from public;
