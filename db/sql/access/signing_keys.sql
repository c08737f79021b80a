/* Who sees signing keys: everybody; they are public keys. Not granted: insert, update, delete. press_worker.register_signing_key,
   press_worker.retire_signing_key and press.revoke_signing_key do that. */
revoke all on press.signing_keys from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.signing_keys to press_anonymous, press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.signing_keys;
create policy owner_all on press.signing_keys to press_owner using (true) with check (true);
drop policy if exists select_all on press.signing_keys;
create policy select_all on press.signing_keys for select to press_anonymous, press_holder, press_operator, press_auditor using (true);
