/* Who sees which closings wait for signatures: auditors. Not granted: insert (closing an edition does it), update, delete
   (press_worker.record_closed_edition does it). */
revoke all on press_private.closings_to_record from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.closings_to_record to press_auditor;
