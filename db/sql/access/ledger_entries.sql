/* Who sees the ledger: everybody, also what no checkpoint covers yet; people appear in it by id, and a database login by its name. Not granted: insert (press_worker.integrate_ledger does it), update, delete (nobody
   does, a trigger refuses). */
revoke all on press.ledger_entries from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.ledger_entries to press_anonymous, press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.ledger_entries;
create policy owner_all on press.ledger_entries to press_owner using (true) with check (true);
drop policy if exists select_all on press.ledger_entries;
create policy select_all on press.ledger_entries for select to press_anonymous, press_holder, press_operator, press_auditor using (true);
