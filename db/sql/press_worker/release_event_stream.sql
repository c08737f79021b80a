/* So that another worker need not wait for the lease of one that ends in order. Locks: the one row. */
create or replace function press_worker.release_event_stream(publisher uuid)
  returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  update press_private.event_stream s set publisher = null, held_until = null where s.publisher = release_event_stream.publisher;
  return found;
end
$$;
comment on function press_worker.release_event_stream is 'Ends the publisher''s lease, and tells whether it was the last to have one.';
revoke all on function press_worker.release_event_stream from public;
grant execute on function press_worker.release_event_stream to press_worker;
