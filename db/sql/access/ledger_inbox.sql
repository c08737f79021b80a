/* Who sees what has no place in the ledger yet: auditors. Not granted: insert (press_private.append_entry and
   press_worker.attach_signatures do it), update, delete (press_worker.integrate_ledger does it, and gives a place). */
revoke all on press_private.ledger_inbox from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.ledger_inbox to press_auditor;
