create or replace function press_private.credential_leaf(credential press.credentials, type text, at timestamptz)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339(credential_leaf.at)
      || '","credential_hash":' || coalesce('"' || press_private.envelope_hash((credential).document) || '"', 'null')
      || ',"credential_id":"' || (credential).id
      || '","holder":"' || (credential).holder_id
      || '","type":"' || credential_leaf.type || '"}';
end;
comment on function press_private.credential_leaf is 'The leaf of a credential that was signed or revoked. type: credential.issued or credential.revoked. Its hash is SHA-256 of the signed document; null where it was revoked before it was signed.';
revoke all on function press_private.credential_leaf from public;
