/* Who sees tickets: each holder their own; operators and auditors all; who is not signed in, none.
   Not granted: insert (press.issue_ticket does it), update (press_worker.attach_signatures and press.revoke_ticket do it), delete (nobody). */
revoke all on press.tickets from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.tickets to press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.tickets;
create policy owner_all on press.tickets to press_owner using (true) with check (true);
drop policy if exists select_own on press.tickets;
create policy select_own on press.tickets for select to press_holder using (holder_id = (select press_hidden.current_holder_id()));
drop policy if exists select_all on press.tickets;
create policy select_all on press.tickets for select to press_operator, press_auditor using (true);
