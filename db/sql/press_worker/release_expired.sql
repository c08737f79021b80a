create or replace function press_worker.release_expired()
  returns integer
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
begin
  perform press_private.require_running();
  return press_private.release_reservations();
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_worker.release_expired is 'Gives up reservations whose time is over and of which nothing was stored: their coins are available again, their publications queued. press_worker.publications_to_send does it first. Returns how many. Refuses: PRESS_STOPPED, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.release_expired from public;
grant execute on function press_worker.release_expired to press_worker;
