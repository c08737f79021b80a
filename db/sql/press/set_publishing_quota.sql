/* Locks: the key's row. */
create or replace function press.set_publishing_quota(public_key text, records_per_hour integer)
  returns press.publishing_keys
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_actor  press_hidden.actor_record;
  v_key    press.publishing_keys;
begin
  perform press_private.require_running();
  v_actor := press_private.require_operator();
  if (set_publishing_quota.records_per_hour between 1 and 1000000) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A quota is from 1 to 1000000 records an hour.');
  end if;
  v_key := press_private.key_for_caller(v_actor, set_publishing_quota.public_key);
  perform press_private.refuse('UNKNOWN_KEY', 'No such key is registered.') where v_key.id is null;
  v_key := press_private.lock_publishing_key(v_key.id);
  perform press_private.require_running();

  update press.publishing_keys k set records_per_hour = set_publishing_quota.records_per_hour where k.id = v_key.id returning k.* into v_key;
  return v_key;
end
$$;
comment on function press.set_publishing_quota is 'Sets how many records of a key are taken within an hour, from 1 to 1000000; 1000 unless an operator sets it. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT, LOCK_TIMEOUT, RETRY, UNKNOWN_KEY (it is not registered).';
revoke all on function press.set_publishing_quota from public;
grant execute on function press.set_publishing_quota to press_anonymous, press_holder, press_operator;
