create or replace function press_private.set_press_state(is_stopped boolean, reason text, changed_by text)
  returns boolean
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  if not press_private.is_one_line(set_press_state.reason, 500) then
    perform press_private.refuse('INVALID_INPUT', 'A reason has 1 to 500 characters, none of them a control character.');
  end if;
  if (press_private.stop_reason() is not null) = set_press_state.is_stopped then
    perform press_private.await_standbys();
    return false;
  end if;
  insert into press_private.press_state (is_stopped, reason, changed_by)
  values (set_press_state.is_stopped, set_press_state.reason, set_press_state.changed_by);
  return true;
end
$$;
comment on function press_private.set_press_state is 'Stops or starts the press, and tells whether that changed anything. Refuses: INVALID_INPUT.';
revoke all on function press_private.set_press_state from public;
