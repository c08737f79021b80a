/* Who sees revocations: each holder those of their own tickets; operators and auditors all.
   Not granted: insert (press.revoke_ticket does it), update, delete (a revocation is final). */
revoke all on press.revocations from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.revocations to press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.revocations;
create policy owner_all on press.revocations to press_owner using (true) with check (true);
drop policy if exists select_own on press.revocations;
create policy select_own on press.revocations for select to press_holder using (exists (
  select from press.tickets t
  where t.edition_id = revocations.edition_id and t.ticket_number = revocations.ticket_number
    and t.holder_id = (select press_hidden.current_holder_id())));
drop policy if exists select_all on press.revocations;
create policy select_all on press.revocations for select to press_operator, press_auditor using (true);
