/* Who sees keys that records are signed with: each holder their own; operators and auditors all. What is published names its key, and nobody need ask here for it.
   Not granted: insert (press.register_public_key does it), update (press.set_publishing_quota, press.revoke_public_key, press_worker.verify_public_key and
   press.erase_holder do it), delete (nobody does, a trigger refuses). */
revoke all on press.publishing_keys from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.publishing_keys to press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.publishing_keys;
create policy owner_all on press.publishing_keys to press_owner using (true) with check (true);
drop policy if exists select_own on press.publishing_keys;
create policy select_own on press.publishing_keys for select to press_holder using (holder_id = (select press_hidden.current_holder_id()));
drop policy if exists select_all on press.publishing_keys;
create policy select_all on press.publishing_keys for select to press_operator, press_auditor using (true);
