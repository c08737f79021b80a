/* Who sees every stop and start: auditors. Everybody reads press.press_stop_reason. Not granted: insert (press_worker.stop_press and
   press.start_press do it), update, delete (nobody does, a trigger refuses). */
revoke all on press_private.press_state from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.press_state to press_auditor;
