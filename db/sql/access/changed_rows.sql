/* Who sees which rows were not looked at yet: auditors. Not granted: insert (press_private.tg__note_changes does it), update, delete
   (press_private.look_at_changes does it). */
revoke all on press_private.changed_rows from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.changed_rows to press_auditor;
