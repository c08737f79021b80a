/* Who sees beacon chains: everybody. Not granted: insert (a migration does it, or who administers the database), update, delete (nobody does, a
   trigger refuses: editions rest on them). */
revoke all on press.beacon_chains from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.beacon_chains to press_anonymous, press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.beacon_chains;
create policy owner_all on press.beacon_chains to press_owner using (true) with check (true);
drop policy if exists select_all on press.beacon_chains;
create policy select_all on press.beacon_chains for select to press_anonymous, press_holder, press_operator, press_auditor using (true);
