create or replace function press_private.active_signing_key(key_id text, purpose text)
  returns press.signing_keys
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_key  press.signing_keys;
begin
  select k.* into v_key from press.signing_keys k
  where k.key_id = active_signing_key.key_id and k.purpose = active_signing_key.purpose and k.retired_at is null;
  if v_key.key_id is null then
    perform press_private.refuse('UNKNOWN_KEY');
  end if;
  return v_key;
end
$$;
comment on function press_private.active_signing_key is 'The key, if it is in use for the purpose. Refuses: UNKNOWN_KEY.';
revoke all on function press_private.active_signing_key from public;
