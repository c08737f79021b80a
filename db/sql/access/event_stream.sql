/* Who sees how far the stream of events is: auditors; the worker and the gateway by functions. Not granted: insert (the migration did it),
   update (press_worker.hold_event_stream, note_event_stream and release_event_stream do it), delete. */
revoke all on press_private.event_stream from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.event_stream to press_auditor;
