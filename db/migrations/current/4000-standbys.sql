/* An answer about what somebody else committed waits for the synchronous standbys, as a commit does. */
--! include press_private/await_standbys.sql
--! include press_private/issue_batch.sql
--! include press_private/redeemed_under.sql
--! include press_private/requested_draw.sql
--! include press_private/submitted_under.sql
--! include press_worker/await_standbys.sql
