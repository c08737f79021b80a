/* For people and metrics: how far the stream is, and what keeps it from going on. The publisher itself asks the stream. A problem is a broker's
   words, which are made one short line before they come to a terminal. Locks: the one row. */
create or replace function press_worker.note_event_stream(publisher uuid, stream_size bigint, problem text)
  returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  if note_event_stream.stream_size < 0 then
    perform press_private.refuse('INVALID_INPUT', 'A stream has no fewer than 0 events.');
  end if;
  update press_private.event_stream s
  set stream_size = coalesce(note_event_stream.stream_size, s.stream_size),
      seen_at = case when note_event_stream.stream_size is null then s.seen_at else clock_timestamp() end,
      problem = left(nullif(regexp_replace(note_event_stream.problem collate "C", '[[:cntrl:]]+', ' ', 'g'), ''), 500)
  where s.publisher = note_event_stream.publisher and s.held_until > clock_timestamp();
  return found;
end
$$;
comment on function press_worker.note_event_stream is 'Keeps what the publisher saw: how many events the stream has (null: it could not be seen, and the last number stays), and what is the matter (null: nothing). False, and nothing is kept: the publisher has no lease. Refuses: INVALID_INPUT.';
revoke all on function press_worker.note_event_stream from public;
grant execute on function press_worker.note_event_stream to press_worker;
