/* Who sees the points of combs: auditors. Everybody else meets them through press.ed25519_verify. Not granted: insert, update, delete. A wrong
   point could make a forged signature valid; press_private.faulty_ed25519_combs finds what a superuser changed. */
revoke all on press_private.ed25519_comb_points from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.ed25519_comb_points to press_auditor;
