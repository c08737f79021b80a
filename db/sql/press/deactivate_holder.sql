/* From the commit on the holder is issued, redeems and is minted nothing more. What was under way counts as before. Locks: the holder. */
create or replace function press.deactivate_holder(holder_id uuid, reason text)
  returns press.holders
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_holder  press.holders;
begin
  perform press_private.require_running();
  perform press_private.require_operator();
  if not press_private.is_one_line(deactivate_holder.reason, 500) then
    perform press_private.refuse('INVALID_INPUT', 'A reason has 1 to 500 characters, none of them a control character.');
  end if;
  v_holder := press_private.lock_holder(deactivate_holder.holder_id);
  perform press_private.require_running();

  if v_holder.is_active then
    update press.holders h set is_active = false, deactivation_reason = deactivate_holder.reason where h.id = v_holder.id returning h.* into v_holder;
  end if;
  return v_holder;
end
$$;
comment on function press.deactivate_holder is 'Has a holder issued, redeem and be minted nothing more. The reason (1 to 500 characters) is for the holder, operators and auditors. One who was deactivated stays as they are. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT (also: there is no such holder), LOCK_TIMEOUT, RETRY.';
revoke all on function press.deactivate_holder from public;
grant execute on function press.deactivate_holder to press_anonymous, press_holder, press_operator;
