/* Who sees redemptions: each holder those of their own tickets; operators and auditors all.
   Not granted: insert (press.redeem_ticket does it), update, delete (a redemption is final). */
revoke all on press.redemptions from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.redemptions to press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.redemptions;
create policy owner_all on press.redemptions to press_owner using (true) with check (true);
drop policy if exists select_own on press.redemptions;
create policy select_own on press.redemptions for select to press_holder using (holder_id = (select press_hidden.current_holder_id()));
drop policy if exists select_all on press.redemptions;
create policy select_all on press.redemptions for select to press_operator, press_auditor using (true);
