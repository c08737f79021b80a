/* Publications on their way to a public chain, the transactions that carry them, and the coins that pay for these. Who may read what: db/sql/access/. */

create type press.publication_kind as enum ('record', 'checkpoint');
comment on type press.publication_kind is 'What is published. record: what a client has signed; checkpoint: the signed note of the ledger''s checkpoint.';

create type press.publication_state as enum ('queued', 'processing', 'unknown', 'sent', 'failed');
comment on type press.publication_state is 'queued: waits for a transaction; processing: is in one that is being made or sent; unknown: it was sent, and nobody has said yet whether it was taken; sent: the chain''s nodes have it; failed: its error says why.';

create type press.chain_transaction_state as enum ('reserved', 'sending', 'unknown', 'accepted', 'mined', 'replaced', 'conflicted', 'rejected', 'released');
comment on type press.chain_transaction_state is 'reserved: has its coins, is not signed; sending: is stored, and may be out from here on; unknown: was sent, without an answer; accepted: the nodes have it; mined: a block has it; replaced: a later one spends the same coins; conflicted: another one has spent a coin of it; rejected: was refused for good; released: gave its coins back before anything was stored.';

create type press.utxo_state as enum ('available', 'reserved', 'unknown', 'dirty', 'spent');
comment on type press.utxo_state is 'available: can be spent; reserved: a transaction that is not stored yet has it; unknown: a stored transaction spends it, whose fate is not known; dirty: somebody else has spent it, or may have; spent: a transaction that the nodes have spends it.';

/* Keys that clients sign records with. */
create table press.publishing_keys (
  id                    uuid not null default press_private.time_ordered_uuid()
                        constraint publishing_keys_pkey primary key,
  holder_id             uuid not null
                        constraint publishing_keys_holder_fkey references press.holders,
  public_key            text not null
                        constraint publishing_keys_public_key_key unique
                        constraint publishing_keys_public_key_is_compressed check (public_key collate "C" ~ '^0[23][0-9a-f]{64}$'),
  -- Over the name of the person, and so gone when they are forgotten.
  possession_signature  text,
  verified_at           timestamptz(3),
  records_per_hour      integer not null default 1000
                        constraint publishing_keys_quota_is_positive check (records_per_hour between 1 and 1000000),
  registered_at         timestamptz(3) not null default clock_timestamp(),
  registered_by         text,
  revoked_at            timestamptz(3),
  revoked_by            text,
  revocation_reason     text
                        constraint publishing_keys_reason_is_one_line check (length(revocation_reason) between 1 and 500 and revocation_reason collate "C" !~ '[[:cntrl:]]'),
  constraint publishing_keys_whose_key unique (id, holder_id),
  constraint publishing_keys_have_shown_possession check (possession_signature is not null or revoked_at is not null),
  constraint publishing_keys_revocation_is_whole check ((revoked_at is null) = (revoked_by is null) and (revocation_reason is null or revoked_at is not null))
);
alter table press.publishing_keys enable row level security;
alter table press.publishing_keys force row level security;
create index publishing_keys_holder_idx on press.publishing_keys (holder_id);

/* A transaction of the chain. Its raw bytes are stored before anybody sends them, and never change. */
create table press.chain_transactions (
  id               bigint generated always as identity
                   constraint chain_transactions_pkey primary key,
  state            press.chain_transaction_state not null default 'reserved',
  -- Rises with each claim of it: who slept through the end of theirs changes nothing any more.
  epoch            integer not null default 1,
  reserved_until   timestamptz not null,
  -- Whose coins it spends, and whom its change pays: the output script of the wallet in hex.
  wallet_script    text not null
                   constraint chain_transactions_wallet_is_a_key_hash check (wallet_script collate "C" ~ '^76a914[0-9a-f]{40}88ac$'),
  is_split         boolean not null default false,
  split_count      integer not null default 0,
  split_satoshis   bigint not null default 0,
  has_checkpoint   boolean not null default false,
  replaces_id      bigint
                   constraint chain_transactions_replaced_once unique
                   constraint chain_transactions_replaces_fkey references press.chain_transactions,
  txid             text
                   constraint chain_transactions_txid_key unique
                   constraint chain_transactions_txid_is_hex check (txid collate "C" ~ '^[0-9a-f]{64}$'),
  raw              bytea,
  fee_satoshis     bigint not null
                   constraint chain_transactions_fee_is_not_negative check (fee_satoshis >= 0),
  fee_satoshis_per_kb integer not null
                   constraint chain_transactions_fee_rate_is_possible check (fee_satoshis_per_kb between 0 and 1000000),
  dust_satoshis    integer not null default 1
                   constraint chain_transactions_dust_is_positive check (dust_satoshis >= 1),
  change_satoshis  bigint not null
                   constraint chain_transactions_change_is_not_negative check (change_satoshis >= 0),
  depth            integer not null default 0
                   constraint chain_transactions_depth_is_not_negative check (depth >= 0),
  attempts         integer not null default 0,
  -- The last attempt that was answered: each is answered once.
  answered_attempt integer not null default 0,
  -- Somebody may have it: an attempt ended without an answer, or it was accepted or seen once. It never becomes false again.
  may_be_out       boolean not null default false,
  refused_count    integer not null default 0,
  retry_at         timestamptz,
  error_code       text,
  error_detail     text,
  competing_txid   text
                   constraint chain_transactions_competing_txid_is_hex check (competing_txid collate "C" ~ '^[0-9a-f]{64}$'),
  created_at       timestamptz(3) not null default clock_timestamp(),
  updated_at       timestamptz(3) not null default clock_timestamp(),
  stored_at        timestamptz(3),
  accepted_at      timestamptz(3),
  mined_at         timestamptz(3),
  looked_at        timestamptz,
  block_hash       text
                   constraint chain_transactions_block_hash_is_hex check (block_hash collate "C" ~ '^[0-9a-f]{64}$'),
  block_height     integer,
  block_header     bytea
                   constraint chain_transactions_block_header_has_80_bytes check (length(block_header) = 80),
  merkle_index     bigint,
  merkle_hashes    text[],
  constraint chain_transactions_are_stored_whole check ((txid is null) = (raw is null) and (raw is null) = (stored_at is null)),
  constraint chain_transactions_are_stored_before_they_are_sent check (raw is not null or state in ('reserved', 'released')),
  constraint chain_transactions_split_into_outputs check (is_split = (split_count > 0) and (split_count > 0) = (split_satoshis > 0)),
  constraint chain_transactions_answers_are_to_attempts check (answered_attempt between 0 and attempts),
  constraint chain_transactions_mined_in_a_block check ((state = 'mined') = (block_hash is not null) and (block_hash is null) = (block_height is null))
);
alter table press.chain_transactions enable row level security;
alter table press.chain_transactions force row level security;
create index chain_transactions_reserved_idx on press.chain_transactions (reserved_until) where state = 'reserved';
create index chain_transactions_retry_idx on press.chain_transactions (retry_at) where state in ('sending', 'unknown', 'accepted') and retry_at is not null;
create index chain_transactions_unknown_idx on press.chain_transactions (stored_at) where state in ('sending', 'unknown');
create index chain_transactions_unmined_idx on press.chain_transactions (looked_at nulls first) where state in ('unknown', 'accepted');
create index chain_transactions_mined_idx on press.chain_transactions (block_height, looked_at) where state = 'mined';
create index chain_transactions_checkpoint_idx on press.chain_transactions (id) where has_checkpoint;
-- One split at a time: two would split the same shortage twice.
create unique index chain_transactions_one_split_at_a_time on press.chain_transactions (is_split) where is_split and state in ('reserved', 'sending', 'unknown');

/* What the wallet can spend, and what it has spent. A coin is a row for ever. */
create table press.utxos (
  id                   bigint generated always as identity
                       constraint utxos_pkey primary key,
  txid                 text not null
                       constraint utxos_txid_is_hex check (txid collate "C" ~ '^[0-9a-f]{64}$'),
  output_index         bigint not null
                       constraint utxos_output_index_is_32_bits check (output_index between 0 and 4294967295),
  -- Who can spend it: the wallet's key may change, and coins of the old one stay its.
  wallet_script        text not null
                       constraint utxos_wallet_is_a_key_hash check (wallet_script collate "C" ~ '^76a914[0-9a-f]{40}88ac$'),
  satoshis             bigint not null
                       constraint utxos_satoshis_are_possible check (satoshis between 1 and 2100000000000000),
  state                press.utxo_state not null default 'available',
  -- The transaction that has it: at most one is alive, because a coin has one row, and this is one column.
  transaction_id       bigint
                       constraint utxos_transaction_fkey references press.chain_transactions,
  reserved_until       timestamptz,
  -- Where it came from: null when an operator funded the pool with it.
  from_transaction_id  bigint
                       constraint utxos_from_transaction_fkey references press.chain_transactions,
  depth                integer not null default 0
                       constraint utxos_depth_is_not_negative check (depth >= 0),
  spent_by_txid        text
                       constraint utxos_spent_by_txid_is_hex check (spent_by_txid collate "C" ~ '^[0-9a-f]{64}$'),
  dirty_reason         text,
  competing_txid       text
                       constraint utxos_competing_txid_is_hex check (competing_txid collate "C" ~ '^[0-9a-f]{64}$'),
  funded_by            text,
  released_by          text,
  release_reason       text
                       constraint utxos_release_reason_is_one_line check (length(release_reason) between 1 and 500 and release_reason collate "C" !~ '[[:cntrl:]]'),
  created_at           timestamptz(3) not null default clock_timestamp(),
  updated_at           timestamptz(3) not null default clock_timestamp(),
  constraint utxos_outpoint_key unique (txid, output_index),
  constraint utxos_come_from_somewhere check ((from_transaction_id is null) = (funded_by is not null)),
  constraint utxos_available_ones_are_nobodys check (
    (state = 'available') = (transaction_id is null and spent_by_txid is null and dirty_reason is null)),
  constraint utxos_reserved_ones_have_an_end check ((state = 'reserved') = (reserved_until is not null)),
  constraint utxos_spent_ones_say_by_what check ((state = 'spent') = (spent_by_txid is not null)),
  constraint utxos_dirty_ones_say_why check ((state = 'dirty') = (dirty_reason is not null))
);
alter table press.utxos enable row level security;
alter table press.utxos force row level security;
create index utxos_available_idx on press.utxos (wallet_script, satoshis, id) where state = 'available' and depth < 20;
create index utxos_unspent_idx on press.utxos (state, satoshis) where spent_by_txid is null;
create index utxos_transaction_idx on press.utxos (transaction_id) where transaction_id is not null;
create index utxos_from_transaction_idx on press.utxos (from_transaction_id);

/* Which transactions have spent, or were to spend, which coins: also those that others replaced. A coin has one row that is alive, and that is the law of the pool. */
create table press_private.chain_inputs (
  transaction_id  bigint not null
                  constraint chain_inputs_transaction_fkey references press.chain_transactions,
  input_index     integer not null
                  constraint chain_inputs_index_is_not_negative check (input_index >= 0),
  utxo_id         bigint not null
                  constraint chain_inputs_utxo_fkey references press.utxos,
  is_live         boolean not null default true,
  constraint chain_inputs_pkey primary key (transaction_id, input_index),
  constraint chain_inputs_spend_a_coin_once unique (utxo_id, transaction_id)
);
create unique index chain_inputs_one_live_transaction_has_a_coin on press_private.chain_inputs (utxo_id) where is_live;
comment on table press_private.chain_inputs is 'The inputs of transactions. is_live: the transaction may still be mined, as far as the press knows; of those that share a coin one is.';

/* What every stored transaction publishes, by output: it stays when the publication goes on to another one. */
create table press_private.chain_outputs (
  transaction_id  bigint not null
                  constraint chain_outputs_transaction_fkey references press.chain_transactions,
  output_index    integer not null
                  constraint chain_outputs_index_is_not_negative check (output_index >= 0),
  publication_id  uuid not null,
  -- When it was accepted, which the ledger tells once.
  sent_at         timestamptz(3),
  constraint chain_outputs_pkey primary key (transaction_id, output_index),
  constraint chain_outputs_publish_once unique (publication_id, transaction_id)
);
comment on table press_private.chain_outputs is 'The publications in the outputs of stored transactions.';

/* Records of clients, and checkpoints of the ledger, on their way to the chain. */
create table press.publications (
  id                    uuid not null default press_private.time_ordered_uuid()
                        constraint publications_pkey primary key,
  kind                  press.publication_kind not null,
  state                 press.publication_state not null default 'queued',
  key_id                uuid,
  holder_id             uuid,
  submitted_by          text,
  nonce                 text
                        constraint publications_nonce_is_short check (nonce collate "C" ~ '^[A-Za-z0-9._:-]{1,128}$'),
  expires_at            timestamptz(3),
  -- Goes when its holder is forgotten before it went out.
  payload               text
                        constraint publications_payload_is_not_long check (octet_length(payload) between 1 and 10000),
  payload_hash          text not null
                        constraint publications_payload_hash_is_its_hash check (payload_hash = encode(sha256(convert_to(payload, 'UTF8')), 'hex')),
  signature             text,
  checkpoint_size       bigint
                        constraint publications_checkpoint_once unique,
  transaction_id        bigint
                        constraint publications_transaction_fkey references press.chain_transactions,
  output_index          integer,
  -- How many share a transaction with it, at most: halved when one that it shared was refused, so that only what is to blame fails.
  bundle_limit          integer not null default 1000000
                        constraint publications_bundle_limit_is_positive check (bundle_limit >= 1),
  -- It was in a transaction that was refused: it waits until this one, which spends the same coins, was taken.
  after_transaction_id  bigint
                        constraint publications_after_transaction_fkey references press.chain_transactions,
  error_code            text,
  error_detail          text,
  submitted_at          timestamptz(3) not null default clock_timestamp(),
  updated_at            timestamptz(3) not null default clock_timestamp(),
  sent_at               timestamptz(3),
  constraint publications_nonce_is_used_once unique (key_id, nonce),
  constraint publications_key_is_the_holders foreign key (key_id, holder_id) references press.publishing_keys (id, holder_id),
  constraint publications_output_key unique (transaction_id, output_index),
  constraint publications_records_are_signed check (
    case kind when 'record' then num_nulls(key_id, holder_id, nonce, expires_at, signature) = 0 and checkpoint_size is null
              else num_nonnulls(key_id, holder_id, nonce, expires_at, signature) = 0 and checkpoint_size is not null end),
  constraint publications_are_in_a_transaction check (
    (transaction_id is null) = (output_index is null) and (state in ('processing', 'unknown', 'sent')) <= (transaction_id is not null) and (state <> 'queued' or transaction_id is null)),
  constraint publications_failed_ones_say_why check (state <> 'failed' or error_code is not null),
  constraint publications_have_a_text_while_they_may_go_out check (payload is not null or state = 'failed'),
  constraint publications_sent_ones_say_when check ((state = 'sent') <= (sent_at is not null))
);
alter table press.publications enable row level security;
alter table press.publications force row level security;
alter table press_private.chain_outputs add constraint chain_outputs_publication_fkey foreign key (publication_id) references press.publications;
create index publications_queued_idx on press.publications (key_id, submitted_at) where state = 'queued' and after_transaction_id is null;
-- Each has a condition that the others' queries do not name: of two indexes that serve a query a plan that was made while the table was empty takes any.
create index publications_waiting_idx on press.publications (submitted_at) where state = 'queued' and sent_at is null;
create index publications_expiring_idx on press.publications (expires_at) where state = 'queued' and transaction_id is null;
create index publications_unpaid_idx on press.publications (submitted_at) where state = 'queued' and error_code = 'POOL_EMPTY';
create index publications_after_transaction_idx on press.publications (after_transaction_id) where after_transaction_id is not null;
create index publications_checkpoint_idx on press.publications (id) where kind = 'checkpoint';
create index publications_key_idx on press.publications (key_id, submitted_at);
create index publications_holder_idx on press.publications (holder_id, submitted_at);
-- Tell who has acted as an operator, and must not be forgotten.
create index publications_submitted_by_idx on press.publications (submitted_by) where submitted_by is not null;
create index utxos_funded_by_idx on press.utxos (funded_by) where funded_by is not null;
create index utxos_released_by_idx on press.utxos (released_by) where released_by is not null;

/* What a worker is handed to sign. */
create type press_private.unsigned_transaction_record as (
  transaction_id   bigint,
  epoch            integer,
  wallet_script    text,
  inputs           jsonb,
  publications     jsonb,
  split_count      integer,
  split_satoshis   bigint,
  change_satoshis  bigint,
  fee_satoshis     bigint
);
comment on type press_private.unsigned_transaction_record is 'A transaction that waits for its signatures: what it spends and pays, in the order of its inputs and outputs.';

/* What a worker tells of an attempt to send, and of a look. */
create type press_private.outcome_record as (
  transaction_id  bigint,
  attempt         integer,
  outcome         text,
  detail          text,
  competing_txid  text,
  is_final        boolean,
  is_seen         boolean,
  outpoints       text[]
);
comment on type press_private.outcome_record is 'What came of an attempt to send a transaction: see press_worker.record_outcomes.';

create type press_private.sighting_record as (
  transaction_id      bigint,
  sighting            text,
  block_hash          text,
  block_height        integer,
  header              text,
  merkle_index        bigint,
  merkle_hashes       text[],
  competing_txid      text,
  competing_is_mined  boolean,
  outpoints           text[],
  detail              text
);
comment on type press_private.sighting_record is 'Where a transaction was seen: see press_worker.record_sightings.';

/* Where the chain ends, as the broadcaster last said. */
create table press_private.chain_tip (
  is_only     boolean not null default true
              constraint chain_tip_pkey primary key
              constraint chain_tip_is_one_row check (is_only),
  height      integer not null,
  hash        text not null
              constraint chain_tip_hash_is_hex check (hash collate "C" ~ '^[0-9a-f]{64}$'),
  seen_at     timestamptz not null default clock_timestamp()
);
comment on table press_private.chain_tip is 'The height and hash of the newest block that a worker was told of: confirmations are counted from it.';

comment on table press.publishing_keys is 'Keys that holders sign records for the chain with (ECDSA over secp256k1).';
comment on table press.chain_transactions is 'Transactions that publish, or that split the pool''s coins.';
comment on table press.utxos is 'The coins of the press: the pool that publishing is paid from, and all that was ever spent of it.';
comment on table press.publications is 'What goes out on the public chain: records that clients signed, and checkpoints of the ledger.';

comment on column press.publishing_keys.holder_id is 'Whose key it is, for ever; also when they were forgotten.';
comment on column press.publishing_keys.public_key is 'The compressed point of secp256k1: 33 bytes in hex.';
comment on column press.publishing_keys.possession_signature is 'What the key signed to be registered (press.key_registration_text), base64 of DER; null when its holder was forgotten.';
comment on column press.publishing_keys.verified_at is 'Since when a worker has seen that the key made that signature; null: no record of it has gone out.';
comment on column press.publishing_keys.records_per_hour is 'How many records of the key are taken within an hour, at most.';
comment on column press.publishing_keys.registered_at is 'When it was registered.';
comment on column press.publishing_keys.registered_by is 'Which operator registered it: operator:SUBJECT or login:NAME; null: its holder.';
comment on column press.publishing_keys.revoked_at is 'Since when none of its records is taken; null: it is in use.';
comment on column press.publishing_keys.revoked_by is 'Who revoked it: holder, its own; worker, whom its signature did not convince; operator:SUBJECT or login:NAME.';
comment on column press.publishing_keys.revocation_reason is 'Why it was revoked, where somebody said so.';

comment on column press.publications.kind is 'record: what a client has signed; checkpoint: the signed note of the ledger.';
comment on column press.publications.state is 'How far it is on its way to the chain.';
comment on column press.publications.key_id is 'Of a record: the key that signed it.';
comment on column press.publications.holder_id is 'Of a record: whose key that is.';
comment on column press.publications.submitted_by is 'Which operator submitted it: operator:SUBJECT or login:NAME; null: its holder, or it is a checkpoint.';
comment on column press.publications.nonce is 'Of a record: what its payload has as nonce; used once with its key.';
comment on column press.publications.expires_at is 'Of a record: what its payload has as expires_at; what was not sent until then fails.';
comment on column press.publications.payload is 'What is published, to the byte: the canonical JSON of a record, the note of a checkpoint; null when its holder was forgotten before it went out.';
comment on column press.publications.payload_hash is 'SHA-256 of the payload, in hex: what the ledger says of it.';
comment on column press.publications.signature is 'Of a record: its signature, base64 of DER.';
comment on column press.publications.checkpoint_size is 'Of a checkpoint: how many entries it covers.';
comment on column press.publications.transaction_id is 'The transaction that it is in.';
comment on column press.publications.output_index is 'Which output of the transaction it is, from 0.';
comment on column press.publications.bundle_limit is 'How many share a transaction with it, at most.';
comment on column press.publications.after_transaction_id is 'The transaction that must have been taken before it goes into another one, by a block where it may be out in an earlier one; null: none.';
comment on column press.publications.error_code is 'Why it failed, by the name of a refusal or of what befell it; of one that waits, what it waits for.';
comment on column press.publications.error_detail is 'The same in words.';
comment on column press.publications.submitted_at is 'When it was submitted.';
comment on column press.publications.updated_at is 'When the row changed last.';
comment on column press.publications.sent_at is 'When the nodes of the chain took it, last.';

-- What names people, or may: the planner takes no samples of it.
alter table press.publishing_keys alter column possession_signature set statistics 0, alter column revocation_reason set statistics 0;
alter table press.publications alter column payload set statistics 0, alter column nonce set statistics 0, alter column signature set statistics 0;
