/* Who sees credentials: each holder their own; operators and auditors all.
   Not granted: insert (press_worker.verify_attestation does it), update (press_worker.attach_credential_signatures and press.revoke_credential do it),
   delete (nobody does, a trigger refuses). */
revoke all on press.credentials from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.credentials to press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.credentials;
create policy owner_all on press.credentials to press_owner using (true) with check (true);
drop policy if exists select_own on press.credentials;
create policy select_own on press.credentials for select to press_holder using (holder_id = (select press_hidden.current_holder_id()));
drop policy if exists select_all on press.credentials;
create policy select_all on press.credentials for select to press_operator, press_auditor using (true);
