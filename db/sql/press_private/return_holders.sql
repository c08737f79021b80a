/* Whoever was forgotten and comes back is who they were: their row, their slots and their limits; their subject's keyed hash tells. What a worker has under
   way for them names nobody, so it is doubtful from here on, as when they were forgotten.
   Locks: the claims of workers, the holders. Callers ask first whether anybody is forgotten at all, because a look costs less than a call. */
create or replace function press_private.return_holders(subjects text[])
  returns boolean
  language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_returned  uuid[];
begin
  v_returned := array(
    select e.holder_id from unnest(return_holders.subjects) s (subject)
    join press_private.erased_holders e on e.subject_hash = press_private.keyed_hash('subject', s.subject));
  if v_returned = '{}' then
    return false;
  end if;

  perform press_private.doubt_claims(v_returned);
  update press.holders h set subject = s.subject
  from unnest(return_holders.subjects) s (subject)
  join press_private.erased_holders e on e.subject_hash = press_private.keyed_hash('subject', s.subject)
  where h.id = e.holder_id;
  delete from press_private.erased_holders e using press.holders h
  where e.holder_id = any (v_returned) and h.id = e.holder_id and h.subject is not null;
  return true;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when unique_violation or serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_private.return_holders is 'Gives those of the subjects who were forgotten their old rows again; tells whether there were any. Refuses: INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.return_holders from public;
