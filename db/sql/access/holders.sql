/* Who sees holders: each their own row; operators and auditors all.
   Not granted: insert (issuing makes holders of those who have none), update, delete (holders are never removed). */
revoke all on press.holders from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.holders to press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.holders;
create policy owner_all on press.holders to press_owner using (true) with check (true);
drop policy if exists select_own on press.holders;
create policy select_own on press.holders for select to press_holder using (id = (select press_hidden.current_holder_id()));
drop policy if exists select_all on press.holders;
create policy select_all on press.holders for select to press_operator, press_auditor using (true);
