/* What is left of coins that were spent again and again does not count as coins; and whoever looks whether there are enough reads no other transactions. */
create index chain_transactions_rejected_split_idx on press.chain_transactions (wallet_script, updated_at) where is_split and state = 'rejected';
--! include press_worker/split_to_make.sql
