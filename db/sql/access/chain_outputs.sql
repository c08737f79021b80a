/* Who sees which transactions carried which publications: auditors. Not granted: insert, update (the functions of the worker do it), delete (nobody does, a trigger refuses). */
revoke all on press_private.chain_outputs from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.chain_outputs to press_auditor;
