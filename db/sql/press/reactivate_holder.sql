/* Locks: the holder. */
create or replace function press.reactivate_holder(holder_id uuid)
  returns press.holders
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_holder  press.holders;
begin
  perform press_private.require_running();
  perform press_private.require_operator();
  v_holder := press_private.lock_holder(reactivate_holder.holder_id);
  perform press_private.require_running();

  if not v_holder.is_active then
    update press.holders h set is_active = true, deactivation_reason = null where h.id = v_holder.id returning h.* into v_holder;
  end if;
  return v_holder;
end
$$;
comment on function press.reactivate_holder is 'Undoes deactivate_holder. An active holder stays as they are. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT (there is no such holder), LOCK_TIMEOUT, RETRY.';
revoke all on function press.reactivate_holder from public;
grant execute on function press.reactivate_holder to press_anonymous, press_holder, press_operator;
