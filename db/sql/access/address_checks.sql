/* Who sees which network addresses were here: nobody. Not granted: insert, update (press.submit_attestation does it), delete
   (press_worker.forget_addresses does it). */
revoke all on press_private.address_checks from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
