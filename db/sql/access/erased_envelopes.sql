/* Who sees the hashes of envelopes that were removed: auditors. Not granted: insert (forgetting a person does it), update, delete. */
revoke all on press_private.erased_envelopes from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.erased_envelopes to press_auditor;
