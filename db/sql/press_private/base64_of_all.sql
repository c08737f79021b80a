create or replace function press_private.base64_of_all(hashes bytea[])
  returns text[]
  language sql immutable
begin atomic
  select coalesce(array_agg(encode(u.hash, 'base64') order by u.index), '{}') from unnest(base64_of_all.hashes) with ordinality u (hash, index);
end;
comment on function press_private.base64_of_all is 'Each hash in Base64, in the same order.';
revoke all on function press_private.base64_of_all from public;
