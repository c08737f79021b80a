/* What may leave the press: nothing of which no checkpoint says that it happened. So nothing that was sent is ever taken back. Also while the
   press is stopped: what is published is known. Plans are kept to the index of places, however small the ledger was when they were made. */
create or replace function press_worker.ledger_events(first_place bigint, count integer)
  returns table (place bigint, leaf text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_size  bigint := coalesce((select c.tree_size from press.checkpoints c order by c.tree_size desc limit 1), 0);
begin
  if (ledger_events.first_place >= 0 and ledger_events.count between 1 and 10000) is not true then
    perform press_private.refuse('INVALID_INPUT', 'Places count from 0, and 1 to 10000 entries can be asked for.');
  end if;
  if ledger_events.first_place < v_size then
    return query
    select e.place, e.leaf from press.ledger_entries e
    where e.place >= ledger_events.first_place and e.place < least(v_size, ledger_events.first_place + ledger_events.count)
    order by e.place;
  end if;
end
$$;
comment on function press_worker.ledger_events is 'The entries from the place on that the latest checkpoint covers, in their order, as many as count (1 to 10000). Refuses: INVALID_INPUT.';
revoke all on function press_worker.ledger_events from public;
grant execute on function press_worker.ledger_events to press_worker;
