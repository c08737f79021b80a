/* Who sees seals: auditors. Not granted: insert (press_private.tg__seal_rows does it), update, delete. */
revoke all on press_private.row_seals from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.row_seals to press_auditor;
