/* Who sees the nodes of the tree: auditors. Everybody else meets them in proofs and tiles. Not granted: insert (press_worker.integrate_ledger does
   it), update, delete (nobody does, a trigger refuses). */
revoke all on press_private.ledger_nodes from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.ledger_nodes to press_auditor;
