/* A number to bytes, seven at a time, because a bigint holds seven whatever they are. */
create or replace function press_private.big_endian(number numeric)
  returns bytea
  language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  v_rest      numeric := number;
  v_quotient  numeric;
  v_bytes     bytea := ''::bytea;
begin
  for v_part in 1 .. 5 loop
    v_quotient := div(v_rest, 72057594037927936);  -- 2^56
    v_bytes := substr(int8send((v_rest - v_quotient * 72057594037927936)::bigint), 2) || v_bytes;
    v_rest := v_quotient;
  end loop;
  return substr(v_bytes, 4);
end
$$;
comment on function press_private.big_endian is 'The 32 bytes, most significant first, of a number from 0 to below 2^256.';
revoke all on function press_private.big_endian from public;
