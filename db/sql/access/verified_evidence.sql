/* Who sees by which hash evidence is known again: nobody, because who sees it tells who has shown the same. Not granted: insert
   (press_worker.verify_attestation does it), update, delete (nobody does, a trigger refuses). */
revoke all on press_private.verified_evidence from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
