create or replace function press_private.node_hash(left_hash bytea, right_hash bytea)
  returns bytea
  language sql immutable
begin atomic
  select sha256('\x01'::bytea || node_hash.left_hash || node_hash.right_hash);
end;
comment on function press_private.node_hash is 'The hash of an inner node of the tree, from those of its children (RFC 6962, 2.1).';
revoke all on function press_private.node_hash from public;
