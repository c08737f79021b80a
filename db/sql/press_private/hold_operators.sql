/* Rows name operators by their subjects, so an operator must not be forgotten while they act. Whoever is about to write such a name holds the operator's own row as a
   holder until the transaction ends: press.erase_holder waits for it, and finds the name that was written; and who was forgotten, and acts, is known again. An operator
   who never held a ticket becomes a holder by this. Operators do not wait for each other here.
   Locks: the holders' rows, shared. To be called before the edition is locked, as press_private.ensure_holders. */
create or replace function press_private.hold_operators(subjects text[])
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_subjects  text[];
  v_count     integer;
begin
  perform from press.holders h where h.subject = any (hold_operators.subjects) for key share;
  get diagnostics v_count = row_count;
  if v_count = cardinality(hold_operators.subjects) then
    return;
  end if;

  -- Nobody is a holder by another name, and so there is nobody to be forgotten.
  v_subjects := array(
    select distinct s.subject from unnest(hold_operators.subjects) s (subject)
    where press_private.is_one_line(s.subject, 255) and not starts_with(s.subject, 'erased:'));
  if v_count < cardinality(v_subjects) then
    perform press_private.ensure_holders(v_subjects);
    perform from press.holders h where h.subject = any (v_subjects) for key share;
    get diagnostics v_count = row_count;
    -- One of them was forgotten a moment ago; or, at a higher isolation level, somebody else made them known since.
    perform press_private.refuse('RETRY') where v_count < cardinality(v_subjects);
  end if;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_private.hold_operators is 'Keeps operators from being forgotten until the transaction ends, because it will name them; to be called with the subjects of all of them. Refuses: INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.hold_operators from public;
