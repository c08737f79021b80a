/* Who sees what goes out on the chain: each holder their own records; everybody the ledger's checkpoints, which are public anyway; operators and auditors all.
   Not granted: insert (press.submit_record and press_worker.anchor_checkpoint do it), update (the worker's functions do it), delete (nobody does, a trigger refuses). */
revoke all on press.publications from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.publications to press_anonymous, press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.publications;
create policy owner_all on press.publications to press_owner using (true) with check (true);
drop policy if exists select_own on press.publications;
create policy select_own on press.publications for select to press_holder using (holder_id = (select press_hidden.current_holder_id()));
drop policy if exists select_checkpoints on press.publications;
create policy select_checkpoints on press.publications for select to press_anonymous, press_holder using (kind = 'checkpoint');
drop policy if exists select_all on press.publications;
create policy select_all on press.publications for select to press_operator, press_auditor using (true);
