/* Who sees how far the looks over all rows are: auditors. Not granted: insert (the migration did it), update (press_private.look_at_changes does
   it), delete. */
revoke all on press_private.looked_rows from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.looked_rows to press_auditor;
