/* Who sees which operator asked for a draw: auditors. Not granted: insert (press.draw_winner and press.replace_winner do it), update, delete (nobody
   does, a trigger refuses). */
revoke all on press_private.draw_requests from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.draw_requests to press_auditor;
