/* Hands the ledger's last checkpoint to the chain, so that not even the press can write its history anew. Only when the ledger has grown by something else than the
   record of what was published: or each anchor would be a reason for the next, for ever. One at a time, because the earlier one proves nothing that the later does not.
   Locks: the row of the first checkpoint, which nobody else locks; who does not get it leaves the matter to who has it. */
create or replace function press_worker.anchor_checkpoint(interval_seconds integer)
  returns press.publications
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_checkpoint   press.checkpoints;
  v_last         press.publications;
  v_publication  press.publications;
begin
  perform press_private.require_running();
  if (anchor_checkpoint.interval_seconds > 0) is not true then
    perform press_private.refuse('INVALID_INPUT', 'An interval is at least one second.');
  end if;
  perform from press.checkpoints c where c.tree_size = (select min(m.tree_size) from press.checkpoints m) for no key update skip locked;
  if not found then
    return null;
  end if;

  -- Statements from here on see all that was committed before the lock was granted.
  v_checkpoint := press_worker.latest_checkpoint();
  select p.* into v_last from press.publications p where p.checkpoint_size is not null order by p.checkpoint_size desc limit 1;
  if v_last.id is not null and (
       v_last.state in ('queued', 'processing', 'unknown')
       or v_last.submitted_at > clock_timestamp() - make_interval(secs => anchor_checkpoint.interval_seconds)
       or not exists (
         select from press.ledger_entries e
         where e.place >= v_last.checkpoint_size and e.place < v_checkpoint.tree_size and e.type <> 'publication.sent')) then
    return null;
  end if;

  insert into press.publications (kind, payload, payload_hash, checkpoint_size)
  values ('checkpoint', v_checkpoint.note, press_private.envelope_hash(v_checkpoint.note), v_checkpoint.tree_size)
  on conflict on constraint publications_checkpoint_once do nothing
  returning * into v_publication;
  return v_publication;
end
$$;
comment on function press_worker.anchor_checkpoint is 'Queues the last checkpoint for the chain, when the one before went there interval_seconds ago and the ledger has grown since by more than what was published; else null. Refuses: PRESS_STOPPED, INVALID_INPUT.';
revoke all on function press_worker.anchor_checkpoint from public;
grant execute on function press_worker.anchor_checkpoint to press_worker;
