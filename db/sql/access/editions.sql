/* Who sees editions: everybody, once they are opened; operators and auditors also drafts.
   Not granted: insert, update, delete. press.create_edition, press.open_edition and press.close_edition do that. */
revoke all on press.editions from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.editions to press_anonymous, press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.editions;
create policy owner_all on press.editions to press_owner using (true) with check (true);
drop policy if exists select_opened on press.editions;
create policy select_opened on press.editions for select to press_anonymous, press_holder using (status <> 'draft');
drop policy if exists select_all on press.editions;
create policy select_all on press.editions for select to press_operator, press_auditor using (true);
