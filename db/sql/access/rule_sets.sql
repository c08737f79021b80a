/* Who sees the rules that evidence is held against: everybody; who put them in force, press_private.rule_set_requests. Not granted: insert (press.set_rules does it), update, delete (nobody does, a trigger refuses:
   decisions rest on them). */
revoke all on press.rule_sets from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.rule_sets to press_anonymous, press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.rule_sets;
create policy owner_all on press.rule_sets to press_owner using (true) with check (true);
drop policy if exists select_all on press.rule_sets;
create policy select_all on press.rule_sets for select to press_anonymous, press_holder, press_operator, press_auditor using (true);
