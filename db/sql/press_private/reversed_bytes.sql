/* The chain writes hashes of blocks and transactions for people from the last byte to the first. PostgreSQL has no reverse(bytea) before 18. */
create or replace function press_private.reversed_bytes(bytes bytea)
  returns bytea
  language sql immutable
begin atomic
  select coalesce(string_agg(substr(reversed_bytes.bytes, n, 1), '' order by n desc), '') from generate_series(1, length(reversed_bytes.bytes)) n;
end;
comment on function press_private.reversed_bytes is 'The bytes, the last one first.';
revoke all on function press_private.reversed_bytes from public;
