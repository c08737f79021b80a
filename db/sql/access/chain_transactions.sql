/* Who sees transactions: operators and auditors all; everybody those that carry checkpoints of the ledger, which are there for everybody to check the press by, once the
   nodes have them: until then nobody else has the records that share them, and some never go out. Not granted:
   insert, update (the functions of the worker do it), delete (nobody does, a trigger refuses). */
revoke all on press.chain_transactions from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.chain_transactions to press_anonymous, press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.chain_transactions;
create policy owner_all on press.chain_transactions to press_owner using (true) with check (true);
drop policy if exists select_checkpoints on press.chain_transactions;
create policy select_checkpoints on press.chain_transactions for select to press_anonymous, press_holder using (has_checkpoint and accepted_at is not null);
drop policy if exists select_all on press.chain_transactions;
create policy select_all on press.chain_transactions for select to press_operator, press_auditor using (true);
