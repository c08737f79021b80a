create or replace function press_private.compact_size(number bigint)
  returns bytea
  language sql immutable
begin atomic
  select case
    when compact_size.number < 253 then press_private.little_endian_bytes(compact_size.number, 1)
    when compact_size.number < 65536 then '\xfd'::bytea || press_private.little_endian_bytes(compact_size.number, 2)
    else '\xfe'::bytea || press_private.little_endian_bytes(compact_size.number, 4) end;
end;
comment on function press_private.compact_size is 'A count (0 to below 2^32) as transactions write it.';
revoke all on function press_private.compact_size from public;
