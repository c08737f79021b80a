/* Who sees the coins of the press: operators and auditors. Not granted: insert (press.fund_pool and the functions of the worker do it), update (these and
   press.release_utxo do it), delete (nobody does, a trigger refuses). */
revoke all on press.utxos from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.utxos to press_operator, press_auditor;

drop policy if exists owner_all on press.utxos;
create policy owner_all on press.utxos to press_owner using (true) with check (true);
drop policy if exists select_all on press.utxos;
create policy select_all on press.utxos for select to press_operator, press_auditor using (true);
