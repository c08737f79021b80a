/* Makes the person known, and lets one transaction at a time submit for them. Issuing does not wait for it, because it locks no holder whom it knows. */
create or replace function press_private.lock_holder_of(subject text)
  returns press.holders
  language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_holder  press.holders;
begin
  perform press_private.ensure_holders(array[lock_holder_of.subject])
  where not exists (select from press.holders h where h.subject = lock_holder_of.subject);
  select h.* into strict v_holder from press.holders h where h.subject = lock_holder_of.subject for no key update;
  perform press_private.refuse('HOLDER_INACTIVE') where not v_holder.is_active;
  return v_holder;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected or no_data_found then
    -- no_data_found: at a higher isolation level, somebody else made them known since; or they were forgotten a moment ago.
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_private.lock_holder_of is 'The holder of the subject, who may be new, locked until the transaction ends. Refuses: HOLDER_INACTIVE, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.lock_holder_of from public;
