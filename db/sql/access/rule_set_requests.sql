/* Who sees which operator put rules in force: auditors. Not granted: insert (press.set_rules does it), update, delete (nobody does, a trigger refuses). */
revoke all on press_private.rule_set_requests from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.rule_set_requests to press_auditor;
