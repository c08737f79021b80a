/* Bytes to a number. PostgreSQL 15 reads no hexadecimal numerals and reverses no bytea; four bytes at a time are an eighth of the work of one. */
create or replace function press_private.little_endian(bytes bytea)
  returns numeric
  language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  v_number  numeric := 0;
begin
  for v_at in reverse length(bytes) - 4 .. 0 by 4 loop
    -- These operators have one precedence, from left to right, so this is Horner's rule.
    v_number := v_number * 4294967296
      + (get_byte(bytes, v_at + 3)::bigint << 8 | get_byte(bytes, v_at + 2) << 8 | get_byte(bytes, v_at + 1) << 8 | get_byte(bytes, v_at));
  end loop;
  return v_number;
end
$$;
comment on function press_private.little_endian is 'The number whose bytes, least significant first, these are. Their count is a multiple of four.';
revoke all on function press_private.little_endian from public;
