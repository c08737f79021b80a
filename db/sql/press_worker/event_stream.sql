create or replace function press_worker.event_stream()
  returns table (publisher uuid, held_until timestamptz, stream_size bigint, seen_at timestamptz, problem text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select case when s.held_until > clock_timestamp() then s.publisher end, case when s.held_until > clock_timestamp() then s.held_until end,
    s.stream_size, s.seen_at, s.problem
  from press_private.event_stream s;
end
$$;
comment on function press_worker.event_stream is 'One row: who sends events now, and until when (nulls: nobody, by the clock of the database); how many events the stream had when one of them last saw it, and when that was (nulls: never); and what was the matter then (null: nothing).';
revoke all on function press_worker.event_stream from public;
grant execute on function press_worker.event_stream to press_worker;
