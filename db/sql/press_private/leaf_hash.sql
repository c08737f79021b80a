/* Not immutable, because convert_to is not: PostgreSQL inlines only what is as it says. */
create or replace function press_private.leaf_hash(leaf text)
  returns bytea
  language sql stable
begin atomic
  select sha256('\x00'::bytea || convert_to(leaf_hash.leaf, 'UTF8'));
end;
comment on function press_private.leaf_hash is 'The hash of an entry as a leaf of the tree (RFC 6962, 2.1).';
revoke all on function press_private.leaf_hash from public;
