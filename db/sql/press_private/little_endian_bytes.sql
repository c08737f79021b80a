create or replace function press_private.little_endian_bytes(number bigint, byte_count integer)
  returns bytea
  language sql immutable
begin atomic
  select press_private.reversed_bytes(substr(int8send(little_endian_bytes.number), 9 - little_endian_bytes.byte_count));
end;
comment on function press_private.little_endian_bytes is 'The number in so many bytes (1 to 8), least significant first.';
revoke all on function press_private.little_endian_bytes from public;
