/* Who sees the size of the ledger with no checkpoint yet: auditors. Not granted: insert, update, delete. press_worker.integrate_ledger does the
   second. */
revoke all on press_private.ledger_head from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.ledger_head to press_auditor;
