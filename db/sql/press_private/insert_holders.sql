/* In the order of subjects, so that two batches that bring the same new people cannot wait for each other in a circle; and before the edition is locked, so that nothing
   waits while holding it. */
create or replace function press_private.insert_holders(subjects text[])
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
begin
  insert into press.holders (subject)
  select distinct s.subject
  from unnest(insert_holders.subjects) s (subject)
  order by s.subject
  on conflict on constraint holders_subject_key do nothing;
  -- Who was forgotten while this waited for their row would be two people now: their old row cannot have the subject of the new one, and all is undone.
  perform press_private.return_holders(insert_holders.subjects) where exists (select from press_private.erased_holders);
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_private.insert_holders is 'Inserts a holder for each subject that has none. To be called when none of them is forgotten: see press_private.ensure_holders. Refuses: INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.insert_holders from public;
