/* The gateway has looked, and a database login need not come by the gateway. So no record of a key goes out before a worker has seen for itself that its holder has it;
   asked for those keys alone that records wait for. */
create or replace function press_worker.keys_to_verify(batch_size integer)
  returns table (key_id uuid, public_key text, registration_text text, signature text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  return query
  select k.id, k.public_key, press_private.registration_text(k.public_key, h.subject), k.possession_signature
  from press.publishing_keys k
  join press.holders h on h.id = k.holder_id
  where k.verified_at is null and k.revoked_at is null
    and exists (select from press.publications p where p.key_id = k.id and p.state = 'queued')
  order by k.id
  limit keys_to_verify.batch_size;
end
$$;
comment on function press_worker.keys_to_verify is 'Keys whose records wait and whose possession no worker has checked, batch_size at most: the text that the key is to have signed, and its signature (base64 of DER).';
revoke all on function press_worker.keys_to_verify from public;
grant execute on function press_worker.keys_to_verify to press_worker;
