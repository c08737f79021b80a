create or replace function press_private.compact_size_bytes(number bigint)
  returns integer
  language sql immutable
begin atomic
  select case when compact_size_bytes.number < 253 then 1 when compact_size_bytes.number < 65536 then 3 else 5 end;
end;
comment on function press_private.compact_size_bytes is 'How many bytes press_private.compact_size takes for it.';
revoke all on function press_private.compact_size_bytes from public;
