/* A lease keeps workers out of each other's way. Nothing depends on it: the broker takes an event at one place only, whoever brings it.
   Also while the press is stopped. Locks: the one row. */
create or replace function press_worker.hold_event_stream(publisher uuid, lease_seconds integer)
  returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  if (hold_event_stream.publisher is not null and hold_event_stream.lease_seconds between 1 and 3600) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A publisher has an id, a lease 1 to 3600 seconds.');
  end if;
  update press_private.event_stream s
  set publisher = hold_event_stream.publisher, held_until = clock_timestamp() + make_interval(secs => hold_event_stream.lease_seconds)
  where s.publisher is null or s.publisher = hold_event_stream.publisher or not press_private.claim_holds(s.held_until);
  return found;
end
$$;
comment on function press_worker.hold_event_stream is 'Makes the publisher the one that sends events for lease_seconds (1 to 3600) from now, and tells whether it is: not while another one''s lease runs. Refuses: INVALID_INPUT.';
revoke all on function press_worker.hold_event_stream from public;
grant execute on function press_worker.hold_event_stream to press_worker;
