/* Who sees where the chain ends: auditors; confirmations are counted from it for everybody. Not granted: insert, update (press_worker.record_tip does it), delete. */
revoke all on press_private.chain_tip from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.chain_tip to press_auditor;
