/* Who sees signing claims: auditors. Everybody else meets them through press_worker.tickets_to_sign. */
revoke all on press_private.signing_claims from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.signing_claims to press_auditor;
