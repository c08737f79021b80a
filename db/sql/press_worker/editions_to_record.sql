/* Asked at every look, also while a long backlog is signed: one lookup an edition that waits. */
create or replace function press_worker.editions_to_record()
  returns setof integer
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  return query
  select q.edition_id from press_private.closings_to_record q
  left join press.tickets t on t.edition_id = q.edition_id and t.ticket_number = q.awaited_number
  where (t.status <> 'pending' or q.awaited_number is null) and press_private.stop_reason() is null
  order by q.edition_id;
end
$$;
comment on function press_worker.editions_to_record is 'The ids of the closed editions whose tickets may all be signed by now, to be given to press_worker.record_closed_edition one by one; none while the press is stopped.';
revoke all on function press_worker.editions_to_record from public;
grant execute on function press_worker.editions_to_record to press_worker;
