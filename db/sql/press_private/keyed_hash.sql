/* HMAC-SHA256 (RFC 2104), written out because PostgreSQL has it only in an extension. The purpose keeps the hashes of one use from being compared
   with those of another. */
create or replace function press_private.keyed_hash(purpose text, value text)
  returns bytea
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return (
    select sha256(k.outer_key || sha256(k.inner_key || convert_to(keyed_hash.purpose || E'\n' || keyed_hash.value, 'UTF8')))
    from press_private.hashing_key k);
end
$$;
comment on function press_private.keyed_hash is 'HMAC-SHA256 of the purpose, a line feed and the value, under the key of this press: nobody without the key can guess what was hashed.';
revoke all on function press_private.keyed_hash from public;
