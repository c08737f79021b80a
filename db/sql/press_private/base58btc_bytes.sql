create or replace function press_private.base58btc_bytes(value text)
  returns bytea
  language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  v_number  numeric := 0;
  v_bytes   bytea := ''::bytea;
begin
  if (value collate "C" ~ '^[1-9A-HJ-NP-Za-km-z]{1,128}$') is not true then
    return null;
  end if;
  for v_at in 1 .. length(value) loop
    v_number := v_number * 58 + strpos('123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz', substr(value, v_at, 1)) - 1;
  end loop;
  while v_number > 0 loop
    v_bytes := set_byte('\x00', 0, (v_number % 256)::integer) || v_bytes;
    v_number := div(v_number, 256);
  end loop;
  return decode(repeat('00', length(value) - length(ltrim(value, '1'))), 'hex') || v_bytes;
end
$$;
comment on function press_private.base58btc_bytes is 'The bytes that a value in base58btc stands for, of 128 digits at most; null for any other text.';
revoke all on function press_private.base58btc_bytes from public;
