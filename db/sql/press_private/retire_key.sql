/* Locks: the key, against those who store what it has signed; so its entries in the ledger are behind all of theirs. */
create or replace function press_private.retire_key(key_id text)
  returns press.signing_keys
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_key  press.signing_keys;
begin
  select k.* into v_key from press.signing_keys k where k.key_id = retire_key.key_id for no key update;
  if v_key.key_id is null then
    perform press_private.refuse('UNKNOWN_KEY');
  end if;
  if v_key.retired_at is null then
    update press.signing_keys k set retired_at = greatest(clock_timestamp(), k.activated_at)  -- a clock may have been set back
    where k.key_id = retire_key.key_id
    returning k.* into v_key;
    perform press_private.append_entry('key.retired', null, null, press_private.key_leaf(v_key, 'key.retired'));
  end if;
  return v_key;
end
$$;
comment on function press_private.retire_key is 'Takes the key out of use, and keeps others from it until the transaction ends. A retired key stays as it is. Refuses: UNKNOWN_KEY.';
revoke all on function press_private.retire_key from public;
