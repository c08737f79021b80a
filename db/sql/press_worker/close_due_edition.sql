/* The window of an edition is judged by the guard at every issue, so nothing depends on this being punctual: it lets the status say so.
   One edition a transaction, so that one that is busy keeps no other waiting. Locks: the edition. */
create or replace function press_worker.close_due_edition(edition_id integer)
  returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  if close_due_edition.edition_id not in (select d.id from press_worker.due_editions() d (id)) or press_private.stop_reason() is not null then
    return false;
  end if;
  perform press_private.close_edition_by_id(close_due_edition.edition_id);
  return true;
end
$$;
comment on function press_worker.close_due_edition is 'Closes the edition if its closes_at has passed, and tells whether it did; not while the press is stopped. Refuses: PRESS_STOPPED, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.close_due_edition from public;
grant execute on function press_worker.close_due_edition to press_worker;
