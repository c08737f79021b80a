/* Who sees what is signed of credentials: auditors. The worker is handed it by press_worker.credentials_to_sign. Not granted: insert, update
   (that function does it), delete (nobody does, a trigger refuses). */
revoke all on press_private.credential_payloads from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.credential_payloads to press_auditor;
