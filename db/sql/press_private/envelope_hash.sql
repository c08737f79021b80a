/* Not immutable, because convert_to is not: PostgreSQL inlines only what is as it says. */
create or replace function press_private.envelope_hash(envelope text)
  returns text
  language sql stable
begin atomic
  select encode(sha256(convert_to(envelope_hash.envelope, 'UTF8')), 'hex');
end;
comment on function press_private.envelope_hash is 'What the ledger says of a signed envelope: SHA-256 of its bytes, in hex. Its holder can open it, and nobody else can guess it.';
revoke all on function press_private.envelope_hash from public;
