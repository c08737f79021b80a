/* Who sees which holders were forgotten: auditors. Not granted: insert, delete (forgetting a person and their return do it), update. */
revoke all on press_private.erased_holders from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.erased_holders to press_auditor;
