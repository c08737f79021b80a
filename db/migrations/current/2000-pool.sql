/* The pool of coins, the transactions that spend them, and what becomes of these. */

comment on column press.chain_transactions.state is 'How far it is on its way to the chain.';
comment on column press.chain_transactions.epoch is 'Which claim of it this is, from 1: what was signed under another one is not stored.';
comment on column press.chain_transactions.reserved_until is 'Until when whoever was handed it may store it; of one that replaces another, when it is handed out next.';
comment on column press.chain_transactions.wallet_script is 'The output script of the wallet whose coins it spends and whom its change pays, in hex.';
comment on column press.chain_transactions.is_split is 'Whether it publishes nothing, and makes coins of a large one.';
comment on column press.chain_transactions.split_count is 'How many equal outputs it pays to the wallet, beside its change.';
comment on column press.chain_transactions.split_satoshis is 'What each of these pays.';
comment on column press.chain_transactions.has_checkpoint is 'Whether it carries a checkpoint of the ledger: everybody sees such a transaction.';
comment on column press.chain_transactions.replaces_id is 'The one that it takes the place of: it spends what that one spends, so the chain takes one of them at most.';
comment on column press.chain_transactions.txid is 'Its id on the chain; null: it is not signed.';
comment on column press.chain_transactions.raw is 'Its bytes, which are sent until its fate is known; null: it is not signed.';
comment on column press.chain_transactions.fee_satoshis is 'What it leaves to the miner.';
comment on column press.chain_transactions.fee_satoshis_per_kb is 'What its fee was made of, for each 1000 bytes.';
comment on column press.chain_transactions.dust_satoshis is 'The least that its change may be; less went to the fee.';
comment on column press.chain_transactions.change_satoshis is 'What comes back to the wallet, in its last output; 0: it has none.';
comment on column press.chain_transactions.depth is 'How many transactions there are in the longest line of which no block has any, itself included; 0: a block has it.';
comment on column press.chain_transactions.attempts is 'How often it was handed out to be sent.';
comment on column press.chain_transactions.answered_attempt is 'The last attempt that was answered.';
comment on column press.chain_transactions.may_be_out is 'Whether somebody may have it, whatever is said of it: an attempt was not answered, or the nodes had it.';
comment on column press.chain_transactions.refused_count is 'How often in a row it was refused since it may be out.';
comment on column press.chain_transactions.retry_at is 'When it is sent again, unless it is answered before; null: never.';
comment on column press.chain_transactions.error_code is 'What was said of it last.';
comment on column press.chain_transactions.error_detail is 'The same in the words of who said it.';
comment on column press.chain_transactions.competing_txid is 'The transaction that spends a coin of it, as somebody says.';
comment on column press.chain_transactions.created_at is 'When its coins were reserved.';
comment on column press.chain_transactions.updated_at is 'When the row changed last.';
comment on column press.chain_transactions.stored_at is 'When its bytes were stored: from then on it may be out.';
comment on column press.chain_transactions.accepted_at is 'When the nodes took it first; also of one that a stranger outran later.';
comment on column press.chain_transactions.mined_at is 'When a block was seen to have it.';
comment on column press.chain_transactions.looked_at is 'When a worker looked for it last.';
comment on column press.chain_transactions.block_hash is 'The block that has it.';
comment on column press.chain_transactions.block_height is 'The height of this block.';
comment on column press.chain_transactions.block_header is 'The 80 bytes of this block''s header; null: not known.';
comment on column press.chain_transactions.merkle_index is 'Its place in this block, from 0; null: not known.';
comment on column press.chain_transactions.merkle_hashes is 'The hashes from it to the root in the header, from below; null: not known.';

comment on column press.utxos.txid is 'The transaction that pays it.';
comment on column press.utxos.output_index is 'Which output of that, from 0.';
comment on column press.utxos.wallet_script is 'Whom it pays: the script of the output in hex.';
comment on column press.utxos.satoshis is 'What it pays.';
comment on column press.utxos.state is 'Whether it can be spent, and what became of it.';
comment on column press.utxos.transaction_id is 'The transaction that has it, or has spent it; null: none.';
comment on column press.utxos.reserved_until is 'Until when it is reserved.';
comment on column press.utxos.from_transaction_id is 'The transaction of the press that pays it; null: somebody else''s.';
comment on column press.utxos.depth is 'How many transactions there are in the line that pays it of which no block has any: from 20 on it waits for a block.';
comment on column press.utxos.spent_by_txid is 'The transaction of the press that has spent it, as the nodes say.';
comment on column press.utxos.dirty_reason is 'Why it is not spent any more.';
comment on column press.utxos.competing_txid is 'The transaction of somebody else that has spent it; null: not known.';
comment on column press.utxos.funded_by is 'Which operator said that it is there: operator:SUBJECT or login:NAME; null: a transaction of the press pays it.';
comment on column press.utxos.released_by is 'Which operator returned it to the pool last, when it was dirty.';
comment on column press.utxos.release_reason is 'Why.';
comment on column press.utxos.created_at is 'When it came into the pool.';
comment on column press.utxos.updated_at is 'When the row changed last.';

-- The pool: coins, the transactions that spend them, and what becomes of these
--! include press_private/script_push.sql
--! include press_private/publication_script.sql
--! include press_private/publication_sent_leaf.sql
--! include press_private/reversed_bytes.sql
--! include press_private/little_endian_bytes.sql
--! include press_private/compact_size.sql
--! include press_private/compact_size_bytes.sql
--! include press_private/txid_of.sql
--! include press_private/publication_output_bytes.sql
--! include press_private/transaction_bytes.sql
--! include press_private/transaction_fee.sql
--! include press_private/transaction_change.sql
--! include press_private/transaction_outputs.sql
--! include press_private/is_unlocking_script.sql
--! include press_private/raw_transaction_problem.sql
--! include press/fund_pool.sql
--! include press/release_utxo.sql
--! include press/utxo_pool_health.sql
--! include press_private/pick_coins.sql
--! include press_private/pick_coin_each.sql
--! include press_private/claim_coins.sql
--! include press_private/free_coins.sql
--! include press_private/put_publications.sql
--! include press_private/queue_publications.sql
--! include press_private/fee_floor.sql
--! include press_private/reserve_transaction.sql
--! include press_private/reserve_bundle.sql
--! include press_private/release_transaction.sql
--! include press_private/release_reservations.sql
--! include press_worker/release_expired.sql
--! include press_private/expire_publications.sql
--! include press_private/queued_publications.sql
--! include press_private/due_bundles.sql
--! include press_private/reserve_each.sql
--! include press_private/reserved_publication_ids.sql
--! include press_private/price_transaction.sql
--! include press_private/replacements_to_sign.sql
--! include press_private/unsigned_transactions.sql
--! include press_private/require_wallet_terms.sql
--! include press_worker/publications_to_send.sql
--! include press_worker/split_to_make.sql
--! include press_worker/pool_shortage.sql
--! include press_private/replace_transaction.sql
--! include press_private/continue_on_coins.sql
--! include press_private/close_ranks.sql
--! include press_worker/fail_publications.sql
--! include press_private/judge_raw_transaction.sql
--! include press_private/write_raw_transactions.sql
--! include press_worker/store_transactions.sql
--! include press_worker/transactions_to_send.sql
--! include press_private/is_lost.sql
--! include press_private/winner_without_block.sql
--! include press_private/may_be_out_beside.sql
--! include press_private/leave_transaction.sql
--! include press_private/void_outputs.sql
--! include press_private/conflict_transaction.sql
--! include press_private/postpone_transaction.sql
--! include press_private/lock_rivals.sql
--! include press_private/add_outputs.sql
--! include press_private/yield_to_transaction.sql
--! include press_private/release_rebuilt.sql
--! include press_private/note_sent.sql
--! include press_private/accept_undisputed.sql
--! include press_private/accept_transaction.sql
--! include press_private/unmined_parents.sql
--! include press_private/is_conflict_told.sql
--! include press_private/has_mined_child.sql
--! include press_private/apply_conflict.sql
--! include press_private/apply_rejection.sql
--! include press_private/apply_outcome.sql
--! include press_private/require_outcomes.sql
--! include press_worker/record_outcomes.sql
--! include press_worker/transactions_to_look_at.sql
--! include press_private/settle_depths.sql
--! include press_private/mine_undisputed.sql
--! include press_private/apply_sighting.sql
--! include press_private/require_sightings.sql
--! include press_worker/record_sightings.sql
--! include press_worker/record_tip.sql
-- It returns more than it did.
drop function press_gateway.press_metrics();
--! include press_gateway/press_metrics.sql
--! include press_private/audit_checks.sql
--! include press_private/sealed_columns.sql
--! include press_private/tg__seal_rows.sql
--! include press_private/tg_utxos__seal_released.sql
--! include press_private/audit_pool.sql
--! include press_private/audit_transactions.sql
--! include press_private/audit_outputs.sql
--! include press_private/audit_findings.sql
--! include press_private/tg__refuse_change.sql
--! include press_private/tg__stamp_updated.sql
--! include press_private/tg_chain_transactions__guard_identity.sql
--! include press_private/tg_utxos__guard_identity.sql
--! include press_private/tg_chain__guard_history.sql
--! include access/publishing_keys.sql
--! include access/publications.sql
--! include access/chain_transactions.sql
--! include access/utxos.sql
--! include access/chain_inputs.sql
--! include access/chain_outputs.sql
--! include access/chain_tip.sql
