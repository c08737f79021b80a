/* Who sees when the press was looked at last: auditors; the gateway by a function. Not granted: insert (the migration did it), update
   (press_private.look_at_changes does it), delete (nobody does, a trigger refuses). */
revoke all on press_private.last_look from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.last_look to press_auditor;
