create or replace function press_private.txid_of(raw bytea)
  returns text
  language sql immutable
begin atomic
  select encode(press_private.reversed_bytes(sha256(sha256(txid_of.raw))), 'hex');
end;
comment on function press_private.txid_of is 'The id of a transaction: SHA-256 of the SHA-256 of its bytes, as people write it.';
revoke all on function press_private.txid_of from public;
