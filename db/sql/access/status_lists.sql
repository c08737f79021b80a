/* Who sees the status lists: auditors; everybody is served them by press_gateway.status_list. Not granted: insert, update
   (press_worker.publish_status_list does it), delete. */
revoke all on press_private.status_lists from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.status_lists to press_auditor;
