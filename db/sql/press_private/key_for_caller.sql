create or replace function press_private.key_for_caller(actor press_hidden.actor_record, public_key text)
  returns press.publishing_keys
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_key  press.publishing_keys;
begin
  select k.* into v_key from press.publishing_keys k
  where k.public_key = key_for_caller.public_key and (actor.kind <> 'holder' or k.holder_id = press_hidden.current_holder_id());
  return v_key;
end
$$;
comment on function press_private.key_for_caller is 'The registered key, if it is the caller''s or the caller an operator; else nulls, so that nobody learns what others have registered.';
revoke all on function press_private.key_for_caller from public;
