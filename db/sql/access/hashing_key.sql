/* Who sees the key of keyed hashes: nobody, the auditor included, because whoever has it opens them by guessing. Not granted: insert (the migration did it), update,
   delete (nobody does, a trigger refuses: what was hashed would match nothing any more). */
revoke all on press_private.hashing_key from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
