create or replace function press_private.credential_digest(unsigned_document text, proof_options text)
  returns bytea
  language sql stable
begin atomic
  select sha256(convert_to(credential_digest.proof_options, 'UTF8')) || sha256(convert_to(credential_digest.unsigned_document, 'UTF8'));
end;
comment on function press_private.credential_digest is 'The 64 bytes that are signed of a credential: a hash of the proof''s options, and one of the document.';
revoke all on function press_private.credential_digest from public;
