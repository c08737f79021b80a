/* Locks: the operator's row as a holder. */
create or replace function press.start_press(reason text)
  returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_actor  press_hidden.actor_record := press_private.require_operator();
begin
  perform press_private.hold_operators(array[v_actor.subject]) where v_actor.kind = 'operator';
  return press_private.set_press_state(false, start_press.reason, press_private.issuer_label(v_actor));
end
$$;
comment on function press.start_press is 'Starts a press that was stopped: press_stop_reason tells why it was. reason (1 to 500 characters): why it may run again; it is kept. False: the press was running. Refuses: NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press.start_press from public;
grant execute on function press.start_press to press_anonymous, press_holder, press_operator;
