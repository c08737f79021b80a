create or replace function press_private.script_push(bytes bytea)
  returns bytea
  language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  v_length  text := lpad(to_hex(length(bytes)), 8, '0');
begin
  return case
    when length(bytes) <= 75 then decode(right(v_length, 2), 'hex')
    when length(bytes) <= 255 then decode('4c' || right(v_length, 2), 'hex')
    when length(bytes) <= 65535 then decode('4d' || substr(v_length, 7, 2) || substr(v_length, 5, 2), 'hex')
    else decode('4e' || substr(v_length, 7, 2) || substr(v_length, 5, 2) || substr(v_length, 3, 2) || substr(v_length, 1, 2), 'hex') end || bytes;
end
$$;
comment on function press_private.script_push is 'The bytes as a script of a transaction pushes them, behind the shortest length that says how many they are.';
revoke all on function press_private.script_push from public;
