/* edition.closed freezes which tickets there are, by what was signed, so it waits for the last signature: closing an edition only queues it. A
   look begins at the last number, since tickets are signed oldest first, and remembers where it ended: no ticket above that number will ever
   be pending again, and all looks together read each ticket once. One edition a transaction, so that one that fails keeps no other waiting.
   The status is compared as text, because the index of what is pending is that of the whole backlog. Locks: the queued row, unless another worker has it. */
create or replace function press_worker.record_closed_edition(edition_id integer)
  returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
declare
  v_closing  press_private.closings_to_record;
  v_awaited  integer;
begin
  select q.* into v_closing from press_private.closings_to_record q where q.edition_id = record_closed_edition.edition_id for update skip locked;
  if v_closing.edition_id is null or press_private.stop_reason() is not null then
    return false;
  end if;

  select t.ticket_number into v_awaited from press.tickets t
  where t.edition_id = v_closing.edition_id and t.ticket_number <= coalesce(v_closing.awaited_number, t.cap) and t.status::text = 'pending'
  order by t.ticket_number desc limit 1;
  if v_awaited is not null then
    update press_private.closings_to_record q set awaited_number = v_awaited
    where q.edition_id = v_closing.edition_id and q.awaited_number is distinct from v_awaited;
    return false;
  end if;

  perform press_private.append_entry('edition.closed', e.id, null, press_private.edition_closed_leaf(e))
  from press.editions e where e.id = v_closing.edition_id;
  delete from press_private.closings_to_record q where q.edition_id = v_closing.edition_id;
  return true;
end
$$;
comment on function press_worker.record_closed_edition is 'Drops edition.closed into the ledger''s inbox if the edition is closed, its tickets are all signed, and that was not done yet; tells whether it did. Not while the press is stopped.';
revoke all on function press_worker.record_closed_edition from public;
grant execute on function press_worker.record_closed_edition to press_worker;
