/* Who sees checkpoints: everybody. Not granted: insert (press_worker.publish_checkpoint does it), update, delete (nobody does, a trigger
   refuses). */
revoke all on press.checkpoints from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.checkpoints to press_anonymous, press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.checkpoints;
create policy owner_all on press.checkpoints to press_owner using (true) with check (true);
drop policy if exists select_all on press.checkpoints;
create policy select_all on press.checkpoints for select to press_anonymous, press_holder, press_operator, press_auditor using (true);
