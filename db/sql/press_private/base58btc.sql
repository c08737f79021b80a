/* How a Data Integrity proof writes its signature: the bytes as one number in the digits of Bitcoin, which leave out what looks alike; a zero byte in front is a
   digit 1 in front. */
create or replace function press_private.base58btc(bytes bytea)
  returns text
  language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  v_number  numeric := 0;
  v_zeros   integer := 0;
  v_text    text := '';
begin
  for v_at in 0 .. length(bytes) - 1 loop
    v_number := v_number * 256 + get_byte(bytes, v_at);
    v_zeros := v_zeros + (v_number = 0)::integer;
  end loop;
  while v_number > 0 loop
    v_text := substr('123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz', 1 + (v_number % 58)::integer, 1) || v_text;
    v_number := div(v_number, 58);
  end loop;
  return repeat('1', v_zeros) || v_text;
end
$$;
comment on function press_private.base58btc is 'The bytes in base58btc, without the multibase letter z.';
revoke all on function press_private.base58btc from public;
