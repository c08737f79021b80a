/* Who sees which keys have combs: auditors. Not granted: insert, update, delete. press_private.build_ed25519_comb does the first; nobody the
   rest, because a comb follows from its key. */
revoke all on press_private.ed25519_combs from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.ed25519_combs to press_auditor;
