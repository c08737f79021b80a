/* Who sees what did not hold: auditors; operators by press.invariants. Not granted: insert, update, delete (press_private.look_at_changes does
   all of it). */
revoke all on press_private.violations from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.violations to press_auditor;
