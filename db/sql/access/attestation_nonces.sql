/* Who sees the numbers that bind proofs to holders: nobody; each holder is told their own by press.begin_attestation. Not granted: insert, update, delete. */
revoke all on press_private.attestation_nonces from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
