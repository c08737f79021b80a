--! Previous: sha1:3f81c3bed20cb12cf58f7d42207ed9e7aec816fe
--! Hash: sha1:e758d97aebf75de37bd237d87eda94294f3491a7
--! Message: publishing

--! split: 1-current.sql
-- Enter migration here

--! split: 1000-publishing.sql
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

--! split: 1500-records.sql
-- Records, their keys, and the ledger's checkpoints on their way to the chain
--! Included press_private/refusals.sql
/* The register of refusals, in order of precedence: when two apply, the earlier one is the answer. db/ERRORS.md is its page for people, and
   gateway/refusals.ts its copy for clients; test/sql/laws/refusals.test.sql and test/gateway/refusals.test.ts hold the three together. */
create or replace function press_private.refusals()
  returns table (name text, code text, is_retryable boolean, sentence text, hint text)
  language sql immutable
begin atomic
  values
    ('PRESS_STOPPED',        'PRSTO', false, 'The press is stopped: nothing is issued, signed or changed.',
     'An operator starts it again with start_press when what the detail says is settled.'),
    ('NOT_SIGNED_IN',        'PRANO', false, 'You are not signed in.',
     'Send a token in the Authorization header; at a psql prompt, use a login that was granted press_operator.'),
    ('NOT_ALLOWED',          'PRDEN', false, 'You may not do this.',
     'What only operators may do needs an operator''s token, or a login that was granted press_operator.'),
    ('HOLDER_INACTIVE',      'PRINA', false, 'This holder has been deactivated.',
     'An operator can tell why.'),
    ('INVALID_INPUT',        'PRINV', false, 'The request cannot be understood.',
     'Change the request as the detail says and send it again.'),
    ('EDITION_NOT_FOUND',    'PRNOE', false, 'There is no such edition.',
     'Check the slug; the list of editions has them all.'),
    ('REQUEST_KEY_REUSED',   'PRIDM', false, 'This request key was used for another request.',
     'Send the first request unchanged to have its answer again, or make a new key.'),
    ('EDITION_NOT_OPEN',     'PRCLS', false, 'The edition is not open.',
     'See its status and window.'),
    ('NOT_ELIGIBLE',         'PRELG', false, 'The holder is not eligible for this edition.',
     'Prove what the detail names (submit_attestation); eligibility tells beforehand what is missing.'),
    ('RATE_LIMITED',         'PRRAT', false, 'There were too many requests of this kind.',
     'Wait until the earlier ones are decided, or for an hour, as the detail says.'),
    ('HOLDER_LIMIT_REACHED', 'PRLIM', false, 'The holder may not have so many tickets of this edition.',
     'Ask for fewer, if any are left to the holder.'),
    ('CAP_REACHED',          'PRCAP', false, 'There are not so many tickets left in this edition.',
     'Ask for fewer, if any remain.'),
    ('LOCK_TIMEOUT',         'PRBSY', true,  'What this needs was busy for too long; nothing was done.',
     'Send the same request again, with the same request key.'),
    ('RETRY',                '40001', true,  'Others were at work on the same; nothing was done.',
     'Run the whole transaction again. At READ COMMITTED, with one call in a transaction, it is needed only where somebody whom it is about is being forgotten or deactivated.'),
    ('TICKET_NOT_FOUND',     'PRNOT', false, 'There is no such ticket.',
     'Check the ticket''s id; an envelope must be the one that the press issued.'),
    ('TICKET_NOT_SIGNED',    'PRUNS', false, 'The ticket awaits its signature.',
     'Try again in a moment; if it stays so, see whether a worker is running.'),
    ('NOT_CANONICAL',        'PRCAN', false, 'This is not the canonical text of what it is to be.',
     'Pass an envelope byte for byte as it was issued, and a record as RFC 8785 writes it: not parsed, not written again, nothing added.'),
    ('UNKNOWN_KEY',          'PRKEY', false, 'The signing key is not known, or is not in use any more.',
     'To sign, register the key first; a retired or revoked key stays so, so make a new one instead. An envelope must name a key of this press.'),
    ('SIGNATURE_INVALID',    'PRSIG', false, 'The signature is not one of the key that is named.',
     'Ask the holder for the envelope as it was issued; sign the exact bytes of a record, with its own key.'),
    ('PROOF_INVALID',        'PRMRK', false, 'This does not prove that the ticket is in the ledger.',
     'Fetch the ticket''s proof (timechain_proof) and pass it byte for byte.'),
    ('NOT_THE_HOLDER',       'PROWN', false, 'The ticket is another holder''s.',
     'Tickets are not transferable: its holder redeems it, or an operator who is shown the envelope.'),
    ('TICKET_REVOKED',       'PRREV', false, 'The ticket was revoked.',
     'Its revocation says why.'),
    ('ALREADY_REDEEMED',     'PRRED', false, 'The ticket was redeemed already.',
     'A ticket is redeemed once, and cannot be revoked afterwards.'),
    ('ALREADY_DRAWN',        'PRDRN', false, 'The edition was drawn already, or its draw was asked for.',
     'See its draws; a winner can be replaced (replace_winner), for a reason that everybody reads.'),
    ('DRAW_NOT_READY',       'PRNDR', false, 'It is too early for this draw.',
     'Try again when the time that the detail names has come; if nothing changes, see whether a worker is running.'),
    ('ALREADY_VERIFIED',     'PRVRF', false, 'This was verified already, or is being checked.',
     'See your attestations and credentials; evidence gives one credential, once.'),
    ('EVIDENCE_REJECTED',    'PREVD', false, 'The evidence was rejected.',
     'Its violations say why; change what they name, and submit new evidence.'),
    ('NONCE_REUSED',         'PRNON', false, 'This nonce was used for another record of the key.',
     'Sign the record with a nonce of its own.'),
    ('EXPIRED',              'PREXP', false, 'The record has expired.',
     'Sign it anew, with a later expires_at and a nonce of its own.');
end;
comment on function press_private.refusals is 'Every refusal: its name, its SQLSTATE, whether the same request may succeed later, a sentence for people, and what to do next.';
revoke all on function press_private.refusals from public;
--! EndIncluded press_private/refusals.sql
--! Included press_private/require_recipient.sql
create or replace function press_private.require_recipient(actor press_hidden.actor_record, recipient text)
  returns void
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  perform press_private.refuse(v.refusal, v.refusal_detail)
  from press_private.entry_refusal(
    actor, require_recipient.recipient, 1,
    (select h.is_active from press.holders h where h.subject = press_private.recipient_of(actor, require_recipient.recipient)), 'open') v
  where v.refusal is not null;
end
$$;
comment on function press_private.require_recipient is 'Lets pass who acts for themselves, or an operator who names somebody. Refuses: NOT_SIGNED_IN, NOT_ALLOWED, HOLDER_INACTIVE, INVALID_INPUT.';
revoke all on function press_private.require_recipient from public;
--! EndIncluded press_private/require_recipient.sql
--! Included press_private/require_attester.sql
create or replace function press_private.require_attester(actor press_hidden.actor_record, recipient text, client_address text)
  returns void
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  perform press_private.refuse('NOT_ALLOWED', 'Only an operator may name a network address.')
  where actor.kind = 'holder' and require_attester.client_address is not null;
  perform press_private.require_recipient(actor, require_attester.recipient);
end
$$;
comment on function press_private.require_attester is 'Lets pass who attests for themselves, or an operator who names somebody. Refuses: NOT_SIGNED_IN, NOT_ALLOWED, HOLDER_INACTIVE, INVALID_INPUT.';
revoke all on function press_private.require_attester from public;
--! EndIncluded press_private/require_attester.sql
--! Included press_private/canonical_number.sql
/* RFC 8785 writes a number as ECMAScript does: the fewest digits that are read as the same double, and an exponent only outside of 1e-6 to 1e21. PostgreSQL's digits
   are the fewest too, but for one case: it relies on no reader that rounds a tie to even, and ECMAScript does, so that there may be a digit less. */
create or replace function press_private.canonical_number(value numeric)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp set extra_float_digits = 1 as $$
declare
  v_double    double precision := value::double precision;
  v_mantissa  text := split_part(abs(v_double)::text, 'e', 1);
  -- The number is its digits, as one integer, times ten to the scale.
  v_scale     integer := coalesce(nullif(split_part(abs(v_double)::text, 'e', 2), ''), '0')::integer - length(split_part(v_mantissa, '.', 2));
  v_digits    text := ltrim(replace(v_mantissa, '.', ''), '0');
  v_shorter   text;
  v_point     integer;
begin
  if v_double = 0 then
    return '0';
  end if;
  if length(v_digits) >= 16 then
    v_shorter := (
      select c.digits::text from (values (left(v_digits, -1)::numeric), (left(v_digits, -1)::numeric + 1)) c (digits)
      -- Beyond the largest double is none to compare with.
      where case when (c.digits || 'e' || v_scale + 1)::numeric <= 1.7976931348623157e308 then (c.digits || 'e' || v_scale + 1)::double precision = abs(v_double) end
      limit 1);
    v_scale := v_scale + (v_shorter is not null)::integer;
    v_digits := coalesce(v_shorter, v_digits);
  end if;
  v_point := length(v_digits) + v_scale;
  v_digits := rtrim(v_digits, '0');

  return case when v_double < 0 then '-' else '' end || case
    when v_point between length(v_digits) and 21 then rpad(v_digits, v_point, '0')
    when v_point between 1 and 21 then left(v_digits, v_point) || '.' || substr(v_digits, v_point + 1)
    when v_point between -5 and 0 then '0.' || repeat('0', -v_point) || v_digits
    else left(v_digits, 1) || coalesce('.' || nullif(substr(v_digits, 2), ''), '')
      || case when v_point > 0 then 'e+' else 'e' end || v_point - 1 end;
end
$$;
comment on function press_private.canonical_number is 'The number as RFC 8785 writes it, rounded to a double first. One that is too large for a double, or too small, is an error (22003).';
revoke all on function press_private.canonical_number from public;
--! EndIncluded press_private/canonical_number.sql
--! Included press_private/utf16_order.sql
/* RFC 8785 sorts members by the UTF-16 code units of their names. That is the order of code points, as the collation "C" has it, but for one thing: what is beyond
   U+FFFF is two surrogates there, and comes before U+E000 to U+FFFF. So these get the last code point in front, and that one, to stay before them, U+0001 behind. */
create or replace function press_private.utf16_order(name text)
  returns text
  language sql immutable
begin atomic
  select regexp_replace(replace(utf16_order.name, U&'\+10FFFF', U&'\+10FFFF\0001'), U&'([\E000-\FFFF])', U&'\+10FFFF' || '\1', 'g') collate "C";
end;
comment on function press_private.utf16_order is 'What is sorted like the name by its UTF-16 code units, in the collation "C".';
revoke all on function press_private.utf16_order from public;
--! EndIncluded press_private/utf16_order.sql
--! Included press_private/canonical_json.sql
/* What RFC 8785 (JCS) makes of a value. That a text is canonical is judged by comparing: of a member that is there twice jsonb keeps one, and of a number that no double
   has this writes the nearest, so such a text differs from this one. jsonb itself refuses lone surrogates; U+0000, which JSON could name, no text of PostgreSQL has.
   For strings to_json writes the same as JSON.stringify for every character that a text can hold. */
create or replace function press_private.canonical_json(value jsonb, depth_max integer default 100)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  case jsonb_typeof(value)
    when 'object' then
      if depth_max < 1 then
        return null;
      end if;
      -- string_agg leaves out what is null, and what is too deep below is too deep here. "offset 0": each is written once, not once for each mention.
      return (
        select case when count(*) = count(m.text) then '{' || coalesce(string_agg(m.text, ',' order by press_private.utf16_order(m.key) collate "C"), '') || '}' end
        from (
          select e.key, to_json(e.key) || ':' || press_private.canonical_json(e.value, depth_max - 1) as text
          from jsonb_each(canonical_json.value) e
          offset 0) m);
    when 'array' then
      if depth_max < 1 then
        return null;
      end if;
      return (
        select case when count(*) = count(m.text) then '[' || coalesce(string_agg(m.text, ',' order by m.index), '') || ']' end
        from (
          select e.index, press_private.canonical_json(e.value, depth_max - 1) as text
          from jsonb_array_elements(canonical_json.value) with ordinality e (value, index)
          offset 0) m);
    when 'string' then
      return to_json(value #>> '{}')::text;
    when 'number' then
      return press_private.canonical_number(value::numeric);
    else
      return value::text;
  end case;
end
$$;
comment on function press_private.canonical_json is 'The canonical text (RFC 8785) of a value that nests depth_max objects and arrays at most; null when it nests deeper. A number that no double can hold is an error (22003).';
revoke all on function press_private.canonical_json from public;
--! EndIncluded press_private/canonical_json.sql
--! Included press_private/read_json.sql
/* Bad JSON is no error here, because what is wrong with a request is for the caller to say. */
create or replace function press_private.read_json(text text)
  returns jsonb
  language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  return read_json.text::jsonb;
exception
  when data_exception or program_limit_exceeded then
    return null;
end
$$;
comment on function press_private.read_json is 'The value that the text is as JSON; null when it is none, or names a character that PostgreSQL does not have (U+0000, half of a pair).';
revoke all on function press_private.read_json from public;
--! EndIncluded press_private/read_json.sql
--! Included press_private/is_canonical_json.sql
create or replace function press_private.is_canonical_json(text text)
  returns boolean
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return coalesce(press_private.canonical_json(press_private.read_json(is_canonical_json.text)) = is_canonical_json.text, false);
exception
  when numeric_value_out_of_range then
    return false;
end
$$;
comment on function press_private.is_canonical_json is 'Whether the text is JSON, to the byte as RFC 8785 writes it, nesting 100 deep at most.';
revoke all on function press_private.is_canonical_json from public;
--! EndIncluded press_private/is_canonical_json.sql
--! Included press_private/moment_of.sql
/* Compared with what it was read as, because PostgreSQL also reads an hour 24 and a second 60. */
create or replace function press_private.moment_of(written text)
  returns timestamptz
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_moment  timestamptz;
begin
  if (written collate "C" ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$') is not true then
    return null;
  end if;
  v_moment := written::timestamptz;
  return case when press_private.rfc3339(v_moment) = left(written, 19) || rpad(substr(rtrim(written, 'Z'), 20), 4, case when length(written) = 20 then '.000' else '0' end) || 'Z' then v_moment end;
exception
  when data_exception then
    return null;
end
$$;
comment on function press_private.moment_of is 'The moment that is written as RFC 3339, in UTC with Z, to the millisecond at most; null: it is not.';
revoke all on function press_private.moment_of from public;
--! EndIncluded press_private/moment_of.sql
--! Included press_private/ecdsa_signature_parts.sql
/* One encoding of a signature, and no other, so that nobody can write it in another way: standard base64 with its padding; strict DER (BIP 66), in which a length is
   one byte, and a number has neither a sign nor a zero too many. */
create or replace function press_private.ecdsa_signature_parts(signature text)
  returns bytea[]
  language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  v_der    bytea;
  v_at     integer := 3;  -- of the first number, counted from 1; before it are the tag and the length of both
  v_parts  bytea[] := array[]::bytea[];
begin
  if (signature collate "C" ~ '^[A-Za-z0-9+/]{8,96}={0,2}$' and length(signature) % 4 = 0) is not true then
    return null;
  end if;
  v_der := decode(signature, 'base64');
  if replace(encode(v_der, 'base64'), E'\n', '') <> signature or length(v_der) not between 8 and 72
     or get_byte(v_der, 0) <> 48 or get_byte(v_der, 1) <> length(v_der) - 2 then
    return null;
  end if;

  for v_part in 1 .. 2 loop
    if length(v_der) < v_at + 2 or get_byte(v_der, v_at - 1) <> 2 or get_byte(v_der, v_at) not between 1 and 33 or length(v_der) < v_at + 1 + get_byte(v_der, v_at)
       or get_byte(v_der, v_at + 1) > 127
       or (get_byte(v_der, v_at + 1) = 0 and get_byte(v_der, v_at) > 1 and get_byte(v_der, v_at + 2) < 128)
       or (get_byte(v_der, v_at + 1) > 0 and get_byte(v_der, v_at) = 33) then
      return null;
    end if;
    v_parts := v_parts || substr(decode(repeat('00', 32), 'hex') || substr(v_der, v_at + 2, get_byte(v_der, v_at)), get_byte(v_der, v_at) + 1);
    v_at := v_at + 2 + get_byte(v_der, v_at);
  end loop;
  return case when v_at = length(v_der) + 1 then v_parts end;
end
$$;
comment on function press_private.ecdsa_signature_parts is 'The two numbers r and s of an ECDSA signature (base64 of strict DER), 32 bytes each; null: it is not of that form.';
revoke all on function press_private.ecdsa_signature_parts from public;
--! EndIncluded press_private/ecdsa_signature_parts.sql
--! Included press_private/is_low_s.sql
/* Of two values of s that verify, only the lower one is taken: with the other anybody could write the same signature in another way. Bytes are compared as the numbers
   they are, since all have the same length. */
create or replace function press_private.is_low_s(parts bytea[])
  returns boolean
  language sql immutable
begin atomic
  select is_low_s.parts[1] between decode(lpad('1', 64, '0'), 'hex') and decode('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140', 'hex')
     and is_low_s.parts[2] between decode(lpad('1', 64, '0'), 'hex') and decode('7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0', 'hex');
end;
comment on function press_private.is_low_s is 'Whether r and s are numbers that a signature over secp256k1 has: from 1 below the order of the group, and s in its lower half.';
revoke all on function press_private.is_low_s from public;
--! EndIncluded press_private/is_low_s.sql
--! Included press_private/require_public_key.sql
create or replace function press_private.require_public_key(public_key text)
  returns void
  language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if (require_public_key.public_key collate "C" ~ '^0[23][0-9a-f]{64}$') is not true then
    perform press_private.refuse('INVALID_INPUT', 'A public key is the 33 bytes of a compressed point of secp256k1: 66 lower-case hexadecimal characters, the first two 02 or 03.');
  end if;
end
$$;
comment on function press_private.require_public_key is 'Lets pass what has the form of a compressed key; whether it is a point of the curve those say who verify with it. Refuses: INVALID_INPUT.';
revoke all on function press_private.require_public_key from public;
--! EndIncluded press_private/require_public_key.sql
--! Included press_private/require_signature.sql
create or replace function press_private.require_signature(signature text)
  returns bytea[]
  language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  v_parts  bytea[] := press_private.ecdsa_signature_parts(require_signature.signature);
begin
  if v_parts is null then
    perform press_private.refuse('INVALID_INPUT', 'A signature is base64, with its padding, of the strict DER encoding of an ECDSA signature.');
  end if;
  return v_parts;
end
$$;
comment on function press_private.require_signature is 'The two numbers of the signature. Refuses: INVALID_INPUT (it is not of the form).';
revoke all on function press_private.require_signature from public;
--! EndIncluded press_private/require_signature.sql
--! Included press_private/require_low_s.sql
/* That the key signed just this text nobody sees here: PostgreSQL has no arithmetic of secp256k1 at a price that a request may cost. The gateway looks before it asks,
   so that a stranger uses up nobody's nonce, and a worker again before anything goes out. */
create or replace function press_private.require_low_s(parts bytea[])
  returns void
  language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if press_private.is_low_s(parts) is not true then
    perform press_private.refuse('SIGNATURE_INVALID', 'Its r and s are from 1 below the order of secp256k1, and s in the lower half: of s and the order less s take the smaller.');
  end if;
end
$$;
comment on function press_private.require_low_s is 'Lets pass a signature whose numbers can be those of one, written in the one way that is taken. Refuses: SIGNATURE_INVALID.';
revoke all on function press_private.require_low_s from public;
--! EndIncluded press_private/require_low_s.sql
--! Included press_private/registration_text.sql
/* Of a type of its own, and with the name of the ledger, so that no signature can serve for something else or elsewhere. */
create or replace function press_private.registration_text(public_key text, subject text)
  returns text
  language sql stable
begin atomic
  select '{"ledger":' || to_json(press_private.ledger_origin())
      || ',"public_key":"' || registration_text.public_key
      || '","subject":' || to_json(registration_text.subject)
      || ',"type":"golden-press/key/v1"}';
end;
comment on function press_private.registration_text is 'What a key signs to show that who registers it has it (RFC 8785); null before the ledger has a name, and for somebody who was forgotten.';
revoke all on function press_private.registration_text from public;
--! EndIncluded press_private/registration_text.sql
--! Included press/key_registration_text.sql
/* For a client to sign: it has the subject of the token that it calls with, and need not know the rest. */
create or replace function press.key_registration_text(public_key text, recipient text default null)
  returns text
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_actor  press_hidden.actor_record := press_hidden.current_actor();
  v_text   text;
begin
  perform press_private.require_recipient(v_actor, key_registration_text.recipient);
  perform press_private.require_public_key(key_registration_text.public_key);
  v_text := press_private.registration_text(key_registration_text.public_key, press_private.recipient_of(v_actor, key_registration_text.recipient));
  if v_text is null then
    perform press_private.refuse('INVALID_INPUT', 'The ledger has no name yet: a worker gives it one with its first checkpoint.');
  end if;
  return v_text;
end
$$;
comment on function press.key_registration_text is 'The text that a key signs to be registered (register_public_key) for the caller, or the recipient that an operator names: canonical JSON of the ledger''s name, the key, the subject and the type golden-press/key/v1. public_key: a compressed point of secp256k1 in hex. Refuses: NOT_SIGNED_IN, NOT_ALLOWED (another recipient), HOLDER_INACTIVE, INVALID_INPUT (also: the ledger has no name yet).';
revoke all on function press.key_registration_text from public;
grant execute on function press.key_registration_text to press_anonymous, press_holder, press_operator;
--! EndIncluded press/key_registration_text.sql
--! Included press_private/require_few_keys.sql
/* A key has a quota of records: who could register any number would have none. Those that were registered within the hour count too, also when they were revoked. */
create or replace function press_private.require_few_keys(holder_id uuid)
  returns void
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  perform press_private.refuse('RATE_LIMITED', 'Twenty keys of this holder are in use, or were registered within an hour.')
  where (
    select count(*) from press.publishing_keys k
    where k.holder_id = require_few_keys.holder_id and (k.revoked_at is null or k.registered_at > clock_timestamp() - interval '1 hour')) >= 20;
end
$$;
comment on function press_private.require_few_keys is 'Lets pass a holder of whose keys fewer than twenty are in use or were registered within an hour. To be called under the holder''s lock. Refuses: RATE_LIMITED.';
revoke all on function press_private.require_few_keys from public;
--! EndIncluded press_private/require_few_keys.sql
--! Included press/register_public_key.sql
/* Makes a key known as its holder's. Who has it signs the text that key_registration_text gives: the gateway checks that before it asks here, and a worker again
   (press_worker.keys_to_verify) before the first record of the key goes out, so that what was registered beside the gateway without its owner publishes nothing.
   Locks: an operator's holder, the holder's row. */
create or replace function press.register_public_key(public_key text, signature text, recipient text default null)
  returns press.publishing_keys
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_actor   press_hidden.actor_record := press_hidden.current_actor();
  v_parts   bytea[];
  v_holder  press.holders;
  v_key     press.publishing_keys;
begin
  perform press_private.require_running();
  perform press.key_registration_text(register_public_key.public_key, register_public_key.recipient);
  v_parts := press_private.require_signature(register_public_key.signature);
  perform press_private.hold_operators(array[v_actor.subject]) where v_actor.kind = 'operator';
  v_holder := press_private.lock_holder_of(press_private.recipient_of(v_actor, register_public_key.recipient));
  perform press_private.require_running();

  -- Statements from here on see all that was committed before the lock was granted.
  select k.* into v_key from press.publishing_keys k where k.public_key = register_public_key.public_key;
  perform press_private.refuse('NOT_ALLOWED', 'Another holder has registered this key.') where v_key.holder_id <> v_holder.id;
  perform press_private.require_few_keys(v_holder.id) where v_key.id is null;
  perform press_private.refuse('UNKNOWN_KEY', 'It was revoked, and stays so.') where v_key.revoked_at is not null;
  perform press_private.require_low_s(v_parts);

  if v_key.id is null then
    insert into press.publishing_keys (holder_id, public_key, possession_signature, registered_by)
    values (v_holder.id, register_public_key.public_key, register_public_key.signature, press_private.issuer_label(v_actor))
    returning * into v_key;
  elsif v_key.verified_at is null and v_key.possession_signature <> register_public_key.signature then
    -- Nobody has checked the one before; or it was over the name that the ledger had then.
    update press.publishing_keys k set possession_signature = register_public_key.signature where k.id = v_key.id returning k.* into v_key;
  end if;
  return v_key;
exception
  when unique_violation or serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;  -- never reached, but plpgsql_check cannot know
end
$$;
comment on function press.register_public_key is 'Registers a key that the caller, or the recipient whom an operator names, signs records with. public_key: a compressed point of secp256k1 in hex. signature: the key''s over the text of key_registration_text (ECDSA over SHA-256, low S; base64 of DER). The same key again is the same row. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED (another recipient; another holder''s key), HOLDER_INACTIVE, INVALID_INPUT (also: the ledger has no name yet), RATE_LIMITED (twenty keys of the holder are in use, or were registered within an hour), LOCK_TIMEOUT, RETRY, UNKNOWN_KEY (it was revoked), SIGNATURE_INVALID.';
revoke all on function press.register_public_key from public;
grant execute on function press.register_public_key to press_anonymous, press_holder, press_operator;
--! EndIncluded press/register_public_key.sql
--! Included press_private/key_for_caller.sql
create or replace function press_private.key_for_caller(actor press_hidden.actor_record, public_key text)
  returns press.publishing_keys
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_key  press.publishing_keys;
begin
  select k.* into v_key from press.publishing_keys k
  where k.public_key = key_for_caller.public_key and (actor.kind <> 'holder' or k.holder_id = press_hidden.current_holder_id());
  return v_key;
end
$$;
comment on function press_private.key_for_caller is 'The registered key, if it is the caller''s or the caller an operator; else nulls, so that nobody learns what others have registered.';
revoke all on function press_private.key_for_caller from public;
--! EndIncluded press_private/key_for_caller.sql
--! Included press_private/lock_publishing_key.sql
/* The first layer: who submits records of one key, and who revokes it, stand in one line. Issuing and the worker do not wait for it: a record refers to the key, and
   that needs a lock that this one lets pass. Order of locks: after the holder, before publications. */
create or replace function press_private.lock_publishing_key(key_id uuid)
  returns press.publishing_keys
  language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_key  press.publishing_keys;
begin
  select k.* into strict v_key from press.publishing_keys k where k.id = lock_publishing_key.key_id for no key update;
  return v_key;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_private.lock_publishing_key is 'The key''s row, locked until the transaction ends. Refuses: LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.lock_publishing_key from public;
--! EndIncluded press_private/lock_publishing_key.sql
--! Included press_private/fail_queued_records.sql
create or replace function press_private.fail_queued_records(key_id uuid)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
begin
  -- In order of their ids, as whoever else locks several of them.
  perform from press.publications p
  where p.key_id = fail_queued_records.key_id and p.state = 'queued' and p.after_transaction_id is null order by p.id for no key update;
  update press.publications p
  set state = 'failed', error_code = 'UNKNOWN_KEY', error_detail = 'Its key was revoked before it was sent.'
  where p.key_id = fail_queued_records.key_id and p.state = 'queued' and p.after_transaction_id is null;
end
$$;
comment on function press_private.fail_queued_records is 'Fails what waits of a key that was revoked, and is in no transaction that may be out.';
revoke all on function press_private.fail_queued_records from public;
--! EndIncluded press_private/fail_queued_records.sql
--! Included press_private/revoke_key.sql
/* What waits is not sent any more. What is in a transaction may be out already, and counts as before; so do what comes back from one to the queue and what waits
   there for a transaction that it was in. */
create or replace function press_private.revoke_key(key_id uuid, revoked_by text, reason text)
  returns press.publishing_keys
  language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_key  press.publishing_keys;
begin
  update press.publishing_keys k
  set revoked_at = clock_timestamp(), revoked_by = revoke_key.revoked_by, revocation_reason = revoke_key.reason
  where k.id = revoke_key.key_id
  returning k.* into v_key;
  perform press_private.fail_queued_records(v_key.id);
  return v_key;
end
$$;
comment on function press_private.revoke_key is 'Takes the key out of use, and fails its records that wait. To be called under the key''s lock.';
revoke all on function press_private.revoke_key from public;
--! EndIncluded press_private/revoke_key.sql
--! Included press/revoke_public_key.sql
/* Locks: an operator's holder, the key's row, then its queued records. */
create or replace function press.revoke_public_key(public_key text, reason text default null)
  returns press.publishing_keys
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_actor  press_hidden.actor_record := press_hidden.current_actor();
  v_key    press.publishing_keys;
begin
  perform press_private.require_running();
  perform press_private.refuse('NOT_SIGNED_IN') where v_actor.kind = 'nobody';
  perform press_private.refuse('INVALID_INPUT', 'A reason has 1 to 500 characters, none of them a control character.')
  where revoke_public_key.reason is not null and not press_private.is_one_line(revoke_public_key.reason, 500);
  v_key := press_private.key_for_caller(v_actor, revoke_public_key.public_key);
  perform press_private.refuse('UNKNOWN_KEY', 'No such key of yours is registered.') where v_key.id is null;
  perform press_private.hold_operators(array[v_actor.subject]) where v_actor.kind = 'operator';
  v_key := press_private.lock_publishing_key(v_key.id);
  perform press_private.require_running();

  if v_key.revoked_at is null then
    v_key := press_private.revoke_key(v_key.id, coalesce(press_private.issuer_label(v_actor), 'holder'), revoke_public_key.reason);
  end if;
  return v_key;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.revoke_public_key is 'Takes a key out of use, for good: the caller''s own, or as an operator any. Its records that wait fail; what is in a transaction already goes on. The reason (1 to 500 characters) is for its holder, operators and auditors. One that was revoked stays as it is. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, INVALID_INPUT, LOCK_TIMEOUT, RETRY, UNKNOWN_KEY (no such key of the caller is registered).';
revoke all on function press.revoke_public_key from public;
grant execute on function press.revoke_public_key to press_anonymous, press_holder, press_operator;
--! EndIncluded press/revoke_public_key.sql
--! Included press/set_publishing_quota.sql
/* Locks: the key's row. */
create or replace function press.set_publishing_quota(public_key text, records_per_hour integer)
  returns press.publishing_keys
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_actor  press_hidden.actor_record;
  v_key    press.publishing_keys;
begin
  perform press_private.require_running();
  v_actor := press_private.require_operator();
  if (set_publishing_quota.records_per_hour between 1 and 1000000) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A quota is from 1 to 1000000 records an hour.');
  end if;
  v_key := press_private.key_for_caller(v_actor, set_publishing_quota.public_key);
  perform press_private.refuse('UNKNOWN_KEY', 'No such key is registered.') where v_key.id is null;
  v_key := press_private.lock_publishing_key(v_key.id);
  perform press_private.require_running();

  update press.publishing_keys k set records_per_hour = set_publishing_quota.records_per_hour where k.id = v_key.id returning k.* into v_key;
  return v_key;
end
$$;
comment on function press.set_publishing_quota is 'Sets how many records of a key are taken within an hour, from 1 to 1000000; 1000 unless an operator sets it. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT, LOCK_TIMEOUT, RETRY, UNKNOWN_KEY (it is not registered).';
revoke all on function press.set_publishing_quota from public;
grant execute on function press.set_publishing_quota to press_anonymous, press_holder, press_operator;
--! EndIncluded press/set_publishing_quota.sql
--! Included press_private/require_record.sql
/* What a record has to have, before anybody asks whose it is. A text that is no JSON has no members to be judged. */
create or replace function press_private.require_record(signed_payload text)
  returns jsonb
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_record  jsonb;
begin
  if (octet_length(require_record.signed_payload) between 1 and 10000) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A payload has 1 to 10000 bytes.');
  end if;
  v_record := press_private.read_json(require_record.signed_payload);
  if v_record is not null and (jsonb_typeof(v_record -> 'nonce') = 'string' and v_record ->> 'nonce' collate "C" ~ '^[A-Za-z0-9._:-]{1,128}$') is not true then
    perform press_private.refuse('INVALID_INPUT', 'A payload is an object with a member "nonce": 1 to 128 characters of A-Z, a-z, 0-9, ".", "_", ":" and "-".');
  end if;
  if v_record is not null and (jsonb_typeof(v_record -> 'expires_at') = 'string'
      and press_private.moment_of(v_record ->> 'expires_at') <= clock_timestamp() + interval '7 days') is not true then
    perform press_private.refuse('INVALID_INPUT', 'A payload is an object with a member "expires_at": a moment at most seven days ahead, as 2026-03-01T09:30:00.000Z.');
  end if;
  if not press_private.is_canonical_json(require_record.signed_payload) then
    perform press_private.refuse('NOT_CANONICAL', 'A payload is JSON to the byte as RFC 8785 writes it: no white space, members in the order of their names and each once, 100 levels deep at most, and without U+0000.');
  end if;
  return v_record;
end
$$;
comment on function press_private.require_record is 'The record that the payload is. Refuses: INVALID_INPUT (its size, its nonce or expires_at), NOT_CANONICAL.';
revoke all on function press_private.require_record from public;
--! EndIncluded press_private/require_record.sql
--! Included press_private/submitted_record.sql
/* The guard: what the key has signed under this nonce before. The hash tells, since the text of a holder who was forgotten may be gone. */
create or replace function press_private.submitted_record(key_id uuid, nonce text)
  returns press.publications
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_publication  press.publications;
begin
  select p.* into v_publication from press.publications p where p.key_id = submitted_record.key_id and p.nonce = submitted_record.nonce;
  return v_publication;
end
$$;
comment on function press_private.submitted_record is 'The record of the key that has the nonce; nulls when none has. To be called under the key''s lock.';
revoke all on function press_private.submitted_record from public;
--! EndIncluded press_private/submitted_record.sql
--! Included press_private/require_quota.sql
/* Every record costs a place on the chain that the pool pays for. No more entries of the index are read than the quota has. */
create or replace function press_private.require_quota(key press.publishing_keys)
  returns void
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  perform press_private.refuse('RATE_LIMITED', format('The quota of this key is %s records an hour.', key.records_per_hour))
  where (
    select count(*) from (
      select from press.publications p where p.key_id = key.id and p.submitted_at > clock_timestamp() - interval '1 hour' limit key.records_per_hour) r) >= key.records_per_hour;
end
$$;
comment on function press_private.require_quota is 'Lets pass a key of which fewer records were submitted within an hour than its quota. To be called under the key''s lock. Refuses: RATE_LIMITED.';
revoke all on function press_private.require_quota from public;
--! EndIncluded press_private/require_quota.sql
--! Included press/submit_record.sql
/* Takes a record that a client has signed, for a worker to publish. The way of a request from here:
     1. who, and with whose key               press_private.key_for_caller
     2. what is signed, to the byte           press_private.require_record, press_private.require_signature
     3. one at a time for this key            press_private.lock_publishing_key
     4. an answer that was given before       press_private.submitted_record, for ever: also when the record has expired, or its key was revoked since
     5. are there too many already?           press_private.require_quota
     6. was the nonce used, is it too late?   under the lock
   Whether the key signed it the gateway has seen, and a worker sees again: press_private.require_low_s. Nothing is notified and no job is added: what is queued is the
   queue. Locks: an operator's holder, the key's row. A crash before the commit leaves nothing; after it the record waits until it is sent or fails.
   The quota keeps load away, and nothing rests on it: at REPEATABLE READ a caller with an old snapshot may count too few. */
create or replace function press.submit_record(signed_payload text, signature text, pubkey text)
  returns press.publications
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_actor        press_hidden.actor_record := press_hidden.current_actor();
  v_key          press.publishing_keys := press_private.key_for_caller(v_actor, submit_record.pubkey);
  v_parts        bytea[];
  v_record       jsonb;
  v_hash         text := press_private.envelope_hash(submit_record.signed_payload);
  v_publication  press.publications;
begin
  perform press_private.require_running();
  perform press_private.refuse('NOT_SIGNED_IN') where v_actor.kind = 'nobody';
  perform press_private.refuse('HOLDER_INACTIVE') from press.holders h
  where h.id = case v_actor.kind when 'holder' then press_hidden.current_holder_id() else v_key.holder_id end and not h.is_active;
  perform press_private.require_public_key(submit_record.pubkey);
  v_parts := press_private.require_signature(submit_record.signature);
  v_record := press_private.require_record(submit_record.signed_payload);
  perform press_private.refuse('UNKNOWN_KEY', 'No such key of yours is registered.') where v_key.id is null;
  perform press_private.require_low_s(v_parts);
  perform press_private.hold_operators(array[v_actor.subject]) where v_actor.kind = 'operator';
  v_key := press_private.lock_publishing_key(v_key.id);
  perform press_private.require_running();

  -- Statements from here on see all that was committed before the lock was granted.
  v_publication := press_private.submitted_record(v_key.id, v_record ->> 'nonce');
  if v_publication.payload_hash = v_hash then
    return v_publication;
  end if;
  perform press_private.require_quota(v_key);
  perform press_private.refuse('UNKNOWN_KEY', 'It was revoked.') where v_key.revoked_at is not null;
  perform press_private.refuse('NONCE_REUSED') where v_publication.id is not null;
  perform press_private.refuse('EXPIRED', format('It was to be sent until %s.', v_record ->> 'expires_at'))
  where press_private.moment_of(v_record ->> 'expires_at') <= clock_timestamp();

  insert into press.publications (kind, key_id, holder_id, submitted_by, nonce, expires_at, payload, payload_hash, signature)
  values ('record', v_key.id, v_key.holder_id, press_private.issuer_label(v_actor), v_record ->> 'nonce',
    press_private.moment_of(v_record ->> 'expires_at'), submit_record.signed_payload, v_hash, submit_record.signature)
  returning * into v_publication;
  return v_publication;
exception
  when unique_violation or serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;  -- never reached, but plpgsql_check cannot know
end
$$;
comment on function press.submit_record is 'Submits a record for the public chain. signed_payload: canonical JSON (RFC 8785) of at most 10000 bytes, an object with the members nonce (1 to 128 characters, used once with the key: it is the request key) and expires_at (RFC 3339 in UTC, at most seven days ahead: what was not sent until then fails). signature: of exactly these bytes (ECDSA over SHA-256, low S; base64 of DER) by the key pubkey (compressed, in hex), which register_public_key has made known. The answer is queued; a worker sends it. The same payload again has the same answer, for ever. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, HOLDER_INACTIVE, INVALID_INPUT, RATE_LIMITED (the quota of the key is used up), LOCK_TIMEOUT, RETRY, NOT_CANONICAL, UNKNOWN_KEY (it is not registered, was revoked, or is another holder''s), SIGNATURE_INVALID, NONCE_REUSED, EXPIRED.';
revoke all on function press.submit_record from public;
grant execute on function press.submit_record to press_anonymous, press_holder, press_operator;
--! EndIncluded press/submit_record.sql
--! Included press_worker/keys_to_verify.sql
/* The gateway has looked, and a database login need not come by the gateway. So no record of a key goes out before a worker has seen for itself that its holder has it;
   asked for those keys alone that records wait for. */
create or replace function press_worker.keys_to_verify(batch_size integer)
  returns table (key_id uuid, public_key text, registration_text text, signature text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  return query
  select k.id, k.public_key, press_private.registration_text(k.public_key, h.subject), k.possession_signature
  from press.publishing_keys k
  join press.holders h on h.id = k.holder_id
  where k.verified_at is null and k.revoked_at is null
    and exists (select from press.publications p where p.key_id = k.id and p.state = 'queued')
  order by k.id
  limit keys_to_verify.batch_size;
end
$$;
comment on function press_worker.keys_to_verify is 'Keys whose records wait and whose possession no worker has checked, batch_size at most: the text that the key is to have signed, and its signature (base64 of DER).';
revoke all on function press_worker.keys_to_verify from public;
grant execute on function press_worker.keys_to_verify to press_worker;
--! EndIncluded press_worker/keys_to_verify.sql
--! Included press_worker/note_verified_key.sql
/* Of the signature that was looked at: a holder may have registered another one meanwhile. What does not hold is revoked, and its records fail. Locks: the key's row, then
   its queued records. */
create or replace function press_worker.note_verified_key(key_id uuid, signature text, is_genuine boolean)
  returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_key  press.publishing_keys;
begin
  perform press_private.require_running();
  if note_verified_key.is_genuine is null or not exists (select from press.publishing_keys k where k.id = note_verified_key.key_id) then
    perform press_private.refuse('INVALID_INPUT', 'There is no such key, or nothing was said of it.');
  end if;
  v_key := press_private.lock_publishing_key(note_verified_key.key_id);
  if v_key.verified_at is not null or v_key.revoked_at is not null or v_key.possession_signature is distinct from note_verified_key.signature then
    return false;
  end if;
  if note_verified_key.is_genuine then
    update press.publishing_keys k set verified_at = clock_timestamp() where k.id = v_key.id;
  else
    perform press_private.revoke_key(v_key.id, 'worker', 'The signature that its holder registered it with is not one of the key.');
  end if;
  return true;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_worker.note_verified_key is 'Notes whether the key made the signature that it was registered with: it is verified, or revoked. The answer is whether anything was noted: not of a key that was verified or revoked, or registered by another signature since. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.note_verified_key from public;
grant execute on function press_worker.note_verified_key to press_worker;
--! EndIncluded press_worker/note_verified_key.sql
--! Included press_private/script_push.sql
create or replace function press_private.script_push(bytes bytea)
  returns bytea
  language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  v_length  text := lpad(to_hex(length(bytes)), 8, '0');
begin
  return case
    when length(bytes) <= 75 then decode(right(v_length, 2), 'hex')
    when length(bytes) <= 255 then decode('4c' || right(v_length, 2), 'hex')
    when length(bytes) <= 65535 then decode('4d' || substr(v_length, 7, 2) || substr(v_length, 5, 2), 'hex')
    else decode('4e' || substr(v_length, 7, 2) || substr(v_length, 5, 2) || substr(v_length, 3, 2) || substr(v_length, 1, 2), 'hex') end || bytes;
end
$$;
comment on function press_private.script_push is 'The bytes as a script of a transaction pushes them, behind the shortest length that says how many they are.';
revoke all on function press_private.script_push from public;
--! EndIncluded press_private/script_push.sql
--! Included press_private/publication_script.sql
/* What stands on the chain: OP_FALSE OP_RETURN, so that nobody can ever spend the output, and then what it says. Who reads a record there can verify it without us. */
create or replace function press_private.publication_script(payload text, signature text, public_key text)
  returns bytea
  language sql stable
begin atomic
  select '\x006a'::bytea
      || press_private.script_push(convert_to('golden-press', 'UTF8'))
      || press_private.script_push(convert_to(publication_script.payload, 'UTF8'))
      || case
           when publication_script.signature is null then ''::bytea
           -- What is no base64 or hex has no script, which the audit can say, while an error would end it.
           when publication_script.signature collate "C" ~ '^([A-Za-z0-9+/]{4})*[A-Za-z0-9+/]{2}([A-Za-z0-9+/]{2}|[A-Za-z0-9+/]=|==)$' and publication_script.public_key collate "C" ~ '^([0-9a-f]{2})+$' then
             press_private.script_push(decode(publication_script.signature, 'base64')) || press_private.script_push(decode(publication_script.public_key, 'hex')) end;
end;
comment on function press_private.publication_script is 'The script of the output that publishes the payload: of a record with its signature (base64) and its key (hex), of a checkpoint (nulls) without. Null where one of these is not of its form.';
revoke all on function press_private.publication_script from public;
--! EndIncluded press_private/publication_script.sql
--! Included press_private/publication_sent_leaf.sql
create or replace function press_private.publication_sent_leaf(publication press.publications, txid text, at timestamptz)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339(publication_sent_leaf.at)
      || '","payload_hash":"' || (publication).payload_hash
      || '","publication_id":"' || (publication).id
      || '","txid":"' || publication_sent_leaf.txid
      || '","type":"publication.sent"}';
end;
comment on function press_private.publication_sent_leaf is 'The leaf of a publication that the chain''s nodes have taken, in the transaction txid.';
revoke all on function press_private.publication_sent_leaf from public;
--! EndIncluded press_private/publication_sent_leaf.sql
--! Included press_worker/anchor_checkpoint.sql
/* Hands the ledger's last checkpoint to the chain, so that not even the press can write its history anew. Only when the ledger has grown by something else than the
   record of what was published: or each anchor would be a reason for the next, for ever. One at a time, because the earlier one proves nothing that the later does not.
   Locks: the row of the first checkpoint, which nobody else locks; who does not get it leaves the matter to who has it. */
create or replace function press_worker.anchor_checkpoint(interval_seconds integer)
  returns press.publications
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_checkpoint   press.checkpoints;
  v_last         press.publications;
  v_publication  press.publications;
begin
  perform press_private.require_running();
  if (anchor_checkpoint.interval_seconds > 0) is not true then
    perform press_private.refuse('INVALID_INPUT', 'An interval is at least one second.');
  end if;
  perform from press.checkpoints c where c.tree_size = (select min(m.tree_size) from press.checkpoints m) for no key update skip locked;
  if not found then
    return null;
  end if;

  -- Statements from here on see all that was committed before the lock was granted.
  v_checkpoint := press_worker.latest_checkpoint();
  select p.* into v_last from press.publications p where p.checkpoint_size is not null order by p.checkpoint_size desc limit 1;
  if v_last.id is not null and (
       v_last.state in ('queued', 'processing', 'unknown')
       or v_last.submitted_at > clock_timestamp() - make_interval(secs => anchor_checkpoint.interval_seconds)
       or not exists (
         select from press.ledger_entries e
         where e.place >= v_last.checkpoint_size and e.place < v_checkpoint.tree_size and e.type <> 'publication.sent')) then
    return null;
  end if;

  insert into press.publications (kind, payload, payload_hash, checkpoint_size)
  values ('checkpoint', v_checkpoint.note, press_private.envelope_hash(v_checkpoint.note), v_checkpoint.tree_size)
  on conflict on constraint publications_checkpoint_once do nothing
  returning * into v_publication;
  return v_publication;
end
$$;
comment on function press_worker.anchor_checkpoint is 'Queues the last checkpoint for the chain, when the one before went there interval_seconds ago and the ledger has grown since by more than what was published; else null. Refuses: PRESS_STOPPED, INVALID_INPUT.';
revoke all on function press_worker.anchor_checkpoint from public;
grant execute on function press_worker.anchor_checkpoint to press_worker;
--! EndIncluded press_worker/anchor_checkpoint.sql
--! Included press_private/anchor_of.sql
/* The earliest that a block has, because the most stands on it; else the earliest that the nodes have. */
create or replace function press_private.anchor_of(place bigint)
  returns press.publications
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_anchor  press.publications;
begin
  select p.* into v_anchor
  from press.publications p join press.chain_transactions t on t.id = p.transaction_id
  where p.checkpoint_size > anchor_of.place and p.state = 'sent' and t.state = 'mined'
  order by p.checkpoint_size limit 1;
  if v_anchor.id is null then
    select p.* into v_anchor
    from press.publications p join press.chain_transactions t on t.id = p.transaction_id
    where p.checkpoint_size > anchor_of.place and p.state = 'sent' and t.state = 'accepted'
    order by p.checkpoint_size limit 1;
  end if;
  return v_anchor;
end
$$;
comment on function press_private.anchor_of is 'The publication of a checkpoint that covers the place and that the chain has; nulls when there is none yet.';
revoke all on function press_private.anchor_of from public;
--! EndIncluded press_private/anchor_of.sql
--! Included press/anchored_proof.sql
/* Anybody may have it, as the proof that it goes on from: all that is in it is in the public ledger and on the public chain. */
create or replace function press.anchored_proof(ticket_id uuid)
  returns text
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_ticket       press.tickets;
  v_entry        press.ledger_entries;
  v_anchor       press.publications;
  v_checkpoint   press.checkpoints;
  v_transaction  press.chain_transactions;
begin
  perform press.timechain_proof(anchored_proof.ticket_id);
  select t.* into v_ticket from press.tickets t where t.id = anchored_proof.ticket_id;
  v_entry := press_private.issued_entry(v_ticket);
  v_anchor := press_private.anchor_of(v_entry.place);
  if v_anchor.id is null then
    perform press_private.refuse('TICKET_NOT_SIGNED', 'It is in the ledger, and no checkpoint that covers it is on the chain yet.');
  end if;
  select c.* into strict v_checkpoint from press.checkpoints c where c.tree_size = v_anchor.checkpoint_size;
  select t.* into strict v_transaction from press.chain_transactions t where t.id = v_anchor.transaction_id;

  return press_private.canonical_json(jsonb_build_object(
    'type', 'golden-press/anchor/v1',
    'proof', press_private.proof_document(v_entry, v_checkpoint),
    'checkpoint', v_anchor.payload,
    'transaction', encode(v_transaction.raw, 'hex'),
    'txid', v_transaction.txid,
    'block', case when v_transaction.state = 'mined' then jsonb_build_object(
      'hash', v_transaction.block_hash,
      'height', v_transaction.block_height,
      'header', encode(v_transaction.block_header, 'hex'),
      'merkle_path', case when v_transaction.merkle_hashes is not null then
        jsonb_build_object('index', v_transaction.merkle_index, 'hashes', v_transaction.merkle_hashes) end) end));
end
$$;
comment on function press.anchored_proof is 'The proof that the ticket is in the ledger under a checkpoint that is on the public chain: canonical JSON of the type golden-press/anchor/v1, with the members proof (C2SP tlog-proof), checkpoint (the note as it was published), transaction (its bytes in hex) and txid, and block: null until it is mined, then hash, height, header (hex or null) and merkle_path (index and hashes from the transaction up, or null). Refuses: TICKET_NOT_FOUND, TICKET_NOT_SIGNED (also while no checkpoint on the chain covers it).';
revoke all on function press.anchored_proof from public;
grant execute on function press.anchored_proof to press_anonymous, press_holder, press_operator, press_auditor;
--! EndIncluded press/anchored_proof.sql
--! Included press_private/visible_transaction.sql
/* Its row may come from anybody's hand, and a transaction has what others publish: so the publication is read again, and only for whom it is for. */
create or replace function press_private.visible_transaction(publication_id uuid)
  returns press.chain_transactions
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_transaction  press.chain_transactions;
begin
  select t.* into v_transaction
  from press.publications p
  join press.chain_transactions t on t.id = p.transaction_id
  where p.id = visible_transaction.publication_id
    and (p.kind = 'checkpoint' or p.holder_id = press_hidden.current_holder_id() or (press_hidden.current_actor()).kind in ('operator', 'login')
      or pg_has_role(session_user, 'press_auditor', 'usage'));
  return v_transaction;
end
$$;
comment on function press_private.visible_transaction is 'The transaction that the publication is in, if the caller may see the publication; else nulls.';
revoke all on function press_private.visible_transaction from public;
--! EndIncluded press_private/visible_transaction.sql
--! Included press/publications_txid.sql
create or replace function press.publications_txid(publication press.publications)
  returns text
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return (press_private.visible_transaction(publication.id)).txid;
end
$$;
comment on function press.publications_txid is 'The id of the chain''s transaction that it is in, in hex; null while there is none, or none that is stored. It is the final one when the publication is sent.';
revoke all on function press.publications_txid from public;
grant execute on function press.publications_txid to press_anonymous, press_holder, press_operator, press_auditor;
--! EndIncluded press/publications_txid.sql
--! Included press/publications_confirmations.sql
create or replace function press.publications_confirmations(publication press.publications)
  returns integer
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_transaction  press.chain_transactions := press_private.visible_transaction(publication.id);
begin
  return case
    -- A block that a worker heard of before it heard of the tip is a confirmation all the same.
    when v_transaction.state = 'mined' then greatest(1, (select t.height from press_private.chain_tip t) - v_transaction.block_height + 1)
    when v_transaction.state = 'accepted' then 0 end;
end
$$;
comment on function press.publications_confirmations is 'How many blocks there are from the one that it is in to the end of the chain, both included, as a worker last heard; 0 while it is in none; null while the nodes have not taken it.';
revoke all on function press.publications_confirmations from public;
grant execute on function press.publications_confirmations to press_anonymous, press_holder, press_operator, press_auditor;
--! EndIncluded press/publications_confirmations.sql
--! Included press_gateway/changed_publications.sql
/* One question for all subscribers of a gateway. A row changes when its publication does, or its transaction: the id comes with the one, the block with the other;
   and with each block that follows, until there are so many that nobody counts them (press_worker.record_sightings looks no more then).
   Each is found by its key: "offset 0" keeps the order id, publication, transaction, and a plan is made for each call. */
create or replace function press_gateway.changed_publications(publication_ids uuid[], seen timestamptz[])
  returns table (publication_id uuid, subject text, changed_at timestamptz)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set plan_cache_mode = force_custom_plan set jit = off as $$
begin
  return query
  select p.id, coalesce(h.subject, case when p.holder_id is not null then '' end), c.changed_at
  from unnest(changed_publications.publication_ids, changed_publications.seen) s (id, seen)
  cross join lateral (select i.id, i.holder_id, i.transaction_id, i.updated_at from press.publications i where i.id = s.id offset 0) p
  left join lateral (select i.subject from press.holders i where i.id = p.holder_id offset 0) h on true
  left join lateral (select i.updated_at, i.block_height from press.chain_transactions i where i.id = p.transaction_id offset 0) t on true
  left join press_private.chain_tip e on e.is_only and e.height - t.block_height < 100
  -- In milliseconds, as whoever asks keeps it.
  cross join lateral (select greatest(p.updated_at, t.updated_at, date_trunc('milliseconds', e.seen_at))) c (changed_at)
  where c.changed_at is distinct from s.seen;
end
$$;
comment on function press_gateway.changed_publications is 'Those of the publications that have changed since each was seen (null: never), with the subject of its holder (null: a checkpoint; empty, which is nobody''s: somebody who was forgotten) and when it changed last. seen: what changed_at was, one for each id.';
revoke all on function press_gateway.changed_publications from public;
grant execute on function press_gateway.changed_publications to press_gateway;
--! EndIncluded press_gateway/changed_publications.sql
--! Included press_private/is_recorded_operator.sql
/* Rows name operators by their subjects, and the audit holds the ledger against them. Indexes have the tickets and redemptions that an operator made; of the others
   there are fewer. Seq scans are off, because a plan for any name takes what one operator issued for a sign that a find is near. */
create or replace function press_private.is_recorded_operator(subject text)
  returns boolean
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_label  text := 'operator:' || subject;
begin
  return exists (select from press.tickets t where t.issued_by = v_label)
      or exists (select from press.revocations r where r.revoked_by = v_label)
      or exists (select from press.redemptions r where r.redeemed_by = v_label and r.redeemed_by <> 'holder')
      or exists (select from press_private.draw_requests r where r.requested_by = v_label)
      or exists (select from press_private.press_state s where s.changed_by = v_label)
      or exists (select from press_private.rule_set_requests r where r.requested_by = v_label)
      or exists (select from press.attestations a where a.submitted_by = v_label)
      or exists (select from press.credentials c where c.revoked_by = v_label)
      or exists (select from press.publishing_keys k where k.registered_by = v_label or k.revoked_by = v_label)
      or exists (select from press.publications p where p.submitted_by = v_label)
      or exists (select from press.utxos u where u.funded_by = v_label or u.released_by = v_label);
end
$$;
comment on function press_private.is_recorded_operator is 'Whether any row says that this subject acted as an operator.';
revoke all on function press_private.is_recorded_operator from public;
--! EndIncluded press_private/is_recorded_operator.sql
--! Included press_private/is_forgotten_operator.sql
/* Nobody who is here by name has acted when they are forgotten, and acting makes known again: press_private.hold_operators. Rows that came from elsewhere, as when a part was
   restored, can say otherwise, and the name in them is what the person wanted forgotten. Names that an index has are read one by one, however many rows they have. */
create or replace function press_private.is_forgotten_operator(holder_id uuid)
  returns boolean
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  return exists (
    with recursive issuers (label) as (
      select min(t.issued_by) from press.tickets t where t.issued_by is not null
      union all
      select (select min(t.issued_by) from press.tickets t where t.issued_by > i.label) from issuers i where i.label is not null),
    redeemers (label) as (
      select min(r.redeemed_by) from press.redemptions r where r.redeemed_by <> 'holder'
      union all
      select (select min(n.redeemed_by) from press.redemptions n where n.redeemed_by <> 'holder' and n.redeemed_by > r.label) from redeemers r where r.label is not null)
    select from (
      select i.label from issuers i
      union select r.label from redeemers r
      union select r.revoked_by from press.revocations r
      union select r.requested_by from press_private.draw_requests r
      union select s.changed_by from press_private.press_state s
      union select r.requested_by from press_private.rule_set_requests r
      union select a.submitted_by from press.attestations a
      union select c.revoked_by from press.credentials c
      union select k.registered_by from press.publishing_keys k
      union select k.revoked_by from press.publishing_keys k
      union select p.submitted_by from press.publications p where p.submitted_by is not null
      union select u.funded_by from press.utxos u where u.funded_by is not null
      union select u.released_by from press.utxos u where u.released_by is not null) o
    join press_private.erased_holders e on e.subject_hash = press_private.keyed_hash('subject', substr(o.label, 10))
    where starts_with(o.label, 'operator:') and e.holder_id = is_forgotten_operator.holder_id);
end
$$;
comment on function press_private.is_forgotten_operator is 'Whether any row says that this holder, who was forgotten, acted as an operator.';
revoke all on function press_private.is_forgotten_operator from public;
--! EndIncluded press_private/is_forgotten_operator.sql
--! Included press_private/erase_publications.sql
/* What is on the chain stays there, and so do the rows that say so, by the opaque id. What was not sent must not become public any more: it fails, and its text goes.
   What is in a transaction whose bytes are stored may be out already; one that is not signed yet is given up. A signature over a name tells, to who guesses the name, whether it is right: so it goes too, and so do
   reasons, which may name people.
   To be called under the holder's lock, when the holder is among those who are forgotten. Locks: their keys, what is queued, by id; the transactions that are given up,
   and their coins. */
create or replace function press_private.erase_publications(holder_id uuid, erased_by text)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
begin
  perform from press.publishing_keys k where k.holder_id = erase_publications.holder_id order by k.id for no key update;
  update press.publishing_keys k set revocation_reason = null
  where k.holder_id = erase_publications.holder_id and k.revocation_reason is not null;
  perform press_private.revoke_key(k.id, erase_publications.erased_by, 'Its holder was forgotten.')
  from press.publishing_keys k where k.holder_id = erase_publications.holder_id and k.revoked_at is null;
  -- Whoever had claimed some has committed now, and nobody claims more: all is failed, or in a transaction.
  perform press_private.release_transaction(t.id)
  from press.chain_transactions t
  where t.state = 'reserved' and t.replaces_id is null and t.id in (
    select p.transaction_id from press.publications p where p.holder_id = erase_publications.holder_id and p.state = 'processing');
  set constraints press._200_guard_transaction immediate;  -- see press_private.tg_publications__guard_transaction
  set constraints press._200_guard_transaction deferred;
  perform press_private.fail_queued_records(k.id) from press.publishing_keys k where k.holder_id = erase_publications.holder_id;
  update press.publishing_keys k set possession_signature = null
  where k.holder_id = erase_publications.holder_id and k.possession_signature is not null;
  update press.publications p set payload = null
  where p.holder_id = erase_publications.holder_id and p.state = 'failed' and p.payload is not null
    and not exists (select from press_private.chain_outputs o where o.publication_id = p.id);
end
$$;
comment on function press_private.erase_publications is 'Takes the holder''s keys out of use, and removes the signatures that name them, the reasons why keys were revoked, and the records that never went out.';
revoke all on function press_private.erase_publications from public;
--! EndIncluded press_private/erase_publications.sql
--! Included press/erase_holder.sql
/* Forgets a person. What says who they are goes: the subject, the text of envelopes, evidence, the facts that decisions rest on, records that never went out, what
   their keys have signed over their name, the reasons why they were deactivated, or something of theirs revoked, unless those are in the ledger. What was published
   on the chain nobody takes back. What nobody can read it from stays: the opaque id, numbers and slots, and hashes, so that no limit is met anew, the ledger
   can be verified, and an envelope in somebody's hand is still known by its hash. A ticket that awaits its signature is signed for
   press_private.envelope_recipient. A keyed hash of the subject tells when the same person returns: press_private.return_holders.
   Operators cannot be forgotten: press_private.hold_operators keeps those who act right now.
   Locks, in this order: the claims of workers, so that no envelope with the name comes after this; the operator's holder, the attestations, the holder, the keys
   and records, the transactions that are not signed yet, the tickets, the credentials. */
create or replace function press.erase_holder(holder_id uuid)
  returns press.holders
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_actor   press_hidden.actor_record;
  v_holder  press.holders;
begin
  perform press_private.require_running();
  v_actor := press_private.require_operator();
  perform press_private.doubt_claims(array[erase_holder.holder_id]);
  perform press_private.hold_operators(array[v_actor.subject]) where v_actor.kind = 'operator';
  perform from press.attestations a where a.holder_id = erase_holder.holder_id order by a.id for update;
  v_holder := press_private.lock_holder(erase_holder.holder_id);
  perform press_private.require_running();

  -- Statements from here on see all that was committed before the locks were granted.
  perform press_private.refuse('NOT_ALLOWED', 'They have acted as an operator, and what operators did stays under their names.')
  where case when v_holder.subject is null then press_private.is_forgotten_operator(v_holder.id) else press_private.is_recorded_operator(v_holder.subject) end;
  if v_holder.subject is null then
    return v_holder;
  end if;

  insert into press_private.erased_holders (holder_id, subject_hash)
  values (v_holder.id, press_private.keyed_hash('subject', v_holder.subject));
  -- Who forgets themselves leaves no name.
  perform press_private.erase_publications(v_holder.id, case when v_actor.kind = 'operator' and v_actor.subject = v_holder.subject then 'holder' else press_private.issuer_label(v_actor) end);
  perform press_private.erase_envelopes(v_holder.id);
  perform press_private.erase_evidence(v_holder.id);
  perform press_private.erase_reasons(v_holder.id);
  update press.holders h set subject = null, deactivation_reason = null where h.id = v_holder.id returning h.* into v_holder;
  return v_holder;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when unique_violation or serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.erase_holder is 'Forgets a person: their subject, the text of their envelopes, their evidence and their records that were not published yet are removed, for good, and their keys are revoked; what is on the public chain stays there, and numbers, limits and the ledger stay as they are. Who was deactivated stays so. The same person returning is known again, and meets the old limits. One who was forgotten stays as they are. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED (also: they have acted as an operator), INVALID_INPUT (there is no such holder, or at another isolation level than READ COMMITTED), LOCK_TIMEOUT, RETRY.';
revoke all on function press.erase_holder from public;
grant execute on function press.erase_holder to press_anonymous, press_holder, press_operator;
--! EndIncluded press/erase_holder.sql
--! Included press_private/tg_publications__seal_ended.sql
/* A publication goes through several states within a second, hundreds of them at once, and is sealed when it is sent or has failed. That is why this is no
   press_private.tg__seal_rows, which would seal each state; what the columns are press_private.sealed_columns says again, and test/audit holds the two together. */
create or replace function press_private.tg_publications__seal_ended()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' as $$
begin
  insert into press_private.row_seals (hash)
  values (press_private.row_seal('press.publications', row(
    NEW.id, NEW.kind, NEW.state, NEW.key_id, NEW.holder_id, NEW.submitted_by, NEW.nonce, NEW.expires_at, NEW.payload_hash, NEW.payload is null,
    NEW.signature, NEW.checkpoint_size, NEW.transaction_id, NEW.output_index, NEW.error_code, NEW.error_detail, NEW.submitted_at, NEW.sent_at)::text));
  return null;
end
$$;
comment on function press_private.tg_publications__seal_ended is 'Makes the seal of a publication that was sent or has failed.';
revoke all on function press_private.tg_publications__seal_ended from public;

create or replace trigger _500_seal_ended after update on press.publications
  for each row when (NEW.state in ('sent', 'failed')) execute function press_private.tg_publications__seal_ended();
alter table press.publications enable always trigger _500_seal_ended;
--! EndIncluded press_private/tg_publications__seal_ended.sql
--! Included press_private/audit_publications.sql
create or replace function press_private.audit_publications()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'a record is what a key of its holder signed, and a published checkpoint is one of the ledger', format('press.publications (%s)', p.id),
    format('It is a %s of the holder %s under the nonce %s, until %s, by the key %s of the holder %s.', p.kind, p.holder_id, p.nonce, p.expires_at, k.public_key, k.holder_id)
  from press.publications p
  left join press.publishing_keys k on k.id = p.key_id
  left join press.checkpoints c on c.tree_size = p.checkpoint_size
  cross join lateral (select press_private.read_json(p.payload)) r (record)
  where (p.payload_hash = press_private.envelope_hash(p.payload) or (p.payload is null and p.state = 'failed')) is not true
     or case p.kind
          when 'checkpoint' then c.note = p.payload and num_nonnulls(p.key_id, p.holder_id, p.nonce, p.expires_at, p.signature) = 0
          else k.holder_id = p.holder_id and press_private.is_low_s(press_private.ecdsa_signature_parts(p.signature)) and p.checkpoint_size is null
           and (p.payload is null or (r.record ->> 'nonce' = p.nonce and press_private.moment_of(r.record ->> 'expires_at') = p.expires_at)) end is not true;

  return query
  select 'a key has what its holder showed to have it by, or was revoked', format('press.publishing_keys (%s)', k.id),
    format('The key %s was registered by the signature %s, and is %s.', k.public_key, k.possession_signature, case when k.revoked_at is null then 'in use' else 'revoked' end)
  from press.publishing_keys k
  where (k.public_key collate "C" ~ '^0[23][0-9a-f]{64}$' and exists (select from press.holders h where h.id = k.holder_id)
    and case when k.possession_signature is null then k.revoked_at is not null
             else press_private.is_low_s(press_private.ecdsa_signature_parts(k.possession_signature)) end) is not true;
end
$$;
comment on function press_private.audit_publications is 'What does not hold of records, of checkpoints on their way to the chain, and of the keys of records.';
revoke all on function press_private.audit_publications from public;
--! EndIncluded press_private/audit_publications.sql
--! Included press_private/expected_entries.sql
/* What must be in the ledger, from the rows alone. When a ticket or a credential was signed no row says: its leaf is
   made for some moment, and compared without it. */
create or replace function press_private.expected_entries()
  returns table (subject text, type text, edition_id integer, ticket_number integer, is_moment_known boolean, leaf text)
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
    select format('press.editions (%s)', e.id), x.type, e.id, null::integer, true, x.leaf
    from press.editions e
    cross join lateral (
      select 'edition.opened', press_private.edition_opened_leaf(e) where e.opened_at is not null
      union all
      select 'edition.closed', press_private.edition_closed_leaf(e)
      where e.closed_at is not null and not exists (select from press_private.closings_to_record q where q.edition_id = e.id)
    ) x (type, leaf)
  union all
    select format('press.tickets (%s,%s)', t.edition_id, t.ticket_number), 'ticket.issued', t.edition_id, t.ticket_number, false,
      press_private.ticket_issued_leaf(t, e.slug, coalesce(x.envelope_hash, press_private.envelope_hash(t.envelope)), 'epoch')
    from press.tickets t join press.editions e on e.id = t.edition_id
    left join press_private.erased_envelopes x on x.edition_id = t.edition_id and x.ticket_number = t.ticket_number
    where t.status <> 'pending'
  union all
    select format('press.redemptions (%s,%s)', d.edition_id, d.ticket_number), 'ticket.redeemed', d.edition_id, d.ticket_number, true,
      press_private.ticket_redeemed_leaf(t, e.slug, press_private.recorded_label(d.redeemed_by, t.holder_id), d.redeemed_at)
    from press.redemptions d
    join press.tickets t on t.edition_id = d.edition_id and t.ticket_number = d.ticket_number join press.editions e on e.id = d.edition_id
  union all
    select format('press.revocations (%s,%s)', v.edition_id, v.ticket_number), 'ticket.revoked', v.edition_id, v.ticket_number, true,
      press_private.ticket_revoked_leaf(t, e.slug, press_private.recorded_label(v.revoked_by, t.holder_id),
        case when v.is_reason_published then v.reason end, v.revoked_at)
    from press.revocations v
    join press.tickets t on t.edition_id = v.edition_id and t.ticket_number = v.ticket_number join press.editions e on e.id = v.edition_id
  union all
    select format('press.draws (%s,%s)', d.edition_id, d.attempt), case d.attempt when 1 then 'edition.drawn' else 'winner.replaced' end, e.id, null, true,
      press_private.draw_leaf(d, e)
    from press.draws d join press.editions e on e.id = d.edition_id where d.status <> 'requested'
  union all
    select format('press.beacon_rounds (%s,%s)', r.chain_hash, r.round), 'beacon.archived', null, null, true, press_private.beacon_archived_leaf(r)
    from press.beacon_rounds r
  union all
    select format('press.attestations (%s)', a.id), 'attestation.decided', null, null, true, press_private.attestation_decided_leaf(a, r.rule_set_hash)
    from press.attestations a join press.rule_sets r on r.id = a.rule_set_id
  union all
    select format('press.credentials (%s)', c.id), x.type, null, null, x.is_moment_known, press_private.credential_leaf(c, x.type, x.at)
    from press.credentials c
    cross join lateral (
      select 'credential.issued', false, 'epoch'::timestamptz where c.document is not null
      union all
      select 'credential.revoked', true, c.revoked_at where c.status = 'revoked'
    ) x (type, is_moment_known, at)
  union all
    select format('press.publications (%s)', p.id), 'publication.sent', null, null, true, press_private.publication_sent_leaf(p, t.txid, o.sent_at)
    from press_private.chain_outputs o
    join press.publications p on p.id = o.publication_id join press.chain_transactions t on t.id = o.transaction_id where o.sent_at is not null
  union all
    select format('press.signing_keys (%s)', k.key_id), x.type, null, null, true, press_private.key_leaf(k, x.type)
    from press.signing_keys k
    cross join lateral (select 'key.activated' union all select 'key.retired' where k.retired_at is not null) x (type);
end
$$;
comment on function press_private.expected_entries is 'The entries that the rows say there must be, with or without a place; subject: the row that says so.';
revoke all on function press_private.expected_entries from public;
--! EndIncluded press_private/expected_entries.sql
--! Included press_private/tg_publishing_keys__guard_identity.sql
/* Whose a key is never changes, nor that it was revoked. What shows that they had it is replaced only until a worker has checked it, and goes when they are forgotten. */
create or replace function press_private.tg_publishing_keys__guard_identity()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (NEW.id, NEW.holder_id, NEW.public_key, NEW.registered_at, NEW.registered_by)
    is distinct from (OLD.id, OLD.holder_id, OLD.public_key, OLD.registered_at, OLD.registered_by) then
    perform press_private.refuse('NOT_ALLOWED', 'What a key was registered as never changes.');
  end if;

  if OLD.revoked_at is not null and ((NEW.revoked_at, NEW.revoked_by) is distinct from (OLD.revoked_at, OLD.revoked_by)
      or NEW.revocation_reason is distinct from OLD.revocation_reason and not (
        NEW.revocation_reason is null and exists (select from press_private.erased_holders e where e.holder_id = OLD.holder_id))) then
    perform press_private.refuse('NOT_ALLOWED', 'A key that was revoked stays so.');
  end if;

  if OLD.verified_at is not null and NEW.verified_at is distinct from OLD.verified_at then
    perform press_private.refuse('NOT_ALLOWED', 'A key is verified once.');
  end if;

  if NEW.possession_signature is distinct from OLD.possession_signature and not (
       case when NEW.possession_signature is null then exists (select from press_private.erased_holders e where e.holder_id = OLD.holder_id)
            else OLD.verified_at is null and OLD.possession_signature is not null end) then
    perform press_private.refuse('NOT_ALLOWED', 'What a key was verified by never changes, and goes only when its holder is forgotten.');
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_publishing_keys__guard_identity is 'Refuses every change of a key but its quota, its verification and its revocation, each once, and the removal of its signature and its reason when its holder is forgotten. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_publishing_keys__guard_identity from public;

create or replace trigger _200_guard_identity before update on press.publishing_keys
  for each row execute function press_private.tg_publishing_keys__guard_identity();
alter table press.publishing_keys enable always trigger _200_guard_identity;
--! EndIncluded press_private/tg_publishing_keys__guard_identity.sql
--! Included press_private/tg_publications__guard_identity.sql
/* What was submitted never changes, and what failed stays failed: its client has been told, and may have signed another record instead. But what the nodes refused and a
   block has all the same is there, whatever was told. */
create or replace function press_private.tg_publications__guard_identity()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (NEW.id, NEW.kind, NEW.key_id, NEW.holder_id, NEW.submitted_by, NEW.nonce, NEW.expires_at, NEW.payload_hash, NEW.signature, NEW.checkpoint_size, NEW.submitted_at)
    is distinct from
     (OLD.id, OLD.kind, OLD.key_id, OLD.holder_id, OLD.submitted_by, OLD.nonce, OLD.expires_at, OLD.payload_hash, OLD.signature, OLD.checkpoint_size, OLD.submitted_at) then
    perform press_private.refuse('NOT_ALLOWED', 'What was submitted never changes.');
  end if;

  if NEW.payload is distinct from OLD.payload
     and not (NEW.payload is null and NEW.state = 'failed' and exists (select from press_private.erased_holders e where e.holder_id = OLD.holder_id)) then
    perform press_private.refuse('NOT_ALLOWED', 'A payload goes only when its holder is forgotten before it went out.');
  end if;

  if OLD.state = 'failed' and (NEW.state, NEW.error_code, NEW.error_detail, NEW.transaction_id) is distinct from (OLD.state, OLD.error_code, OLD.error_detail, OLD.transaction_id)
     and not (OLD.error_code = 'BROADCAST_REJECTED' and NEW.state = 'sent') then
    perform press_private.refuse('NOT_ALLOWED', 'A publication that failed stays failed.');
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_publications__guard_identity is 'Refuses every change of what was submitted, and of what failed. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_publications__guard_identity from public;

create or replace trigger _200_guard_identity before update on press.publications
  for each row execute function press_private.tg_publications__guard_identity();
alter table press.publications enable always trigger _200_guard_identity;
--! EndIncluded press_private/tg_publications__guard_identity.sql
--! Included press_private/tg_publications__guard_transaction.sql
/* The third layer of what is published once. A transaction whose bytes are stored may be out, whatever anybody says: what is in it goes into another one only when this
   one can never be mined, because its coins are spent otherwise, by a transaction of ours (replaced) or of somebody else (conflicted), or was refused for good.
   Judged at the end, so that the order of statements before it does not matter. Who moves publications has it judged at once when they are done: at the commit, before
   PostgreSQL 18, a worker's session has no right to look. */
create or replace function press_private.tg_publications__guard_transaction()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform press_private.refuse('NOT_ALLOWED', format('Publication %s is in transaction %s, which may be on the chain.', OLD.id, OLD.transaction_id))
  from press.chain_transactions t
  where t.id = OLD.transaction_id and t.raw is not null and t.state not in ('replaced', 'conflicted', 'rejected', 'released');
  return null;
end
$$;
comment on function press_private.tg_publications__guard_transaction is 'Refuses that a publication leaves a transaction that may be on the chain. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_publications__guard_transaction from public;

-- A trigger that is deferred cannot be replaced.
drop trigger if exists _200_guard_transaction on press.publications;
create constraint trigger _200_guard_transaction after update on press.publications
  deferrable initially deferred
  for each row when (OLD.transaction_id is not null and NEW.transaction_id is distinct from OLD.transaction_id)
  execute function press_private.tg_publications__guard_transaction();
alter table press.publications enable always trigger _200_guard_transaction;
--! EndIncluded press_private/tg_publications__guard_transaction.sql

--! split: 2000-pool.sql
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
--! Included press_private/reversed_bytes.sql
/* The chain writes hashes of blocks and transactions for people from the last byte to the first. PostgreSQL has no reverse(bytea) before 18. */
create or replace function press_private.reversed_bytes(bytes bytea)
  returns bytea
  language sql immutable
begin atomic
  select coalesce(string_agg(substr(reversed_bytes.bytes, n, 1), '' order by n desc), '') from generate_series(1, length(reversed_bytes.bytes)) n;
end;
comment on function press_private.reversed_bytes is 'The bytes, the last one first.';
revoke all on function press_private.reversed_bytes from public;
--! EndIncluded press_private/reversed_bytes.sql
--! Included press_private/little_endian_bytes.sql
create or replace function press_private.little_endian_bytes(number bigint, byte_count integer)
  returns bytea
  language sql immutable
begin atomic
  select press_private.reversed_bytes(substr(int8send(little_endian_bytes.number), 9 - little_endian_bytes.byte_count));
end;
comment on function press_private.little_endian_bytes is 'The number in so many bytes (1 to 8), least significant first.';
revoke all on function press_private.little_endian_bytes from public;
--! EndIncluded press_private/little_endian_bytes.sql
--! Included press_private/compact_size.sql
create or replace function press_private.compact_size(number bigint)
  returns bytea
  language sql immutable
begin atomic
  select case
    when compact_size.number < 253 then press_private.little_endian_bytes(compact_size.number, 1)
    when compact_size.number < 65536 then '\xfd'::bytea || press_private.little_endian_bytes(compact_size.number, 2)
    else '\xfe'::bytea || press_private.little_endian_bytes(compact_size.number, 4) end;
end;
comment on function press_private.compact_size is 'A count (0 to below 2^32) as transactions write it.';
revoke all on function press_private.compact_size from public;
--! EndIncluded press_private/compact_size.sql
--! Included press_private/compact_size_bytes.sql
create or replace function press_private.compact_size_bytes(number bigint)
  returns integer
  language sql immutable
begin atomic
  select case when compact_size_bytes.number < 253 then 1 when compact_size_bytes.number < 65536 then 3 else 5 end;
end;
comment on function press_private.compact_size_bytes is 'How many bytes press_private.compact_size takes for it.';
revoke all on function press_private.compact_size_bytes from public;
--! EndIncluded press_private/compact_size_bytes.sql
--! Included press_private/txid_of.sql
create or replace function press_private.txid_of(raw bytea)
  returns text
  language sql immutable
begin atomic
  select encode(press_private.reversed_bytes(sha256(sha256(txid_of.raw))), 'hex');
end;
comment on function press_private.txid_of is 'The id of a transaction: SHA-256 of the SHA-256 of its bytes, as people write it.';
revoke all on function press_private.txid_of from public;
--! EndIncluded press_private/txid_of.sql
--! Included press_private/publication_output_bytes.sql
/* Counted, not written: thousands of records are sized to make a bundle. test/sql/publications_to_send holds it to what press_private.publication_script writes. */
create or replace function press_private.publication_output_bytes(publication press.publications)
  returns bigint
  language sql stable
begin atomic
  with pushed as (
    select octet_length((publication).payload) as payload_bytes,
      coalesce(octet_length((publication).signature) / 4 * 3 - (length((publication).signature) - length(rtrim((publication).signature, '='))), 0) as signature_bytes
  ), script as (
    -- OP_FALSE, OP_RETURN and 13 bytes of the name; of a record 34 of the key.
    select 15 + p.payload_bytes + case when p.payload_bytes <= 75 then 1 when p.payload_bytes <= 255 then 2 else 3 end
      + case when (publication).signature is null then 0 else p.signature_bytes + case when p.signature_bytes <= 75 then 1 when p.signature_bytes <= 255 then 2 else 3 end + 34 end as bytes
    from pushed p
  )
  select 8 + press_private.compact_size_bytes(s.bytes) + s.bytes from script s;
end;
comment on function press_private.publication_output_bytes is 'How many bytes the output of the publication takes in a transaction.';
revoke all on function press_private.publication_output_bytes from public;
--! EndIncluded press_private/publication_output_bytes.sql
--! Included press_private/transaction_bytes.sql
/* Sized with the longest signature that there is (71 bytes of DER and one of the hash type): what is signed is never longer, so what it pays is never less than was asked. */
create or replace function press_private.transaction_bytes(input_count bigint, output_count bigint, output_bytes bigint)
  returns bigint
  language sql immutable
begin atomic
  select 8 + press_private.compact_size_bytes(transaction_bytes.input_count) + 148 * transaction_bytes.input_count
    + press_private.compact_size_bytes(transaction_bytes.output_count) + transaction_bytes.output_bytes;
end;
comment on function press_private.transaction_bytes is 'How many bytes a transaction has at most: its version and lock time take 8, an input 148.';
revoke all on function press_private.transaction_bytes from public;
--! EndIncluded press_private/transaction_bytes.sql
--! Included press_private/transaction_fee.sql
create or replace function press_private.transaction_fee(input_count bigint, output_count bigint, output_bytes bigint, fee_satoshis_per_kb integer)
  returns bigint
  language sql immutable
begin atomic
  select ceil(press_private.transaction_bytes(transaction_fee.input_count, transaction_fee.output_count, transaction_fee.output_bytes)::numeric
    * transaction_fee.fee_satoshis_per_kb / 1000)::bigint;
end;
comment on function press_private.transaction_fee is 'What a transaction pays at least (satoshis).';
revoke all on function press_private.transaction_fee from public;
--! EndIncluded press_private/transaction_fee.sql
--! Included press_private/transaction_change.sql
create or replace function press_private.transaction_change(
    input_satoshis bigint, input_count bigint, output_count bigint, output_bytes bigint, fee_satoshis_per_kb integer, dust_satoshis integer, fee_floor_satoshis bigint default 0)
  returns bigint
  language sql immutable
begin atomic
  select case when c.satoshis >= transaction_change.dust_satoshis then c.satoshis else 0 end
  from (
    select transaction_change.input_satoshis - greatest(transaction_change.fee_floor_satoshis, press_private.transaction_fee(
      transaction_change.input_count, transaction_change.output_count + 1, transaction_change.output_bytes + 34, transaction_change.fee_satoshis_per_kb)) as satoshis
  ) c;
end;
comment on function press_private.transaction_change is 'What comes back to the wallet in an output of 34 bytes; 0: it is below dust, there is no such output, and the fee has it. output_count, output_bytes: of the other outputs.';
revoke all on function press_private.transaction_change from public;
--! EndIncluded press_private/transaction_change.sql
--! Included press_private/transaction_outputs.sql
/* The one place that says what a transaction pays: what is signed is held to it byte for byte, and the audit holds to it what was stored. */
create or replace function press_private.transaction_outputs(transaction press.chain_transactions, publication_ids uuid[])
  returns bytea
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_wallet   bytea := decode(transaction.wallet_script, 'hex');
  v_scripts  bytea[];
  v_change   bytea := ''::bytea;
begin
  select coalesce(array_agg(press_private.publication_script(p.payload, p.signature, k.public_key) order by i.index), '{}') into v_scripts
  from unnest(transaction_outputs.publication_ids) with ordinality i (publication_id, index)
  join press.publications p on p.id = i.publication_id
  left join press.publishing_keys k on k.id = p.key_id;

  if transaction.change_satoshis > 0 then
    v_change := press_private.little_endian_bytes(transaction.change_satoshis, 8) || '\x19'::bytea || v_wallet;
  end if;
  return press_private.compact_size(cardinality(v_scripts) + transaction.split_count + (transaction.change_satoshis > 0)::integer)
    || coalesce((select string_agg('\x0000000000000000'::bytea || press_private.compact_size(length(s.script)) || s.script, '' order by s.index)
                 from unnest(v_scripts) with ordinality s (script, index)), '')
    || coalesce((select string_agg(press_private.little_endian_bytes(transaction.split_satoshis, 8) || '\x19'::bytea || v_wallet, '')
                 from generate_series(1, transaction.split_count)), '')
    || v_change;
end
$$;
comment on function press_private.transaction_outputs is 'The outputs of a transaction as they stand in it, behind their count: the publications, what it splits into, its change.';
revoke all on function press_private.transaction_outputs from public;
--! EndIncluded press_private/transaction_outputs.sql
--! Included press_private/is_unlocking_script.sql
create or replace function press_private.is_unlocking_script(script bytea, byte_count integer)
  returns boolean
  language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  v_signature_bytes  integer;
begin
  -- Sized for 107 bytes: a longer one would pay less than was asked.
  if length(script) <> byte_count or byte_count not between 44 and 107 then
    return false;
  end if;
  v_signature_bytes := get_byte(script, 0);
  return v_signature_bytes = byte_count - 35
    and get_byte(script, 1) = 48 and get_byte(script, 2) = v_signature_bytes - 3
    and get_byte(script, v_signature_bytes) = 65
    and get_byte(script, v_signature_bytes + 1) = 33 and get_byte(script, v_signature_bytes + 2) in (2, 3);
end
$$;
comment on function press_private.is_unlocking_script is 'Whether the bytes, of which there are to be so many, push a signature in the form of DER for ALL|FORKID and a compressed key, and nothing else.';
revoke all on function press_private.is_unlocking_script from public;
--! EndIncluded press_private/is_unlocking_script.sql
--! Included press_private/raw_transaction_problem.sql
/* Whether these are the bytes of this transaction: all but the signatures is known before, and is compared. That a signature is one of the wallet's key the chain's nodes judge. */
create or replace function press_private.raw_transaction_problem(transaction press.chain_transactions, raw bytea, publication_ids uuid[])
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_outpoints  bytea[] := array(
    select press_private.reversed_bytes(decode(u.txid, 'hex')) || press_private.little_endian_bytes(u.output_index, 4)
    from press_private.chain_inputs i join press.utxos u on u.id = i.utxo_id
    where i.transaction_id = transaction.id order by i.input_index);
  v_count      bytea := press_private.compact_size(cardinality(v_outpoints));
  v_at         integer := 5 + length(v_count);
  v_script     bytea;
  v_bytes      integer;
begin
  if substr(raw, 1, 4) not in ('\x01000000', '\x02000000') then
    return 'Its version is neither 1 nor 2.';
  end if;
  if substr(raw, 5, length(v_count)) <> v_count then
    return format('It has not %s inputs.', cardinality(v_outpoints));
  end if;

  for v_input in 1 .. cardinality(v_outpoints) loop
    if substr(raw, v_at, 36) <> v_outpoints[v_input] or length(raw) < v_at + 36 then
      return format('Input %s does not spend what was reserved for it.', v_input - 1);
    end if;
    v_bytes := get_byte(raw, v_at + 35);  -- get_byte counts from 0, substr from 1
    v_script := substr(raw, v_at + 37, v_bytes);
    if not press_private.is_unlocking_script(v_script, v_bytes) then
      return format('Input %s is not unlocked by a signature (DER, ALL|FORKID) and a compressed key.', v_input - 1);
    end if;
    if substr(raw, v_at + 37 + v_bytes, 4) <> '\xffffffff' then
      return format('Input %s has a sequence number.', v_input - 1);
    end if;
    v_at := v_at + 41 + v_bytes;
  end loop;

  if substr(raw, v_at) <> press_private.transaction_outputs(transaction, raw_transaction_problem.publication_ids) || '\x00000000' then
    return 'Its outputs are not those that were handed out, with the lock time 0 after them.';
  end if;
  return null;
end
$$;
comment on function press_private.raw_transaction_problem is 'What is wrong with the bytes of a transaction with these publications in its outputs; null: nothing.';
revoke all on function press_private.raw_transaction_problem from public;
--! EndIncluded press_private/raw_transaction_problem.sql
--! Included press/fund_pool.sql
/* Adds a coin that somebody paid to the wallet. Nobody here can look at the chain, so it is believed; a coin that is not there makes its first transaction fail, and goes dirty. */
create or replace function press.fund_pool(txid text, output_index bigint, satoshis bigint, wallet_script text)
  returns press.utxos
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_actor  press_hidden.actor_record;
  v_coin   press.utxos;
begin
  perform press_private.require_running();
  v_actor := press_private.require_operator();
  if (fund_pool.txid collate "C" ~ '^[0-9a-f]{64}$' and fund_pool.output_index between 0 and 4294967295) is not true then
    perform press_private.refuse('INVALID_INPUT', 'An output is named by a txid of 64 lower-case hex characters and its index.');
  end if;
  if (fund_pool.satoshis between 1 and 2100000000000000) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A coin has 1 to 2100000000000000 satoshis.');
  end if;
  if (fund_pool.wallet_script collate "C" ~ '^76a914[0-9a-f]{40}88ac$') is not true then
    perform press_private.refuse('INVALID_INPUT', 'The wallet''s script is P2PKH in lower-case hex: 76a914, 20 bytes, 88ac.');
  end if;

  perform press_private.refuse('INVALID_INPUT', 'A transaction of the press pays it: it comes into the pool by itself, when the nodes have that.')
  where exists (select from press.chain_transactions t where t.txid = fund_pool.txid)
    and not exists (select from press.utxos u where u.txid = fund_pool.txid and u.output_index = fund_pool.output_index);

  perform press_private.hold_operators(array[v_actor.subject]) where v_actor.kind = 'operator';
  insert into press.utxos (txid, output_index, satoshis, wallet_script, funded_by)
  values (fund_pool.txid, fund_pool.output_index, fund_pool.satoshis, fund_pool.wallet_script, press_private.issuer_label(v_actor))
  on conflict on constraint utxos_outpoint_key do nothing;
  select u.* into strict v_coin from press.utxos u where u.txid = fund_pool.txid and u.output_index = fund_pool.output_index;
  if (v_coin.satoshis, v_coin.wallet_script) <> (fund_pool.satoshis, fund_pool.wallet_script) then
    perform press_private.refuse('INVALID_INPUT', format('The pool has this output already, with %s satoshis for %s.', v_coin.satoshis, v_coin.wallet_script));
  end if;
  return v_coin;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.fund_pool is 'Adds an output that pays the wallet to the pool that publishing is paid from, or returns it when it is there. txid, output_index: which output; satoshis: what it pays; wallet_script: whom, the script of the output in hex. Operators only. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT (also: it is there with other satoshis or another script), LOCK_TIMEOUT, RETRY.';
revoke all on function press.fund_pool from public;
grant execute on function press.fund_pool to press_anonymous, press_holder, press_operator;
--! EndIncluded press/fund_pool.sql
--! Included press/release_utxo.sql
/* For an operator who has looked at the chain and found a coin there that the press gave up. What a named transaction has spent stays spent, and what a transaction that was
   given up would have paid does not exist until that one is seen after all. */
create or replace function press.release_utxo(txid text, output_index bigint, reason text)
  returns press.utxos
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_actor  press_hidden.actor_record;
  v_coin   press.utxos;
begin
  perform press_private.require_running();
  v_actor := press_private.require_operator();
  if not press_private.is_one_line(release_utxo.reason, 500) then
    perform press_private.refuse('INVALID_INPUT', 'A reason has 1 to 500 characters, none of them a control character.');
  end if;
  perform press_private.hold_operators(array[v_actor.subject]) where v_actor.kind = 'operator';
  select u.* into v_coin from press.utxos u where u.txid = release_utxo.txid and u.output_index = release_utxo.output_index for no key update;
  perform press_private.refuse('INVALID_INPUT', p.problem)
  from (values (case
    when v_coin.id is null then 'The pool has no such output.'
    when v_coin.state <> 'dirty' then format('It is %s, not dirty.', v_coin.state)
    when v_coin.competing_txid is not null then format('Transaction %s has spent it.', v_coin.competing_txid)
    when exists (select from press.chain_transactions t where t.id = v_coin.from_transaction_id and t.state not in ('accepted', 'mined')) then
      'The transaction that would have paid it was given up: when that is seen on the chain, the coin returns by itself.' end)) p (problem)
  where p.problem is not null;

  update press.utxos u
  set state = 'available', dirty_reason = null, released_by = press_private.issuer_label(v_actor), release_reason = release_utxo.reason
  where u.id = v_coin.id
  returning u.* into v_coin;
  return v_coin;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.release_utxo is 'Returns a dirty coin to the pool, when no transaction is known that has spent it. reason (1 to 500 characters): how you know; it is kept. Operators only. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT (also: there is no such coin, it is not dirty, a known transaction has spent it, or the one that pays it was given up), LOCK_TIMEOUT, RETRY.';
revoke all on function press.release_utxo from public;
grant execute on function press.release_utxo to press_anonymous, press_holder, press_operator;
--! EndIncluded press/release_utxo.sql
--! Included press/utxo_pool_health.sql
/* All five states, also those that no coin is in: what is looked for is a number, and a missing row reads as nothing wrong. The rights are those of who asks. */
create or replace view press.utxo_pool_health with (security_invoker = true) as
select s.state, count(u.id) as utxo_count, coalesce(sum(u.satoshis), 0)::bigint as satoshis
from unnest(enum_range(null::press.utxo_state)) s (state)
left join press.utxos u on u.state = s.state
group by s.state;
comment on view press.utxo_pool_health is 'How many coins are in each state, and how many satoshis they have together.';
comment on column press.utxo_pool_health.state is 'What the coins are.';
comment on column press.utxo_pool_health.utxo_count is 'How many they are.';
comment on column press.utxo_pool_health.satoshis is 'What they have together.';
revoke all on press.utxo_pool_health from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.utxo_pool_health to press_operator, press_auditor;
--! EndIncluded press/utxo_pool_health.sql
--! Included press_private/pick_coins.sql
/* The smallest coin that suffices, so that large ones are left for large bundles; if none does, as few as do. Whoever picks at the same time passes over those that are
   locked here: nobody waits, and nobody is given the same one. That the coins are claimed is for press_private.claim_coins to see to. */
create or replace function press_private.pick_coins(
    wallet_script text, paid_satoshis bigint, input_count bigint, output_count bigint, output_bytes bigint, fee_satoshis_per_kb integer)
  returns bigint[]
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set jit = off as $$
declare
  v_needed  bigint := press_private.transaction_fee(input_count + 1, output_count, output_bytes, fee_satoshis_per_kb) - paid_satoshis;
  v_paid    bigint := paid_satoshis;
  v_picked  bigint[];
  v_coin    record;
begin
  select array[u.id] into v_picked
  from press.utxos u
  where u.state = 'available' and u.depth < 20 and u.wallet_script = pick_coins.wallet_script and u.satoshis >= v_needed
  order by u.satoshis, u.id
  limit 1
  for no key update of u skip locked;
  if v_picked is not null then
    return v_picked;
  end if;

  for v_coin in
    select u.id, u.satoshis
    from press.utxos u
    -- One that pays less than its own input would only make the rest dearer.
    where u.state = 'available' and u.depth < 20 and u.wallet_script = pick_coins.wallet_script and u.satoshis > ceil(148.0 * pick_coins.fee_satoshis_per_kb / 1000)
    order by u.satoshis desc, u.id desc
    limit 200
    for no key update of u skip locked
  loop
    v_picked := v_picked || v_coin.id;
    v_paid := v_paid + v_coin.satoshis;
    if v_paid >= press_private.transaction_fee(input_count + cardinality(v_picked), output_count, output_bytes, fee_satoshis_per_kb) then
      return v_picked;
    end if;
  end loop;
  return null;
end
$$;
comment on function press_private.pick_coins is 'Coins of the wallet that pay what a transaction lacks, which has so many inputs already, paying so much; locked. Null: there are not enough.';
revoke all on function press_private.pick_coins from public;
--! EndIncluded press_private/pick_coins.sql
--! Included press_private/pick_coin_each.sql
/* As press_private.pick_coins finds one coin for one transaction, for many of one publication at once: the one that needs least has the smallest that suffices, and so on, so that
   nobody's coin would have been needed by another. Locked, and others pass over them. */
create or replace function press_private.pick_coin_each(wallet_script text, output_bytes bigint[], fee_satoshis_per_kb integer)
  returns bigint[]
  language plpgsql volatile set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_places     integer[] := array(select b.place from unnest(pick_coin_each.output_bytes) with ordinality b (bytes, place) order by b.bytes, b.place);
  v_fees       bigint[] := array(
    select press_private.transaction_fee(1, 1, b.bytes, pick_coin_each.fee_satoshis_per_kb) from unnest(pick_coin_each.output_bytes) b (bytes) order by b.bytes);
  v_picked     bigint[] := array_fill(null::bigint, array[cardinality(output_bytes)]);
  v_at         integer := 1;
  v_first      integer;
  v_last       record;
  v_coin       record;
begin
  select 0::bigint as satoshis, 0::bigint as id into v_last;
  while v_at <= cardinality(v_places) loop
    v_first := v_at;
    for v_coin in
      select u.id, u.satoshis
      from press.utxos u
      where u.state = 'available' and u.depth < 20 and u.wallet_script = pick_coin_each.wallet_script and u.satoshis >= v_fees[v_first]
        and (u.satoshis, u.id) > (v_last.satoshis, v_last.id)
        -- A coin that came back from a transaction that was signed is for press_private.pick_coins.
        and not exists (
          select from press_private.chain_inputs i join press.chain_transactions t on t.id = i.transaction_id and t.raw is not null where i.utxo_id = u.id)
      order by u.satoshis, u.id
      limit cardinality(v_places) - v_first + 1
      for no key update of u skip locked
    loop
      exit when v_coin.satoshis < v_fees[v_at];
      v_picked[v_places[v_at]] := v_coin.id;
      v_at := v_at + 1;
      v_last := v_coin;
    end loop;
    if v_at = v_first then
      return null;
    end if;
  end loop;
  return v_picked;
end
$$;
comment on function press_private.pick_coin_each is 'A coin of the wallet for each of so many transactions, with one publication and its change, whose output has so many bytes; locked. Null: not each can have one of its own.';
revoke all on function press_private.pick_coin_each from public;
--! EndIncluded press_private/pick_coin_each.sql
--! Included press_private/claim_coins.sql
/* Gives coins to transactions, for good unless they are released. Three things must fail at once before two have one: the lock of press_private.pick_coins and of
   press_private.pick_coin_each, the state that is read here again, and the key of press_private.chain_inputs with the arrows of press.utxos. */
create or replace function press_private.claim_coins(transaction_ids bigint[], utxo_ids bigint[], reserved_until timestamptz)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s'
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_count  integer;
begin
  update press.utxos u
  set state = 'reserved', transaction_id = c.transaction_id, reserved_until = claim_coins.reserved_until
  from unnest(claim_coins.transaction_ids, claim_coins.utxo_ids) c (transaction_id, utxo_id)
  where u.id = c.utxo_id and u.state = 'available';
  get diagnostics v_count = row_count;
  if v_count <> cardinality(claim_coins.utxo_ids) then
    perform press_private.refuse('RETRY');
  end if;

  insert into press_private.chain_inputs (transaction_id, input_index, utxo_id)
  select c.transaction_id,
    (select count(*) from press_private.chain_inputs i where i.transaction_id = c.transaction_id) + row_number() over (partition by c.transaction_id order by c.index) - 1, c.utxo_id
  from unnest(claim_coins.transaction_ids, claim_coins.utxo_ids) with ordinality c (transaction_id, utxo_id, index);
exception
  when unique_violation then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_private.claim_coins is 'Reserves available coins, each for the transaction beside it, behind those that it has. Refuses: RETRY (another transaction has one of them).';
revoke all on function press_private.claim_coins from public;
--! EndIncluded press_private/claim_coins.sql
--! Included press_private/free_coins.sql
create or replace function press_private.free_coins(transaction_id bigint)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  update press_private.chain_inputs i set is_live = false where i.transaction_id = free_coins.transaction_id and i.is_live;
  update press.utxos u
  set state = 'available', transaction_id = null, reserved_until = null, spent_by_txid = null
  from press_private.chain_inputs i
  where i.transaction_id = free_coins.transaction_id and u.id = i.utxo_id and u.transaction_id = i.transaction_id;
end
$$;
comment on function press_private.free_coins is 'Returns the coins that the transaction has to the pool.';
revoke all on function press_private.free_coins from public;
--! EndIncluded press_private/free_coins.sql
--! Included press_private/put_publications.sql
create or replace function press_private.put_publications(transaction_ids bigint[], publication_ids uuid[])
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
begin
  update press.publications p
  set state = 'processing', transaction_id = i.transaction_id, output_index = i.output_index,
      after_transaction_id = null, sent_at = null, error_code = null, error_detail = null
  from (
    select g.transaction_id, g.publication_id, row_number() over (partition by g.transaction_id order by g.index) - 1 as output_index
    from unnest(put_publications.transaction_ids, put_publications.publication_ids) with ordinality g (transaction_id, publication_id, index)
  ) i
  where p.id = i.publication_id;
end
$$;
comment on function press_private.put_publications is 'Puts publications into the outputs of transactions that are reserved, each into the one beside it, in this order.';
revoke all on function press_private.put_publications from public;
--! EndIncluded press_private/put_publications.sql
--! Included press_private/queue_publications.sql
create or replace function press_private.queue_publications(transaction_id bigint)
  returns void
  language sql volatile
begin atomic
  update press.publications p
  set state = 'queued', transaction_id = null, output_index = null, sent_at = null, error_code = null, error_detail = null
  where p.transaction_id = queue_publications.transaction_id and p.state <> 'failed';
end;
comment on function press_private.queue_publications is 'Returns the publications that a transaction has to the queue: only when it was never stored, or cannot be mined any more.';
revoke all on function press_private.queue_publications from public;
--! EndIncluded press_private/queue_publications.sql
--! Included press_private/fee_floor.sql
/* Signatures follow from what is signed, so what spends the same coins for the same publications at the same fee is the same transaction, which is there already, and was
   given up: a coin that an operator returned, a split that was refused. It pays a satoshi more than the earlier one; a quarter more where that paid too little. */
create or replace function press_private.fee_floor(utxo_ids bigint[], publication_ids uuid[])
  returns bigint
  language sql stable
begin atomic
  select coalesce(max(case when t.error_code = 'FEE_TOO_LOW' then ceil(t.fee_satoshis * 1.25)::bigint else t.fee_satoshis + 1 end), 0)
  from press.chain_transactions t
  where t.id in (select i.transaction_id from press_private.chain_inputs i where i.utxo_id = any (fee_floor.utxo_ids)) and t.raw is not null
    and array(select o.publication_id from press_private.chain_outputs o where o.transaction_id = t.id order by o.output_index) = fee_floor.publication_ids;
end;
comment on function press_private.fee_floor is 'What a transaction pays at least so that it is none of those that spent one of these coins for these publications before; 0: there was none.';
revoke all on function press_private.fee_floor from public;
--! EndIncluded press_private/fee_floor.sql
--! Included press_private/reserve_transaction.sql
/* terms: its wallet, fee, dust, split and end of reservation; all else is decided here. Nothing is signed yet, so a crash before the commit leaves nothing. */
create or replace function press_private.reserve_transaction(terms press.chain_transactions, publication_ids uuid[], output_bytes bigint, utxo_ids bigint[])
  returns bigint
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_paid    bigint;
  v_depth   integer;
  v_change  bigint;
  v_id      bigint;
begin
  select sum(u.satoshis), max(u.depth) + 1 into v_paid, v_depth from press.utxos u where u.id = any (reserve_transaction.utxo_ids);
  v_paid := v_paid - terms.split_count * terms.split_satoshis;
  v_change := press_private.transaction_change(v_paid, cardinality(utxo_ids), cardinality(publication_ids) + terms.split_count, output_bytes,
    terms.fee_satoshis_per_kb, terms.dust_satoshis, press_private.fee_floor(utxo_ids, publication_ids));
  insert into press.chain_transactions (reserved_until, wallet_script, is_split, split_count, split_satoshis, has_checkpoint,
    fee_satoshis, fee_satoshis_per_kb, dust_satoshis, change_satoshis, depth)
  values (terms.reserved_until, terms.wallet_script, terms.is_split, terms.split_count, terms.split_satoshis,
    exists (select from press.publications p where p.id = any (reserve_transaction.publication_ids) and p.kind = 'checkpoint'),
    v_paid - v_change, terms.fee_satoshis_per_kb, terms.dust_satoshis, v_change, v_depth)
  returning id into v_id;

  perform press_private.claim_coins(array_fill(v_id, array[cardinality(utxo_ids)]), utxo_ids, terms.reserved_until);
  perform press_private.put_publications(array_fill(v_id, array[cardinality(publication_ids)]), publication_ids);
  return v_id;
end
$$;
comment on function press_private.reserve_transaction is 'A transaction that spends these coins, which are locked and suffice. Refuses: RETRY.';
revoke all on function press_private.reserve_transaction from public;
--! EndIncluded press_private/reserve_transaction.sql
--! Included press_private/reserve_bundle.sql
/* As many as the pool pays for: where a whole bundle is too dear, half of it, and so on. */
create or replace function press_private.reserve_bundle(terms press.chain_transactions, publication_ids uuid[], output_bytes bigint[], max_transaction_bytes integer)
  returns setof bigint
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_first  integer := 1;
  v_count  integer := cardinality(publication_ids);
  v_bytes  bigint;
  v_coins  bigint[];
begin
  while v_first <= cardinality(publication_ids) loop
    v_count := least(v_count, cardinality(publication_ids) - v_first + 1);
    v_bytes := (select sum(b) from unnest(reserve_bundle.output_bytes[v_first : v_first + v_count - 1]) b);
    v_coins := press_private.pick_coins(terms.wallet_script, 0, 0, v_count, v_bytes, terms.fee_satoshis_per_kb);
    if v_coins is not null and (cardinality(v_coins) = 1 or press_private.transaction_bytes(cardinality(v_coins), v_count + 1, v_bytes + 34) <= max_transaction_bytes) then
      return next press_private.reserve_transaction(terms, publication_ids[v_first : v_first + v_count - 1], v_bytes, v_coins);
      v_first := v_first + v_count;
    elsif v_count > 1 then
      v_count := v_count / 2;
    else
      exit;
    end if;
  end loop;
end
$$;
comment on function press_private.reserve_bundle is 'Transactions for these publications, which are locked; those that the pool cannot pay for stay queued. Refuses: RETRY.';
revoke all on function press_private.reserve_bundle from public;
--! EndIncluded press_private/reserve_bundle.sql
--! Included press_private/release_transaction.sql
/* Only of what was never stored: whoever claimed it and comes too late finds it released, and nobody has anything to send. */
create or replace function press_private.release_transaction(transaction_id bigint)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  update press.chain_transactions t set state = 'released' where t.id = release_transaction.transaction_id and t.state = 'reserved';
  if found then
    perform press_private.free_coins(release_transaction.transaction_id);
    perform press_private.queue_publications(release_transaction.transaction_id);
  end if;
end
$$;
comment on function press_private.release_transaction is 'Gives up a reservation: its coins are available again, and its publications queued.';
revoke all on function press_private.release_transaction from public;
--! EndIncluded press_private/release_transaction.sql
--! Included press_private/release_reservations.sql
/* Those that replace another transaction keep their coins, because that one may be out: they are handed out again instead. */
create or replace function press_private.release_reservations()
  returns integer
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_now    timestamptz := clock_timestamp();  -- an index serves what does not change within a statement
  v_ids    bigint[];
begin
  v_ids := array(
    select t.id from press.chain_transactions t
    where t.state = 'reserved' and t.reserved_until <= v_now and t.replaces_id is null
    order by t.reserved_until
    limit 1000
    for no key update of t skip locked);
  if v_ids <> '{}' then
    perform press_private.release_transaction(id) from unnest(v_ids) id;
    set constraints press._200_guard_transaction immediate;  -- see press_private.tg_publications__guard_transaction
    set constraints press._200_guard_transaction deferred;
  end if;
  return cardinality(v_ids);
end
$$;
comment on function press_private.release_reservations is 'Releases up to 1000 reservations whose time is over; how many.';
revoke all on function press_private.release_reservations from public;
--! EndIncluded press_private/release_reservations.sql
--! Included press_worker/release_expired.sql
create or replace function press_worker.release_expired()
  returns integer
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
begin
  perform press_private.require_running();
  return press_private.release_reservations();
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_worker.release_expired is 'Gives up reservations whose time is over and of which nothing was stored: their coins are available again, their publications queued. press_worker.publications_to_send does it first. Returns how many. Refuses: PRESS_STOPPED, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.release_expired from public;
grant execute on function press_worker.release_expired to press_worker;
--! EndIncluded press_worker/release_expired.sql
--! Included press_private/expire_publications.sql
/* Only what is in no transaction that was ever sent: what waits for one that spends the same coin may be out, and its time does not matter any more. */
create or replace function press_private.expire_publications()
  returns integer
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_now    timestamptz := clock_timestamp();
  v_count  integer;
begin
  update press.publications p
  set state = 'failed', error_code = 'EXPIRED', error_detail = 'Its time was over before it was in a transaction.'
  from (
    select e.id from press.publications e
    -- So written that the index of the queue, which is in another order, does not serve it.
    where e.state = 'queued' and e.transaction_id is null and e.expires_at <= v_now and coalesce(e.after_transaction_id, 0) = 0
    order by e.expires_at
    limit 1000
    for no key update of e skip locked
  ) x
  where p.id = x.id;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function press_private.expire_publications is 'Fails up to 1000 queued publications whose time is over; how many.';
revoke all on function press_private.expire_publications from public;
--! EndIncluded press_private/expire_publications.sql
--! Included press_private/queued_publications.sql
/* The keys take turns, so that who floods the queue waits behind their own records. Keys are looked up one after the other in the index, however many records each has.
   Of those that look at once each locks others; a key that was not verified yet waits. */
create or replace function press_private.queued_publications(publication_count integer)
  returns table (publication_id uuid, submitted_at timestamptz, bundle_limit integer, output_bytes bigint)
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  v_now  timestamptz := clock_timestamp();
begin
  return query
  with recursive keys as (
    (select p.key_id from press.publications p
     where p.state = 'queued' and p.after_transaction_id is null and p.key_id is not null order by p.key_id limit 1)
    union all
    select (select p.key_id from press.publications p
            where p.state = 'queued' and p.after_transaction_id is null and p.key_id > k.key_id order by p.key_id limit 1)
    from keys k where k.key_id is not null
  ), shares as (
    select k.key_id, ceil(queued_publications.publication_count::numeric / count(*) over ())::integer as share
    from keys k join press.publishing_keys y on y.id = k.key_id where y.verified_at is not null
  ), taken as (
    select s.key_id, q.id, q.submitted_at, q.bundle_limit, q.output_bytes
    from shares s
    cross join lateral (
      select p.id, p.submitted_at, p.bundle_limit, press_private.publication_output_bytes(p) as output_bytes
      from press.publications p
      where p.state = 'queued' and p.after_transaction_id is null and p.key_id = s.key_id and p.expires_at > v_now
      order by p.submitted_at
      limit s.share
      for no key update of p skip locked
    ) q
    union all
    select null, q.id, q.submitted_at, q.bundle_limit, q.output_bytes
    from (
      select p.id, p.submitted_at, p.bundle_limit, press_private.publication_output_bytes(p) as output_bytes
      from press.publications p
      where p.state = 'queued' and p.after_transaction_id is null and p.key_id is null
      for no key update of p skip locked
    ) q
  )
  select t.id, t.submitted_at::timestamptz, t.bundle_limit, t.output_bytes
  from (select *, row_number() over (partition by i.key_id order by i.submitted_at, i.id) as turn from taken i) t
  order by t.turn, t.submitted_at, t.id
  limit queued_publications.publication_count;
end
$$;
comment on function press_private.queued_publications is 'Publications that can go out, keys in turn and the oldest of each first, locked; with the bytes of their outputs.';
revoke all on function press_private.queued_publications from public;
--! EndIncluded press_private/queued_publications.sql
--! Included press_private/due_bundles.sql
create or replace function press_private.due_bundles(window_ms integer, max_transaction_bytes integer, max_transactions integer)
  returns table (publication_ids uuid[], output_bytes bigint[])
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_now          timestamptz := clock_timestamp();
  v_publication  record;
  v_limit        integer;
  v_oldest       timestamptz;
  v_bytes        bigint;
  v_count        integer := 0;
begin
  publication_ids := '{}';
  for v_publication in
    -- A record takes 130 bytes or more; more than 10,000 are left for the next call.
    select * from press_private.queued_publications(least(10000, case window_ms when 0 then max_transactions else max_transactions::bigint * (max_transaction_bytes / 130) end)::integer)
  loop
    if publication_ids <> '{}' and (
         window_ms = 0 or cardinality(publication_ids) >= least(v_limit, v_publication.bundle_limit)
         or press_private.transaction_bytes(1, cardinality(publication_ids) + 2, v_bytes + v_publication.output_bytes + 34) > max_transaction_bytes) then
      return next;
      v_count := v_count + 1;
      publication_ids := '{}';
      exit when v_count = max_transactions;
    end if;
    if publication_ids = '{}' then
      output_bytes := '{}';
      v_limit := v_publication.bundle_limit;
      v_oldest := v_publication.submitted_at;
      v_bytes := 0;
    end if;
    publication_ids := publication_ids || v_publication.publication_id;
    output_bytes := output_bytes || v_publication.output_bytes;
    v_bytes := v_bytes + v_publication.output_bytes;
    v_limit := least(v_limit, v_publication.bundle_limit);
    v_oldest := least(v_oldest, v_publication.submitted_at);
  end loop;

  if publication_ids <> '{}' and (window_ms = 0 or v_oldest <= v_now - make_interval(secs => window_ms / 1000.0)) then
    return next;
  end if;
end
$$;
comment on function press_private.due_bundles is 'What goes out now, a row a transaction: each publication alone when the window is 0; otherwise as many as a transaction holds, or as there are when the oldest has waited for so long. The publications are locked.';
revoke all on function press_private.due_bundles from public;
--! EndIncluded press_private/due_bundles.sql
--! Included press_private/reserve_each.sql
/* What press_private.reserve_transaction does for one, for each record that goes out alone: a statement a table, because hundreds come at once. Who is alone in the queue, and who
   comes when not everybody finds one coin that suffices, is left to press_private.reserve_bundle. */
create or replace function press_private.reserve_each(terms press.chain_transactions, max_transaction_bytes integer, max_transactions integer)
  returns bigint[]
  language plpgsql volatile set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_publications  uuid[];
  v_bytes         bigint[];
  v_coins         bigint[];
  v_ids           bigint[];
begin
  select array_agg(b.publication_ids[1]), array_agg(b.output_bytes[1]) into v_publications, v_bytes
  from press_private.due_bundles(0, max_transaction_bytes, max_transactions) b;
  if v_publications is null then
    return array[]::bigint[];
  elsif cardinality(v_publications) > 1 then
    v_coins := press_private.pick_coin_each(terms.wallet_script, v_bytes, terms.fee_satoshis_per_kb);
  end if;
  if v_coins is null then
    return null;
  end if;

  v_ids := array(select nextval('press.chain_transactions_id_seq') as id from generate_series(1, cardinality(v_coins)) order by id);
  insert into press.chain_transactions (id, reserved_until, wallet_script, has_checkpoint, fee_satoshis, fee_satoshis_per_kb, dust_satoshis, change_satoshis, depth)
  overriding system value
  select g.id, terms.reserved_until, terms.wallet_script, p.kind = 'checkpoint', u.satoshis - c.satoshis, terms.fee_satoshis_per_kb, terms.dust_satoshis, c.satoshis, u.depth + 1
  from unnest(v_ids, v_publications, v_bytes, v_coins) g (id, publication_id, bytes, utxo_id)
  join press.publications p on p.id = g.publication_id
  join press.utxos u on u.id = g.utxo_id
  cross join lateral press_private.transaction_change(u.satoshis, 1, 1, g.bytes, terms.fee_satoshis_per_kb, terms.dust_satoshis) c (satoshis);
  perform press_private.claim_coins(v_ids, v_coins, terms.reserved_until);
  perform press_private.put_publications(v_ids, v_publications);
  return v_ids;
end
$$;
comment on function press_private.reserve_each is 'Transactions of one coin and one publication, for up to max_transactions that are due. Null, and nothing is reserved: there is only one, or not each can have a coin of its own. Refuses: RETRY.';
revoke all on function press_private.reserve_each from public;
--! EndIncluded press_private/reserve_each.sql
--! Included press_private/reserved_publication_ids.sql
create or replace function press_private.reserved_publication_ids(transaction_id bigint)
  returns uuid[]
  language sql stable
begin atomic
  select coalesce(array_agg(p.id order by p.output_index), '{}')
  from press.publications p where p.transaction_id = reserved_publication_ids.transaction_id and p.state <> 'failed';
end;
comment on function press_private.reserved_publication_ids is 'The publications that a transaction has, in the order of its outputs.';
revoke all on function press_private.reserved_publication_ids from public;
--! EndIncluded press_private/reserved_publication_ids.sql
--! Included press_private/price_transaction.sql
/* What a reserved transaction pays, anew: when a publication was taken out of it, and when it is to take the place of one that paid too little. It keeps the coins that it
   has, and where they do not suffice it gets more: whichever of the two is mined, the other never is. */
create or replace function press_private.price_transaction(transaction press.chain_transactions, fee_floor_satoshis bigint)
  returns boolean
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_outputs  integer;
  v_bytes    bigint;
  v_paid     bigint;
  v_inputs   integer;
  v_depth    integer;
  v_lacking  bigint;
  v_coins    bigint[];
  v_change   bigint;
begin
  select count(*) + transaction.split_count, coalesce(sum(press_private.publication_output_bytes(p)), 0) + 34 * transaction.split_count into v_outputs, v_bytes
  from press.publications p where p.id = any (press_private.reserved_publication_ids(transaction.id));
  for v_try in 1 .. 2 loop
    select sum(u.satoshis) - transaction.split_count * transaction.split_satoshis, count(*), max(u.depth) + 1 into v_paid, v_inputs, v_depth
    from press_private.chain_inputs i join press.utxos u on u.id = i.utxo_id where i.transaction_id = transaction.id;
    v_lacking := greatest(fee_floor_satoshis, press_private.transaction_fee(v_inputs, v_outputs, v_bytes, transaction.fee_satoshis_per_kb)) - v_paid;
    exit when v_lacking <= 0;
    -- It is picked for the fee of the bytes; what the floor is above that is taken off what is paid.
    v_coins := press_private.pick_coins(transaction.wallet_script,
      v_paid - greatest(0, fee_floor_satoshis - press_private.transaction_fee(v_inputs, v_outputs, v_bytes, transaction.fee_satoshis_per_kb)),
      v_inputs, v_outputs, v_bytes, transaction.fee_satoshis_per_kb);
    if v_coins is null or v_try = 2 then
      return false;
    end if;
    perform press_private.claim_coins(array_fill(transaction.id, array[cardinality(v_coins)]), v_coins, transaction.reserved_until);
  end loop;

  v_change := press_private.transaction_change(v_paid, v_inputs, v_outputs, v_bytes, transaction.fee_satoshis_per_kb, transaction.dust_satoshis, fee_floor_satoshis);
  update press.chain_transactions t
  set epoch = transaction.epoch, reserved_until = transaction.reserved_until, fee_satoshis_per_kb = transaction.fee_satoshis_per_kb,
      dust_satoshis = transaction.dust_satoshis, fee_satoshis = v_paid - v_change, change_satoshis = v_change, depth = v_depth
  where t.id = transaction.id;
  return true;
end
$$;
comment on function press_private.price_transaction is 'Writes the fee and change that follow from what a reserved transaction has, with the terms that are given in its row. False: the pool does not pay for it. Refuses: RETRY.';
revoke all on function press_private.price_transaction from public;
--! EndIncluded press_private/price_transaction.sql
--! Included press_private/replacements_to_sign.sql
/* A transaction that takes the place of another one waits here until a worker of its wallet comes. Each time it is handed out its epoch rises. One that paid too little is
   followed by one that pays a quarter more at least, whatever the worker's own fee is. */
create or replace function press_private.replacements_to_sign(terms press.chain_transactions, max_transactions integer)
  returns bigint[]
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_now     timestamptz := clock_timestamp();
  v_row     press.chain_transactions;
  v_floor   bigint;
  v_signed  bigint[] := array[]::bigint[];
begin
  for v_row in
    select t.* from press.chain_transactions t
    where t.state = 'reserved' and t.reserved_until <= v_now and t.replaces_id is not null and t.wallet_script = terms.wallet_script
    order by t.reserved_until
    limit replacements_to_sign.max_transactions
    for no key update of t skip locked
  loop
    v_floor := greatest(
      (select ceil(o.fee_satoshis * 1.25) from press.chain_transactions o where o.id = v_row.replaces_id and o.error_code = 'FEE_TOO_LOW'),
      press_private.fee_floor(array(select i.utxo_id from press_private.chain_inputs i where i.transaction_id = v_row.id), press_private.reserved_publication_ids(v_row.id)));
    v_row.epoch := v_row.epoch + 1;
    v_row.reserved_until := terms.reserved_until;
    v_row.fee_satoshis_per_kb := terms.fee_satoshis_per_kb;
    v_row.dust_satoshis := terms.dust_satoshis;
    if press_private.price_transaction(v_row, v_floor) then
      v_signed := v_signed || v_row.id;
    else
      update press.chain_transactions t
      set reserved_until = v_now + interval '5 seconds', error_code = 'POOL_EMPTY', error_detail = 'The pool has no coins that pay for what it needs beyond its own.'
      where t.id = v_row.id;
    end if;
  end loop;
  return v_signed;
end
$$;
comment on function press_private.replacements_to_sign is 'Claims transactions that replace others, priced by these terms. Refuses: RETRY.';
revoke all on function press_private.replacements_to_sign from public;
--! EndIncluded press_private/replacements_to_sign.sql
--! Included press_private/unsigned_transactions.sql
create or replace function press_private.unsigned_transactions(transaction_ids bigint[])
  returns setof press_private.unsigned_transaction_record
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
begin
  return query
  select t.id, t.epoch, t.wallet_script,
    (select jsonb_agg(jsonb_build_object('txid', u.txid, 'output_index', u.output_index, 'satoshis', u.satoshis) order by i.input_index)
     from press_private.chain_inputs i join press.utxos u on u.id = i.utxo_id where i.transaction_id = t.id),
    (select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'kind', p.kind, 'output_index', p.output_index, 'payload', p.payload,
       'signature', p.signature, 'public_key', k.public_key, 'expires_at', press_private.rfc3339(p.expires_at)) order by p.output_index), '[]')
     from press.publications p left join press.publishing_keys k on k.id = p.key_id where p.transaction_id = t.id and p.state = 'processing'),
    t.split_count, t.split_satoshis, t.change_satoshis, t.fee_satoshis
  from unnest(unsigned_transactions.transaction_ids) x (id)
  join press.chain_transactions t on t.id = x.id;
end
$$;
comment on function press_private.unsigned_transactions is 'What there is to sign of transactions that are reserved.';
revoke all on function press_private.unsigned_transactions from public;
--! EndIncluded press_private/unsigned_transactions.sql
--! Included press_private/require_wallet_terms.sql
create or replace function press_private.require_wallet_terms(wallet_script text, fee_satoshis_per_kb integer, dust_satoshis integer, reserve_seconds integer)
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (wallet_script collate "C" ~ '^76a914[0-9a-f]{40}88ac$') is not true then
    perform press_private.refuse('INVALID_INPUT', 'The wallet''s script is P2PKH in lower-case hex: 76a914, 20 bytes, 88ac.');
  end if;
  if (fee_satoshis_per_kb between 0 and 1000000 and dust_satoshis between 1 and 1000000) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A fee is 0 to 1000000 satoshis a kilobyte, dust 1 to 1000000.');
  end if;
  if (reserve_seconds between 1 and 3600) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A reservation is 1 to 3600 seconds.');
  end if;
end
$$;
comment on function press_private.require_wallet_terms is 'Refuses: INVALID_INPUT.';
revoke all on function press_private.require_wallet_terms from public;
--! EndIncluded press_private/require_wallet_terms.sql
--! Included press_worker/publications_to_send.sql
/* Makes transactions of what is queued, and hands them out to be signed: all in one transaction, and nothing that anybody could send yet.
     1. what was claimed and never stored returns      press_private.release_reservations
     2. what is too late fails                         press_private.expire_publications
     3. what was refused goes on, on the same coins    press_private.replacements_to_sign
     4. who is next?                                   press_private.queued_publications, press_private.due_bundles: locked, others are passed over
     5. which coins pay for it?                        press_private.pick_coins, press_private.pick_coin_each: the lock         the first layer
     6. are they still available?                      press_private.claim_coins                                                the second layer
        then they are this transaction's, under the key of press_private.chain_inputs and the arrows of press.utxos             the third
   A worker that dies leaves a reservation that runs out; one that slept finds its epoch or its state changed when it comes to press_worker.store_transactions. */
create or replace function press_worker.publications_to_send(
    wallet_script text, fee_satoshis_per_kb integer, window_ms integer, max_transaction_bytes integer, max_transactions integer, reserve_seconds integer, dust_satoshis integer default 1)
  returns setof press_private.unsigned_transaction_record
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s'
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_terms    press.chain_transactions;
  v_bundle   record;
  v_ids      bigint[];
  v_each     bigint[];
  v_made     bigint[];
  v_unpaid   uuid[] := array[]::uuid[];
begin
  perform press_private.require_running();
  perform press_private.require_wallet_terms(wallet_script, fee_satoshis_per_kb, dust_satoshis, reserve_seconds);
  if (window_ms between 0 and 3600000 and max_transaction_bytes between 20000 and 10000000 and max_transactions between 1 and 10000) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A window is 0 to 3600000 milliseconds, a transaction 20000 to 10000000 bytes, and there are 1 to 10000 of them.');
  end if;
  v_terms.wallet_script := publications_to_send.wallet_script;
  v_terms.fee_satoshis_per_kb := publications_to_send.fee_satoshis_per_kb;
  v_terms.dust_satoshis := publications_to_send.dust_satoshis;
  v_terms.is_split := false;
  v_terms.split_count := 0;
  v_terms.split_satoshis := 0;
  v_terms.reserved_until := clock_timestamp() + make_interval(secs => reserve_seconds);

  perform press_private.release_reservations();
  perform press_private.expire_publications();
  v_ids := press_private.replacements_to_sign(v_terms, max_transactions);
  if window_ms = 0 then
    v_each := press_private.reserve_each(v_terms, max_transaction_bytes, max_transactions);
    v_ids := v_ids || v_each;
  end if;
  for v_bundle in select * from press_private.due_bundles(window_ms, max_transaction_bytes, max_transactions) where v_each is null loop
    if v_unpaid = '{}' then
      v_made := array(select press_private.reserve_bundle(v_terms, v_bundle.publication_ids, v_bundle.output_bytes, max_transaction_bytes));
      v_ids := v_ids || v_made;
      v_unpaid := array(select p.id from press.publications p where p.id = any (v_bundle.publication_ids) and p.state = 'queued');
    else
      v_unpaid := v_unpaid || v_bundle.publication_ids;
    end if;
  end loop;
  update press.publications p
  set error_code = 'POOL_EMPTY', error_detail = 'The pool has no coins that pay for it: an operator has to fund it.'
  where p.id = any (v_unpaid) and p.error_code is distinct from 'POOL_EMPTY';

  return query select * from press_private.unsigned_transactions(v_ids);
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_worker.publications_to_send is 'Reserves coins of the wallet (its P2PKH output script in hex) for reserve_seconds (1 to 3600), makes transactions of what is queued, and returns them to be signed: also those that replace others and wait for a signature. window_ms (0 to 3600000): how long records are collected for a common transaction; 0: one each. Fees are of the longest signature. inputs [{txid, output_index, satoshis}], publications [{id, kind, output_index, payload, signature, public_key, expires_at}] in the order of the transaction; its other outputs are split_count times split_satoshis, and change_satoshis if that is not 0, to the wallet. Queued ones whose time is over fail (EXPIRED); those that the pool cannot pay for stay queued (POOL_EMPTY). Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.publications_to_send from public;
grant execute on function press_worker.publications_to_send to press_worker;
--! EndIncluded press_worker/publications_to_send.sql
--! Included press_worker/split_to_make.sql
/* Refills the pool before it runs low, from the largest coin that there is. One split at a time, by a key: two would split the same shortage twice. What is split is at most
   half as deep as a coin may be, so that its parts can be spent before a block comes. */
create or replace function press_worker.split_to_make(
    wallet_script text, low_count integer, target_count integer, satoshis_each bigint, fee_satoshis_per_kb integer, reserve_seconds integer, dust_satoshis integer default 1)
  returns setof press_private.unsigned_transaction_record
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_bitmapscan = off
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_terms      press.chain_transactions;
  v_available  integer;
  v_coin       press.utxos;
  v_id         bigint;
begin
  perform press_private.require_running();
  perform press_private.require_wallet_terms(wallet_script, fee_satoshis_per_kb, dust_satoshis, reserve_seconds);
  if (low_count between 1 and target_count and target_count <= 10000 and satoshis_each between dust_satoshis and 100000000) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A pool is low at 1 coin or more, its target is not below that and up to 10000, and a coin has from dust to 100000000 satoshis.');
  end if;
  perform press_private.release_reservations();
  select count(*) into v_available from (
    select from press.utxos u where u.state = 'available' and u.depth < 20 and u.wallet_script = split_to_make.wallet_script limit split_to_make.target_count) a;
  if v_available >= low_count or exists (
       select from press.chain_transactions t
       where t.is_split and (t.state in ('reserved', 'sending', 'unknown') or (t.state = 'rejected' and t.wallet_script = split_to_make.wallet_script and t.updated_at > clock_timestamp() - interval '10 minutes'))) then
    return;
  end if;

  select u.* into v_coin from press.utxos u
  where u.state = 'available' and u.depth < 10 and u.wallet_script = split_to_make.wallet_script
  order by u.satoshis desc, u.id desc limit 1 for no key update of u skip locked;
  v_terms.wallet_script := split_to_make.wallet_script;
  v_terms.fee_satoshis_per_kb := split_to_make.fee_satoshis_per_kb;
  v_terms.dust_satoshis := split_to_make.dust_satoshis;
  v_terms.reserved_until := clock_timestamp() + make_interval(secs => reserve_seconds);
  v_terms.is_split := true;
  v_terms.split_satoshis := satoshis_each;
  -- A part costs itself and 34 bytes; what all share is taken for 200.
  v_terms.split_count := least(target_count - v_available, 2500,
    floor((v_coin.satoshis - 0.2 * fee_satoshis_per_kb) / (satoshis_each + 0.034 * fee_satoshis_per_kb)))::integer;
  if v_coin.id is not null and v_terms.split_count >= 2 then
    v_id := press_private.reserve_transaction(v_terms, '{}', 34 * v_terms.split_count, array[v_coin.id]);
    return query select * from press_private.unsigned_transactions(array[v_id]);
  end if;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure or deadlock_detected or unique_violation then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_worker.split_to_make is 'When fewer than low_count coins of the wallet are available, and no split is being made: reserves the largest coin and returns the transaction that makes up to target_count (10000) of them, satoshis_each, as press_worker.publications_to_send does. Nothing when there is nothing to split. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.split_to_make from public;
grant execute on function press_worker.split_to_make to press_worker;
--! EndIncluded press_worker/split_to_make.sql
--! Included press_worker/pool_shortage.sql
/* Why publications wait for coins, for the log of whoever could send them. What is on its way pays change when it is accepted: while there is any, nothing has to be done. */
create or replace function press_worker.pool_shortage(wallet_script text)
  returns table (publication_count integer, reason text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_has_coins   boolean := exists (
    select from press.utxos u where u.state = 'available' and u.depth < 20 and u.wallet_script = pool_shortage.wallet_script
  ) or exists (
    select from press.utxos u
    where u.spent_by_txid is null and u.state in ('available', 'reserved', 'unknown') and u.wallet_script = pool_shortage.wallet_script);
  v_is_strange  boolean := not v_has_coins and exists (
    select from press.utxos u where u.spent_by_txid is null and u.state in ('available', 'reserved', 'unknown'));
begin
  publication_count := (
    select count(*) from (
      select from press.publications p where p.state = 'queued' and p.error_code = 'POOL_EMPTY' limit 10000) p);
  if v_is_strange then
    reason := 'other_wallet';
  elsif publication_count > 0 and not exists (
      select from press.chain_transactions t where t.state = 'reserved' and t.replaces_id is null and t.wallet_script = pool_shortage.wallet_script)
    and not exists (
      select from press.chain_transactions t where t.state = 'sending' and t.wallet_script = pool_shortage.wallet_script) then
    reason := case when exists (
      select from press.utxos u
      where u.spent_by_txid is null and u.state = 'available' and u.depth >= 20 and u.wallet_script = pool_shortage.wallet_script)
      then 'unmined' else 'empty' end;
  end if;
  return next;
end
$$;
comment on function press_worker.pool_shortage is 'One row: how many publications wait for coins (10000 at most), and what has to be done for them: empty (the wallet, its P2PKH output script in hex, has to be paid), unmined (a block frees coins that it has), other_wallet (all coins are another wallet''s, also when nothing waits); null: nothing.';
revoke all on function press_worker.pool_shortage from public;
grant execute on function press_worker.pool_shortage to press_worker;
--! EndIncluded press_worker/pool_shortage.sql
--! Included press_private/replace_transaction.sql
/* A transaction in the place of one that is given up. It has the same coins, so of the two the chain takes one at most, whoever has what in hand: that is why publications may
   go over from one to the other without anybody knowing for sure what became of the first. */
create or replace function press_private.replace_transaction(transaction press.chain_transactions, publication_ids uuid[], not_before timestamptz)
  returns bigint
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_id  bigint;
begin
  insert into press.chain_transactions (reserved_until, wallet_script, is_split, split_count, split_satoshis, has_checkpoint, replaces_id,
    fee_satoshis, fee_satoshis_per_kb, dust_satoshis, change_satoshis, depth)
  values (replace_transaction.not_before, transaction.wallet_script, transaction.is_split, transaction.split_count, transaction.split_satoshis,
    exists (select from press.publications p where p.id = any (replace_transaction.publication_ids) and p.kind = 'checkpoint'), transaction.id,
    transaction.fee_satoshis, transaction.fee_satoshis_per_kb, transaction.dust_satoshis, transaction.change_satoshis, transaction.depth)
  returning id into v_id;

  update press_private.chain_inputs i set is_live = false where i.transaction_id = transaction.id and i.is_live;
  with moved as (
    update press.utxos u
    set transaction_id = v_id, state = 'unknown', spent_by_txid = null, reserved_until = null
    from press_private.chain_inputs i
    where i.transaction_id = transaction.id and u.id = i.utxo_id and u.transaction_id = transaction.id
    returning u.id, i.input_index
  )
  insert into press_private.chain_inputs (transaction_id, input_index, utxo_id)
  select v_id, row_number() over (order by m.input_index) - 1, m.id from moved m;
  perform press_private.put_publications(array_fill(v_id, array[cardinality(publication_ids)]), publication_ids);
  update press.publications p set after_transaction_id = v_id where p.after_transaction_id = transaction.id and p.state = 'queued';
  return v_id;
end
$$;
comment on function press_private.replace_transaction is 'Hands the coins of a transaction, which has its last state already, on to a new one with these publications, that is signed from then on; those that wait for the one wait for the other.';
revoke all on function press_private.replace_transaction from public;
--! EndIncluded press_private/replace_transaction.sql
--! Included press_private/continue_on_coins.sql
/* Where a bundle was halved, its second half was in a transaction that may be out: it goes out on the same coins, never on others while nobody else has spent these. */
create or replace function press_private.continue_on_coins(transaction press.chain_transactions)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_waiting  uuid[];
  v_limit    integer;
begin
  select array_agg(p.id order by p.submitted_at, p.id), min(p.bundle_limit) into v_waiting, v_limit
  from press.publications p where p.after_transaction_id = transaction.id and p.state = 'queued';
  if v_waiting is null then
    perform press_private.free_coins(transaction.id);
  else
    perform press_private.replace_transaction(transaction, v_waiting[1 : v_limit], clock_timestamp());
  end if;
end
$$;
comment on function press_private.continue_on_coins is 'What becomes of the coins of a transaction that is given up with all that it published: those that wait for it have them, or the pool.';
revoke all on function press_private.continue_on_coins from public;
--! EndIncluded press_private/continue_on_coins.sql
--! Included press_private/close_ranks.sql
/* In two steps, because an output has one publication at every moment, also while they move. */
create or replace function press_private.close_ranks(transaction_id bigint)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  update press.publications p
  set output_index = -n.index
  from unnest(press_private.reserved_publication_ids(close_ranks.transaction_id)) with ordinality n (publication_id, index)
  where p.id = n.publication_id;
  update press.publications p set output_index = -p.output_index - 1 where p.transaction_id = close_ranks.transaction_id and p.output_index < 0;
  update press.chain_transactions t
  set has_checkpoint = exists (select from press.publications p where p.transaction_id = t.id and p.kind = 'checkpoint')
  where t.id = close_ranks.transaction_id;
end
$$;
comment on function press_private.close_ranks is 'Numbers the outputs of the publications that a reserved transaction has, from 0.';
revoke all on function press_private.close_ranks from public;
--! EndIncluded press_private/close_ranks.sql
--! Included press_worker/fail_publications.sql
/* What the worker found bad before it signed, such as a signature that is none, goes no further, and does not hold up the rest. */
create or replace function press_worker.fail_publications(transaction_id bigint, epoch integer, publication_ids uuid[], codes text[], details text[])
  returns setof press_private.unsigned_transaction_record
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s'
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_transaction  press.chain_transactions;
begin
  perform press_private.require_running();
  if not coalesce(cardinality(codes) = cardinality(publication_ids) and cardinality(details) = cardinality(publication_ids), false)
     or exists (select from unnest(codes, details) f (code, detail)
                where (f.code collate "C" ~ '^[A-Z][A-Z_]{2,39}$') is not true or (f.detail is not null and not press_private.is_one_line(f.detail, 1000))) then
    perform press_private.refuse('INVALID_INPUT', 'There are one code (3 to 40 of A-Z and _) and one detail (null, or 1 to 1000 characters) for each publication.');
  end if;
  select t.* into v_transaction from press.chain_transactions t where t.id = fail_publications.transaction_id for no key update;
  if (v_transaction.state = 'reserved' and v_transaction.epoch = fail_publications.epoch and v_transaction.reserved_until > clock_timestamp()) is not true then
    return;
  end if;

  update press.publications p
  set state = 'failed', error_code = f.code, error_detail = f.detail, transaction_id = null, output_index = null
  from unnest(publication_ids, codes, details) f (publication_id, code, detail)
  where p.id = f.publication_id and p.transaction_id = v_transaction.id;
  set constraints press._200_guard_transaction immediate;  -- see press_private.tg_publications__guard_transaction
  set constraints press._200_guard_transaction deferred;
  if press_private.reserved_publication_ids(v_transaction.id) = '{}' then
    update press.chain_transactions t set state = 'released' where t.id = v_transaction.id;
    perform press_private.continue_on_coins(v_transaction);
    return;
  end if;

  perform press_private.close_ranks(v_transaction.id);
  perform press_private.price_transaction(v_transaction, case when v_transaction.replaces_id is null then 0 else v_transaction.fee_satoshis end);
  return query select * from press_private.unsigned_transactions(array[v_transaction.id]);
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_worker.fail_publications is 'Takes publications out of a transaction that is not stored yet, for good: each fails with its code and detail. Returns what is left to sign; nothing when nothing is left, or when the claim under this epoch is over. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.fail_publications from public;
grant execute on function press_worker.fail_publications to press_worker;
--! EndIncluded press_worker/fail_publications.sql
--! Included press_private/judge_raw_transaction.sql
create or replace function press_private.judge_raw_transaction(transaction press.chain_transactions, epoch integer, txid text, raw bytea, out outcome text, out detail text)
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  if transaction.raw = judge_raw_transaction.raw then
    outcome := 'repeated';
  elsif (transaction.state = 'reserved' and transaction.epoch = judge_raw_transaction.epoch and transaction.reserved_until > clock_timestamp()) is not true then
    outcome := 'refused';
  elsif press_private.txid_of(judge_raw_transaction.raw) <> judge_raw_transaction.txid then
    outcome := 'invalid';
    detail := 'Its txid is not that of its bytes.';
  elsif exists (select from press.chain_transactions t where t.txid = judge_raw_transaction.txid) then
    outcome := 'invalid';
    detail := 'It is another transaction, which was stored before.';
  else
    detail := press_private.raw_transaction_problem(transaction, judge_raw_transaction.raw, press_private.reserved_publication_ids(transaction.id));
    outcome := case when detail is null then 'stored' else 'invalid' end;
  end if;
end
$$;
comment on function press_private.judge_raw_transaction is 'What press_worker.store_transactions answers of a transaction, which is locked, whose bytes it was brought.';
revoke all on function press_private.judge_raw_transaction from public;
--! EndIncluded press_private/judge_raw_transaction.sql
--! Included press_private/write_raw_transactions.sql
create or replace function press_private.write_raw_transactions(transaction_ids bigint[], txids text[], raws bytea[], attempt_seconds integer)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s'
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_now  timestamptz := clock_timestamp();
begin
  insert into press_private.chain_outputs (transaction_id, output_index, publication_id)
  select g.id, p.index - 1, p.publication_id
  from unnest(write_raw_transactions.transaction_ids) g (id)
  cross join lateral unnest(press_private.reserved_publication_ids(g.id)) with ordinality p (publication_id, index);
  update press.chain_transactions t
  set state = 'sending', txid = g.txid, raw = g.raw, stored_at = v_now,
      attempts = 1, retry_at = v_now + make_interval(secs => attempt_seconds), error_code = null, error_detail = null
  from unnest(write_raw_transactions.transaction_ids, write_raw_transactions.txids, write_raw_transactions.raws) g (id, txid, raw)
  where t.id = g.id;
  update press.utxos u set state = 'unknown', reserved_until = null
  where u.transaction_id = any (write_raw_transactions.transaction_ids) and u.state = 'reserved';
end
$$;
comment on function press_private.write_raw_transactions is 'Stores the bytes of reserved transactions, which are locked and were judged: from here on they may be out.';
revoke all on function press_private.write_raw_transactions from public;
--! EndIncluded press_private/write_raw_transactions.sql
--! Included press_worker/store_transactions.sql
/* Stores what was signed, before anybody sends it: from here on it may be out, and its coins are its own until the chain says otherwise. Whoever comes with a claim that is
   over changes nothing, and has nothing that they may send. What is stored is what was handed out, to the byte. A crash before the commit leaves the reservation. */
create or replace function press_worker.store_transactions(transaction_ids bigint[], epochs integer[], txids text[], raws text[], attempt_seconds integer)
  returns table (transaction_id bigint, outcome text, detail text)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s'
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_given        record;
  v_transaction  press.chain_transactions;
  v_ids          bigint[] := array[]::bigint[];
  v_txids        text[] := array[]::text[];
  v_raws         bytea[] := array[]::bytea[];
  v_before       integer;
begin
  perform press_private.require_running();
  if (attempt_seconds between 1 and 3600) is not true then
    perform press_private.refuse('INVALID_INPUT', 'An attempt is 1 to 3600 seconds.');
  end if;
  if not coalesce(cardinality(epochs) = cardinality(transaction_ids) and cardinality(txids) = cardinality(transaction_ids) and cardinality(raws) = cardinality(transaction_ids), false)
     or exists (select from unnest(txids, raws) g (txid, raw) where (g.txid collate "C" ~ '^[0-9a-f]{64}$' and g.raw collate "C" ~ '^(?:[0-9a-f]{2})+$' and length(g.raw) between 120 and 20000000) is not true) then
    perform press_private.refuse('INVALID_INPUT', 'There are one epoch, one txid (64 lower-case hex characters) and the bytes (lower-case hex) for each transaction.');
  end if;

  -- Each is judged when all are locked; their bytes are written together.
  perform from press.chain_transactions t where t.id = any (transaction_ids) order by t.id for no key update;
  for v_given in
    select g.id, g.epoch, g.txid, decode(g.raw, 'hex') as raw from unnest(transaction_ids, epochs, txids, raws) g (id, epoch, txid, raw) order by g.id
  loop
    select t.* into v_transaction from press.chain_transactions t where t.id = v_given.id;
    transaction_id := v_given.id;
    select * into outcome, detail from press_private.judge_raw_transaction(v_transaction, v_given.epoch, v_given.txid, v_given.raw);
    v_before := array_position(v_ids, v_given.id);
    if v_before is not null then  -- It was brought twice, and the first are its bytes.
      outcome := case when v_given.raw = v_raws[v_before] then 'repeated' else 'refused' end;
      detail := null;
    elsif outcome = 'stored' and v_given.txid = any (v_txids) then
      outcome := 'invalid';
      detail := 'It is another transaction, which was stored before.';
    elsif outcome = 'stored' then
      v_ids := v_ids || v_given.id;
      v_txids := v_txids || v_given.txid;
      v_raws := v_raws || v_given.raw;
    end if;
    return next;
  end loop;
  perform press_private.write_raw_transactions(v_ids, v_txids, v_raws, attempt_seconds);
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_worker.store_transactions is 'Stores signed transactions, each under the epoch that it was handed out with; the caller sends those that are stored, as their first attempt, within attempt_seconds (1 to 3600). outcome: stored; repeated (these very bytes are there: press_worker.transactions_to_send hands them out when it is time); refused (the claim is over: throw it away); invalid (the detail says why; it is not stored). Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.store_transactions from public;
grant execute on function press_worker.store_transactions to press_worker;
--! EndIncluded press_worker/store_transactions.sql
--! Included press_worker/transactions_to_send.sql
/* Hands out the bytes of transactions whose fate is not known, and of accepted ones that the nodes have lost: always those that were stored. Whoever had one before and did not
   answer may still have it, and may send it tomorrow: from then on only what cannot be mined any more is given up. */
create or replace function press_worker.transactions_to_send(batch_size integer, attempt_seconds integer)
  returns table (transaction_id bigint, attempt integer, txid text, raw text, state press.chain_transaction_state, competing_txid text)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  v_now  timestamptz := clock_timestamp();  -- an index serves what does not change within a statement
begin
  perform press_private.require_running();
  if (batch_size between 1 and 1000 and attempt_seconds between 1 and 3600) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A batch is 1 to 1000 transactions, an attempt 1 to 3600 seconds.');
  end if;

  return query
  with due as (
    select t.id from press.chain_transactions t
    where t.state in ('sending', 'unknown', 'accepted') and t.retry_at is not null and t.retry_at <= v_now
    order by t.retry_at
    limit transactions_to_send.batch_size
    for no key update of t skip locked
  ), claimed as (
    update press.chain_transactions t
    set attempts = t.attempts + 1, may_be_out = t.may_be_out or t.answered_attempt < t.attempts, retry_at = v_now + make_interval(secs => transactions_to_send.attempt_seconds)
    from due d
    where t.id = d.id
    returning t.*
  )
  select c.id, c.attempts, c.txid, encode(c.raw, 'hex'), c.state, c.competing_txid from claimed c
  order by c.id;  -- a transaction is made when those that it spends were accepted
end
$$;
comment on function press_worker.transactions_to_send is 'Up to batch_size (1 to 1000) stored transactions to be sent again, parents before children, each for attempt_seconds (1 to 3600): what is answered later counts only if it was accepted. raw: hex. competing_txid: which other one was said to spend a coin of it. Refuses: PRESS_STOPPED, INVALID_INPUT.';
revoke all on function press_worker.transactions_to_send from public;
grant execute on function press_worker.transactions_to_send to press_worker;
--! EndIncluded press_worker/transactions_to_send.sql
--! Included press_private/is_lost.sql
create or replace function press_private.is_lost(transaction_id bigint)
  returns boolean
  language sql stable
begin atomic
  with recursive line as (
    select t.id, t.replaces_id, t.txid from press.chain_transactions t where t.id = is_lost.transaction_id
    union all
    select t.id, t.replaces_id, t.txid from line l join press.chain_transactions t on t.id = l.replaces_id
  ), root as (
    select l.id from line l where l.replaces_id is null
  )
  select exists (
    select from root r join press_private.chain_inputs i on i.transaction_id = r.id join press.utxos u on u.id = i.utxo_id
    where u.state = 'dirty' or (u.state = 'spent' and u.transaction_id <> is_lost.transaction_id));
end;
comment on function press_private.is_lost is 'Whether a coin that the first in the line of transactions, of which this is the last, has spent is gone: all that came after it spend this coin too.';
revoke all on function press_private.is_lost from public;
--! EndIncluded press_private/is_lost.sql
--! Included press_private/winner_without_block.sql
create or replace function press_private.winner_without_block(transaction_id bigint)
  returns bigint
  language sql stable
begin atomic
  with recursive line as (
    select t.id, t.replaces_id from press.chain_transactions t where t.id = winner_without_block.transaction_id
    union all
    select t.id, t.replaces_id from line l join press.chain_transactions t on t.id = l.replaces_id
  ), gone as (
    select u.state, w.id, w.state as winner_state
    from line l
    join press_private.chain_inputs i on i.transaction_id = l.id
    join press.utxos u on u.id = i.utxo_id
    left join press.chain_transactions w on w.id = u.transaction_id
    where l.replaces_id is null and (u.state = 'dirty' or (u.state = 'spent' and u.transaction_id <> winner_without_block.transaction_id))
  )
  select case when bool_and(g.winner_state is not distinct from 'accepted') then max(g.id) end from gone g;
end;
comment on function press_private.winner_without_block is 'Where all that press_private.is_lost says of a transaction rests on transactions of ours that nodes have, and no block yet: the last of these; null: it is lost for good, or not lost.';
revoke all on function press_private.winner_without_block from public;
--! EndIncluded press_private/winner_without_block.sql
--! Included press_private/may_be_out_beside.sql
create or replace function press_private.may_be_out_beside(publication_id uuid, transaction_id bigint)
  returns boolean
  language sql stable
begin atomic
  select exists (
    select from press_private.chain_outputs o join press.chain_transactions t on t.id = o.transaction_id
    where o.publication_id = may_be_out_beside.publication_id and t.id <> may_be_out_beside.transaction_id and t.may_be_out and t.state <> 'conflicted');
end;
comment on function press_private.may_be_out_beside is 'Whether a publication was sent in another transaction that may be out, and that no block has contradicted.';
revoke all on function press_private.may_be_out_beside from public;
--! EndIncluded press_private/may_be_out_beside.sql
--! Included press_private/leave_transaction.sql
/* The one rule. What was sent once may be out for ever, whoever says that it was refused: a publication goes on to other coins only when a coin of everything that it was ever
   sent in is gone. Where a transaction took the place of others, they all spend what the first of them spends. A coin that one of ours has spent without a block may come back:
   what may be out besides waits for the block. */
create or replace function press_private.leave_transaction(transaction press.chain_transactions)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_winner_id  bigint;
  v_free       uuid[];
begin
  if press_private.is_lost(transaction.id) then
    v_winner_id := press_private.winner_without_block(transaction.id);
    v_free := press_private.reserved_publication_ids(transaction.id)
      || array(select p.id from press.publications p where p.after_transaction_id = transaction.id order by p.id);
    perform press_private.free_coins(transaction.id);
    perform press_private.queue_publications(transaction.id);
    update press.publications p
    set after_transaction_id = case when press_private.may_be_out_beside(p.id, v_winner_id) then v_winner_id end
    where p.id = any (v_free) and p.state = 'queued';
  else
    perform press_private.replace_transaction(transaction, press_private.reserved_publication_ids(transaction.id), clock_timestamp());
  end if;
end
$$;
comment on function press_private.leave_transaction is 'What was in a transaction that is given up returns to the queue, or where an earlier one with the same publications may be out, goes on in its place.';
revoke all on function press_private.leave_transaction from public;
--! EndIncluded press_private/leave_transaction.sql
--! Included press_private/void_outputs.sql
/* Parents before children: what a child publishes returns to the queue, since its coin can never exist. */
create or replace function press_private.void_outputs(transaction press.chain_transactions)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_coin   press.utxos;
  v_child  press.chain_transactions;
begin
  for v_coin in
    select u.* from press.utxos u where u.from_transaction_id = transaction.id and u.state <> 'dirty' order by u.id for no key update of u
  loop
    select t.* into v_child from press.chain_transactions t where t.id = v_coin.transaction_id for no key update;
    if v_child.state = 'reserved' and v_child.replaces_id is null then
      perform press_private.release_transaction(v_child.id);
    elsif v_child.state = 'reserved' then
      update press.chain_transactions t set state = 'released' where t.id = v_child.id;
    elsif v_child.state in ('sending', 'unknown', 'accepted', 'mined') then
      -- The block that had it has lost its place, as nobody has come to see yet.
      update press.chain_transactions t
      set state = 'accepted', block_hash = null, block_height = null, block_header = null, merkle_index = null, merkle_hashes = null, mined_at = null
      where t.id = v_child.id and t.state = 'mined';
      perform press_private.conflict_transaction(v_child.id, null, array[v_coin.txid || ':' || v_coin.output_index], 'The transaction that pays it was given up.');
    end if;
    update press.utxos u
    set state = 'dirty', transaction_id = null, spent_by_txid = null, reserved_until = null, dirty_reason = 'The transaction that pays it was given up.'
    where u.id = v_coin.id and u.state <> 'dirty';
    if v_child.state = 'reserved' and v_child.replaces_id is not null then
      perform press_private.leave_transaction(v_child);
    end if;
  end loop;
end
$$;
comment on function press_private.void_outputs is 'What a transaction paid to the wallet does not exist, and neither does what was paid with it.';
revoke all on function press_private.void_outputs from public;
--! EndIncluded press_private/void_outputs.sql
--! Included press_private/conflict_transaction.sql
/* A coin of the transaction is known to be spent by another one (or can never exist), so it can never be mined: only now may what it publishes go out in another. Where it took
   the place of an earlier transaction, that one must be dead as well, because it may be out with the same publications: else these go on, on the coins that it has.
   outpoints: the coins that are lost; null: all that it has; when another transaction of ours is the competitor, that one has them already. What it paid to the wallet is gone, and
   so is whoever spends it. */
create or replace function press_private.conflict_transaction(transaction_id bigint, competing_txid text, outpoints text[], reason text)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_transaction  press.chain_transactions;
begin
  select t.* into strict v_transaction from press.chain_transactions t where t.id = conflict_transaction.transaction_id for no key update;
  if v_transaction.state not in ('sending', 'unknown', 'accepted') then
    return;
  end if;
  update press.chain_transactions t
  set state = 'conflicted', competing_txid = coalesce(conflict_transaction.competing_txid, t.competing_txid), retry_at = null, error_code = 'CONFLICT', error_detail = conflict_transaction.reason
  where t.id = v_transaction.id;
  perform press_private.void_outputs(v_transaction);

  update press.utxos u
  set state = 'dirty', transaction_id = null, spent_by_txid = null, dirty_reason = conflict_transaction.reason,
      -- Of several, nobody knows which one the competitor has spent: an operator may release the others.
      competing_txid = case when conflict_transaction.outpoints is not null or (select count(*) from press_private.chain_inputs n where n.transaction_id = v_transaction.id) = 1
                       then conflict_transaction.competing_txid end
  from press_private.chain_inputs i
  where i.transaction_id = v_transaction.id and u.id = i.utxo_id and u.transaction_id = v_transaction.id
    and coalesce(u.txid || ':' || u.output_index = any (conflict_transaction.outpoints), true)
    and not exists (select from press.chain_transactions o where o.txid = conflict_transaction.competing_txid);
  perform press_private.leave_transaction(v_transaction);
end
$$;
comment on function press_private.conflict_transaction is 'Gives up a transaction of which a coin is spent by another one; its publications return to the queue.';
revoke all on function press_private.conflict_transaction from public;
--! EndIncluded press_private/conflict_transaction.sql
--! Included press_private/postpone_transaction.sql
create or replace function press_private.postpone_transaction(
    transaction press.chain_transactions, may_be_out boolean, error_code text, error_detail text, competing_txid text default null, wait interval default null)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  update press.chain_transactions t
  set state = case when t.state = 'sending' then 'unknown' else t.state end,
      may_be_out = t.may_be_out or postpone_transaction.may_be_out,
      -- Twice as long each time, from two seconds to five minutes.
      retry_at = clock_timestamp() + coalesce(postpone_transaction.wait, make_interval(secs => least(300, 2 ^ least(t.attempts, 9)))),
      error_code = postpone_transaction.error_code,
      error_detail = left(postpone_transaction.error_detail, 1000),
      competing_txid = coalesce(postpone_transaction.competing_txid, t.competing_txid)
  where t.id = transaction.id;
  update press.publications p set state = 'unknown' where p.transaction_id = transaction.id and p.state = 'processing' and transaction.state = 'sending';
end
$$;
comment on function press_private.postpone_transaction is 'Nothing that could be believed was said of a transaction: the same bytes are sent again, later.';
revoke all on function press_private.postpone_transaction from public;
--! EndIncluded press_private/postpone_transaction.sql
--! Included press_private/lock_rivals.sql
create or replace function press_private.lock_rivals(transaction_id bigint)
  returns bigint[]
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  -- Whoever claims one of its coins now waits for these rows, or is waited for.
  perform from press.utxos u join press_private.chain_inputs i on i.utxo_id = u.id
  where i.transaction_id = lock_rivals.transaction_id order by u.id for no key update of u;
  return array(
    select t.id from press.chain_transactions t
    where t.id in (
      select o.transaction_id from press_private.chain_inputs i join press_private.chain_inputs o on o.utxo_id = i.utxo_id
      where i.transaction_id = lock_rivals.transaction_id and o.transaction_id <> lock_rivals.transaction_id)
      and t.state in ('reserved', 'sending', 'unknown', 'accepted', 'mined')
    order by t.id
    for no key update of t);
end
$$;
comment on function press_private.lock_rivals is 'Locks the coins of a transaction, then the others that are alive and spend one of them.';
revoke all on function press_private.lock_rivals from public;
--! EndIncluded press_private/lock_rivals.sql
--! Included press_private/add_outputs.sql
create or replace function press_private.add_outputs(transaction_ids bigint[])
  returns void
  language sql volatile
begin atomic
  insert into press.utxos as u (txid, output_index, wallet_script, satoshis, from_transaction_id, depth)
  select t.txid, n.index, t.wallet_script, case when n.index < c.count + t.split_count then t.split_satoshis else t.change_satoshis end, t.id,
    case when t.state = 'mined' then 0 else t.depth end
  from unnest(add_outputs.transaction_ids) g (id)
  join press.chain_transactions t on t.id = g.id
  cross join lateral (select count(*) as count from press_private.chain_outputs o where o.transaction_id = t.id) c
  cross join lateral generate_series(c.count, c.count + t.split_count - (t.change_satoshis = 0)::integer) n (index)
  on conflict on constraint utxos_outpoint_key
  do update set state = 'available', dirty_reason = null, competing_txid = null
  where u.from_transaction_id = excluded.from_transaction_id and u.state = 'dirty' and u.dirty_reason = 'The transaction that pays it was given up.';
end;
comment on function press_private.add_outputs is 'What accepted transactions pay to the wallet comes into the pool, or back into it when the transaction had been given up.';
revoke all on function press_private.add_outputs from public;
--! EndIncluded press_private/add_outputs.sql
--! Included press_private/yield_to_transaction.sql
/* A transaction that has lost a coin to another one of ours is given up at once where nothing depends on it: when a block has the other, when nobody can have it, or when all
   that it publishes is in the other. Else it waits for the block, because it may be out, and what only it publishes must not go out twice. */
create or replace function press_private.yield_to_transaction(rival_id bigint, winner press.chain_transactions, is_mined boolean)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_rival  press.chain_transactions;
begin
  select t.* into v_rival from press.chain_transactions t where t.id = yield_to_transaction.rival_id and t.state in ('sending', 'unknown', 'accepted');
  if v_rival.id is null then
    return;
  end if;
  if is_mined or not exists (
      select from press.publications p
      where p.transaction_id = v_rival.id and not exists (
        select from press_private.chain_outputs o where o.transaction_id = winner.id and o.publication_id = p.id)) then
    perform press_private.conflict_transaction(v_rival.id, winner.txid, null, 'A transaction of the press that spends the same coin was accepted.');
  else
    perform press_private.postpone_transaction(v_rival, true, 'CONFLICT', 'A transaction of the press that spends the same coin was accepted; whether it stays so a block will tell.', winner.txid);
  end if;
end
$$;
comment on function press_private.yield_to_transaction is 'What becomes of a transaction of ours whose coin another one of ours has spent.';
revoke all on function press_private.yield_to_transaction from public;
--! EndIncluded press_private/yield_to_transaction.sql
--! Included press_private/release_rebuilt.sql
/* What was made anew and is not signed yet is taken back: whole where it was made of the queue, else without what stands in this transaction, because the rest of it goes on
   the coins that it has. Whoever has it in hand stores nothing. */
create or replace function press_private.release_rebuilt(transaction_id bigint)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  v_rebuilt  press.chain_transactions;
begin
  for v_rebuilt in
    select t.* from press.chain_transactions t
    where t.state = 'reserved' and t.id in (
      select p.transaction_id from press_private.chain_outputs o join press.publications p on p.id = o.publication_id and p.transaction_id <> o.transaction_id
      where o.transaction_id = release_rebuilt.transaction_id)
    order by t.id
    for no key update of t
  loop
    if v_rebuilt.replaces_id is null then
      perform press_private.release_transaction(v_rebuilt.id);
      continue;
    end if;
    update press.publications p
    set state = 'queued', transaction_id = null, output_index = null
    from press_private.chain_outputs o
    where o.transaction_id = release_rebuilt.transaction_id and p.id = o.publication_id and p.transaction_id = v_rebuilt.id and p.state <> 'failed';
    if press_private.reserved_publication_ids(v_rebuilt.id) = '{}' then
      update press.chain_transactions t set state = 'released' where t.id = v_rebuilt.id;
      perform press_private.continue_on_coins(v_rebuilt);
    else
      perform press_private.close_ranks(v_rebuilt.id);
      update press.chain_transactions t set epoch = t.epoch + 1, reserved_until = clock_timestamp() where t.id = v_rebuilt.id;
    end if;
  end loop;
end
$$;
comment on function press_private.release_rebuilt is 'Gives up reservations for what a transaction publishes that was given up, and is on the chain after all.';
revoke all on function press_private.release_rebuilt from public;
--! EndIncluded press_private/release_rebuilt.sql
--! Included press_private/note_sent.sql
/* What stands in another transaction that may be out stays there: the chain has it twice then, and the audit says so. */
create or replace function press_private.note_sent(transaction_ids bigint[])
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_now  timestamptz := date_trunc('milliseconds', clock_timestamp());
begin
  with sent as (
    update press.publications p
    set state = 'sent', transaction_id = o.transaction_id, output_index = o.output_index, sent_at = coalesce(o.sent_at, v_now), after_transaction_id = null,
        error_code = null, error_detail = null
    from press_private.chain_outputs o
    where o.transaction_id = any (note_sent.transaction_ids) and p.id = o.publication_id
      and (p.state <> 'failed' or p.error_code = 'BROADCAST_REJECTED') and not (p.state = 'sent' and p.transaction_id = o.transaction_id)
      and (p.transaction_id is null or p.transaction_id = o.transaction_id or exists (
        select from press.chain_transactions t where t.id = p.transaction_id and t.state in ('replaced', 'conflicted', 'rejected', 'released')))
    returning p.transaction_id, p.output_index, p.sent_at, p as publication
  ), told as (
    update press_private.chain_outputs o set sent_at = s.sent_at
    from sent s
    where o.transaction_id = s.transaction_id and o.output_index = s.output_index and o.sent_at is null
    returning s.*
  )
  -- As press_private.append_entry does with each.
  insert into press_private.ledger_inbox (type, leaf)
  select 'publication.sent', press_private.publication_sent_leaf(n.publication, t.txid, n.sent_at)
  from told n join press.chain_transactions t on t.id = n.transaction_id
  order by n.transaction_id, n.output_index;
end
$$;
comment on function press_private.note_sent is 'The publications of accepted transactions, of which no two have the same, are sent, and the ledger says so once of each and its transaction.';
revoke all on function press_private.note_sent from public;
--! EndIncluded press_private/note_sent.sql
--! Included press_private/accept_undisputed.sql
/* Nearly always a transaction that was sent is simply taken: nobody has ever made another one of ours with a coin of it, and nothing waits for it. What
   press_private.accept_transaction does with such a one is done here with hundreds, a statement a table; all others are left to it. Locked are the transactions by their
   ids, then all of their coins. */
create or replace function press_private.accept_undisputed(transaction_ids bigint[], attempts integer[], is_mined boolean)
  returns bigint[]
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s'
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_ids  bigint[];
begin
  perform from press.chain_transactions t where t.id = any (accept_undisputed.transaction_ids) order by t.id for no key update;
  -- Whoever claims one of these coins now waits for these rows, or is waited for.
  perform from press.utxos u
  where u.id = any (array(select i.utxo_id from press_private.chain_inputs i where i.transaction_id = any (accept_undisputed.transaction_ids)))
  order by u.id for no key update;

  v_ids := array(
    select t.id from press.chain_transactions t
    where t.id = any (accept_undisputed.transaction_ids) and (t.state in ('sending', 'unknown') or is_mined and t.state = 'accepted') and not exists (
      select from press_private.chain_inputs i join press_private.chain_inputs o on o.utxo_id = i.utxo_id
      where i.transaction_id = t.id and (o.transaction_id <> t.id or not o.is_live))
      and not exists (select from press.publications p where p.after_transaction_id = t.id));
  update press.chain_transactions t
  set state = 'accepted', accepted_at = coalesce(t.accepted_at, clock_timestamp()),
      answered_attempt = greatest(t.answered_attempt, case when g.attempt is not null then least(g.attempt, t.attempts) end),
      -- Who took it has just been asked.
      looked_at = clock_timestamp(), may_be_out = true, refused_count = 0, retry_at = null, error_code = null, error_detail = null, competing_txid = null
  from (
    select g.id, max(g.attempt) as attempt from unnest(accept_undisputed.transaction_ids, accept_undisputed.attempts) g (id, attempt)
    where g.id = any (v_ids) group by g.id
  ) g
  where t.id = g.id;
  update press.utxos u
  set state = 'spent', transaction_id = t.id, spent_by_txid = t.txid, reserved_until = null, dirty_reason = null, competing_txid = null
  from press.chain_transactions t join press_private.chain_inputs i on i.transaction_id = t.id
  where t.id = any (v_ids) and u.id = i.utxo_id;
  perform press_private.add_outputs(v_ids);
  perform press_private.note_sent(v_ids);
  return v_ids;
end
$$;
comment on function press_private.accept_undisputed is 'Takes those of these transactions that are stored, and whose coins no other has had and for which nothing waits, for ones that the nodes have; which ones. attempts: the attempt that was answered, of each; null: they were seen. is_mined: in a block, so that those that the nodes had already count too.';
revoke all on function press_private.accept_undisputed from public;
--! EndIncluded press_private/accept_undisputed.sql
--! Included press_private/accept_transaction.sql
/* The nodes have it: that counts whoever says so and whenever, also of a transaction that was given up. Then its coins are its own, and whichever transaction of ours had
   them meanwhile has lost them. is_mined: a block has it, which settles what nodes may still disagree about. */
create or replace function press_private.accept_transaction(transaction press.chain_transactions, is_mined boolean)
  returns boolean
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_rivals    bigint[] := press_private.lock_rivals(transaction.id);
  v_winner    press.chain_transactions;
  v_given_up  press.chain_transactions[];
begin
  select t.* into v_winner from press.chain_transactions t where t.id = any (v_rivals) and t.state in ('accepted', 'mined') order by t.state desc limit 1;
  if v_winner.id is not null and not is_mined then
    if transaction.state in ('sending', 'unknown') then
      if v_winner.state = 'mined' then
        perform press_private.conflict_transaction(transaction.id, v_winner.txid, null, 'A transaction of the press that spends the same coin is in a block.');
      else
        perform press_private.postpone_transaction(transaction, true, 'CONFLICT', 'A transaction of the press that spends the same coin was accepted before.', v_winner.txid);
      end if;
    end if;
    return false;
  end if;

  if v_rivals <> '{}' then
    update press.chain_transactions t
    set state = 'accepted', block_hash = null, block_height = null, block_header = null, merkle_index = null, merkle_hashes = null, mined_at = null
    where t.id = any (v_rivals) and t.state = 'mined';
    perform press_private.release_transaction(t.id) from press.chain_transactions t where t.id = any (v_rivals) and t.state = 'reserved' and t.replaces_id is null;
    with released as (
      update press.chain_transactions t set state = 'released' where t.id = any (v_rivals) and t.state = 'reserved' returning t.*
    )
    select array_agg(r::press.chain_transactions order by r.id) into v_given_up from released r;
    update press_private.chain_inputs i set is_live = false
    from press_private.chain_inputs o
    where o.transaction_id = transaction.id and i.utxo_id = o.utxo_id and i.is_live and i.transaction_id <> transaction.id;
  end if;
  update press_private.chain_inputs i set is_live = true where i.transaction_id = transaction.id and not i.is_live;

  update press.chain_transactions t
  set state = case when t.state = 'mined' then t.state else 'accepted' end, accepted_at = coalesce(t.accepted_at, clock_timestamp()),
      -- Who took it has just been asked.
      looked_at = clock_timestamp(), may_be_out = true, refused_count = 0, retry_at = null, error_code = null, error_detail = null, competing_txid = null
  where t.id = transaction.id;
  update press.utxos u
  set state = 'spent', transaction_id = transaction.id, spent_by_txid = transaction.txid, reserved_until = null, dirty_reason = null, competing_txid = null
  from press_private.chain_inputs i
  where i.transaction_id = transaction.id and u.id = i.utxo_id and (u.state, u.transaction_id) is distinct from ('spent', transaction.id);
  -- One that was to take the place of another, which may be out: what it publishes stays on the coins that this one leaves it, if it leaves it any.
  perform press_private.leave_transaction(g) from unnest(v_given_up) g;
  perform press_private.add_outputs(array[transaction.id]);
  perform press_private.yield_to_transaction(r.id, transaction, is_mined) from unnest(v_rivals) r (id);
  if transaction.state in ('replaced', 'conflicted', 'rejected') then
    perform press_private.release_rebuilt(transaction.id);
  end if;
  perform press_private.note_sent(array[transaction.id]);
  -- What waited for it, or for one that has lost its coin to it, is free; but what may be out beside it waits until a block has it.
  update press.publications p set after_transaction_id = case when not is_mined and press_private.may_be_out_beside(p.id, transaction.id) then transaction.id end
  from press.chain_transactions t
  where p.after_transaction_id = t.id and t.id = any (transaction.id || v_rivals) and (t.id = transaction.id or t.state in ('released', 'conflicted', 'replaced', 'rejected'));
  return true;
end
$$;
comment on function press_private.accept_transaction is 'Takes a stored transaction, which is locked, for one that the nodes have. False: one that spends the same coin was accepted before, and no block says otherwise.';
revoke all on function press_private.accept_transaction from public;
--! EndIncluded press_private/accept_transaction.sql
--! Included press_private/unmined_parents.sql
create or replace function press_private.unmined_parents(transaction_id bigint)
  returns bigint[]
  language sql stable
begin atomic
  select coalesce(array_agg(distinct t.id), '{}')
  from press_private.chain_inputs i
  join press.utxos u on u.id = i.utxo_id
  join press.chain_transactions t on t.id = u.from_transaction_id
  where i.transaction_id = unmined_parents.transaction_id and t.state <> 'mined';
end;
comment on function press_private.unmined_parents is 'The transactions that a transaction spends the change of, and that no block has.';
revoke all on function press_private.unmined_parents from public;
--! EndIncluded press_private/unmined_parents.sql
--! Included press_private/is_conflict_told.sql
create or replace function press_private.is_conflict_told(transaction_id bigint, outpoints text[])
  returns boolean
  language sql stable
begin atomic
  with recursive line as (
    select t.id, t.replaces_id from press.chain_transactions t where t.id = is_conflict_told.transaction_id
    union all
    select t.id, t.replaces_id from line l join press.chain_transactions t on t.id = l.replaces_id
  )
  select case when is_conflict_told.outpoints is null then
    (select count(*) from press_private.chain_inputs i where i.transaction_id = is_conflict_told.transaction_id)
      = (select count(*) from press_private.chain_inputs i join line l on l.id = i.transaction_id and l.replaces_id is null)
  else exists (
    select from press_private.chain_inputs i join press.utxos u on u.id = i.utxo_id
    where i.transaction_id = is_conflict_told.transaction_id and u.txid || ':' || u.output_index = any (is_conflict_told.outpoints)) end;
end;
comment on function press_private.is_conflict_told is 'Whether it is known that one of these coins of a transaction is gone. When nobody tells which, it may be one that the transaction has beyond those of the one that it replaces, and that says nothing about this.';
revoke all on function press_private.is_conflict_told from public;
--! EndIncluded press_private/is_conflict_told.sql
--! Included press_private/has_mined_child.sql
create or replace function press_private.has_mined_child(transaction_id bigint)
  returns boolean
  language sql stable
begin atomic
  with recursive line as (
    select has_mined_child.transaction_id as id, false as is_mined
    union
    select t.id, t.state = 'mined'
    from line l join press.utxos u on u.from_transaction_id = l.id join press.chain_transactions t on t.id = u.transaction_id
    where not l.is_mined and t.state in ('sending', 'unknown', 'accepted', 'mined')
  )
  select exists (select from line l where l.is_mined);
end;
comment on function press_private.has_mined_child is 'Whether a block has a transaction that spends its change: then a block has this one, whatever is said.';
revoke all on function press_private.has_mined_child from public;
--! EndIncluded press_private/has_mined_child.sql
--! Included press_private/apply_conflict.sql
/* A competitor in the memory of nodes may vanish again, and a coin that a node does not know may come: only of a transaction that nobody can have is that believed at once,
   and whoever has not answered yet may be about to send it. One that may be out waits until a block has the competitor (is_final). Of a competitor that is ours we know more than who told us. */
create or replace function press_private.apply_conflict(
    transaction press.chain_transactions, is_missing boolean, competing_txid text, is_final boolean, outpoints text[], detail text)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  v_parents  bigint[] := press_private.unmined_parents(transaction.id);
  v_rival    press.chain_transactions;
  v_code     text := case when is_missing then 'MISSING_INPUTS' else 'CONFLICT' end;
begin
  select t.* into v_rival from press.chain_transactions t
  where t.txid = apply_conflict.competing_txid and t.id <> transaction.id and exists (
    select from press_private.chain_inputs i join press_private.chain_inputs o on o.utxo_id = i.utxo_id and o.transaction_id = t.id
    where i.transaction_id = transaction.id)
  for no key update of t;
  if competing_txid = transaction.txid then
    -- It has met itself: somebody has it.
    perform press_private.postpone_transaction(transaction, true, v_code, detail);
  elsif v_rival.id is not null then
    perform press_private.postpone_transaction(transaction, true, v_code, detail, competing_txid);
    perform press_private.accept_transaction(v_rival, is_final);
  elsif exists (select from press.chain_transactions t where t.txid = apply_conflict.competing_txid) then
    -- One of ours that spends no coin of it: whoever says so is wrong.
    perform press_private.postpone_transaction(transaction, true, v_code, detail);
  elsif is_missing and not is_final and v_parents <> '{}' then
    update press.chain_transactions t set retry_at = clock_timestamp() where t.id = any (v_parents) and t.state = 'accepted';
    perform press_private.postpone_transaction(transaction, false, v_code, detail);
  elsif (is_final or not (transaction.may_be_out or transaction.state = 'accepted' or transaction.answered_attempt < transaction.attempts))
        and press_private.is_conflict_told(transaction.id, outpoints) and not press_private.has_mined_child(transaction.id) then
    perform press_private.conflict_transaction(transaction.id, competing_txid, outpoints,
      coalesce(left(detail, 1000), case when is_missing then 'It does not exist, or a transaction of somebody else has spent it.' else 'A transaction of somebody else spends it.' end));
  else
    perform press_private.postpone_transaction(transaction, true, v_code, detail, competing_txid);
  end if;
end
$$;
comment on function press_private.apply_conflict is 'Writes what follows from the news that a coin of a transaction, which is locked, is spent by another one, or is not there.';
revoke all on function press_private.apply_conflict from public;
--! EndIncluded press_private/apply_conflict.sql
--! Included press_private/apply_rejection.sql
/* Of a bundle that is refused nobody knows which record is to blame: its first half is tried on the same coins, and so on, until the one that is to blame fails alone. The other
   half waits, because it was sent with the first; when that is taken, it is free. */
create or replace function press_private.apply_rejection(transaction press.chain_transactions, detail text)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_publications  uuid[] := press_private.reserved_publication_ids(transaction.id);
  v_half          integer := (cardinality(v_publications) + 1) / 2;
  v_id            bigint;
begin
  -- One that may be out must be refused three times in a row: whoever still had it then has lost it.
  if cardinality(v_publications) <= 1 and transaction.may_be_out and transaction.refused_count < 2 then
    update press.chain_transactions t set refused_count = t.refused_count + 1 where t.id = transaction.id;
    perform press_private.postpone_transaction(transaction, true, 'BROADCAST_REJECTED', detail);
    return;
  end if;

  update press.chain_transactions t
  set state = case when cardinality(v_publications) > 1 then 'replaced' else 'rejected' end::press.chain_transaction_state,
      retry_at = null, error_code = 'BROADCAST_REJECTED', error_detail = left(apply_rejection.detail, 1000)
  where t.id = transaction.id;
  if cardinality(v_publications) > 1 then
    v_id := press_private.replace_transaction(transaction, v_publications[1 : v_half], clock_timestamp());
    update press.publications p
    set state = 'queued', transaction_id = null, output_index = null, after_transaction_id = v_id, bundle_limit = least(p.bundle_limit, v_half)
    where p.id = any (v_publications[v_half + 1 :]);
    update press.publications p set bundle_limit = least(p.bundle_limit, v_half) where p.id = any (v_publications[1 : v_half]);
  else
    update press.publications p
    set state = 'failed', error_code = 'BROADCAST_REJECTED', error_detail = left(apply_rejection.detail, 1000)
    where p.id = any (v_publications);
    perform press_private.continue_on_coins(transaction);
  end if;
end
$$;
comment on function press_private.apply_rejection is 'A stored transaction was refused for what it is: halved where it carries several publications, otherwise its one has failed.';
revoke all on function press_private.apply_rejection from public;
--! EndIncluded press_private/apply_rejection.sql
--! Included press_private/apply_outcome.sql
/* What a worker was told of an attempt. That it was accepted counts always. What takes something away counts only when this attempt is the latest, was not answered before, and
   the worker has looked for the transaction and not found it; else nobody knows, and the same bytes are sent again. */
create or replace function press_private.apply_outcome(transaction press.chain_transactions, given press_private.outcome_record)
  returns boolean
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  if given.outcome = 'accepted' then
    if transaction.state = 'mined' then
      return false;
    end if;
    update press.chain_transactions t set answered_attempt = greatest(t.answered_attempt, least(given.attempt, t.attempts)) where t.id = transaction.id;
    return press_private.accept_transaction(transaction, false);
  end if;
  if transaction.state not in ('sending', 'unknown', 'accepted') or given.attempt <> transaction.attempts or transaction.answered_attempt >= given.attempt then
    return false;
  end if;
  update press.chain_transactions t set answered_attempt = given.attempt where t.id = transaction.id;
  transaction.answered_attempt := given.attempt;

  if given.outcome = 'unknown' or given.is_seen is distinct from false then
    perform press_private.postpone_transaction(transaction, true, upper(given.outcome), given.detail, given.competing_txid);
  elsif given.outcome in ('conflict', 'missing_inputs') then
    perform press_private.apply_conflict(transaction, given.outcome = 'missing_inputs', given.competing_txid, coalesce(given.is_final, false), given.outpoints, given.detail);
  elsif transaction.state = 'accepted' then
    -- The nodes had it once: what they say of its form or fee now is their memory's trouble, and they are asked again.
    perform press_private.postpone_transaction(transaction, true, upper(given.outcome), given.detail);
  elsif given.outcome = 'fee_too_low' then
    update press.chain_transactions t
    set state = 'replaced', retry_at = null, error_code = 'FEE_TOO_LOW', error_detail = left(given.detail, 1000) where t.id = transaction.id;
    perform press_private.replace_transaction(transaction, press_private.reserved_publication_ids(transaction.id), clock_timestamp() + interval '30 seconds');
  else
    perform press_private.apply_rejection(transaction, given.detail);
  end if;
  return true;
end
$$;
comment on function press_private.apply_outcome is 'Writes what follows from the answer to an attempt to send a transaction, which is locked. False: nothing.';
revoke all on function press_private.apply_outcome from public;
--! EndIncluded press_private/apply_outcome.sql
--! Included press_private/require_outcomes.sql
create or replace function press_private.require_outcomes(outcomes jsonb)
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if jsonb_typeof(outcomes) is distinct from 'array' or jsonb_array_length(outcomes) > 10000
     or exists (
       select from jsonb_populate_recordset(null::press_private.outcome_record, outcomes) g
       where (g.transaction_id is not null and g.attempt is not null
         and g.outcome in ('accepted', 'unknown', 'conflict', 'missing_inputs', 'fee_too_low', 'rejected')
         and coalesce(g.competing_txid collate "C" ~ '^[0-9a-f]{64}$', true)) is not true) then
    perform press_private.refuse('INVALID_INPUT', 'Outcomes are an array of up to 10000 objects, each with transaction_id, attempt and outcome (accepted, unknown, conflict, missing_inputs, fee_too_low or rejected); a txid is 64 lower-case hex characters.');
  end if;
exception
  when data_exception then
    perform press_private.refuse('INVALID_INPUT', sqlerrm);
end
$$;
comment on function press_private.require_outcomes is 'Refuses: INVALID_INPUT.';
revoke all on function press_private.require_outcomes from public;
--! EndIncluded press_private/require_outcomes.sql
--! Included press_worker/record_outcomes.sql
/* Writes what came of attempts to send. One answer after the other, by the ids of the transactions, which is the order of locks among workers; what follows for others (a coin
   that two of ours spend, a child of one that was given up) is locked as it is come upon, and whoever waits in a circle is told RETRY. */
create or replace function press_worker.record_outcomes(outcomes jsonb)
  returns table (transaction_id bigint, state press.chain_transaction_state, effect text)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s'
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_given        press_private.outcome_record;
  v_transaction  press.chain_transactions;
  v_accepted     bigint[];
begin
  perform press_private.require_running();
  perform press_private.require_outcomes(outcomes);

  v_accepted := (
    select press_private.accept_undisputed(array_agg(g.transaction_id), array_agg(g.attempt), false)
    from jsonb_populate_recordset(null::press_private.outcome_record, outcomes) g where g.outcome = 'accepted');
  for v_given in
    select g.* from jsonb_populate_recordset(null::press_private.outcome_record, outcomes) g order by g.transaction_id
  loop
    if v_given.outcome = 'accepted' and v_given.transaction_id = any (v_accepted) then
      transaction_id := v_given.transaction_id;
      state := 'accepted';
      effect := 'recorded';
      return next;
      continue;
    end if;
    select t.* into v_transaction from press.chain_transactions t where t.id = v_given.transaction_id for no key update;
    effect := case when v_transaction.raw is not null and press_private.apply_outcome(v_transaction, v_given) then 'recorded' else 'ignored' end;
    select t.id, t.state into transaction_id, state from press.chain_transactions t where t.id = v_given.transaction_id;
    return next;
  end loop;
  set constraints press._200_guard_transaction immediate;  -- see press_private.tg_publications__guard_transaction
  set constraints press._200_guard_transaction deferred;
  perform pg_notify('press_publications', '');  -- a hint that wakes whoever waits; it says nothing
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure or deadlock_detected or unique_violation then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_worker.record_outcomes is 'Records answers: [{transaction_id, attempt, outcome, detail, competing_txid, is_final, is_seen, outpoints}]. outcome: accepted, unknown, conflict, missing_inputs, fee_too_low or rejected. is_seen: whether it was found by its txid after the answer (null: nobody could look); only what was not found is ever given up. is_final: a block has the competitor, or there is no trace of the transaction and its coin is spent in a block. outpoints: the coins ("txid:index") that the competitor spends (null: not known). effect: recorded, or ignored (another attempt was made since, or its fate is known). Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.record_outcomes from public;
grant execute on function press_worker.record_outcomes to press_worker;
--! EndIncluded press_worker/record_outcomes.sql
--! Included press_worker/transactions_to_look_at.sql
/* What is mined is looked at again whenever the chain has a new end, because a block may lose its place; after a hundred blocks it cannot any more. */
create or replace function press_worker.transactions_to_look_at(batch_size integer, interval_seconds integer)
  returns table (transaction_id bigint, txid text, state press.chain_transaction_state)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  v_now     timestamptz := clock_timestamp();
  v_before  timestamptz := v_now - make_interval(secs => transactions_to_look_at.interval_seconds);
  v_tip     press_private.chain_tip;
begin
  perform press_private.require_running();
  if (batch_size between 1 and 10000 and interval_seconds between 0 and 86400) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A batch is 1 to 10000 transactions, an interval 0 to 86400 seconds.');
  end if;
  select * into v_tip from press_private.chain_tip;

  return query
  with open as (
    select t.id from press.chain_transactions t
    where t.state in ('unknown', 'accepted') and (t.looked_at is null or t.looked_at <= v_before)
    order by t.looked_at nulls first
    limit transactions_to_look_at.batch_size
    for no key update of t skip locked
  ), buried as (
    select t.id from press.chain_transactions t
    where t.state = 'mined' and t.block_height > v_tip.height - 100 and t.looked_at < v_tip.seen_at
    order by t.block_height
    limit transactions_to_look_at.batch_size
    for no key update of t skip locked
  )
  update press.chain_transactions t set looked_at = v_now
  from (select o.id from open o union all select b.id from buried b limit transactions_to_look_at.batch_size) l
  where t.id = l.id
  returning t.id, t.txid, t.state;
end
$$;
comment on function press_worker.transactions_to_look_at is 'Up to batch_size (1 to 10000) transactions to be looked for: those that no block has, each interval_seconds (0 to 86400) at most; and after each change of the tip those with fewer than 100 confirmations. Refuses: PRESS_STOPPED, INVALID_INPUT.';
revoke all on function press_worker.transactions_to_look_at from public;
grant execute on function press_worker.transactions_to_look_at to press_worker;
--! EndIncluded press_worker/transactions_to_look_at.sql
--! Included press_private/settle_depths.sql
/* From transactions to those that spend their change, and theirs, as far as something changes: there are never more than twenty in a line. Of a block with a whole line nobody in it
   is counted twice. */
create or replace function press_private.settle_depths(transaction_ids bigint[])
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_ids  bigint[] := transaction_ids;
begin
  while v_ids <> '{}' loop
    update press.chain_transactions t
    set depth = d.depth
    from unnest(v_ids) g (id)
    join press.chain_transactions s on s.id = g.id
    cross join lateral (
      select case when s.state = 'mined' then 0 else 1 + coalesce(max(u.depth), 0) end as depth
      from press_private.chain_inputs i join press.utxos u on u.id = i.utxo_id where i.transaction_id = g.id) d
    where t.id = g.id and t.depth <> d.depth;
    with settled as (
      update press.utxos u set depth = t.depth
      from press.chain_transactions t
      where t.id = any (v_ids) and u.from_transaction_id = t.id and u.depth <> t.depth
      returning u.id
    )
    select coalesce(array_agg(distinct i.transaction_id), '{}') into v_ids
    from settled s join press_private.chain_inputs i on i.utxo_id = s.id and i.is_live
    join press.chain_transactions t on t.id = i.transaction_id and t.state <> 'mined';
  end loop;
end
$$;
comment on function press_private.settle_depths is 'How long the line of transactions before each is of which no block has any: written anew for transactions and all that spend what they pay.';
revoke all on function press_private.settle_depths from public;
--! EndIncluded press_private/settle_depths.sql
--! Included press_private/mine_undisputed.sql
/* The same for those that a block has: what press_private.apply_sighting does with each, a statement a table, and the lines of a whole block are settled at once. */
create or replace function press_private.mine_undisputed(sightings press_private.sighting_record[])
  returns bigint[]
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s'
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_ids  bigint[] := press_private.accept_undisputed(array(select s.transaction_id from unnest(mine_undisputed.sightings) s), null, true);
begin
  update press.chain_transactions t
  set state = 'mined', block_hash = s.block_hash, block_height = s.block_height, mined_at = clock_timestamp(), block_header = decode(s.header, 'hex'),
      merkle_index = s.merkle_index, merkle_hashes = s.merkle_hashes
  from (select distinct on (g.transaction_id) g.* from unnest(mine_undisputed.sightings) g where g.transaction_id = any (v_ids) order by g.transaction_id) s
  where t.id = s.transaction_id;
  perform press_private.settle_depths(v_ids);
  return v_ids;
end
$$;
comment on function press_private.mine_undisputed is 'Writes which blocks have those of these transactions that were in none, and whose coins no other has had; which ones.';
revoke all on function press_private.mine_undisputed from public;
--! EndIncluded press_private/mine_undisputed.sql
--! Included press_private/apply_sighting.sql
/* A block may lose its place: what was mined and is not any more goes back to the nodes' memory, the same bytes. */
create or replace function press_private.apply_sighting(transaction press.chain_transactions, given press_private.sighting_record)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  if given.sighting = 'mined' then
    if (transaction.state, transaction.block_hash) is distinct from ('mined', given.block_hash) then
      perform press_private.accept_transaction(transaction, true);
    end if;
    update press.chain_transactions t
    set state = 'mined', block_hash = given.block_hash, block_height = given.block_height,
        mined_at = case when t.block_hash = given.block_hash then t.mined_at else clock_timestamp() end,
        block_header = case when t.block_hash = given.block_hash then coalesce(decode(given.header, 'hex'), t.block_header) else decode(given.header, 'hex') end,
        merkle_index = case when t.block_hash = given.block_hash then coalesce(given.merkle_index, t.merkle_index) else given.merkle_index end,
        merkle_hashes = case when t.block_hash = given.block_hash then coalesce(given.merkle_hashes, t.merkle_hashes) else given.merkle_hashes end
    where t.id = transaction.id;
    perform press_private.settle_depths(array[transaction.id]);
  elsif given.sighting in ('mempool', 'unseen', 'conflicted') and transaction.state = 'mined' then
    update press.chain_transactions t
    set state = 'accepted', block_hash = null, block_height = null, block_header = null, merkle_index = null, merkle_hashes = null, mined_at = null, retry_at = clock_timestamp()
    where t.id = transaction.id;
    perform press_private.settle_depths(array[transaction.id]);
  elsif given.sighting = 'mempool' and transaction.state = 'accepted' and transaction.retry_at is null then
    null;  -- as it was
  elsif given.sighting = 'mempool' then
    perform press_private.accept_transaction(transaction, false);
  elsif given.sighting = 'unseen' then
    update press.chain_transactions t set retry_at = clock_timestamp() where t.id = transaction.id and t.state = 'accepted' and t.retry_at is null;
  elsif given.sighting = 'conflicted' and transaction.state in ('sending', 'unknown', 'accepted') then
    perform press_private.apply_conflict(transaction, false, given.competing_txid, coalesce(given.competing_is_mined, false), given.outpoints, given.detail);
  end if;
end
$$;
comment on function press_private.apply_sighting is 'Writes what follows from where a transaction, which is locked, was seen.';
revoke all on function press_private.apply_sighting from public;
--! EndIncluded press_private/apply_sighting.sql
--! Included press_private/require_sightings.sql
create or replace function press_private.require_sightings(sightings jsonb)
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if jsonb_typeof(sightings) is distinct from 'array' or jsonb_array_length(sightings) > 10000
     or exists (
       select from jsonb_populate_recordset(null::press_private.sighting_record, sightings) g
       where (g.transaction_id is not null and g.sighting in ('mined', 'mempool', 'unseen', 'conflicted', 'unknown')
         and case when g.sighting = 'mined' then g.block_hash collate "C" ~ '^[0-9a-f]{64}$' and g.block_height >= 0 else true end
         and coalesce(g.header collate "C" ~ '^[0-9a-f]{160}$', true)
         and coalesce(g.merkle_index >= 0, true) and not exists (select from unnest(g.merkle_hashes) h where (h collate "C" ~ '^[0-9a-f]{64}$') is not true)
         and coalesce(g.competing_txid collate "C" ~ '^[0-9a-f]{64}$', true)) is not true) then
    perform press_private.refuse('INVALID_INPUT', 'Sightings are an array of up to 10000 objects, each with transaction_id and sighting (mined, with block_hash and block_height; mempool, unseen, conflicted or unknown); hashes and txids are 64 lower-case hex characters, a header 160.');
  end if;
exception
  when data_exception then
    perform press_private.refuse('INVALID_INPUT', sqlerrm);
end
$$;
comment on function press_private.require_sightings is 'Refuses: INVALID_INPUT.';
revoke all on function press_private.require_sightings from public;
--! EndIncluded press_private/require_sightings.sql
--! Included press_worker/record_sightings.sql
/* As press_worker.record_outcomes, of what was found by looking for transactions. */
create or replace function press_worker.record_sightings(sightings jsonb)
  returns table (transaction_id bigint, state press.chain_transaction_state)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s'
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_given        press_private.sighting_record;
  v_transaction  press.chain_transactions;
  v_mined        bigint[];
begin
  perform press_private.require_running();
  perform press_private.require_sightings(sightings);

  v_mined := (
    select press_private.mine_undisputed(array_agg(g))
    from jsonb_populate_recordset(null::press_private.sighting_record, sightings) g where g.sighting = 'mined');
  for v_given in
    select g.* from jsonb_populate_recordset(null::press_private.sighting_record, sightings) g order by g.transaction_id
  loop
    if v_given.sighting = 'mined' and v_given.transaction_id = any (v_mined) then
      transaction_id := v_given.transaction_id;
      state := 'mined';
      return next;
      continue;
    end if;
    select t.* into v_transaction from press.chain_transactions t where t.id = v_given.transaction_id for no key update;
    if v_transaction.raw is not null then
      perform press_private.apply_sighting(v_transaction, v_given);
    end if;
    select t.id, t.state into transaction_id, state from press.chain_transactions t where t.id = v_given.transaction_id;
    return next;
  end loop;
  set constraints press._200_guard_transaction immediate;  -- see press_private.tg_publications__guard_transaction
  set constraints press._200_guard_transaction deferred;
  perform pg_notify('press_publications', '');  -- a hint that wakes whoever waits; it says nothing
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure or deadlock_detected or unique_violation then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_worker.record_sightings is 'Records where transactions were seen: [{transaction_id, sighting, block_hash, block_height, header, merkle_index, merkle_hashes, competing_txid, competing_is_mined, outpoints, detail}]. sighting: mined (its block, and if known its header and the path to its root), mempool, unseen (looked for where it should be, and not there), conflicted (another transaction spends a coin of it) or unknown. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.record_sightings from public;
grant execute on function press_worker.record_sightings to press_worker;
--! EndIncluded press_worker/record_sightings.sql
--! Included press_worker/record_tip.sql
create or replace function press_worker.record_tip(height integer, hash text)
  returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
begin
  perform press_private.require_running();
  if (record_tip.height >= 0 and record_tip.hash collate "C" ~ '^[0-9a-f]{64}$') is not true then
    perform press_private.refuse('INVALID_INPUT', 'A tip is a height (0 or more) and a hash of 64 lower-case hex characters.');
  end if;
  insert into press_private.chain_tip as t (height, hash) values (record_tip.height, record_tip.hash)
  on conflict on constraint chain_tip_pkey
  do update set height = excluded.height, hash = excluded.hash, seen_at = clock_timestamp() where (t.height, t.hash) <> (excluded.height, excluded.hash);
  if found then
    perform pg_notify('press_publications', '');  -- confirmations are counted from it
  end if;
  return found;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
end
$$;
comment on function press_worker.record_tip is 'Notes where the chain ends; the last one told counts, also a lower one. False: that was known. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT.';
revoke all on function press_worker.record_tip from public;
grant execute on function press_worker.record_tip to press_worker;
--! EndIncluded press_worker/record_tip.sql
-- It returns more than it did.
drop function press_gateway.press_metrics();
--! Included press_gateway/press_metrics.sql
/* Asked for ever, each second or so: a few index lookups, and never a count over a table, but for the coins that are not spent. */
create or replace function press_gateway.press_metrics()
  returns table (ledger_size bigint, checkpoint_size bigint, checkpoint_at timestamptz, inbox_waiting bigint, stream_size bigint,
    stream_seen_at timestamptz, is_stream_held boolean, is_stopped boolean, pending_since timestamptz,
    pool jsonb, publications_queued_since timestamptz, transactions_unknown_since timestamptz)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  return query
  select h.tree_size, coalesce(c.tree_size, 0), c.signed_at,
    coalesce((select i.id from press_private.ledger_inbox i order by i.id desc limit 1)
           - (select i.id from press_private.ledger_inbox i order by i.id limit 1) + 1, 0),
    s.stream_size, s.seen_at, coalesce(s.held_until > clock_timestamp(), false),
    press_private.stop_reason() is not null,
    (select t.issued_at from press.tickets t where t.status = 'pending' order by t.issued_at limit 1),
    -- Coins that were spent are more each day, and nobody has to act on them.
    (select jsonb_object_agg(p.state, jsonb_build_object('count', p.count, 'satoshis', p.satoshis))
     from (select u.state, count(*) as count, sum(u.satoshis) as satoshis from press.utxos u where u.spent_by_txid is null group by u.state) p),
    (select p.submitted_at from press.publications p where p.state = 'queued' and p.sent_at is null order by p.submitted_at limit 1),
    (select x.stored_at from press.chain_transactions x where x.state in ('sending', 'unknown') order by x.stored_at limit 1)
  from press_private.ledger_head h
  cross join press_private.event_stream s
  left join lateral (select c.tree_size, c.signed_at from press.checkpoints c order by c.tree_size desc limit 1) c on true;
end
$$;
comment on function press_gateway.press_metrics is 'One row. Entries with a place; under the latest checkpoint, and since when (0 and null before the first); without a place, at most. Events in the stream, when they were last seen (nulls: never), and whether a worker sends them now. Whether the press is stopped. Since when the oldest pending ticket waits (null: none does). The coins that are not spent, by state: {"available":{"count","satoshis"},…}; null: there are none. Since when the oldest queued publication waits, and since when a transaction was stored whose fate is not known (nulls: there is none).';
revoke all on function press_gateway.press_metrics from public;
grant execute on function press_gateway.press_metrics to press_gateway;
--! EndIncluded press_gateway/press_metrics.sql
--! Included press_private/audit_checks.sql
/* The register of what press.audit checks. Each is a sentence that holds; test/audit/tampering.test.ts breaks every one of them. */
create or replace function press_private.audit_checks()
  returns table (part press.audit_part, "check" text, subject text)
  language sql immutable
begin atomic
  values
    ('editions'::press.audit_part, 'the terms and the status of an edition are possible', 'press.editions'),
    ('editions', 'tickets are numbered from 1 to their count, within the cap', 'press.editions'),
    ('editions', 'what waits to be recorded as closed is closed, not recorded, and awaits its last ticket', 'press_private.closings_to_record'),
    ('editions', 'a draw was asked for, and is decided where its edition is drawn, by the first checkpoint that covers the closing', 'press.draws'),
    ('editions', 'the entries alone give every winner that was drawn', 'press.draws'),
    ('tickets', 'a ticket has the terms of its edition, and keeps within them', 'press.tickets'),
    ('tickets', 'a ticket has a holder', 'press.tickets'),
    ('tickets', 'the slots of a holder run from 1 to their count, within the limit', 'press.tickets'),
    ('tickets', 'a request was answered once, whole, and for one holder', 'press.tickets'),
    ('tickets', 'a ticket has an envelope, or the hash of one that was removed, once it is signed, and not before', 'press.tickets'),
    ('tickets', 'a ticket is redeemed or revoked where a row says by whom, and nowhere else', 'press.tickets'),
    ('envelopes', 'an envelope says what the row of its ticket says', 'press.tickets'),
    ('envelopes', 'an envelope names a key that signs tickets', 'press.tickets'),
    ('envelopes', 'a credential says what its row says, and what was stored before it was signed', 'press.credentials'),
    ('envelopes', 'a credential names a key that signs credentials', 'press.credentials'),
    ('keys', 'the id of a key is its fingerprint', 'press.signing_keys'),
    ('keys', 'the comb of a key is computed from it', 'press_private.ed25519_combs'),
    ('rows', 'a row is as the press wrote it', 'every sealed row'),
    ('rows', 'an attestation is verified if and only if it has its one credential', 'press.attestations'),
    ('rows', 'a decision is the one that its facts and its rules give', 'press.attestations'),
    ('rows', 'evidence is kept until it was checked, and no longer', 'press_private.attestation_work'),
    ('rows', 'a proof is one holder''s, and gives one valid credential at a time', 'press.attestations'),
    ('rows', 'rules are named by the hash of their thresholds, and an operator put them in force', 'press.rule_sets'),
    ('rows', 'a record is what a key of its holder signed, and a published checkpoint is one of the ledger', 'press.publications'),
    ('rows', 'a key has what its holder showed to have it by, or was revoked', 'press.publishing_keys'),
    ('rows', 'what was paid to the pool is there, or went as fees, in satoshis and in coins', 'press.utxos'),
    ('rows', 'a coin is spent by one transaction that is alive', 'press.utxos'),
    ('rows', 'a stored transaction is what its rows say', 'press.chain_transactions'),
    ('rows', 'what a transaction pays to the wallet is a coin once the nodes have it, and not before', 'press.chain_transactions'),
    ('rows', 'a publication is as far as its transaction', 'press.publications'),
    ('rows', 'a publication stands on the chain once', 'press.publications'),
    ('rows', 'the trust level of a holder is the highest of their credentials that were not revoked', 'press.holders'),
    ('rows', 'a holder without a subject was forgotten, and nobody else was', 'press.holders'),
    ('entries', 'places run from 0 without a gap, and the head counts them', 'press.ledger_entries'),
    ('entries', 'an entry tells what the rows say, once', 'press.ledger_entries'),
    ('entries', 'what the rows say happened has its entry', 'every row'),
    ('tree', 'the hash of an entry is computed from it', 'press.ledger_entries'),
    ('tree', 'a node is computed from the entries below it, and every complete subtree has one', 'press_private.ledger_nodes'),
    ('checkpoints', 'a checkpoint has the root of the tree of its size', 'press.checkpoints'),
    ('checkpoints', 'the note of a checkpoint says its size and root, by a key for checkpoints, under a name of the ledger', 'press.checkpoints'),
    ('replay', 'the entries alone tell editions that keep within their caps and limits', 'press.ledger_entries'),
    ('replay', 'the entries alone tell how many tickets each holder has', 'press.holders'),
    ('notes', 'the key of a checkpoint signed it', 'press.checkpoints'),
    ('signatures', 'the key of an envelope signed it', 'press.tickets'),
    ('signatures', 'the key of a credential, or of a status list, signed it', 'press.credentials');
end;
comment on function press_private.audit_checks is 'What press.audit checks, in its order, and where.';
revoke all on function press_private.audit_checks from public;
--! EndIncluded press_private/audit_checks.sql
--! Included press_private/sealed_columns.sql
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
    ('press.tickets', 'edition_id, ticket_number', 'edition_id, ticket_number, issued_by, request_key, request_position', 'status <> ''pending'''),
    ('press.revocations', 'edition_id, ticket_number', 'edition_id, ticket_number, press_private.keyed_hash(''reason'', reason), is_reason_published, revoked_by, revoked_at', 'true'),
    ('press.redemptions', 'edition_id, ticket_number', 'edition_id, ticket_number, holder_id, redeemed_by, request_key, redeemed_at', 'true'),
    ('press.draws', 'edition_id, attempt',
     'edition_id, attempt, status, requested_at, replaced_number, reason, entries_count, entries_hash, entropy, beacon_round, tree_size, ticket_number, drawn_at', 'true'),
    ('press_private.draw_requests', 'edition_id, attempt', 'edition_id, attempt, requested_by, request_key', 'true'),
    ('press.beacon_chains', 'chain_hash', 'chain_hash, public_key, genesis_at, period_seconds', 'true'),
    ('press.beacon_rounds', 'chain_hash, round', 'chain_hash, round, signature, archived_at', 'true'),
    ('press.utxos', 'id', 'id, txid, output_index, wallet_script, satoshis, from_transaction_id, funded_by, released_by, case when release_reason is not null then press_private.keyed_hash(''reason'', release_reason) end, created_at', 'true'),
    ('press.signing_keys', 'key_id', 'key_id, public_key, purpose, activated_at, retired_at', 'true'),
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
--! EndIncluded press_private/sealed_columns.sql
--! Included press_private/tg__seal_rows.sql
/* A seal is no secret and keeps nobody out: whoever rewrites rows on purpose can write seals as well, and then the ledger and its checkpoints tell.
   It shows what was changed beside the press: by an accident, a restored page, a statement that somebody thought harmless.
   A statement at a time, because tickets are signed and entries integrated in batches. */
create or replace function press_private.tg__seal_rows()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set bytea_output = 'hex' as $$
begin
  execute (
    select format('insert into press_private.row_seals (hash) select press_private.row_seal(%L, row(%s)::text) from written', s.relation, s.columns)
    from press_private.sealed_columns() s
    where s.relation = format('%I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME));
  return null;
end
$$;
comment on function press_private.tg__seal_rows is 'Makes the seals of the rows that a statement wrote.';
revoke all on function press_private.tg__seal_rows from public;

-- A ticket is pending when it is inserted, and sealed when it is signed.
create or replace trigger _500_seal_updated after update on press.tickets
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press.editions
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_updated after update on press.editions
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press.revocations
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_updated after update on press.revocations
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press.redemptions
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press.signing_keys
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_updated after update on press.signing_keys
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press.ledger_entries
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press.checkpoints
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press_private.press_state
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press_private.ledger_adoptions
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press.draws
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_updated after update on press.draws
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press_private.draw_requests
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press.beacon_chains
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press.beacon_rounds
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
-- What becomes of a coin its transaction tells; who has returned one, press_private.tg_utxos__seal_released seals.
create or replace trigger _500_seal_inserted after insert on press.utxos
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press.attestations
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_updated after update on press.attestations
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press.credentials
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_updated after update on press.credentials
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press_private.rule_set_requests
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press.rule_sets
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press_private.erased_holders
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press_private.erased_envelopes
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press.publishing_keys
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_updated after update on press.publishing_keys
  referencing new table as written for each statement execute function press_private.tg__seal_rows();

-- ALWAYS: also in a session that plays replica.
alter table press.tickets                  enable always trigger _500_seal_updated;
alter table press.editions                 enable always trigger _500_seal_inserted;
alter table press.editions                 enable always trigger _500_seal_updated;
alter table press.revocations              enable always trigger _500_seal_inserted;
alter table press.revocations              enable always trigger _500_seal_updated;
alter table press.redemptions              enable always trigger _500_seal_inserted;
alter table press.signing_keys             enable always trigger _500_seal_inserted;
alter table press.signing_keys             enable always trigger _500_seal_updated;
alter table press.ledger_entries           enable always trigger _500_seal_inserted;
alter table press.checkpoints              enable always trigger _500_seal_inserted;
alter table press_private.press_state      enable always trigger _500_seal_inserted;
alter table press_private.ledger_adoptions enable always trigger _500_seal_inserted;
alter table press.draws                    enable always trigger _500_seal_inserted;
alter table press.draws                    enable always trigger _500_seal_updated;
alter table press_private.draw_requests    enable always trigger _500_seal_inserted;
alter table press.beacon_chains            enable always trigger _500_seal_inserted;
alter table press.beacon_rounds            enable always trigger _500_seal_inserted;
alter table press.utxos                    enable always trigger _500_seal_inserted;
alter table press.attestations             enable always trigger _500_seal_inserted;
alter table press.attestations             enable always trigger _500_seal_updated;
alter table press.credentials              enable always trigger _500_seal_inserted;
alter table press.credentials              enable always trigger _500_seal_updated;
alter table press_private.rule_set_requests enable always trigger _500_seal_inserted;
alter table press.rule_sets                enable always trigger _500_seal_inserted;
alter table press_private.erased_holders   enable always trigger _500_seal_inserted;
alter table press_private.erased_envelopes enable always trigger _500_seal_inserted;
alter table press.publishing_keys      enable always trigger _500_seal_inserted;
alter table press.publishing_keys      enable always trigger _500_seal_updated;
--! EndIncluded press_private/tg__seal_rows.sql
--! Included press_private/tg_utxos__seal_released.sql
/* Coins change by the hundred, and what becomes of one its transaction tells; but who returned one to the pool, and why, only its row says. That is why this is no
   press_private.tg__seal_rows, which would seal each change; what the columns are press_private.sealed_columns says again, and test/audit holds the two together. */
create or replace function press_private.tg_utxos__seal_released()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set bytea_output = 'hex' as $$
begin
  insert into press_private.row_seals (hash)
  values (press_private.row_seal('press.utxos', row(
    NEW.id, NEW.txid, NEW.output_index, NEW.wallet_script, NEW.satoshis, NEW.from_transaction_id, NEW.funded_by,
    NEW.released_by, press_private.keyed_hash('reason', NEW.release_reason), NEW.created_at)::text));
  return null;
end
$$;
comment on function press_private.tg_utxos__seal_released is 'Makes the seal of a coin that an operator has returned to the pool.';
revoke all on function press_private.tg_utxos__seal_released from public;

create or replace trigger _500_seal_released after update on press.utxos
  for each row when ((NEW.released_by, NEW.release_reason) is distinct from (OLD.released_by, OLD.release_reason)) execute function press_private.tg_utxos__seal_released();
alter table press.utxos enable always trigger _500_seal_released;
--! EndIncluded press_private/tg_utxos__seal_released.sql
--! Included press_private/audit_pool.sql
/* The coins and what has become of them: the rows, compared with those of the transactions that have them. */
create or replace function press_private.audit_pool()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'what was paid to the pool is there, or went as fees, in satoshis and in coins', format('press.utxos (%s)', s.wallet_script),
    format('Funded and not lost: %s; the fees of transactions that the chain took: %s; unspent: %s.', s.funded, s.fees, s.unspent)
  from (
    select u.wallet_script,
      sum(u.satoshis) filter (where u.from_transaction_id is null and u.state <> 'dirty') as funded,
      coalesce((select sum(t.fee_satoshis) from press.chain_transactions t where t.state in ('accepted', 'mined') and t.wallet_script = u.wallet_script), 0) as fees,
      coalesce(sum(u.satoshis) filter (where u.state in ('available', 'reserved', 'unknown')), 0) as unspent,
      -- A change that somebody else spent was paid, and is lost.
      coalesce(sum(u.satoshis) filter (where u.from_transaction_id is not null and u.state = 'dirty'
        and exists (select from press.chain_transactions t where t.id = u.from_transaction_id and t.state in ('accepted', 'mined'))), 0) as lost
    from press.utxos u
    group by u.wallet_script
  ) s
  where coalesce(s.funded, 0) - s.lost - s.fees <> s.unspent;

  return query
  select 'a coin is spent by one transaction that is alive', format('press.utxos (%s)', u.id),
    format('It is %s, its transaction is %s, and these are alive: %s.', u.state, u.transaction_id, i.transaction_ids)
  from press.utxos u
  left join press.chain_transactions t on t.id = u.transaction_id
  left join lateral (
    select array_agg(n.transaction_id order by n.transaction_id) as transaction_ids from press_private.chain_inputs n where n.utxo_id = u.id and n.is_live) i on true
  where case u.state
          when 'reserved' then t.state = 'reserved' and i.transaction_ids = array[u.transaction_id]
          when 'unknown'  then t.state in ('reserved', 'sending', 'unknown') and (t.state <> 'reserved' or t.replaces_id is not null) and i.transaction_ids = array[u.transaction_id]
          when 'spent'    then t.state in ('accepted', 'mined') and t.txid = u.spent_by_txid and i.transaction_ids = array[u.transaction_id]
          else u.transaction_id is null and i.transaction_ids is null end is not true
     or (u.state = 'spent') <> (u.spent_by_txid is not null) or (u.state = 'dirty') <> (u.dirty_reason is not null);
end
$$;
comment on function press_private.audit_pool is 'What does not hold of coins and of who has them.';
revoke all on function press_private.audit_pool from public;
--! EndIncluded press_private/audit_pool.sql
--! Included press_private/audit_transactions.sql
/* Every stored transaction is read byte for byte; what it spends and pays is compared with the rows. */
create or replace function press_private.audit_transactions()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'a stored transaction is what its rows say', format('press.chain_transactions (%s)', t.id), coalesce(
    b.problem,
    case when i.satoshis is distinct from t.fee_satoshis + t.change_satoshis + t.split_count * t.split_satoshis then 'Its coins do not pay its outputs and its fee.' end,
    format('It has not what one has that is %s, or takes the place of one that spends no coin of it.', t.state))
  from press.chain_transactions t
  cross join lateral (
    select array(select c.publication_id from press_private.chain_outputs c where c.transaction_id = t.id order by c.output_index) as publication_ids) o
  cross join lateral (
    select sum(u.satoshis) as satoshis, bool_and(u.wallet_script = t.wallet_script and u.txid collate "C" ~ '^[0-9a-f]{64}$') as are_its
    from press_private.chain_inputs i join press.utxos u on u.id = i.utxo_id where i.transaction_id = t.id) i
  cross join lateral (
    -- In this order: what is no script cannot be compared with bytes.
    select case when i.are_its is not true then 'Its coins are none of its wallet.'
                when press_private.txid_of(t.raw) is distinct from t.txid then 'Its txid is not that of its bytes.'
                else press_private.raw_transaction_problem(t, t.raw, o.publication_ids) end as problem) b
  where t.raw is not null
    and (b.problem is null
         and i.satoshis = t.fee_satoshis + t.change_satoshis + t.split_count * t.split_satoshis
         and t.state not in ('reserved', 'released') and t.stored_at is not null and t.is_split = (t.split_count > 0) and t.is_split = (t.split_satoshis > 0)
         and (t.state = 'mined') = (t.block_hash is not null) and (t.block_hash is null) = (t.block_height is null)
         and (t.state not in ('accepted', 'mined') or (t.accepted_at is not null and t.may_be_out))
         and t.has_checkpoint = exists (select from press.publications p where p.id = any (o.publication_ids) and p.kind = 'checkpoint')
         and (t.replaces_id is null or exists (
           select from press_private.chain_inputs n join press_private.chain_inputs r on r.utxo_id = n.utxo_id
           where n.transaction_id = t.id and r.transaction_id = t.replaces_id))) is not true
  union all
  select 'a stored transaction is what its rows say', format('press.chain_transactions (%s)', r.transaction_id), 'Rows say what it spends or publishes, and it is not there.'
  from (select i.transaction_id from press_private.chain_inputs i union select o.transaction_id from press_private.chain_outputs o) r
  where not exists (select from press.chain_transactions t where t.id = r.transaction_id);

  return query
  select 'what a transaction pays to the wallet is a coin once the nodes have it, and not before', format('press.chain_transactions (%s)', t.id),
    format('It is %s, and has %s coins with %s satoshis in the pool, that are not given up.', t.state, c.count, c.satoshis)
  from press.chain_transactions t
  cross join lateral (
    select count(*) as count, coalesce(sum(u.satoshis), 0) as satoshis
    from press.utxos u where u.from_transaction_id = t.id and u.txid = t.txid
      and (u.state <> 'dirty' or t.state in ('accepted', 'mined'))) c
  where (c.count, c.satoshis) is distinct from (
    case when t.state in ('accepted', 'mined') then (t.split_count + (t.change_satoshis > 0)::integer)::bigint else 0 end,
    case when t.state in ('accepted', 'mined') then (t.split_count * t.split_satoshis + t.change_satoshis)::numeric else 0 end);
end
$$;
comment on function press_private.audit_transactions is 'What does not hold of stored transactions, and of what they spend and pay.';
revoke all on function press_private.audit_transactions from public;
--! EndIncluded press_private/audit_transactions.sql
--! Included press_private/audit_outputs.sql
create or replace function press_private.audit_outputs()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'a publication is as far as its transaction', format('press.publications (%s)', p.id),
    format('It is %s, output %s of transaction %s, which is %s; it waits for transaction %s.', p.state, p.output_index, p.transaction_id, coalesce(t.state::text, 'none'), p.after_transaction_id)
  from press.publications p
  left join press.chain_transactions t on t.id = p.transaction_id
  left join press_private.chain_outputs o on o.transaction_id = p.transaction_id and o.publication_id = p.id
  left join press.chain_transactions a on a.id = p.after_transaction_id
  where case p.state
          when 'queued'     then p.transaction_id is null and (a.id is null or a.state in ('reserved', 'sending', 'unknown', 'accepted'))
          when 'processing' then t.state = 'reserved' or (t.state = 'sending' and o.output_index = p.output_index)
          when 'unknown'    then t.state = 'unknown' and o.output_index = p.output_index
          when 'sent'       then t.state in ('accepted', 'mined') and o.output_index = p.output_index and o.sent_at = p.sent_at
          when 'failed'     then p.error_code is not null and (p.transaction_id is null or t.state = 'rejected') end is not true;

  return query
  select 'a publication stands on the chain once', format('press.publications (%s)', o.publication_id),
    format('It is in the transactions %s.', array_agg(t.txid order by t.id))
  from press_private.chain_outputs o
  join press.chain_transactions t on t.id = o.transaction_id and t.state in ('accepted', 'mined')
  group by o.publication_id
  having count(*) > 1;
end
$$;
comment on function press_private.audit_outputs is 'What does not hold between publications and the transactions that carry them.';
revoke all on function press_private.audit_outputs from public;
--! EndIncluded press_private/audit_outputs.sql
--! Included press_private/audit_findings.sql
create or replace function press_private.audit_findings(part press.audit_part)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  case audit_findings.part
    when 'editions'    then return query select * from press_private.audit_editions() union all select * from press_private.audit_draws();
    when 'tickets'     then return query select * from press_private.audit_tickets() union all select * from press_private.audit_endings();
    when 'envelopes'   then return query select * from press_private.audit_envelopes() union all select * from press_private.audit_credentials();
    when 'keys'        then return query select * from press_private.audit_keys();
    when 'rows'        then return query select * from press_private.audit_rows() union all select * from press_private.audit_attestations()
      union all select * from press_private.audit_publications() union all select * from press_private.audit_pool() union all select * from press_private.audit_transactions()
      union all select * from press_private.audit_outputs() union all select * from press_private.audit_holders();
    when 'entries'     then return query select * from press_private.audit_entries();
    when 'tree'        then return query select * from press_private.audit_tree();
    when 'checkpoints' then return query select * from press_private.audit_checkpoints();
    when 'replay'      then return query select * from press_private.audit_replay();
    when 'notes'       then return query select * from press_private.audit_notes();
    when 'signatures'  then return query select * from press_private.audit_signatures();
  end case;
end
$$;
comment on function press_private.audit_findings is 'What does not hold of a part.';
revoke all on function press_private.audit_findings from public;
--! EndIncluded press_private/audit_findings.sql
--! Included press_private/tg__refuse_change.sql
/* What was issued stays issued, and the ledger only grows: not even the owner or a superuser removes these rows, or changes those that are records
   of what happened, while the triggers are there. */
create or replace function press_private.tg__refuse_change()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform press_private.refuse('NOT_ALLOWED', format('%s of rows of %I.%I is never done.', initcap(TG_OP), TG_TABLE_SCHEMA, TG_TABLE_NAME));
  return null;
end
$$;
comment on function press_private.tg__refuse_change is 'Refuses the operation that it is a trigger of, for everybody. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg__refuse_change from public;

create or replace trigger _200_refuse_delete   before delete   on press.tickets      for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.tickets      for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.revocations  for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.revocations  for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.holders      for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.holders      for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.signing_keys for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.signing_keys for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.editions     for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.editions     for each row
  when (OLD.status <> 'draft') execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_update   before update   on press.redemptions               for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.redemptions               for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.redemptions               for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_update   before update   on press.ledger_entries            for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.ledger_entries            for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.ledger_entries            for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_update   before update   on press_private.ledger_nodes      for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press_private.ledger_nodes      for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press_private.ledger_nodes      for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_update   before update   on press.checkpoints               for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.checkpoints               for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.checkpoints               for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_update   before update   on press_private.press_state       for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press_private.press_state       for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press_private.press_state       for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_update   before update   on press_private.ledger_adoptions  for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press_private.ledger_adoptions  for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press_private.ledger_adoptions  for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_update   before update   on press_private.row_seals         for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press_private.row_seals         for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press_private.row_seals         for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_update    before update   on press_private.erased_envelopes for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete    before delete   on press_private.erased_envelopes for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate  before truncate on press_private.erased_envelopes for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_update    before update   on press_private.erased_holders  for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate  before truncate on press_private.erased_holders  for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.draws                    for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.draws                    for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_update   before update   on press_private.draw_requests    for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press_private.draw_requests    for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press_private.draw_requests    for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_update   before update   on press.beacon_chains            for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.beacon_chains            for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.beacon_chains            for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_update   before update   on press.beacon_rounds            for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.beacon_rounds            for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.beacon_rounds            for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.attestations               for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.attestations               for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.credentials                for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.credentials                for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_update     before update   on press_private.rule_set_requests  for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete     before delete   on press_private.rule_set_requests  for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate   before truncate on press_private.rule_set_requests  for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_update   before update   on press.rule_sets                  for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.rule_sets                  for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.rule_sets                  for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_update   before update   on press_private.hashing_key        for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press_private.hashing_key        for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press_private.hashing_key        for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press_private.credential_payloads for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press_private.credential_payloads for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.publishing_keys  for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.publishing_keys  for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.publications     for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.publications     for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.chain_transactions     for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.chain_transactions     for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.utxos                  for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.utxos                  for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press_private.chain_inputs   for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press_private.chain_inputs   for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press_private.chain_outputs  for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press_private.chain_outputs  for each statement execute function press_private.tg__refuse_change();

-- ALWAYS: also in a session that plays replica.
alter table press.tickets      enable always trigger _200_refuse_delete;
alter table press.tickets      enable always trigger _200_refuse_truncate;
alter table press.revocations  enable always trigger _200_refuse_delete;
alter table press.revocations  enable always trigger _200_refuse_truncate;
alter table press.holders      enable always trigger _200_refuse_delete;
alter table press.holders      enable always trigger _200_refuse_truncate;
alter table press.signing_keys enable always trigger _200_refuse_delete;
alter table press.signing_keys enable always trigger _200_refuse_truncate;
alter table press.editions     enable always trigger _200_refuse_delete;
alter table press.editions     enable always trigger _200_refuse_truncate;
alter table press.redemptions               enable always trigger _200_refuse_update;
alter table press.redemptions               enable always trigger _200_refuse_delete;
alter table press.redemptions               enable always trigger _200_refuse_truncate;
alter table press.ledger_entries            enable always trigger _200_refuse_update;
alter table press.ledger_entries            enable always trigger _200_refuse_delete;
alter table press.ledger_entries            enable always trigger _200_refuse_truncate;
alter table press_private.ledger_nodes      enable always trigger _200_refuse_update;
alter table press_private.ledger_nodes      enable always trigger _200_refuse_delete;
alter table press_private.ledger_nodes      enable always trigger _200_refuse_truncate;
alter table press.checkpoints               enable always trigger _200_refuse_update;
alter table press.checkpoints               enable always trigger _200_refuse_delete;
alter table press.checkpoints               enable always trigger _200_refuse_truncate;
alter table press_private.press_state       enable always trigger _200_refuse_update;
alter table press_private.press_state       enable always trigger _200_refuse_delete;
alter table press_private.press_state       enable always trigger _200_refuse_truncate;
alter table press_private.ledger_adoptions  enable always trigger _200_refuse_update;
alter table press_private.ledger_adoptions  enable always trigger _200_refuse_delete;
alter table press_private.ledger_adoptions  enable always trigger _200_refuse_truncate;
alter table press_private.erased_envelopes enable always trigger _200_refuse_update;
alter table press_private.erased_envelopes enable always trigger _200_refuse_delete;
alter table press_private.erased_envelopes enable always trigger _200_refuse_truncate;
alter table press_private.erased_holders  enable always trigger _200_refuse_update;
alter table press_private.erased_holders  enable always trigger _200_refuse_truncate;
alter table press_private.row_seals         enable always trigger _200_refuse_update;
alter table press_private.row_seals         enable always trigger _200_refuse_delete;
alter table press_private.row_seals         enable always trigger _200_refuse_truncate;
alter table press.draws                    enable always trigger _200_refuse_delete;
alter table press.draws                    enable always trigger _200_refuse_truncate;
alter table press_private.draw_requests    enable always trigger _200_refuse_update;
alter table press_private.draw_requests    enable always trigger _200_refuse_delete;
alter table press_private.draw_requests    enable always trigger _200_refuse_truncate;
alter table press.beacon_chains            enable always trigger _200_refuse_update;
alter table press.beacon_chains            enable always trigger _200_refuse_delete;
alter table press.beacon_chains            enable always trigger _200_refuse_truncate;
alter table press.beacon_rounds            enable always trigger _200_refuse_update;
alter table press.beacon_rounds            enable always trigger _200_refuse_delete;
alter table press.beacon_rounds            enable always trigger _200_refuse_truncate;
alter table press.attestations        enable always trigger _200_refuse_delete;
alter table press.attestations        enable always trigger _200_refuse_truncate;
alter table press.credentials         enable always trigger _200_refuse_delete;
alter table press.credentials         enable always trigger _200_refuse_truncate;
alter table press_private.rule_set_requests enable always trigger _200_refuse_update;
alter table press_private.rule_set_requests enable always trigger _200_refuse_delete;
alter table press_private.rule_set_requests enable always trigger _200_refuse_truncate;
alter table press.rule_sets           enable always trigger _200_refuse_update;
alter table press.rule_sets           enable always trigger _200_refuse_delete;
alter table press.rule_sets           enable always trigger _200_refuse_truncate;
alter table press_private.hashing_key enable always trigger _200_refuse_update;
alter table press_private.hashing_key enable always trigger _200_refuse_delete;
alter table press_private.hashing_key enable always trigger _200_refuse_truncate;
alter table press_private.credential_payloads enable always trigger _200_refuse_delete;
alter table press_private.credential_payloads enable always trigger _200_refuse_truncate;
alter table press.publishing_keys  enable always trigger _200_refuse_delete;
alter table press.publishing_keys  enable always trigger _200_refuse_truncate;
alter table press.publications     enable always trigger _200_refuse_delete;
alter table press.publications     enable always trigger _200_refuse_truncate;
alter table press.chain_transactions     enable always trigger _200_refuse_delete;
alter table press.chain_transactions     enable always trigger _200_refuse_truncate;
alter table press.utxos                  enable always trigger _200_refuse_delete;
alter table press.utxos                  enable always trigger _200_refuse_truncate;
alter table press_private.chain_inputs   enable always trigger _200_refuse_delete;
alter table press_private.chain_inputs   enable always trigger _200_refuse_truncate;
alter table press_private.chain_outputs  enable always trigger _200_refuse_delete;
alter table press_private.chain_outputs  enable always trigger _200_refuse_truncate;
--! EndIncluded press_private/tg__refuse_change.sql
--! Included press_private/tg__stamp_updated.sql
/* Who changes a row need not think of it, and cannot forget it. */
create or replace function press_private.tg__stamp_updated()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  NEW.updated_at := clock_timestamp();
  return NEW;
end
$$;
comment on function press_private.tg__stamp_updated is 'Writes when the row was changed last.';
revoke all on function press_private.tg__stamp_updated from public;

create or replace trigger _100_stamp_updated before update on press.publications
  for each row execute function press_private.tg__stamp_updated();
create or replace trigger _100_stamp_updated before update on press.chain_transactions
  for each row execute function press_private.tg__stamp_updated();
create or replace trigger _100_stamp_updated before update on press.utxos
  for each row execute function press_private.tg__stamp_updated();
alter table press.publications       enable always trigger _100_stamp_updated;
alter table press.chain_transactions enable always trigger _100_stamp_updated;
alter table press.utxos              enable always trigger _100_stamp_updated;
--! EndIncluded press_private/tg__stamp_updated.sql
--! Included press_private/tg_chain_transactions__guard_identity.sql
/* The arrows of a transaction. Towards the chain it moves from every state in which it was stored, because what nodes and blocks say overrides what was believed; away from it
   never but by its reasons. Bytes that were stored never change: they are what is sent again. */
create or replace function press_private.tg_chain_transactions__guard_identity()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (NEW.id, NEW.wallet_script, NEW.is_split, NEW.split_count, NEW.split_satoshis, NEW.replaces_id, NEW.created_at)
    is distinct from
     (OLD.id, OLD.wallet_script, OLD.is_split, OLD.split_count, OLD.split_satoshis, OLD.replaces_id, OLD.created_at) then
    perform press_private.refuse('NOT_ALLOWED', 'What a transaction was made for never changes.');
  end if;

  if OLD.state <> 'reserved' and (NEW.epoch, NEW.txid, NEW.raw, NEW.stored_at, NEW.fee_satoshis, NEW.change_satoshis, NEW.fee_satoshis_per_kb, NEW.dust_satoshis, NEW.has_checkpoint)
    is distinct from
     (OLD.epoch, OLD.txid, OLD.raw, OLD.stored_at, OLD.fee_satoshis, OLD.change_satoshis, OLD.fee_satoshis_per_kb, OLD.dust_satoshis, OLD.has_checkpoint) then
    perform press_private.refuse('NOT_ALLOWED', 'The bytes of a transaction that may be out never change.');
  end if;

  if NEW.epoch < OLD.epoch or NEW.attempts < OLD.attempts or NEW.answered_attempt < OLD.answered_attempt or (OLD.may_be_out and not NEW.may_be_out)
     or (OLD.accepted_at is not null and NEW.accepted_at is distinct from OLD.accepted_at) then
    perform press_private.refuse('NOT_ALLOWED', 'Epochs and attempts only rise, and what may be out may be out for ever.');
  end if;

  if NEW.state <> OLD.state and not (
       (OLD.state = 'reserved' and NEW.state in ('sending', 'released'))
    or (OLD.state in ('sending', 'unknown') and NEW.state in ('unknown', 'accepted', 'mined', 'replaced', 'conflicted', 'rejected'))
    or (OLD.state = 'accepted' and NEW.state in ('mined', 'conflicted'))
    or (OLD.state = 'mined' and NEW.state = 'accepted')
    or (OLD.state in ('replaced', 'conflicted', 'rejected') and NEW.state in ('accepted', 'mined'))) then
    perform press_private.refuse('NOT_ALLOWED', format('A transaction does not go from %s to %s.', OLD.state, NEW.state));
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_chain_transactions__guard_identity is 'Refuses every change of what a transaction is, and every state that does not follow from the one before. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_chain_transactions__guard_identity from public;

create or replace trigger _200_guard_identity before update on press.chain_transactions
  for each row execute function press_private.tg_chain_transactions__guard_identity();
alter table press.chain_transactions enable always trigger _200_guard_identity;
--! EndIncluded press_private/tg_chain_transactions__guard_identity.sql
--! Included press_private/tg_utxos__guard_identity.sql
/* The arrows of a coin. It is reserved only when nobody has it: whoever has it gives it back, or hands it on once its transaction is stored. */
create or replace function press_private.tg_utxos__guard_identity()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (NEW.id, NEW.txid, NEW.output_index, NEW.satoshis, NEW.wallet_script, NEW.from_transaction_id, NEW.created_at)
    is distinct from
     (OLD.id, OLD.txid, OLD.output_index, OLD.satoshis, OLD.wallet_script, OLD.from_transaction_id, OLD.created_at) then
    perform press_private.refuse('NOT_ALLOWED', 'What a coin is never changes.');
  end if;

  if (OLD.state, NEW.state) in (('available', 'unknown'), ('unknown', 'reserved'), ('dirty', 'reserved'), ('dirty', 'unknown'), ('spent', 'reserved')) then
    perform press_private.refuse('NOT_ALLOWED', format('A coin does not go from %s to %s.', OLD.state, NEW.state));
  end if;

  if OLD.state = 'reserved' and NEW.state = 'reserved' and NEW.transaction_id <> OLD.transaction_id then
    perform press_private.refuse('NOT_ALLOWED', 'A coin that a transaction has reserved is not given to another one.');
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_utxos__guard_identity is 'Refuses every change of what a coin is, and every state that does not follow from the one before. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_utxos__guard_identity from public;

create or replace trigger _200_guard_identity before update on press.utxos
  for each row execute function press_private.tg_utxos__guard_identity();
alter table press.utxos enable always trigger _200_guard_identity;
--! EndIncluded press_private/tg_utxos__guard_identity.sql
--! Included press_private/tg_chain__guard_history.sql
/* Who spent and carried what is told once: later only whether an input is alive, and when an output was sent. */
create or replace function press_private.tg_chain__guard_history()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if to_jsonb(NEW) - 'is_live' - 'sent_at' <> to_jsonb(OLD) - 'is_live' - 'sent_at' or to_jsonb(OLD) ->> 'sent_at' <> coalesce(to_jsonb(NEW) ->> 'sent_at', '') then
    perform press_private.refuse('NOT_ALLOWED', format('What a transaction had in rows of %I.%I never changes.', TG_TABLE_SCHEMA, TG_TABLE_NAME));
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_chain__guard_history is 'Refuses every change of inputs and outputs but whether they are alive, and once when they were sent. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_chain__guard_history from public;

create or replace trigger _200_guard_history before update on press_private.chain_inputs
  for each row execute function press_private.tg_chain__guard_history();
create or replace trigger _200_guard_history before update on press_private.chain_outputs
  for each row execute function press_private.tg_chain__guard_history();
alter table press_private.chain_inputs  enable always trigger _200_guard_history;
alter table press_private.chain_outputs enable always trigger _200_guard_history;
--! EndIncluded press_private/tg_chain__guard_history.sql
--! Included access/publishing_keys.sql
/* Who sees keys that records are signed with: each holder their own; operators and auditors all. What is published names its key, and nobody need ask here for it.
   Not granted: insert (press.register_public_key does it), update (press.set_publishing_quota, press.revoke_public_key, press_worker.verify_public_key and
   press.erase_holder do it), delete (nobody does, a trigger refuses). */
revoke all on press.publishing_keys from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.publishing_keys to press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.publishing_keys;
create policy owner_all on press.publishing_keys to press_owner using (true) with check (true);
drop policy if exists select_own on press.publishing_keys;
create policy select_own on press.publishing_keys for select to press_holder using (holder_id = (select press_hidden.current_holder_id()));
drop policy if exists select_all on press.publishing_keys;
create policy select_all on press.publishing_keys for select to press_operator, press_auditor using (true);
--! EndIncluded access/publishing_keys.sql
--! Included access/publications.sql
/* Who sees what goes out on the chain: each holder their own records; everybody the ledger's checkpoints, which are public anyway; operators and auditors all.
   Not granted: insert (press.submit_record and press_worker.anchor_checkpoint do it), update (the worker's functions do it), delete (nobody does, a trigger refuses). */
revoke all on press.publications from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.publications to press_anonymous, press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.publications;
create policy owner_all on press.publications to press_owner using (true) with check (true);
drop policy if exists select_own on press.publications;
create policy select_own on press.publications for select to press_holder using (holder_id = (select press_hidden.current_holder_id()));
drop policy if exists select_checkpoints on press.publications;
create policy select_checkpoints on press.publications for select to press_anonymous, press_holder using (kind = 'checkpoint');
drop policy if exists select_all on press.publications;
create policy select_all on press.publications for select to press_operator, press_auditor using (true);
--! EndIncluded access/publications.sql
--! Included access/chain_transactions.sql
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
--! EndIncluded access/chain_transactions.sql
--! Included access/utxos.sql
/* Who sees the coins of the press: operators and auditors. Not granted: insert (press.fund_pool and the functions of the worker do it), update (these and
   press.release_utxo do it), delete (nobody does, a trigger refuses). */
revoke all on press.utxos from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.utxos to press_operator, press_auditor;

drop policy if exists owner_all on press.utxos;
create policy owner_all on press.utxos to press_owner using (true) with check (true);
drop policy if exists select_all on press.utxos;
create policy select_all on press.utxos for select to press_operator, press_auditor using (true);
--! EndIncluded access/utxos.sql
--! Included access/chain_inputs.sql
/* Who sees which transactions spend which coins: auditors. Not granted: insert, update (the functions of the worker do it), delete (nobody does, a trigger refuses). */
revoke all on press_private.chain_inputs from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.chain_inputs to press_auditor;
--! EndIncluded access/chain_inputs.sql
--! Included access/chain_outputs.sql
/* Who sees which transactions carried which publications: auditors. Not granted: insert, update (the functions of the worker do it), delete (nobody does, a trigger refuses). */
revoke all on press_private.chain_outputs from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.chain_outputs to press_auditor;
--! EndIncluded access/chain_outputs.sql
--! Included access/chain_tip.sql
/* Who sees where the chain ends: auditors; confirmations are counted from it for everybody. Not granted: insert, update (press_worker.record_tip does it), delete. */
revoke all on press_private.chain_tip from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.chain_tip to press_auditor;
--! EndIncluded access/chain_tip.sql
