/* HMAC-SHA256 (RFC 2104), written out because PostgreSQL has it only in an extension. The purpose keeps the hashes of one use from being compared
   with those of another. */
create or replace function press_private.keyed_hash(purpose text, value text)
  returns bytea
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_key    bytea := (select k.key from press_private.hashing_key k) || decode(repeat('00', 32), 'hex');  -- a block has 64 bytes
  v_inner  bytea := v_key;
  v_outer  bytea := v_key;
begin
  for i in 0..63 loop
    v_inner := set_byte(v_inner, i, get_byte(v_key, i) # 54);
    v_outer := set_byte(v_outer, i, get_byte(v_key, i) # 92);
  end loop;
  return sha256(v_outer || sha256(v_inner || convert_to(keyed_hash.purpose || E'\n' || keyed_hash.value, 'UTF8')));
end
$$;
comment on function press_private.keyed_hash is 'HMAC-SHA256 of the purpose, a line feed and the value, under the key of this press: nobody without the key can guess what was hashed.';
revoke all on function press_private.keyed_hash from public;
