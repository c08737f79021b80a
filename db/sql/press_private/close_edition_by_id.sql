/* Closes under the edition's lock: whoever issues has either committed before, or will see that it is closed. Its entry for the ledger waits until
   its tickets are signed: press_worker.record_closed_edition. Where a beacon decides, the moment of closing was promised: whoever could choose it
   could choose the round. */
create or replace function press_private.close_edition_by_id(edition_id integer)
  returns press.editions
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  v_edition  press.editions;
begin
  perform press_private.lock_edition(close_edition_by_id.edition_id);
  perform press_private.require_running();

  select e.* into strict v_edition from press.editions e where e.id = close_edition_by_id.edition_id;
  if v_edition.status = 'draft' then
    perform press_private.refuse('EDITION_NOT_OPEN', 'It is a draft that was not opened yet.');
  end if;
  if v_edition.status <> 'open' then
    perform press_private.await_standbys();
    return v_edition;
  end if;
  if v_edition.draw_mode::text = 'beacon' and v_edition.closes_at > clock_timestamp() then
    perform press_private.refuse('DRAW_NOT_READY', format('Its draw is by beacon, so it closes at %s and not earlier.', press_private.rfc3339(v_edition.closes_at)));
  end if;

  update press.editions e set status = 'closed', closed_at = clock_timestamp() where e.id = v_edition.id returning e.* into v_edition;
  insert into press_private.closings_to_record (edition_id) values (v_edition.id);
  return v_edition;
end
$$;
comment on function press_private.close_edition_by_id is 'Closes the edition, or leaves it closed. Refuses: PRESS_STOPPED, EDITION_NOT_OPEN (it is a draft), LOCK_TIMEOUT, RETRY, DRAW_NOT_READY (its draw is by beacon, and its closes_at has not come).';
revoke all on function press_private.close_edition_by_id from public;
