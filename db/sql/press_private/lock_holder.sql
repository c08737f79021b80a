/* For what an operator does to a holder. Order of locks: the holder comes after attestations, and before editions, tickets and credentials. */
create or replace function press_private.lock_holder(holder_id uuid)
  returns press.holders
  language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_holder  press.holders;
begin
  select h.* into v_holder from press.holders h where h.id = lock_holder.holder_id for update;
  if v_holder.id is null then
    perform press_private.refuse('INVALID_INPUT', 'There is no such holder.');
  end if;
  return v_holder;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_private.lock_holder is 'The holder, locked until the transaction ends. Refuses: INVALID_INPUT (there is none), LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.lock_holder from public;
