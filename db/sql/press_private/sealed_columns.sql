/* What neither an envelope nor the ledger says is sealed, so that its change shows as well; where a table has few rows, all of them. A migration
   that changes a list makes the seals of the rows that are there. Who a holder is has no seal: a hash of it would be left when they are forgotten. So
   would one of what was found about them, or of a reason that names them: of those the hash is keyed. */
create or replace function press_private.sealed_columns()
  returns table (relation text, key text, columns text, condition text)
  language sql immutable
begin atomic
  values
    ('press.editions', 'id',
     'id, slug, title, cap, per_holder_limit, draw_mode, status, opens_at, closes_at, created_at, opened_at, closed_at, draw_commitment, draw_delay_seconds, beacon_chain_hash, required_trust_level, required_kind', 'true'),
    -- When it was issued the envelope says, while there is one.
    ('press.tickets', 'edition_id, ticket_number',
     'edition_id, ticket_number, issued_by, request_key, case when envelope is null then concat_ws('' issued '', request_position, issued_at) else request_position::text end', 'status <> ''pending'''),
    ('press.revocations', 'edition_id, ticket_number', 'edition_id, ticket_number, press_private.keyed_hash(''reason'', reason), is_reason_published, revoked_by, revoked_at', 'true'),
    ('press.redemptions', 'edition_id, ticket_number', 'edition_id, ticket_number, holder_id, redeemed_by, request_key, redeemed_at', 'true'),
    ('press.draws', 'edition_id, attempt',
     'edition_id, attempt, status, requested_at, replaced_number, reason, entries_count, entries_hash, entropy, beacon_round, tree_size, ticket_number, drawn_at', 'true'),
    ('press_private.draw_requests', 'edition_id, attempt', 'edition_id, attempt, requested_by, request_key', 'true'),
    ('press.beacon_chains', 'chain_hash', 'chain_hash, public_key, genesis_at, period_seconds', 'true'),
    ('press.beacon_rounds', 'chain_hash, round', 'chain_hash, round, signature, archived_at', 'true'),
    ('press.utxos', 'id', 'id, txid, output_index, wallet_script, satoshis, from_transaction_id, funded_by, released_by, case when release_reason is not null then press_private.keyed_hash(''reason'', release_reason) end, created_at', 'true'),
    ('press.signing_keys', 'key_id', 'key_id, public_key, purpose, activated_at, retired_at, revoked_at, revoked_by, revocation_reason', 'true'),
    ('press.ledger_entries', 'place', 'place, recorded_at', 'true'),
    ('press.checkpoints', 'tree_size', 'tree_size, root_hash, key_id, note, signed_at', 'true'),
    ('press.attestations', 'id',
     'id, holder_id, kind, status, evidence_digest, submitted_at, submitted_by, request_key, address_checks, decided_at, rule_set_id, press_private.keyed_hash(''facts'', facts::text), violations, proof_digest, renewed_id', 'true'),
    ('press.credentials', 'id',
     'id, attestation_id, holder_id, kind, trust_level, status, status_list, status_index, valid_from, valid_until, document, revoked_at, revoked_by, press_private.keyed_hash(''reason'', reason)', 'true'),
    ('press.publishing_keys', 'id',
     'id, holder_id, public_key, press_private.keyed_hash(''possession'', possession_signature), verified_at, records_per_hour, registered_at, registered_by, revoked_at, revoked_by, press_private.keyed_hash(''reason'', revocation_reason)', 'true'),
    ('press.publications', 'id',
     'id, kind, state, key_id, holder_id, submitted_by, nonce, expires_at, payload_hash, payload is null, signature, checkpoint_size, transaction_id, output_index, error_code, error_detail, submitted_at, sent_at', 'state in (''sent'', ''failed'')'),
    ('press.rule_sets', 'id',
     'id, rule_set_hash, repository_age_days, repository_size_kb, account_age_days, checks_per_hour, activated_at', 'true'),
    ('press_private.rule_set_requests', 'rule_set_id', 'rule_set_id, requested_by', 'true'),
    ('press_private.hashing_key', 'is_only', 'is_only, key, inner_key, outer_key', 'true'),
    ('press_private.erased_holders', 'holder_id', 'holder_id, subject_hash, erased_at', 'true'),
    ('press_private.erased_envelopes', 'edition_id, ticket_number', 'edition_id, ticket_number, envelope_hash', 'true'),
    ('press_private.press_state', 'id', 'id, is_stopped, reason, changed_by, changed_at', 'true'),
    ('press_private.ledger_adoptions', 'id', 'id, origin, reason, tree_size, adopted_at', 'true');
end;
comment on function press_private.sealed_columns is 'The tables whose rows are sealed: their key, the columns that a seal is made of, and for which rows there is one.';
revoke all on function press_private.sealed_columns from public;
