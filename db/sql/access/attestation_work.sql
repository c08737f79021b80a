/* Who sees evidence that is not decided yet: nobody, the auditor included, because evidence names people. The worker is handed it by
   press_worker.attestations_to_verify. Not granted: insert (press.submit_attestation does it), update, delete (the functions of the worker do it). */
revoke all on press_private.attestation_work from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
