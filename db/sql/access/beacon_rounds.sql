/* Who sees the archived rounds of beacons: everybody. Not granted: insert (press_worker.archive_beacon_round does it), update, delete (nobody does, a
   trigger refuses). */
revoke all on press.beacon_rounds from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.beacon_rounds to press_anonymous, press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.beacon_rounds;
create policy owner_all on press.beacon_rounds to press_owner using (true) with check (true);
drop policy if exists select_all on press.beacon_rounds;
create policy select_all on press.beacon_rounds for select to press_anonymous, press_holder, press_operator, press_auditor using (true);
