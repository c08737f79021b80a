/* Who sees how the ledger came by its name: auditors. Not granted: insert (press_worker.adopt_ledger does it), update, delete (nobody does, a
   trigger refuses). */
revoke all on press_private.ledger_adoptions from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.ledger_adoptions to press_auditor;
