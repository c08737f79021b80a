/* Called when the ledger is not the one whose checkpoint is kept outside, as after a restored backup: what is issued now might have been issued
   already, to others. Only an operator starts the press again: press.start_press. */
create or replace function press_worker.stop_press(reason text)
  returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  return press_private.set_press_state(true, stop_press.reason, 'login:' || session_user);
end
$$;
comment on function press_worker.stop_press is 'Stops the press, with a reason (1 to 500 characters) that everybody can read: nothing is issued, signed or changed any more. False: it was stopped already, and the first reason stays. Refuses: INVALID_INPUT.';
revoke all on function press_worker.stop_press from public;
grant execute on function press_worker.stop_press to press_worker;
