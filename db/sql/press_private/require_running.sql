/* Asked by all that writes for clients or signs: first, because this refusal precedes all others, and again under the lock, where one is waited
   for. What was under way when the press was stopped is as if it had come before; and so is a transaction at REPEATABLE READ or SERIALIZABLE
   whose snapshot is older than the stop: it still issues, because it cannot see it. */
create or replace function press_private.require_running()
  returns void
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_reason  text := press_private.stop_reason();
begin
  if v_reason is not null then
    perform press_private.refuse('PRESS_STOPPED', v_reason);
  end if;
end
$$;
comment on function press_private.require_running is 'Refuses: PRESS_STOPPED (its detail is the reason).';
revoke all on function press_private.require_running from public;
