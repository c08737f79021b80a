/* Who sees which transactions spend which coins: auditors. Not granted: insert, update (the functions of the worker do it), delete (nobody does, a trigger refuses). */
revoke all on press_private.chain_inputs from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.chain_inputs to press_auditor;
