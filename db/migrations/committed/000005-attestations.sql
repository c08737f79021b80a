--! Previous: sha1:2d13d5cd96887fa624571632836a9b40d65a0535
--! Hash: sha1:3f81c3bed20cb12cf58f7d42207ed9e7aec816fe
--! Message: attestations

--! split: 1-current.sql
-- Enter migration here

--! split: 1000-attestations.sql
/* Attestations, credentials, and the rules of who may have a ticket. Who may read what: db/sql/access/. */

create type press.attestation_kind as enum ('oidc', 'repository');
comment on type press.attestation_kind is 'What an attestation rests on. oidc: an ID token of an OpenID provider that the press trusts; repository: a repository that the holder controls, at the hosting service that the press asks.';

create type press.attestation_status as enum ('submitted', 'verified', 'rejected');
comment on type press.attestation_status is 'submitted: awaits the worker; verified: it holds, and gave its one credential; rejected: it does not, its violations say why.';

create type press.credential_status as enum ('pending', 'signed', 'revoked');
comment on type press.credential_status is 'pending: minted, awaits its signature; signed: has its document; revoked: withdrawn by an operator.';

/* What keyed hashes are made with. The ledger shows digests of evidence to everybody, and an account of a provider is guessed quickly:
   without this key nobody who reads them learns whose they are. */
create table press_private.hashing_key (
  is_only    boolean not null default true
             constraint hashing_key_pkey primary key
             constraint hashing_key_is_one_row check (is_only),
  key        bytea not null
             constraint hashing_key_has_32_bytes check (length(key) = 32),
  -- What HMAC-SHA256 makes of it before anything is hashed: made once, because PL/pgSQL needs longer for it than for the hash.
  inner_key  bytea not null
             constraint hashing_key_inner_has_64_bytes check (length(inner_key) = 64),
  outer_key  bytea not null
             constraint hashing_key_outer_has_64_bytes check (length(outer_key) = 64)
);
insert into press_private.hashing_key (key, inner_key, outer_key)
with made as materialized (
  select sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')) as key
)
select m.key, p.inner_key, p.outer_key
from made m
cross join lateral (
  select string_agg(set_byte('\x00', 0, b.byte # 54), '' order by b.i) as inner_key, string_agg(set_byte('\x00', 0, b.byte # 92), '' order by b.i) as outer_key
  from generate_series(0, 63) i cross join lateral (select i, get_byte(m.key || decode(repeat('00', 32), 'hex'), i) as byte) b) p;
comment on table press_private.hashing_key is 'The key of keyed hashes: of evidence, of addresses, and of the subjects of people who were forgotten.';

/* The rules that evidence is held against. Rows are never changed: the latest is in force, and a decision names the one that it was made under. */
create table press.rule_sets (
  id                   integer generated always as identity
                       constraint rule_sets_pkey primary key,
  rule_set_hash        text not null
                       constraint rule_sets_hash_is_hex check (rule_set_hash collate "C" ~ '^[0-9a-f]{64}$'),
  repository_age_days  integer not null
                       constraint rule_sets_repository_age_is_not_negative check (repository_age_days between 0 and 36500),
  repository_size_kb   integer not null
                       constraint rule_sets_repository_size_is_not_negative check (repository_size_kb >= 0),
  account_age_days     integer not null
                       constraint rule_sets_account_age_is_not_negative check (account_age_days between 0 and 36500),
  checks_per_hour      integer not null
                       constraint rule_sets_checks_are_allowed check (checks_per_hour between 1 and 1000000),
  activated_at         timestamptz not null default clock_timestamp()
);
-- SHA-256 of the canonical JSON of the thresholds, as press_private.rule_set_document writes it. Before there are policies, without which not even
-- the owner writes.
insert into press.rule_sets (rule_set_hash, repository_age_days, repository_size_kb, account_age_days, checks_per_hour)
select encode(sha256(convert_to(
  '{"account_age_days":90,"checks_per_hour":1,"repository_age_days":30,"repository_size_kb":100,"type":"golden-press/rules/v1"}', 'UTF8')), 'hex'), 30, 100, 90, 1;
alter table press.rule_sets enable row level security;
alter table press.rule_sets force row level security;

comment on table press.rule_sets is 'The thresholds that evidence is held against; the latest row is in force.';
comment on column press.rule_sets.rule_set_hash is 'SHA-256 of the canonical JSON of its thresholds, in hex: what the ledger names it by.';
comment on column press.rule_sets.repository_age_days is 'How old a repository is, at least, in days of 24 hours.';
comment on column press.rule_sets.repository_size_kb is 'How large a repository is, at least, in the hosting service''s KB.';
comment on column press.rule_sets.account_age_days is 'How old the account is that a repository belongs to, at least, in days of 24 hours.';
comment on column press.rule_sets.checks_per_hour is 'How many attestations one network address submits within an hour, at most.';
comment on column press.rule_sets.activated_at is 'Since when it has been in force, until a later one is.';

/* Everybody reads the rules, and a holder's subject is nobody's business. */
create table press_private.rule_set_requests (
  rule_set_id   integer not null
                constraint rule_set_requests_pkey primary key
                constraint rule_set_requests_rule_set_fkey references press.rule_sets,
  requested_by  text not null
);
comment on table press_private.rule_set_requests is 'Which operator put a rule set in force: operator:SUBJECT or login:NAME. Of the one that the press came with there is none.';

/* One claim with evidence about a holder. What was submitted is in press_private.attestation_work until it is decided, and gone then. */
create table press.attestations (
  id               uuid not null default press_private.time_ordered_uuid()
                   constraint attestations_pkey primary key,
  holder_id        uuid not null
                   constraint attestations_holder_fkey references press.holders,
  kind             press.attestation_kind not null,
  status           press.attestation_status not null default 'submitted',
  evidence_digest  text not null
                   constraint attestations_evidence_digest_is_hex check (evidence_digest collate "C" ~ '^[0-9a-f]{64}$'),
  submitted_at     timestamptz(3) not null default clock_timestamp(),
  submitted_by     text,
  request_key      uuid,
  address_checks   integer not null
                   constraint attestations_address_checks_count_from_1 check (address_checks >= 1),
  decided_at       timestamptz(3),
  rule_set_id      integer
                   constraint attestations_rule_set_fkey references press.rule_sets,
  facts            jsonb,
  violations       text[],
  proof_digest     text
                   constraint attestations_proof_digest_is_hex check (proof_digest collate "C" ~ '^[0-9a-f]{64}$'),
  renewed_id       uuid
                   constraint attestations_renewed_once unique,
  constraint attestations_whose_and_what_key unique (id, holder_id, kind),
  constraint attestations_whose_proof_key unique (id, holder_id, proof_digest),
  constraint attestations_renew_their_holders_proof foreign key (renewed_id, holder_id, proof_digest) references press.attestations (id, holder_id, proof_digest),
  constraint attestations_renewed_by_a_verified_one check (renewed_id is null or (status = 'verified' and renewed_id <> id)),
  constraint attestations_decision_is_whole check (
    (status = 'submitted') = (decided_at is null) and (decided_at is null) = (rule_set_id is null) and (decided_at is null) = (violations is null)),
  constraint attestations_verified_without_violation check (status <> 'verified' or (violations = '{}' and proof_digest is not null)),
  constraint attestations_rejected_for_a_reason check (status <> 'rejected' or (cardinality(violations) >= 1 and proof_digest is null))
);
alter table press.attestations enable row level security;
alter table press.attestations force row level security;

-- The third layer: one proof counts once, whoever shows it in whatever form. When its credential has ended, the same holder may prove the same again: each is renewed
-- once, so that they are a chain, and press_private.tg_attestations__guard_renewal sees to it that the one before has ended, which it never ceases to have.
create unique index attestations_proof_counts_once on press.attestations (proof_digest) where status = 'verified' and renewed_id is null;
create unique index attestations_evidence_is_checked_once_at_a_time on press.attestations (holder_id, evidence_digest) where status = 'submitted';
create index attestations_proof_idx on press.attestations (proof_digest) where status = 'verified';
create index attestations_verified_evidence_idx on press.attestations (holder_id, evidence_digest) where status = 'verified';
create unique index attestations_request_key on press.attestations (holder_id, coalesce(submitted_by, ''), request_key) where request_key is not null;
create index attestations_holder_idx on press.attestations (holder_id, submitted_at);
create index attestations_submitted_idx on press.attestations (submitted_at) where status = 'submitted';
create index attestations_rule_set_idx on press.attestations (rule_set_id);

comment on table press.attestations is 'A claim with evidence about a holder: verified once, it gives exactly one credential.';
comment on column press.attestations.holder_id is 'Whom it is about.';
comment on column press.attestations.kind is 'What it rests on.';
comment on column press.attestations.status is 'submitted, verified or rejected; moves only forward.';
comment on column press.attestations.evidence_digest is 'A keyed hash of the holder and the evidence, in hex: what the ledger says of it. The same evidence of somebody else has another one.';
comment on column press.attestations.submitted_at is 'When it was submitted, by the clock of the database.';
comment on column press.attestations.submitted_by is 'Who submitted it for the holder: operator:SUBJECT or login:NAME. Null: the holder did.';
comment on column press.attestations.request_key is 'The key of the request that it answers, if the request had one.';
comment on column press.attestations.address_checks is 'Which of the places that its network address has within an hour it took: the first that was free.';
comment on column press.attestations.decided_at is 'When it was verified or rejected, by the clock of the database. Null: it was not yet.';
comment on column press.attestations.rule_set_id is 'The rules that it was decided under.';
comment on column press.attestations.facts is 'What the worker found, and the decision rests on: times and counts, no names. Null until it is decided, and when its holder was forgotten.';
comment on column press.attestations.violations is 'Why it was rejected, each by name; empty when it was verified. Null until it is decided.';
comment on column press.attestations.proof_digest is 'A keyed hash of what was proved (of an ID token: issuer and subject; of a repository: the account), in hex. One proof counts once.';
comment on column press.attestations.renewed_id is 'The attestation of the same holder that proved the same before, and whose credential had ended. Null: it is the first.';

/* What is needed only until the decision. */
create table press_private.attestation_work (
  attestation_id  uuid not null
                  constraint attestation_work_pkey primary key
                  constraint attestation_work_attestation_fkey references press.attestations,
  kind            press.attestation_kind not null,
  evidence        text not null
                  constraint attestation_work_evidence_is_not_long check (length(evidence) between 1 and 20000),
  nonce           text
                  constraint attestation_work_nonce_is_hex check (nonce collate "C" ~ '^[0-9a-f]{64}$'),
  tries           integer not null default 0,
  try_at          timestamptz not null default clock_timestamp()
);
create index attestation_work_try_at_idx on press_private.attestation_work (kind, try_at);
comment on table press_private.attestation_work is 'The evidence of attestations that are not decided yet, and when a worker looks at each next. Removed with the decision: evidence names people.';
comment on column press_private.attestation_work.nonce is 'The number of its holder and kind that was valid when it was submitted, and gave no credential since. Null: there was none.';

create table press_private.attestation_nonces (
  holder_id   uuid not null
              constraint attestation_nonces_holder_fkey references press.holders,
  kind        press.attestation_kind not null,
  nonce       text not null
              constraint attestation_nonces_nonce_key unique
              constraint attestation_nonces_nonce_is_hex check (nonce collate "C" ~ '^[0-9a-f]{64}$'),
  expires_at  timestamptz not null,
  constraint attestation_nonces_pkey primary key (holder_id, kind)
);
comment on table press_private.attestation_nonces is 'What binds a proof to a holder: it names a number that only this holder was given. Used once: the decision removes it.';

create type press.attestation_challenge as (nonce text, expires_at timestamptz);
comment on type press.attestation_challenge is 'What a proof has to name, so that it is a proof of this holder.';
comment on column press.attestation_challenge.nonce is '64 hex characters: the nonce of an ID token, or a line of the file golden-press.txt of a repository.';
comment on column press.attestation_challenge.expires_at is 'From when on it is worth nothing; ask for another then.';

/* How often a network address submitted attestations within the last hour. */
create table press_private.address_checks (
  address_hash     bytea not null,
  slot             integer not null,
  checks_per_hour  integer not null,
  checked_at       timestamptz not null default clock_timestamp(),
  constraint address_checks_happen_once_an_hour primary key (address_hash, slot),
  constraint address_checks_slot_is_within_limit check (slot between 1 and checks_per_hour + 10)
);
create index address_checks_checked_at_idx on press_private.address_checks (checked_at);
comment on table press_private.address_checks is 'Which network addresses have submitted attestations, as keyed hashes, each for an hour; a slot is taken again when it is an hour old. Ten slots over the limit are for those that will be rejected for it; who finds none of them free either is refused.';

/* Credentials: one an attestation, for good. */
create table press.credentials (
  id              uuid not null default press_private.time_ordered_uuid()
                  constraint credentials_pkey primary key,
  attestation_id  uuid not null
                  constraint credentials_one_an_attestation unique,
  holder_id       uuid not null,
  kind            press.attestation_kind not null,
  trust_level     smallint not null
                  constraint credentials_trust_level_is_positive check (trust_level >= 1),
  status          press.credential_status not null default 'pending',
  status_list     integer not null
                  constraint credentials_status_list_counts_from_1 check (status_list >= 1),
  status_index    integer not null
                  constraint credentials_status_index_is_in_its_list check (status_index between 0 and 131071),
  valid_from      timestamptz(3) not null,
  valid_until     timestamptz(3) not null,
  document        text,
  revoked_at      timestamptz(3),
  revoked_by      text,
  reason          text
                  constraint credentials_reason_is_one_line check (length(reason) between 1 and 500 and reason collate "C" !~ '[[:cntrl:]]'),
  constraint credentials_status_index_key unique (status_list, status_index),
  constraint credentials_are_of_their_attestation foreign key (attestation_id, holder_id, kind) references press.attestations (id, holder_id, kind),
  constraint credentials_validity_is_not_empty check (valid_until > valid_from),
  constraint credentials_document_goes_with_status check (case status when 'pending' then document is null when 'signed' then document is not null else true end),
  constraint credentials_revocation_is_whole check (
    (status = 'revoked') = (revoked_at is not null) and (revoked_at is null) = (revoked_by is null) and (reason is null or revoked_at is not null))
);
alter table press.credentials enable row level security;
alter table press.credentials force row level security;
create index credentials_holder_idx on press.credentials (holder_id);
create index credentials_pending_idx on press.credentials (valid_from) where status = 'pending';
create index credentials_revoked_idx on press.credentials (status_list) where status = 'revoked';

-- Tells when a status list is half full, which counting would not at a hundred thousand.
create sequence press_private.credential_numbers;
comment on sequence press_private.credential_numbers is 'Counts the credentials that were minted; 65536 of them share a status list.';

comment on table press.credentials is 'A signed statement minted from a verified attestation: a W3C Verifiable Credential.';
comment on column press.credentials.attestation_id is 'What it was minted from.';
comment on column press.credentials.holder_id is 'Whom it is about.';
comment on column press.credentials.kind is 'What the attestation rested on.';
comment on column press.credentials.trust_level is 'What it raises the trust level of its holder to.';
comment on column press.credentials.status is 'pending, signed or revoked; moves only forward.';
comment on column press.credentials.status_list is 'Which status list tells whether it was revoked.';
comment on column press.credentials.status_index is 'Its place in that list, chosen at random: 0 to 131071.';
comment on column press.credentials.valid_from is 'When it was minted, by the clock of the database, to the millisecond.';
comment on column press.credentials.valid_until is 'When it ends.';
comment on column press.credentials.document is 'The signed credential, exactly the bytes to keep. Null until it is signed.';
comment on column press.credentials.revoked_at is 'When it was revoked.';
comment on column press.credentials.revoked_by is 'The operator who revoked it: operator:SUBJECT or login:NAME.';
comment on column press.credentials.reason is 'Why it was revoked, for people. Null where it was revoked: its holder was forgotten.';

/* Written before anything is signed, and never again while the key is in use: whoever signs, and however often, signs the same bytes. */
create table press_private.credential_payloads (
  credential_id      uuid not null
                     constraint credential_payloads_pkey primary key
                     constraint credential_payloads_credential_fkey references press.credentials,
  key_id             text not null,
  unsigned_document  text not null,
  proof_options      text not null,
  claimed_until      timestamptz not null
);
comment on table press_private.credential_payloads is 'What is signed of a credential, which key signs it, and until when no other worker does.';

/* The published lists of what was revoked, each a signed credential of its own. */
create table press_private.status_lists (
  list           integer not null
                 constraint status_lists_pkey primary key
                 constraint status_lists_count_from_1 check (list >= 1),
  document       text not null,
  revoked_count  integer not null,
  key_id         text not null,
  made_at        timestamptz not null default clock_timestamp()
);
comment on table press_private.status_lists is 'The status lists of credentials as they are served: signed, and made anew when a credential was revoked or half of their validity is over.';

/* People who were forgotten. */
create table press_private.erased_holders (
  holder_id     uuid not null
                constraint erased_holders_pkey primary key
                constraint erased_holders_holder_fkey references press.holders,
  subject_hash  bytea not null
                constraint erased_holders_subject_hash_key unique,
  erased_at     timestamptz not null default clock_timestamp()
);
comment on table press_private.erased_holders is 'Holders whose subject was removed: a keyed hash tells when the same person returns, who then meets their old limits.';

create table press_private.erased_envelopes (
  edition_id     integer not null,
  ticket_number  integer not null,
  envelope_hash  text not null
                 constraint erased_envelopes_hash_is_hex check (envelope_hash collate "C" ~ '^[0-9a-f]{64}$'),
  constraint erased_envelopes_pkey primary key (edition_id, ticket_number),
  constraint erased_envelopes_ticket_fkey foreign key (edition_id, ticket_number) references press.tickets (edition_id, ticket_number)
);
comment on table press_private.erased_envelopes is 'Of tickets whose envelope was removed with their holder''s name: the hash that the ledger has.';

alter table press.holders alter column subject drop not null;
alter table press.holders add column deactivation_reason text
  constraint holders_deactivation_reason_is_one_line check (length(deactivation_reason) between 1 and 500 and deactivation_reason collate "C" !~ '[[:cntrl:]]')
  constraint holders_deactivation_reason_goes_with_inactivity check (deactivation_reason is null or not is_active);
comment on column press.holders.subject is 'The subject (sub) of the person''s verified token; the recipient in their envelopes. Null: the person was forgotten.';
comment on column press.holders.trust_level is 'How much is known about the person: the highest level of their credentials that were not revoked. Never lowered by a verification.';
comment on column press.holders.is_active is 'False: is issued, redeems and is minted nothing more.';
comment on column press.holders.deactivation_reason is 'Why the holder was deactivated, for people.';

/* An erased ticket is signed, and has no envelope any more: which ones may be so, a trigger guards. */
alter table press.tickets drop constraint tickets_envelope_goes_with_status;
alter table press.tickets add constraint tickets_envelope_comes_with_a_signature check (status <> 'pending' or envelope is null);
comment on column press.tickets.envelope is 'The signed envelope, exactly the bytes to keep. Null until the ticket is signed, and when its holder was forgotten.';

/* Editions that demand something of whom they issue to. */
alter table press.editions add column required_trust_level smallint
  constraint editions_required_trust_level_is_not_negative check (required_trust_level between 0 and 9);
alter table press.editions alter column required_trust_level set default 0;
-- Without new seals: one that was changed beside the press would have one then.
alter table press.editions disable trigger _500_seal_updated;
update press.editions set required_trust_level = 0;
alter table press.editions enable always trigger _500_seal_updated;
alter table press.editions alter column required_trust_level set not null;
alter table press.editions add column required_kind press.attestation_kind;
comment on column press.editions.required_trust_level is 'The trust level that a holder needs. Cannot change once the edition has opened.';
comment on column press.editions.required_kind is 'The kind of attestation that a holder needs a credential of; null: of none in particular. Cannot change once the edition has opened.';

alter type press_private.issue_request_record add attribute ineligibility text;
comment on type press_private.issue_request_record is 'A request as the core takes it: for which holder, by whom (null: by the holder), how many (at least 1), under which key, and why its holder is not eligible (null: is).';
alter type press_private.issue_facts_record add attribute ineligibility text;

/* Why somebody cannot have a ticket, beforehand. */
create type press.ineligibility as (name text, sentence text, detail text);
comment on type press.ineligibility is 'One reason why the caller would be refused a ticket now.';
comment on column press.ineligibility.name is 'The name of the refusal.';
comment on column press.ineligibility.sentence is 'What it says.';
comment on column press.ineligibility.detail is 'What is particular to this edition and this holder.';

create type press.rule_violation as (name text, sentence text, found text, demanded text);
comment on type press.rule_violation is 'A rule that does not hold of some evidence.';
comment on column press.rule_violation.name is 'repository_too_young, repository_too_small, account_too_young or address_checked_too_often.';
comment on column press.rule_violation.sentence is 'The rule that does not hold, for people.';
comment on column press.rule_violation.found is 'What was found.';
comment on column press.rule_violation.demanded is 'What the rule demands.';

create type press.decision_replay as (attestation_id uuid, verdict press.attestation_status, violations text[], replayed_violations text[], agrees boolean);
comment on type press.decision_replay is 'A decision, made again from its facts and its rules.';

alter table press.signing_keys drop constraint signing_keys_purpose_is_known;
alter table press.signing_keys add constraint signing_keys_purpose_is_known check (purpose in ('ticket', 'checkpoint', 'credential'));
comment on column press.signing_keys.purpose is 'What it signs: ticket (envelopes), checkpoint (the ledger''s) or credential. A key never serves for two.';

/* The reason of a revocation that the ledger does not have goes with the person. */
alter table press.revocations alter column reason drop not null;
alter table press.revocations add constraint revocations_reason_is_published_or_goes check (reason is not null or not is_reason_published);
comment on column press.revocations.reason is 'The operator''s reason, for people. Null: the holder was forgotten, and it was not in the ledger.';
drop trigger _200_refuse_update on press.revocations;

--! split: 2000-functions.sql
/* Every function, trigger and grant of attestations and credentials that is new or has changed, from the files that are their source. */
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
     'Run the whole transaction again. At READ COMMITTED, with one call in a transaction, it is never needed.'),
    ('TICKET_NOT_FOUND',     'PRNOT', false, 'There is no such ticket.',
     'Check the ticket''s id; an envelope must be the one that the press issued.'),
    ('TICKET_NOT_SIGNED',    'PRUNS', false, 'The ticket awaits its signature.',
     'Try again in a moment; if it stays so, see whether a worker is running.'),
    ('NOT_CANONICAL',        'PRCAN', false, 'This is not the text of an envelope.',
     'Pass the envelope byte for byte as it was issued: not parsed, not written again, nothing added.'),
    ('UNKNOWN_KEY',          'PRKEY', false, 'The signing key is not known, or is not in use any more.',
     'To sign, register the key first; a retired key stays retired, so make a new one instead. An envelope must name a key of this press.'),
    ('SIGNATURE_INVALID',    'PRSIG', false, 'The envelope''s signature is not one of the key that it names.',
     'Ask the holder for the envelope as it was issued.'),
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
     'Its violations say why; change what they name, and submit new evidence.');
end;
comment on function press_private.refusals is 'Every refusal: its name, its SQLSTATE, whether the same request may succeed later, a sentence for people, and what to do next.';
revoke all on function press_private.refusals from public;
--! EndIncluded press_private/refusals.sql
--! Included press_worker/register_signing_key.sql
/* Called by every worker when it starts, also while the press is stopped: nothing is signed by it. A key that was retired stays so. */
create or replace function press_worker.register_signing_key(public_key text, purpose text)
  returns press.signing_keys
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_key_id  text;
  v_key     press.signing_keys;
begin
  if coalesce(register_signing_key.public_key collate "C" !~ '^[0-9a-f]{64}$', true) then
    perform press_private.refuse('INVALID_INPUT', 'A public key is 64 lower-case hex characters.');
  end if;
  if (register_signing_key.purpose in ('ticket', 'checkpoint', 'credential')) is not true then
    perform press_private.refuse('INVALID_INPUT', 'The purpose of a key is ticket, checkpoint or credential.');
  end if;
  if not press_private.build_ed25519_comb(decode(register_signing_key.public_key, 'hex')) then
    perform press_private.refuse('INVALID_INPUT', 'These 32 bytes are no Ed25519 public key: they encode no point, or one that is not of prime order.');
  end if;
  v_key_id := left(encode(sha256(decode(register_signing_key.public_key, 'hex')), 'hex'), 16);

  insert into press.signing_keys (key_id, public_key, purpose, activated_at)
  values (v_key_id, register_signing_key.public_key, register_signing_key.purpose, clock_timestamp())
  on conflict do nothing  -- whichever of its two keys another worker was quicker with
  returning * into v_key;

  if v_key.key_id is not null then
    perform press_private.append_entry('key.activated', null, null, press_private.key_leaf(v_key, 'key.activated'));
    return v_key;
  end if;
  select k.* into v_key from press.signing_keys k where k.key_id = v_key_id;
  if v_key.purpose <> register_signing_key.purpose then
    perform press_private.refuse('INVALID_INPUT', format('This key is registered for %ss; a key never serves for two purposes.', v_key.purpose));
  end if;
  return press_private.active_signing_key(v_key_id, register_signing_key.purpose);
end
$$;
comment on function press_worker.register_signing_key is 'Makes the public key (64 lower-case hex characters) known and in use for its purpose, ticket, checkpoint or credential; known already, it stays as it is. Refuses: INVALID_INPUT, UNKNOWN_KEY (it was retired).';
revoke all on function press_worker.register_signing_key from public;
grant execute on function press_worker.register_signing_key to press_worker;
--! EndIncluded press_worker/register_signing_key.sql
--! Included press_private/keyed_hash.sql
/* HMAC-SHA256 (RFC 2104), written out because PostgreSQL has it only in an extension. The purpose keeps the hashes of one use from being compared
   with those of another. */
create or replace function press_private.keyed_hash(purpose text, value text)
  returns bytea
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return (
    select sha256(k.outer_key || sha256(k.inner_key || convert_to(keyed_hash.purpose || E'\n' || keyed_hash.value, 'UTF8')))
    from press_private.hashing_key k);
end
$$;
comment on function press_private.keyed_hash is 'HMAC-SHA256 of the purpose, a line feed and the value, under the key of this press: nobody without the key can guess what was hashed.';
revoke all on function press_private.keyed_hash from public;
--! EndIncluded press_private/keyed_hash.sql
--! Included press_private/attestation_violations.sql
/* The register of reasons for which evidence is rejected, in the order in which they are given. Of a rule: the fact that it judges. */
create or replace function press_private.attestation_violations()
  returns table (name text, fact text, sentence text, hint text)
  language sql immutable
begin atomic
  values
    ('evidence_invalid',          null, 'The evidence does not hold.',
     'The fact "problem" says why; submit evidence that holds.'),
    ('nonce_invalid',             null, 'The evidence does not name the number that this holder was given, or named it too late.',
     'Begin again, put the new number where it belongs, and submit before it expires.'),
    ('proof_already_used',        null, 'This account has given a credential already.',
     'An account counts once, for one holder; when its credential has ended, the same holder proves it again.'),
    ('holder_inactive',           null, 'The holder has been deactivated.',
     'An operator can tell why.'),
    ('holder_erased',             null, 'The holder was forgotten before the evidence was checked.',
     'Begin again, if you are here again.'),
    ('repository_too_young',      'repository_created_at', 'The repository is too young.',
     'Wait until it is old enough, or take an older one.'),
    ('repository_too_small',      'repository_size_kb', 'The repository is too small.',
     'Take a larger one; the hosting service may need an hour to see that one has grown.'),
    ('account_too_young',         'account_created_at', 'The account that the repository belongs to is too young.',
     'Wait until it is old enough.'),
    ('address_checked_too_often', 'address_checks', 'Too many attestations were submitted from this network address within an hour.',
     'Submit it again after an hour, or from elsewhere.');
end;
comment on function press_private.attestation_violations is 'Every reason for which evidence is rejected: its name, the fact that it judges, a sentence for people, and what to do next.';
revoke all on function press_private.attestation_violations from public;
--! EndIncluded press_private/attestation_violations.sql
--! Included press_private/rules_in_force.sql
create or replace function press_private.rules_in_force()
  returns press.rule_sets
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_rules  press.rule_sets;
begin
  select r.* into strict v_rules from press.rule_sets r order by r.id desc limit 1;
  return v_rules;
end
$$;
comment on function press_private.rules_in_force is 'The rules that evidence is held against now: the latest.';
revoke all on function press_private.rules_in_force from public;
--! EndIncluded press_private/rules_in_force.sql
--! Included press_private/rule_set_document.sql
create or replace function press_private.rule_set_document(repository_age_days integer, repository_size_kb integer, account_age_days integer, checks_per_hour integer)
  returns text
  language sql immutable
begin atomic
  select '{"account_age_days":' || rule_set_document.account_age_days
      || ',"checks_per_hour":' || rule_set_document.checks_per_hour
      || ',"repository_age_days":' || rule_set_document.repository_age_days
      || ',"repository_size_kb":' || rule_set_document.repository_size_kb
      || ',"type":"golden-press/rules/v1"}';
end;
comment on function press_private.rule_set_document is 'The canonical text of thresholds; the ledger names a rule set by the SHA-256 of it.';
revoke all on function press_private.rule_set_document from public;
--! EndIncluded press_private/rule_set_document.sql
--! Included press/anti_gaming_violations.sql
/* All four rules, each judged for itself, so that whoever is refused hears everything at once. Depends on nothing but its arguments and a row that never
   changes: the same facts under the same rules give the same verdict for ever. Days have 24 hours wherever the session is. */
create or replace function press.anti_gaming_violations(
    repository_created_at timestamptz default null, repository_size_kb bigint default null, account_created_at timestamptz default null,
    address_checks integer default null, at timestamptz default null, rule_set_id integer default null)
  returns setof press.rule_violation
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_rules  press.rule_sets := press_private.rules_in_force();
  v_now    timestamptz;
begin
  if not coalesce(anti_gaming_violations.at, statement_timestamp()) between '0001-01-01T00:00:00Z' and '9999-12-31T00:00:00Z' then
    perform press_private.refuse('INVALID_INPUT', 'They are judged at a moment of the years 1 to 9999.');
  end if;
  if anti_gaming_violations.rule_set_id is not null then
    select r.* into v_rules from press.rule_sets r where r.id = anti_gaming_violations.rule_set_id;
    perform press_private.refuse('INVALID_INPUT', 'There is no such rule set.') where v_rules.id is null;
  end if;
  v_now := coalesce(anti_gaming_violations.at, statement_timestamp()) + interval '1 minute';  -- clocks differ

  return query
  select v.name, v.sentence, coalesce(j.found, 'unknown'), j.demanded
  from (values
    ('repository_too_young',
     anti_gaming_violations.repository_created_at <= v_now - make_interval(hours => 24 * v_rules.repository_age_days),
     'made at ' || press_private.rfc3339(anti_gaming_violations.repository_created_at), format('at least %s days old', v_rules.repository_age_days)),
    ('repository_too_small',
     anti_gaming_violations.repository_size_kb >= v_rules.repository_size_kb,
     anti_gaming_violations.repository_size_kb || ' KB', format('at least %s KB', v_rules.repository_size_kb)),
    ('account_too_young',
     anti_gaming_violations.account_created_at <= v_now - make_interval(hours => 24 * v_rules.account_age_days),
     'made at ' || press_private.rfc3339(anti_gaming_violations.account_created_at), format('at least %s days old', v_rules.account_age_days)),
    ('address_checked_too_often',
     anti_gaming_violations.address_checks <= v_rules.checks_per_hour,
     'number ' || anti_gaming_violations.address_checks || ' within an hour', format('at most %s within an hour', v_rules.checks_per_hour))
  ) j (name, holds, found, demanded)
  join press_private.attestation_violations() with ordinality v (name, fact, sentence, hint, index) on v.name = j.name
  where j.holds is not true  -- what is unknown is not good enough
  order by v.index;
end
$$;
comment on function press.anti_gaming_violations is 'Which of the four rules do not hold, all at once; no row: all hold. address_checks: the how-manieth attestation of its network address it is within an hour; at: when they are judged (null: now), give or take a minute; rule_set_id: by which rules (null: those in force). A null fact is unknown, and breaks its rule. Refuses: INVALID_INPUT (there is no such rule set, or no such year).';
revoke all on function press.anti_gaming_violations from public;
grant execute on function press.anti_gaming_violations to press_anonymous, press_holder, press_operator, press_auditor;
--! EndIncluded press/anti_gaming_violations.sql
--! Included press/set_rules.sql
/* Puts other thresholds in force, for what is decided from now on. Locks: the first rule set, so that of two operators at once the second changes what
   the first has put in force. */
create or replace function press.set_rules(
    repository_age_days integer default null, repository_size_kb integer default null, account_age_days integer default null, checks_per_hour integer default null)
  returns press.rule_sets
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_actor  press_hidden.actor_record;
  v_rules  press.rule_sets;
  v_hash   text;
begin
  perform press_private.require_running();
  v_actor := press_private.require_operator();
  if not (coalesce(set_rules.repository_age_days, 0) between 0 and 36500 and coalesce(set_rules.account_age_days, 0) between 0 and 36500
      and coalesce(set_rules.repository_size_kb, 0) >= 0 and coalesce(set_rules.checks_per_hour, 1) between 1 and 1000000) then
    perform press_private.refuse('INVALID_INPUT', 'Ages are 0 to 36500 days, a size is 0 KB or more, and 1 to 1000000 checks an hour are allowed.');
  end if;
  perform press_private.hold_operators(array[v_actor.subject]) where v_actor.kind = 'operator';
  perform from press.rule_sets r where r.id = (select min(f.id) from press.rule_sets f) for no key update;
  perform press_private.require_running();

  -- Statements from here on see what was put in force before the lock was granted.
  v_rules := press_private.rules_in_force();
  v_rules.repository_age_days := coalesce(set_rules.repository_age_days, v_rules.repository_age_days);
  v_rules.repository_size_kb := coalesce(set_rules.repository_size_kb, v_rules.repository_size_kb);
  v_rules.account_age_days := coalesce(set_rules.account_age_days, v_rules.account_age_days);
  v_rules.checks_per_hour := coalesce(set_rules.checks_per_hour, v_rules.checks_per_hour);
  v_hash := press_private.envelope_hash(press_private.rule_set_document(
    v_rules.repository_age_days, v_rules.repository_size_kb, v_rules.account_age_days, v_rules.checks_per_hour));
  if v_hash = v_rules.rule_set_hash then
    return v_rules;
  end if;

  insert into press.rule_sets (rule_set_hash, repository_age_days, repository_size_kb, account_age_days, checks_per_hour)
  values (v_hash, v_rules.repository_age_days, v_rules.repository_size_kb, v_rules.account_age_days, v_rules.checks_per_hour)
  returning * into v_rules;
  insert into press_private.rule_set_requests (rule_set_id, requested_by) values (v_rules.id, press_private.issuer_label(v_actor));
  return v_rules;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.set_rules is 'Puts thresholds in force for what is decided from now on; a null keeps the present one. Those that are in force already stay as they are. repository_age_days, account_age_days: 0 to 36500; repository_size_kb: 0 or more; checks_per_hour: 1 to 1000000 attestations of one network address within an hour. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press.set_rules from public;
grant execute on function press.set_rules to press_anonymous, press_holder, press_operator;
--! EndIncluded press/set_rules.sql
--! Included press_private/require_attester.sql
create or replace function press_private.require_attester(actor press_hidden.actor_record, recipient text, client_address text)
  returns void
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  perform press_private.refuse('NOT_ALLOWED', 'Only an operator may name a network address.')
  where actor.kind = 'holder' and require_attester.client_address is not null;
  perform press_private.refuse(v.refusal, v.refusal_detail)
  from press_private.entry_refusal(
    actor, require_attester.recipient, 1,
    (select h.is_active from press.holders h where h.subject = press_private.recipient_of(actor, require_attester.recipient)), 'open') v
  where v.refusal is not null;
end
$$;
comment on function press_private.require_attester is 'Lets pass who attests for themselves, or an operator who names somebody. Refuses: NOT_SIGNED_IN, NOT_ALLOWED, HOLDER_INACTIVE, INVALID_INPUT.';
revoke all on function press_private.require_attester from public;
--! EndIncluded press_private/require_attester.sql
--! Included press_private/lock_holder_of.sql
/* Makes the person known, and lets one transaction at a time submit for them. Issuing does not wait for it, because it locks no holder whom it knows. */
create or replace function press_private.lock_holder_of(subject text)
  returns press.holders
  language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_holder  press.holders;
begin
  perform press_private.ensure_holders(array[lock_holder_of.subject])
  where not exists (select from press.holders h where h.subject = lock_holder_of.subject);
  select h.* into strict v_holder from press.holders h where h.subject = lock_holder_of.subject for no key update;
  perform press_private.refuse('HOLDER_INACTIVE') where not v_holder.is_active;
  return v_holder;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected or no_data_found then
    -- no_data_found: at a higher isolation level, somebody else made them known since; or they were forgotten a moment ago.
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_private.lock_holder_of is 'The holder of the subject, who may be new, locked until the transaction ends. Refuses: HOLDER_INACTIVE, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.lock_holder_of from public;
--! EndIncluded press_private/lock_holder_of.sql
--! Included press/begin_attestation.sql
/* Gives a person the number that their proof has to name, so that nobody can show somebody else's. The same one while it is valid, and from now on as long as a new one: a
   page that is opened twice spoils nothing. One that has expired never comes back; evidence that was submitted while it was valid has taken it along
   (press.submit_attestation). Locks: the holder's row, then the nonce's. */
create or replace function press.begin_attestation(kind press.attestation_kind, recipient text default null)
  returns press.attestation_challenge
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_actor      press_hidden.actor_record := press_hidden.current_actor();
  v_holder     press.holders;
  v_challenge  press.attestation_challenge;
begin
  perform press_private.require_running();
  perform press_private.require_attester(v_actor, begin_attestation.recipient, null);
  if begin_attestation.kind is null then
    perform press_private.refuse('INVALID_INPUT', 'Say what the attestation is to rest on: oidc or repository.');
  end if;
  v_holder := press_private.lock_holder_of(press_private.recipient_of(v_actor, begin_attestation.recipient));
  perform press_private.require_running();

  insert into press_private.attestation_nonces as n (holder_id, kind, nonce, expires_at)
  values (
    v_holder.id, begin_attestation.kind,
    encode(sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')), 'hex'),
    clock_timestamp() + case begin_attestation.kind when 'oidc' then interval '15 minutes' else interval '24 hours' end)
  on conflict on constraint attestation_nonces_pkey
  do update set expires_at = excluded.expires_at, nonce = case when n.expires_at > clock_timestamp() then n.nonce else excluded.nonce end;

  select n.nonce, n.expires_at into strict v_challenge
  from press_private.attestation_nonces n where n.holder_id = v_holder.id and n.kind = begin_attestation.kind;
  return v_challenge;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.begin_attestation is 'Gives the number (nonce) that a proof of this holder has to name: an ID token as its nonce, within 15 minutes; a repository as a line of the file golden-press.txt in the root of its default branch, within 24 hours. Asking again gives the same one until it expires, and has it expire later; it counts once. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED (another recipient; only an operator may name one), HOLDER_INACTIVE, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press.begin_attestation from public;
grant execute on function press.begin_attestation to press_anonymous, press_holder, press_operator;
--! EndIncluded press/begin_attestation.sql
--! Included press_private/canonical_evidence.sql
/* Two spellings of one thing are one thing: a token is its bytes, and the hosting service does not tell letters by their case. Judged and never
   repaired: white space, padding or another alphabet is not of the form. */
create or replace function press_private.canonical_evidence(kind press.attestation_kind, evidence text)
  returns text
  language sql immutable
begin atomic
  select case canonical_evidence.kind
    when 'oidc' then (
      select string_agg(encode(decode(translate(p.part, '-_', '+/') || repeat('=', (4 - length(p.part) % 4) % 4), 'base64'), 'hex'), '.' order by p.index)
      from string_to_table(canonical_evidence.evidence, '.') with ordinality p (part, index)
      where length(canonical_evidence.evidence) <= 20000
        and canonical_evidence.evidence collate "C" ~ '^([A-Za-z0-9_-]{4})*[A-Za-z0-9_-]{2,4}\.([A-Za-z0-9_-]{4})*[A-Za-z0-9_-]{2,4}\.([A-Za-z0-9_-]{4})*[A-Za-z0-9_-]{2,4}$')
    when 'repository' then
      case when canonical_evidence.evidence collate "C" ~ '^[A-Za-z0-9](-?[A-Za-z0-9])*/[A-Za-z0-9._-]{1,100}$'
            and length(split_part(canonical_evidence.evidence, '/', 1)) <= 39 and split_part(canonical_evidence.evidence, '/', 2) not in ('.', '..')
           then lower(canonical_evidence.evidence collate "C") end
  end;
end;
comment on function press_private.canonical_evidence is 'The evidence without its spelling: of a token the bytes of its three parts, in hex; of a repository OWNER/NAME in lower case. Null: it is not of the form.';
revoke all on function press_private.canonical_evidence from public;
--! EndIncluded press_private/canonical_evidence.sql
--! Included press_private/caller_address.sql
/* The one place that says from where a request comes. The gateway's word counts, as with claims, because nobody else can make a session of its login; an
   operator at a desk names the address of whom they submit for. One household or server has a whole /64 of IPv6. */
create or replace function press_private.caller_address(client_address text)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_text     text := coalesce(caller_address.client_address,
    case when session_user = 'press_gateway' then regexp_replace(nullif(current_setting('press.client_address', true), ''), '%.*$', '') end);
  v_address  inet;
begin
  if v_text is null then
    perform press_private.refuse('INVALID_INPUT', 'Name the network address that the evidence comes from, as client_address: nobody knows it here.');
  end if;
  v_address := v_text::inet;
  if masklen(v_address) <> (case family(v_address) when 4 then 32 else 128 end) then
    perform press_private.refuse('INVALID_INPUT', 'A network address is a single one, without a mask.');
  end if;
  if v_address <<= inet '::ffff:0.0.0.0/96' then
    return host(inet '0.0.0.0' + (v_address - inet '::ffff:0.0.0.0'));
  end if;
  return case family(v_address) when 4 then host(v_address) else network(set_masklen(v_address, 64))::text end;
exception
  when data_exception then
    perform press_private.refuse('INVALID_INPUT', 'A network address is one of IPv4 or IPv6, such as 192.0.2.1 or 2001:db8::1.');
    return null;  -- never reached, but plpgsql_check cannot know
end
$$;
comment on function press_private.caller_address is 'The network address that a request comes from, or that an operator names: IPv4 whole, also where it is mapped into IPv6; of IPv6 its /64. Refuses: INVALID_INPUT.';
revoke all on function press_private.caller_address from public;
--! EndIncluded press_private/caller_address.sql
--! Included press_private/submitted_under.sql
create or replace function press_private.submitted_under(request_key uuid, submitted_by text, holder_id uuid, kind press.attestation_kind, evidence_digest text)
  returns press.attestations
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_attestation  press.attestations;
begin
  select a.* into v_attestation
  from press.attestations a
  where a.holder_id = submitted_under.holder_id and coalesce(a.submitted_by, '') = coalesce(submitted_under.submitted_by, '')
    and a.request_key = submitted_under.request_key;
  if (v_attestation.kind, v_attestation.evidence_digest) <> (submitted_under.kind, submitted_under.evidence_digest) then
    perform press_private.refuse('REQUEST_KEY_REUSED');
  end if;
  return v_attestation;
end
$$;
comment on function press_private.submitted_under is 'The attestation that this actor submitted for the holder under the key; nulls when none was. Refuses: REQUEST_KEY_REUSED (other evidence was).';
revoke all on function press_private.submitted_under from public;
--! EndIncluded press_private/submitted_under.sql
--! Included press_private/require_few_attestations.sql
/* Every attestation costs a question to others, who answer the whole press only so often, and an entry that stays in the ledger. */
create or replace function press_private.require_few_attestations(holder_id uuid)
  returns void
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  perform press_private.refuse('RATE_LIMITED', 'Five attestations of this holder are not decided yet.')
  where (
    select count(*) from press.attestations a where a.holder_id = require_few_attestations.holder_id and a.status = 'submitted') >= 5;
  perform press_private.refuse('RATE_LIMITED', 'Ten attestations of this holder were submitted within an hour.')
  where (
    select count(*) from press.attestations a
    where a.holder_id = require_few_attestations.holder_id and a.submitted_at > clock_timestamp() - interval '1 hour') >= 10;
end
$$;
comment on function press_private.require_few_attestations is 'Lets pass a holder of whom fewer than five attestations wait, and fewer than ten were submitted within an hour. To be called under the holder''s lock. Refuses: RATE_LIMITED.';
revoke all on function press_private.require_few_attestations from public;
--! EndIncluded press_private/require_few_attestations.sql
--! Included press_private/take_address_slot.sql
/* An hour of an address has as many slots as checks are allowed, and the key of the table lets nobody have one twice. Whoever comes when none of them is free
   takes one of ten more, and hears of it with all other reasons, since the rule is judged with the others; only whoever goes on then is refused. */
create or replace function press_private.take_address_slot(address text)
  returns integer
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_hash   bytea := press_private.keyed_hash('address', take_address_slot.address);
  v_limit  integer := (press_private.rules_in_force()).checks_per_hour;
  v_slot   integer;
begin
  loop
    -- One of those that are taken and the one after them is free.
    select s.slot into v_slot
    from generate_series(1, least(v_limit + 10, 1 + (select count(*) from press_private.address_checks c where c.address_hash = v_hash))) s (slot)
    where not exists (
      select from press_private.address_checks c
      where c.address_hash = v_hash and c.slot = s.slot and c.checked_at > clock_timestamp() - interval '1 hour')
    order by s.slot limit 1;
    if v_slot is null then
      perform press_private.refuse('RATE_LIMITED', 'Far too many attestations were submitted from this network address within an hour.');
    end if;

    insert into press_private.address_checks as c (address_hash, slot, checks_per_hour)
    values (v_hash, v_slot, v_limit)
    on conflict on constraint address_checks_happen_once_an_hour
    do update set checks_per_hour = excluded.checks_per_hour, checked_at = excluded.checked_at
    where c.checked_at <= excluded.checked_at - interval '1 hour';
    exit when found;  -- or else somebody else was quicker with it
  end loop;
  return v_slot;
end
$$;
comment on function press_private.take_address_slot is 'The how-manieth attestation of the address this is within an hour. Refuses: RATE_LIMITED (ten more than are allowed were submitted).';
revoke all on function press_private.take_address_slot from public;
--! EndIncluded press_private/take_address_slot.sql
--! Included press_private/has_expired.sql
/* Once true it stays true: when a credential ends never changes, and what was revoked after its end had ended all the same. One that was revoked before never expires. */
create or replace function press_private.has_expired(attestation_id uuid, at timestamptz)
  returns boolean
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return exists (
    select from press.credentials c
    where c.attestation_id = has_expired.attestation_id and c.valid_until <= has_expired.at and (c.revoked_at >= c.valid_until) is not false);
end
$$;
comment on function press_private.has_expired is 'Whether the credential of the attestation had come to its end at that time, and was not revoked before: then its holder may prove the same again.';
revoke all on function press_private.has_expired from public;
--! EndIncluded press_private/has_expired.sql
--! Included press_private/require_unverified.sql
/* What somebody else was given a credential for is not said here: whoever submits the name of a repository would learn whether its owner was here. The decision knows it by its proof. */
create or replace function press_private.require_unverified(holder_id uuid, evidence_digest text)
  returns void
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  perform press_private.refuse('ALREADY_VERIFIED', 'It is being checked.')
  from press.attestations a
  where a.holder_id = require_unverified.holder_id and a.evidence_digest = require_unverified.evidence_digest and a.status = 'submitted';
  perform press_private.refuse('ALREADY_VERIFIED', 'It was verified.')
  from press.attestations a
  where a.holder_id = require_unverified.holder_id and a.evidence_digest = require_unverified.evidence_digest and a.status = 'verified'
    and not press_private.has_expired(a.id, clock_timestamp());
end
$$;
comment on function press_private.require_unverified is 'Lets pass evidence of a holder that is not being checked, and was not verified, or its credential has ended. To be called under the holder''s lock. Refuses: ALREADY_VERIFIED.';
revoke all on function press_private.require_unverified from public;
--! EndIncluded press_private/require_unverified.sql
--! Included press/submit_attestation.sql
/* Takes a claim with its evidence, for a worker to check. The way of a request from here:
     1. who, for whom, from where             press_private.require_attester, press_private.caller_address
     2. what, whatever its spelling           press_private.canonical_evidence
     3. one at a time for this person         press_private.lock_holder_of
     4. an answer that was given before       press_private.submitted_under
     5. are there too many already?           press_private.require_few_attestations
     6. the how-manieth of its address        press_private.take_address_slot, judged later with the other rules
     7. is it being checked, or verified?     press_private.require_unverified, under the lock
   Nothing of the outside world is asked here: press_worker.attestations_to_verify hands it to who does. Locks: the holder's row, then a slot of the address.
   A crash before the commit leaves nothing; after it the attestation waits until it is decided.
   The limits keep load away, and nothing rests on them: at REPEATABLE READ a caller with an old snapshot may count too few. */
create or replace function press.submit_attestation(
    kind press.attestation_kind, evidence text, request_key uuid default null, recipient text default null, client_address text default null)
  returns press.attestations
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_actor        press_hidden.actor_record := press_hidden.current_actor();
  v_canonical    text := press_private.canonical_evidence(submit_attestation.kind, submit_attestation.evidence);
  v_address      text;
  v_holder       press.holders;
  v_digest       text;
  v_checks       integer;
  v_attestation  press.attestations;
begin
  perform press_private.require_running();
  perform press_private.require_attester(v_actor, submit_attestation.recipient, submit_attestation.client_address);
  if v_canonical is null then
    perform press_private.refuse('INVALID_INPUT', case submit_attestation.kind
      when 'oidc' then 'The evidence is an ID token: a compact JWS of at most 20000 characters, three parts of base64url without padding or white space.'
      when 'repository' then 'The evidence is a repository, OWNER/NAME as the hosting service spells them.'
      else 'Say what the attestation rests on, oidc or repository, and give its evidence.' end);
  end if;
  v_address := press_private.caller_address(submit_attestation.client_address);
  perform press_private.hold_operators(array[v_actor.subject]) where v_actor.kind = 'operator';
  v_holder := press_private.lock_holder_of(press_private.recipient_of(v_actor, submit_attestation.recipient));
  perform press_private.require_running();
  -- With the holder: of the name of a repository everybody can submit the same, and would find in the ledger whose it is.
  v_digest := encode(press_private.keyed_hash('evidence', v_holder.id || E'\n' || submit_attestation.kind || ':' || v_canonical), 'hex');

  -- Statements from here on see all that was committed before the lock was granted.
  v_attestation := press_private.submitted_under(
    submit_attestation.request_key, press_private.issuer_label(v_actor), v_holder.id, submit_attestation.kind, v_digest);
  if v_attestation.id is not null then
    return v_attestation;
  end if;
  perform press_private.require_few_attestations(v_holder.id);
  v_checks := press_private.take_address_slot(v_address);
  perform press_private.require_unverified(v_holder.id, v_digest);

  insert into press.attestations (holder_id, kind, evidence_digest, submitted_by, request_key, address_checks)
  values (v_holder.id, submit_attestation.kind, v_digest, press_private.issuer_label(v_actor), submit_attestation.request_key, v_checks)
  returning * into v_attestation;
  -- With the number that is valid now: what the holder is given later is not what this evidence names.
  insert into press_private.attestation_work (attestation_id, kind, evidence, nonce)
  values (v_attestation.id, v_attestation.kind, submit_attestation.evidence, (
    select n.nonce from press_private.attestation_nonces n
    where n.holder_id = v_attestation.holder_id and n.kind = v_attestation.kind and n.expires_at > v_attestation.submitted_at));
  return v_attestation;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when unique_violation or serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.submit_attestation is 'Submits evidence about the caller, or about the recipient that an operator names; begin_attestation comes first. evidence: of oidc an ID token, a compact JWS of at most 20000 characters; of repository OWNER/NAME. The answer is submitted; a worker decides, verified or rejected. client_address: the network address it comes from, for an operator to name. The same request key gives the same attestation, for ever. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED (another recipient or an address; only an operator may name them), HOLDER_INACTIVE, INVALID_INPUT, REQUEST_KEY_REUSED, RATE_LIMITED (five of the holder are not decided yet, ten of them were submitted within an hour, or ten too many of the address), LOCK_TIMEOUT, RETRY, ALREADY_VERIFIED (it was for the same holder, whose credential has not ended, or is being checked).';
revoke all on function press.submit_attestation from public;
grant execute on function press.submit_attestation to press_anonymous, press_holder, press_operator;
--! EndIncluded press/submit_attestation.sql
--! Included press_worker/attestations_to_verify.sql
/* Hands out undecided attestations under a lease, those that have waited longest first. No lock is held while a worker asks the outside world; two workers that look
   at the same attestation do no harm, because press_worker.verify_attestation decides once. What it would refuse, because something was planted, is handed to nobody. */
create or replace function press_worker.attestations_to_verify(kinds press.attestation_kind[], batch_size integer, lease_seconds integer)
  returns table (attestation_id uuid, kind press.attestation_kind, evidence text, nonce text, submitted_at timestamptz, tries integer)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  v_now  timestamptz := clock_timestamp();  -- an index serves what does not change within a statement
begin
  perform press_private.require_running();
  if (attestations_to_verify.batch_size between 1 and 1000 and attestations_to_verify.lease_seconds between 1 and 3600) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A batch is 1 to 1000 attestations, a lease 1 to 3600 seconds.');
  end if;

  return query
  with due as (
    select w.attestation_id
    from press_private.attestation_work w
    where w.try_at <= v_now and w.kind = any (attestations_to_verify.kinds)
      and exists (select from press.attestations a where a.id = w.attestation_id and a.status = 'submitted')
      and not exists (select from press.credentials i where i.attestation_id = w.attestation_id)
    order by w.try_at
    limit attestations_to_verify.batch_size
    for no key update of w skip locked
  ), claimed as (
    update press_private.attestation_work w
    set try_at = v_now + make_interval(secs => attestations_to_verify.lease_seconds), tries = w.tries + 1
    from due d
    where w.attestation_id = d.attestation_id
    returning w.*
  )
  select a.id, a.kind, c.evidence, c.nonce, a.submitted_at::timestamptz, c.tries
  from claimed c
  join press.attestations a on a.id = c.attestation_id;
end
$$;
comment on function press_worker.attestations_to_verify is 'Claims up to batch_size (1 to 1000) undecided attestations of the kinds for lease_seconds (1 to 3600), and returns what there is to check: the evidence, the number that it has to name (null: its holder has none that was valid when it was submitted), when it was submitted, by which its times are judged, and how often it was handed out, this time included. Refuses: PRESS_STOPPED, INVALID_INPUT.';
revoke all on function press_worker.attestations_to_verify from public;
grant execute on function press_worker.attestations_to_verify to press_worker;
--! EndIncluded press_worker/attestations_to_verify.sql
--! Included press_worker/postpone_attestation.sql
create or replace function press_worker.postpone_attestation(attestation_id uuid, seconds integer)
  returns void
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
begin
  perform press_private.require_running();
  if (postpone_attestation.seconds between 1 and 86400) is not true then
    perform press_private.refuse('INVALID_INPUT', 'An attestation is postponed for 1 to 86400 seconds.');
  end if;
  update press_private.attestation_work w set try_at = clock_timestamp() + make_interval(secs => postpone_attestation.seconds)
  where w.attestation_id = postpone_attestation.attestation_id;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_worker.postpone_attestation is 'Has the attestation handed out again in as many seconds (1 to 86400): the outside world did not answer. One that was decided meanwhile stays as it is. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.postpone_attestation from public;
grant execute on function press_worker.postpone_attestation to press_worker;
--! EndIncluded press_worker/postpone_attestation.sql
--! Included press_private/is_attestation_proof.sql
/* One form for one proof, so that it has one digest: parsed and written again, as press_private.read_envelope judges envelopes. */
create or replace function press_private.is_attestation_proof(kind press.attestation_kind, proof text)
  returns boolean
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return length(is_attestation_proof.proof) <= 5000 and exists (
    select from json_to_record(is_attestation_proof.proof::json) m (account_id text, issuer text, service text, subject text)
    where case is_attestation_proof.kind
      when 'oidc' then
        m.issuer <> '' and m.subject <> ''
        and is_attestation_proof.proof = format('{"issuer":%s,"kind":"oidc","subject":%s}', to_json(m.issuer), to_json(m.subject))
      when 'repository' then
        m.account_id collate "C" ~ '^[1-9][0-9]{0,17}$' and m.service <> ''
        and is_attestation_proof.proof = format('{"account_id":%s,"kind":"repository","service":%s}', m.account_id, to_json(m.service)) end);
exception
  when data_exception or program_limit_exceeded then
    return false;
end
$$;
comment on function press_private.is_attestation_proof is 'Whether the text is the canonical form of what an attestation of the kind proves: {"issuer","kind","subject"}, or {"account_id","kind","service"}.';
revoke all on function press_private.is_attestation_proof from public;
--! EndIncluded press_private/is_attestation_proof.sql
--! Included press_private/facts_problem.sql
/* Facts stay in the row for as long as it is there, so nothing else comes in with them: times and a count, and a sentence where evidence is invalid. */
create or replace function press_private.facts_problem(kind press.attestation_kind, facts jsonb, problem text)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_form  text := '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$';  -- of what PostgreSQL takes, "yesterday" is a moment, too
begin
  return case
    when jsonb_typeof(facts_problem.facts) is distinct from 'object' then 'Facts are an object.'
    when (facts_problem.problem = 'evidence_invalid') is false then 'The one problem there is by name is evidence_invalid.'
    when facts_problem.problem is null and facts_problem.facts ? 'problem' then 'A sentence about a problem comes with the problem.'
    when facts_problem.problem is not null and not press_private.is_one_line(facts_problem.facts ->> 'problem', 500) then
      'With a problem, the fact "problem" is a sentence about it, of 1 to 500 characters.'
    when exists (
      select from jsonb_each(facts_problem.facts) f
      where not case f.key
        when 'problem' then jsonb_typeof(f.value) = 'string'
        when 'repository_size_kb' then facts_problem.kind = 'repository'
          and (f.value = 'null' or (jsonb_typeof(f.value) = 'number' and (f.value #>> '{}')::bigint >= 0))
        when 'repository_created_at' then facts_problem.kind = 'repository' and (f.value = 'null' or f.value #>> '{}' ~ v_form and isfinite((f.value #>> '{}')::timestamptz))
        when 'account_created_at' then facts_problem.kind = 'repository' and (f.value = 'null' or f.value #>> '{}' ~ v_form and isfinite((f.value #>> '{}')::timestamptz))
        else false end) then
      'The facts of a repository are repository_created_at and account_created_at, timestamps, and repository_size_kb, an integer; of an ID token there are none.'
  end;
exception
  when data_exception then
    return 'A time is an ISO timestamp, a size an integer.';
end
$$;
comment on function press_private.facts_problem is 'What is wrong with the facts that a worker brings; null: nothing.';
revoke all on function press_private.facts_problem from public;
--! EndIncluded press_private/facts_problem.sql
--! Included press_private/lock_attestation.sql
/* The first layer: who decides about one attestation stand in one line, and so do those who decide about one holder. In this order, always: the attestation's
   row, then the holder's. Who took them the other way round would wait in a circle, which PostgreSQL ends: RETRY.
   Read what decides AFTER this call, in another statement: a statement sees what was committed when it began, not when its lock was granted. At REPEATABLE
   READ and SERIALIZABLE a row that was changed since the snapshot is refused with 40001. */
create or replace function press_private.lock_attestation(attestation_id uuid)
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_holder_id  uuid;
begin
  select a.holder_id into v_holder_id from press.attestations a where a.id = lock_attestation.attestation_id for update;
  perform from press.holders h where h.id = v_holder_id for no key update;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_private.lock_attestation is 'Waits, at most five seconds for each, until this transaction is the only one that decides about the attestation and its holder. Refuses: LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.lock_attestation from public;
--! EndIncluded press_private/lock_attestation.sql
--! Included press_private/require_undecided.sql
/* The second layer. A half-state that somebody planted (a credential of an attestation that is not verified, or none of one that is) counts as verified: nothing
   is minted from it, and the audit names it. */
create or replace function press_private.require_undecided(attestation press.attestations)
  returns void
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  perform press_private.refuse('ALREADY_VERIFIED')
  where attestation.status = 'verified' or exists (select from press.credentials c where c.attestation_id = attestation.id);
  perform press_private.refuse('EVIDENCE_REJECTED', array_to_string(attestation.violations, ', '))
  where attestation.status = 'rejected';
end
$$;
comment on function press_private.require_undecided is 'Lets pass an attestation about which nothing was decided. To be called under its lock. Refuses: ALREADY_VERIFIED, EVIDENCE_REJECTED (the detail has its violations).';
revoke all on function press_private.require_undecided from public;
--! EndIncluded press_private/require_undecided.sql
--! Included press_private/renewed_attestation.sql
create or replace function press_private.renewed_attestation(holder_id uuid, proof_digest text)
  returns uuid
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return (
    select a.id from press.attestations a
    where a.proof_digest = renewed_attestation.proof_digest and a.status = 'verified' and a.holder_id = renewed_attestation.holder_id
      and press_private.has_expired(a.id, clock_timestamp())
      and not exists (select from press.attestations r where r.renewed_id = a.id));
end
$$;
comment on function press_private.renewed_attestation is 'The latest attestation by which this holder has proved the same, if its credential has ended; null otherwise. To be called under the holder''s lock.';
revoke all on function press_private.renewed_attestation from public;
--! EndIncluded press_private/renewed_attestation.sql
--! Included press_private/decision_facts.sql
/* All that the decision rests on, so that it can be made again without the evidence, which is gone then. What the worker could not find out is not there. Whether a
   proof has given a credential is asked only for whoever has shown that it is theirs: others would learn who was here. */
create or replace function press_private.decision_facts(attestation press.attestations, facts jsonb, problem text, proof_digest text, nonce text)
  returns jsonb
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_is_nonce_right  boolean := exists (
    select from press_private.attestation_work w where w.attestation_id = attestation.id and w.nonce = decision_facts.nonce);
begin
  return decision_facts.facts
    || jsonb_build_object(
      'address_checks', attestation.address_checks,
      'checked_at', press_private.rfc3339(attestation.submitted_at),
      'holder_is_active', (select h.is_active from press.holders h where h.id = attestation.holder_id))
    || case when decision_facts.problem is not null and decision_facts.nonce is null then '{}'
       else jsonb_build_object('nonce_is_right', v_is_nonce_right) end
    || case when decision_facts.proof_digest is null or not v_is_nonce_right then '{}' else jsonb_build_object(
      'proof_is_new', press_private.renewed_attestation(attestation.holder_id, decision_facts.proof_digest) is not null or not exists (
        select from press.attestations a where a.proof_digest = decision_facts.proof_digest and a.status = 'verified')) end;
end
$$;
comment on function press_private.decision_facts is 'The facts that the decision rests on: those of the worker, and what is known here of the holder, their number, the proof (new: it gave no credential, or its holder''s has ended) and the address. To be called under the attestation''s lock.';
revoke all on function press_private.decision_facts from public;
--! EndIncluded press_private/decision_facts.sql
--! Included press_private/violations_of.sql
/* The decision itself. It reads nothing but the facts and the rules, so that anybody with both comes to the same. Of evidence that is invalid, only what is
   known is judged. */
create or replace function press_private.violations_of(kind press.attestation_kind, facts jsonb, rule_set_id integer)
  returns text[]
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return coalesce((
    select array_agg(v.name order by v.index)
    from press_private.attestation_violations() with ordinality v (name, fact, sentence, hint, index)
    left join press.anti_gaming_violations(
      (facts ->> 'repository_created_at')::timestamptz, (facts ->> 'repository_size_kb')::bigint, (facts ->> 'account_created_at')::timestamptz,
      (facts ->> 'address_checks')::integer, (facts ->> 'checked_at')::timestamptz, violations_of.rule_set_id) g on g.name = v.name
    where case v.name
      when 'evidence_invalid' then facts ? 'problem'
      when 'nonce_invalid' then facts -> 'nonce_is_right' = 'false'
      when 'proof_already_used' then facts -> 'proof_is_new' = 'false'
      when 'holder_inactive' then facts -> 'holder_is_active' = 'false'
      when 'holder_erased' then false
      when 'address_checked_too_often' then g.name is not null
      else g.name is not null and violations_of.kind = 'repository' and (facts -> v.fact <> 'null' or not facts ? 'problem') end), '{}');
end
$$;
comment on function press_private.violations_of is 'Every violation that the facts are under the rules, by name and in the order of the register; empty: there is none. All rules hold for a repository, that of the address alone for an ID token.';
revoke all on function press_private.violations_of from public;
--! EndIncluded press_private/violations_of.sql
--! Included press_private/trust_level_of.sql
/* A repository takes months to grow, and an account at a provider a minute to make. */
create or replace function press_private.trust_level_of(kind press.attestation_kind)
  returns smallint
  language sql immutable
begin atomic
  select case trust_level_of.kind when 'oidc' then 1 when 'repository' then 2 end::smallint;
end;
comment on function press_private.trust_level_of is 'The trust level that a credential of the kind raises its holder to.';
revoke all on function press_private.trust_level_of from public;
--! EndIncluded press_private/trust_level_of.sql
--! Included press_private/mint_credential.sql
/* One credential of one attestation: the unique key of press.credentials is the third layer. Its place in the status list is chosen at random, so that it does not
   tell when it was minted or what was minted beside it; a list takes no more than half of its places, so that a free one is found at the second try. Where the count
   is behind, as after rows were restored without it, the next list has one. */
create or replace function press_private.mint_credential(attestation press.attestations)
  returns press.credentials
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_list        integer := 1 + (nextval('press_private.credential_numbers') - 1) / 65536;
  v_credential  press.credentials;
begin
  for v_try in 1..1000 loop
    insert into press.credentials (attestation_id, holder_id, kind, trust_level, status_list, status_index, valid_from, valid_until)
    values (
      attestation.id, attestation.holder_id, attestation.kind, press_private.trust_level_of(attestation.kind), v_list + v_try / 100,
      ('x' || right(gen_random_uuid()::text, 5))::bit(20)::integer & 131071,
      attestation.decided_at, attestation.decided_at + make_interval(hours => 365 * 24))
    on conflict on constraint credentials_status_index_key do nothing
    returning * into v_credential;
    exit when v_credential.id is not null;
  end loop;
  -- Verified without a credential would be a half-state; the next try counts on.
  perform press_private.refuse('RETRY') where v_credential.id is null;

  update press.holders h set trust_level = v_credential.trust_level
  where h.id = v_credential.holder_id and h.trust_level < v_credential.trust_level;
  return v_credential;
end
$$;
comment on function press_private.mint_credential is 'Mints the credential of an attestation that was verified, pending its signature, for 365 days, and raises the trust level of its holder, never lowers it. To be called under the attestation''s lock. Refuses: RETRY (no place in a list was free).';
revoke all on function press_private.mint_credential from public;
--! EndIncluded press_private/mint_credential.sql
--! Included press_private/attestation_decided_leaf.sql
create or replace function press_private.attestation_decided_leaf(attestation press.attestations, rule_set_hash text)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339((attestation).decided_at)
      || '","attestation_id":"' || (attestation).id
      || '","evidence_digest":"' || (attestation).evidence_digest
      || '","holder":"' || (attestation).holder_id
      || '","kind":"' || (attestation).kind
      || '","rule_set_hash":"' || attestation_decided_leaf.rule_set_hash
      || '","type":"attestation.decided","verdict":"' || (attestation).status
      || '","violations":' || array_to_json((attestation).violations) || '}';
end;
comment on function press_private.attestation_decided_leaf is 'The leaf of an attestation that was verified or rejected. rule_set_hash: of the rules that it was decided under.';
revoke all on function press_private.attestation_decided_leaf from public;
--! EndIncluded press_private/attestation_decided_leaf.sql
--! Included press_private/decide_attestation.sql
/* A number gives one credential: other evidence that names it names nothing then. One that was rejected costs the number as well, but not what was submitted under it and
   still waits. */
create or replace function press_private.decide_attestation(attestation press.attestations, facts jsonb, proof_digest text, nonce text)
  returns press.attestations
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_rules        press.rule_sets := press_private.rules_in_force();
  v_violations   text[] := press_private.violations_of(attestation.kind, decide_attestation.facts, v_rules.id);
  v_attestation  press.attestations;
begin
  update press.attestations a
  set status = (case when v_violations = '{}' then 'verified' else 'rejected' end)::press.attestation_status,
      decided_at = date_trunc('milliseconds', clock_timestamp()), rule_set_id = v_rules.id, facts = decide_attestation.facts,
      violations = v_violations, proof_digest = case when v_violations = '{}' then decide_attestation.proof_digest end,
      renewed_id = case when v_violations = '{}' then press_private.renewed_attestation(a.holder_id, decide_attestation.proof_digest) end
  where a.id = attestation.id
  returning a.* into v_attestation;

  if v_attestation.status = 'verified' then
    perform press_private.mint_credential(v_attestation);
    set constraints press._200_require_credential immediate;
    set constraints press._200_require_credential deferred;
    update press_private.attestation_work w set nonce = null from press.attestations a
    where a.holder_id = v_attestation.holder_id and a.status = 'submitted' and w.attestation_id = a.id and w.nonce = decide_attestation.nonce;
  end if;
  delete from press_private.attestation_work w where w.attestation_id = v_attestation.id;
  delete from press_private.attestation_nonces n
  where n.holder_id = v_attestation.holder_id and n.kind = v_attestation.kind and n.nonce = decide_attestation.nonce;
  perform press_private.append_entry('attestation.decided', null, null,
    press_private.attestation_decided_leaf(v_attestation, v_rules.rule_set_hash));
  return v_attestation;
end
$$;
comment on function press_private.decide_attestation is 'Writes what follows from the facts: the verdict, the credential if there is no violation, and the entry of the ledger; the evidence is removed, and the number that it named. To be called under the locks of the attestation and its holder.';
revoke all on function press_private.decide_attestation from public;
--! EndIncluded press_private/decide_attestation.sql
--! Included press_worker/verify_attestation.sql
/* Decides about an attestation, once, in one transaction. What the database cannot find out the worker brings: what was proved, which number it names, and the facts.
     1. is it of its form?                 press_private.is_attestation_proof, press_private.facts_problem
     2. one at a time                      press_private.lock_attestation: the attestation's row, then the holder's    the first layer
     3. was it decided?                    press_private.require_undecided, read under the lock                        the second layer
     4. what follows from the facts?       press_private.decision_facts, press_private.violations_of
     5. write it                           press_private.decide_attestation; under the keys of press.credentials and
                                           press.attestations, and the triggers that let a decision be written once   the third
   A crash before the commit leaves nothing, and the attestation is handed out again when its lease has run out. */
create or replace function press_worker.verify_attestation(attestation_id uuid, proof text, nonce text, facts jsonb, problem text default null)
  returns press.attestations
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_attestation   press.attestations;
  v_proof_digest  text := encode(press_private.keyed_hash('proof', verify_attestation.proof), 'hex');
begin
  perform press_private.require_running();
  select a.* into v_attestation from press.attestations a where a.id = verify_attestation.attestation_id;
  perform press_private.refuse('INVALID_INPUT', p.problem)
  from coalesce(
    case when v_attestation.id is null then 'There is no such attestation.' end,
    case when verify_attestation.proof is null and verify_attestation.problem is null then 'What was proved is missing.' end,
    case when verify_attestation.proof is not null and not press_private.is_attestation_proof(v_attestation.kind, verify_attestation.proof) then
      'What was proved is not written as it has to be: {"issuer":…,"kind":"oidc","subject":…} or {"account_id":…,"kind":"repository","service":…}, canonical.' end,
    press_private.facts_problem(v_attestation.kind, verify_attestation.facts, verify_attestation.problem)) p (problem)
  where p.problem is not null;
  perform press_private.lock_attestation(v_attestation.id);
  perform press_private.require_running();

  -- Statements from here on see all that was committed before the locks were granted.
  select a.* into strict v_attestation from press.attestations a where a.id = verify_attestation.attestation_id;
  perform press_private.require_undecided(v_attestation);
  return press_private.decide_attestation(
    v_attestation,
    press_private.decision_facts(v_attestation, verify_attestation.facts, verify_attestation.problem, v_proof_digest, verify_attestation.nonce),
    v_proof_digest, verify_attestation.nonce);
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when unique_violation or serialization_failure or deadlock_detected then
    -- unique_violation: somebody else's attestation with the same proof was verified a moment ago; when this one is judged again, that is seen.
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_worker.verify_attestation is 'Decides about an attestation: verified, with its one credential, or rejected, with every violation. proof: the canonical text of what was proved; nonce: the number that the evidence names (null: none); facts: of a repository repository_created_at, repository_size_kb and account_created_at. problem: evidence_invalid, with a sentence as the fact "problem"; what is not known then is null or missing. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY, ALREADY_VERIFIED, EVIDENCE_REJECTED (it was rejected; the detail has its violations).';
revoke all on function press_worker.verify_attestation from public;
grant execute on function press_worker.verify_attestation to press_worker;
--! EndIncluded press_worker/verify_attestation.sql
--! Included press_worker/reject_unchecked.sql
/* Evidence names people and is not kept for ever; and what nobody can check would be tried for ever. What workers were handed is given up after a week, and ten tries, which
   take most of an hour, also after a press was away for longer; what has been due for thirty days and no worker asked for, then. Locks: attestations' rows, and holders'; it
   waits for none of them, because the next look comes soon, so the order of locks is kept. */
create or replace function press_worker.reject_unchecked()
  returns integer
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_now    timestamptz := clock_timestamp();  -- an index serves what does not change within a statement
  v_due    record;
  v_count  integer := 0;
begin
  perform press_private.require_running();
  for v_due in
    select a as attestation, case when w.tries >= 10 then 'It could not be checked within a week, because whoever was to be asked did not answer.'
      else 'It was not checked, because for thirty days no worker of this press has asked anybody.' end as problem
    from press.attestations a
    join press_private.attestation_work w on w.attestation_id = a.id
    join press.holders h on h.id = a.holder_id
    where a.status = 'submitted' and a.submitted_at <= v_now - interval '7 days' and (w.tries >= 10 or w.try_at <= v_now - interval '30 days')
      and not exists (select from press.credentials c where c.attestation_id = a.id)
    order by a.submitted_at
    limit 100
    for no key update of a, h skip locked
  loop
    perform press_private.decide_attestation(
      v_due.attestation,
      press_private.decision_facts(v_due.attestation, jsonb_build_object('problem', v_due.problem), 'evidence_invalid', null, null), null, null);
    v_count := v_count + 1;
  end loop;
  return v_count;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_worker.reject_unchecked is 'Rejects attestations that nobody could check, as evidence_invalid: those that have waited for a week and were handed out ten times, and those that have been due for thirty days. A hundred at most; says how many. Refuses: PRESS_STOPPED, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.reject_unchecked from public;
grant execute on function press_worker.reject_unchecked to press_worker;
--! EndIncluded press_worker/reject_unchecked.sql
--! Included press_worker/forget_addresses.sql
/* Also while the press is stopped: what is kept for an hour is kept for an hour. Nothing else is done here that could fail and keep it longer. Evidence has the number
   under which it was submitted. */
create or replace function press_worker.forget_addresses()
  returns integer
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_now        timestamptz := clock_timestamp();
  v_addresses  integer;
  v_nonces     integer;
begin
  delete from press_private.address_checks c where c.checked_at <= v_now - interval '1 hour';
  get diagnostics v_addresses = row_count;
  delete from press_private.attestation_nonces n where n.expires_at <= v_now;
  get diagnostics v_nonces = row_count;
  return v_addresses + v_nonces;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_worker.forget_addresses is 'Removes the hashes of network addresses that are an hour old, and the numbers that have expired; says how many. Refuses: LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.forget_addresses from public;
grant execute on function press_worker.forget_addresses to press_worker;
--! EndIncluded press_worker/forget_addresses.sql
--! Included press/replay_decision.sql
/* Who may see an attestation may have its decision made again: from the facts and the rules that its row names, and nothing else. */
create or replace function press.replay_decision(attestation_id uuid)
  returns press.decision_replay
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_actor        press_hidden.actor_record := press_hidden.current_actor();
  v_is_auditor   boolean := pg_has_role(session_user, 'press_auditor', 'usage');
  v_attestation  press.attestations;
  v_replayed     text[];
begin
  perform press_private.refuse('NOT_SIGNED_IN') where v_actor.kind = 'nobody' and not v_is_auditor;
  select a.* into v_attestation from press.attestations a
  where a.id = replay_decision.attestation_id
    and (v_is_auditor or v_actor.kind in ('operator', 'login') or a.holder_id = press_hidden.current_holder_id());
  if v_attestation.id is null then
    perform press_private.refuse('INVALID_INPUT', 'There is no such attestation, or it is another holder''s.');
  end if;
  perform press_private.refuse('INVALID_INPUT', 'It was not decided yet.') where v_attestation.status = 'submitted';

  if v_attestation.facts is not null then
    v_replayed := press_private.violations_of(v_attestation.kind, v_attestation.facts, v_attestation.rule_set_id);
  end if;
  return (v_attestation.id, v_attestation.status, v_attestation.violations, v_replayed, v_replayed = v_attestation.violations);
end
$$;
comment on function press.replay_decision is 'Makes a decision again, from its facts and its rules, for its holder, operators and auditors. agrees: whether it comes out the same; null where the facts are gone because the holder was forgotten. Refuses: NOT_SIGNED_IN, INVALID_INPUT (there is no such attestation to see, or it was not decided yet).';
revoke all on function press.replay_decision from public;
grant execute on function press.replay_decision to press_anonymous, press_holder, press_operator, press_auditor;
--! EndIncluded press/replay_decision.sql
--! Included press_private/base58btc.sql
/* How a Data Integrity proof writes its signature: the bytes as one number in the digits of Bitcoin, which leave out what looks alike; a zero byte in front is a
   digit 1 in front. */
create or replace function press_private.base58btc(bytes bytea)
  returns text
  language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  v_number  numeric := 0;
  v_zeros   integer := 0;
  v_text    text := '';
begin
  for v_at in 0 .. length(bytes) - 1 loop
    v_number := v_number * 256 + get_byte(bytes, v_at);
    v_zeros := v_zeros + (v_number = 0)::integer;
  end loop;
  while v_number > 0 loop
    v_text := substr('123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz', 1 + (v_number % 58)::integer, 1) || v_text;
    v_number := div(v_number, 58);
  end loop;
  return repeat('1', v_zeros) || v_text;
end
$$;
comment on function press_private.base58btc is 'The bytes in base58btc, without the multibase letter z.';
revoke all on function press_private.base58btc from public;
--! EndIncluded press_private/base58btc.sql
--! Included press_private/base58btc_bytes.sql
create or replace function press_private.base58btc_bytes(value text)
  returns bytea
  language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  v_number  numeric := 0;
  v_bytes   bytea := ''::bytea;
begin
  if (value collate "C" ~ '^[1-9A-HJ-NP-Za-km-z]{1,128}$') is not true then
    return null;
  end if;
  for v_at in 1 .. length(value) loop
    v_number := v_number * 58 + strpos('123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz', substr(value, v_at, 1)) - 1;
  end loop;
  while v_number > 0 loop
    v_bytes := set_byte('\x00', 0, (v_number % 256)::integer) || v_bytes;
    v_number := div(v_number, 256);
  end loop;
  return decode(repeat('00', length(value) - length(ltrim(value, '1'))), 'hex') || v_bytes;
end
$$;
comment on function press_private.base58btc_bytes is 'The bytes that a value in base58btc stands for, of 128 digits at most; null for any other text.';
revoke all on function press_private.base58btc_bytes from public;
--! EndIncluded press_private/base58btc_bytes.sql
--! Included press_private/unsigned_credential.sql
/* A Verifiable Credential (W3C VC Data Model 2.0) in canonical form. It names its holder by the opaque id, as the ledger does: a person is forgotten without it. */
create or replace function press_private.unsigned_credential(credential press.credentials, issuer text, base_url text)
  returns text
  language sql stable
begin atomic
  select '{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/undefined-terms/v2"]'
      || ',"credentialStatus":{"id":"' || l.url || '#' || (credential).status_index
      || '","statusListCredential":"' || l.url
      || '","statusListIndex":"' || (credential).status_index
      || '","statusPurpose":"revocation","type":"BitstringStatusListEntry"}'
      || ',"credentialSubject":{"attestationKind":"' || (credential).kind
      || '","id":"urn:uuid:' || (credential).holder_id
      || '","trustLevel":' || (credential).trust_level
      || '},"id":"urn:uuid:' || (credential).id
      || '","issuer":"' || unsigned_credential.issuer
      || '","type":["VerifiableCredential","AttestationCredential"]'
      || ',"validFrom":"' || press_private.rfc3339((credential).valid_from)
      || '","validUntil":"' || press_private.rfc3339((credential).valid_until) || '"}'
  from (select unsigned_credential.base_url || '/credentials/status/' || (credential).status_list as url) l;
end;
comment on function press_private.unsigned_credential is 'The canonical text of a credential without its proof. issuer: a DID; base_url: where the status lists are served.';
revoke all on function press_private.unsigned_credential from public;
--! EndIncluded press_private/unsigned_credential.sql
--! Included press_private/proof_options.sql
create or replace function press_private.proof_options(issuer text, key_id text, created timestamptz)
  returns text
  language sql stable
begin atomic
  select '{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/undefined-terms/v2"]'
      || ',"created":"' || press_private.rfc3339(proof_options.created)
      || '","cryptosuite":"eddsa-jcs-2022","proofPurpose":"assertionMethod","type":"DataIntegrityProof","verificationMethod":"'
      || proof_options.issuer || '#' || proof_options.key_id || '"}';
end;
comment on function press_private.proof_options is 'The canonical text of a Data Integrity proof of the suite eddsa-jcs-2022, without its value. issuer: a DID.';
revoke all on function press_private.proof_options from public;
--! EndIncluded press_private/proof_options.sql
--! Included press_private/credential_document.sql
/* Both texts are canonical and keep their members; each gains one, at its place in the order of names. */
create or replace function press_private.credential_document(unsigned_document text, proof_options text, signature text)
  returns text
  language sql stable
begin atomic
  select replace(
    credential_document.unsigned_document,
    ',"type":["VerifiableCredential"',
    ',"proof":' || replace(
      credential_document.proof_options,
      ',"type":"DataIntegrityProof"',
      ',"proofValue":"z' || press_private.base58btc(decode(credential_document.signature, 'hex')) || '","type":"DataIntegrityProof"')
    || ',"type":["VerifiableCredential"');
end;
comment on function press_private.credential_document is 'The canonical text of a signed credential. signature: 128 hex characters.';
revoke all on function press_private.credential_document from public;
--! EndIncluded press_private/credential_document.sql
--! Included press_private/credential_digest.sql
create or replace function press_private.credential_digest(unsigned_document text, proof_options text)
  returns bytea
  language sql stable
begin atomic
  select sha256(convert_to(credential_digest.proof_options, 'UTF8')) || sha256(convert_to(credential_digest.unsigned_document, 'UTF8'));
end;
comment on function press_private.credential_digest is 'The 64 bytes that are signed of a credential: a hash of the proof''s options, and one of the document.';
revoke all on function press_private.credential_digest from public;
--! EndIncluded press_private/credential_digest.sql
--! Included press_private/read_credential.sql
/* A text is taken apart, put together again, and is of the form if it is the same then. */
create or replace function press_private.read_credential(document text)
  returns table (unsigned_document text, proof_options text, key_id text, signature bytea)
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_proof  text := substring(read_credential.document from ',"proof":({[^{}]*}),"type":\["VerifiableCredential"');
  v_value  text := substring(v_proof from ',"proofValue":"z([^"]*)","type":"DataIntegrityProof"');
begin
  unsigned_document := replace(read_credential.document, ',"proof":' || v_proof, '');
  proof_options := replace(v_proof, ',"proofValue":"z' || v_value || '"', '');
  key_id := substring(v_proof from '#([0-9a-f]{16})"}$');
  signature := press_private.base58btc_bytes(v_value);
  if signature is not null
     and read_credential.document = press_private.credential_document(unsigned_document, proof_options, encode(signature, 'hex')) then
    return next;
  end if;
end
$$;
comment on function press_private.read_credential is 'The parts of a signed credential, or of a status list, as this press writes them; no row for any other text. Says nothing of whether it is genuine.';
revoke all on function press_private.read_credential from public;
--! EndIncluded press_private/read_credential.sql
--! Included press_private/is_credential_genuine.sql
create or replace function press_private.is_credential_genuine(document text)
  returns boolean
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return exists (
    select from press_private.read_credential(is_credential_genuine.document) r
    join press.signing_keys k on k.key_id = r.key_id and k.purpose = 'credential'
    where press.ed25519_verify(
      case when k.public_key collate "C" ~ '^[0-9a-f]{64}$' then decode(k.public_key, 'hex') end,  -- the audit asks of keys that were tampered with, too
      press_private.credential_digest(r.unsigned_document, r.proof_options), r.signature));
end
$$;
comment on function press_private.is_credential_genuine is 'Whether a credential, or a status list, has the signature of the key that it names, one for credentials of this press.';
revoke all on function press_private.is_credential_genuine from public;
--! EndIncluded press_private/is_credential_genuine.sql
--! Included press_private/credential_leaf.sql
create or replace function press_private.credential_leaf(credential press.credentials, type text, at timestamptz)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339(credential_leaf.at)
      || '","credential_hash":' || coalesce('"' || press_private.envelope_hash((credential).document) || '"', 'null')
      || ',"credential_id":"' || (credential).id
      || '","holder":"' || (credential).holder_id
      || '","type":"' || credential_leaf.type || '"}';
end;
comment on function press_private.credential_leaf is 'The leaf of a credential that was signed or revoked. type: credential.issued or credential.revoked. Its hash is SHA-256 of the signed document; null where it was revoked before it was signed.';
revoke all on function press_private.credential_leaf from public;
--! EndIncluded press_private/credential_leaf.sql
--! Included press_worker/credentials_to_sign.sql
/* Hands out pending credentials, oldest first, with the bytes to sign. They are stored before anybody sees them, and are the same ever after: whoever signs, however
   often and after whatever death, signs one document. Only when their key was retired are they written anew, for the key that asks; while it is in use no other
   key has them. Of two workers that reach for the same credentials at once, one locks and claims each, and the other passes over it.
   A credential that somebody planted, of an attestation that is not verified, is signed for nobody. */
create or replace function press_worker.credentials_to_sign(key_id text, issuer text, base_url text, batch_size integer, lease_seconds integer)
  returns table (credential_id uuid, unsigned_document text, proof_options text)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  v_now  timestamptz := clock_timestamp();
begin
  perform press_private.require_running();
  if (credentials_to_sign.batch_size between 1 and 1000 and credentials_to_sign.lease_seconds between 1 and 3600) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A batch is 1 to 1000 credentials, a lease 1 to 3600 seconds.');
  end if;
  if (credentials_to_sign.issuer collate "C" ~ '^did:[a-z0-9]+:[A-Za-z0-9._:%-]{1,200}$'
      and credentials_to_sign.base_url collate "C" ~ '^https?://[A-Za-z0-9._~:/%\[\]-]{0,200}[A-Za-z0-9\]]$') is not true then
    perform press_private.refuse('INVALID_INPUT', 'The issuer is a DID, such as did:web:press.example.org; the base URL is one without a slash at its end.');
  end if;
  perform press_private.active_signing_key(credentials_to_sign.key_id, 'credential');

  return query
  insert into press_private.credential_payloads as p (credential_id, key_id, unsigned_document, proof_options, claimed_until)
  select d.id, credentials_to_sign.key_id,
    press_private.unsigned_credential(d, credentials_to_sign.issuer, credentials_to_sign.base_url),
    press_private.proof_options(credentials_to_sign.issuer, credentials_to_sign.key_id, v_now),
    v_now + make_interval(secs => credentials_to_sign.lease_seconds)
  from (
    select c.*
    from press.credentials c
    where c.status = 'pending' and exists (select from press.attestations a where a.id = c.attestation_id and a.status = 'verified') and not exists (
      select from press_private.credential_payloads o
      where o.credential_id = c.id and (o.claimed_until > v_now or o.key_id <> credentials_to_sign.key_id and exists (
        select from press.signing_keys k where k.key_id = o.key_id and k.retired_at is null)))
    order by c.valid_from
    limit credentials_to_sign.batch_size
    for no key update of c skip locked
  ) d
  on conflict on constraint credential_payloads_pkey
  do update set
    key_id = excluded.key_id,
    unsigned_document = case when p.key_id = excluded.key_id then p.unsigned_document else excluded.unsigned_document end,
    proof_options = case when p.key_id = excluded.key_id then p.proof_options else excluded.proof_options end,
    claimed_until = excluded.claimed_until
  where p.claimed_until <= v_now
  returning p.credential_id, p.unsigned_document, p.proof_options;
end
$$;
comment on function press_worker.credentials_to_sign is 'Claims up to batch_size (1 to 1000) pending credentials for lease_seconds (1 to 3600) under the key, and returns what is signed of each: SHA-256 of the proof''s options and SHA-256 of the document, one after the other. issuer: the DID of the press; base_url: where it serves, without a slash at the end. Refuses: PRESS_STOPPED, INVALID_INPUT, UNKNOWN_KEY.';
revoke all on function press_worker.credentials_to_sign from public;
grant execute on function press_worker.credentials_to_sign to press_worker;
--! EndIncluded press_worker/credentials_to_sign.sql
--! Included press_worker/attach_credential_signatures.sql
/* Stores signatures, and drops the credentials' entries into the ledger's inbox. The document is put together here from what was stored before it was handed out, and a
   signature that does not verify is refused, because a document comes once. The same signature twice is fine. Locks: the credentials, by id. A crash before the
   commit leaves them pending, to be claimed again when the lease has run out. */
create or replace function press_worker.attach_credential_signatures(key_id text, credential_ids uuid[], signatures text[])
  returns table (credential_id uuid, outcome text)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  set lock_timeout = '5s' set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
  set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_key        press.signing_keys;
  v_ids        uuid[];
  v_documents  text[];
  v_attached   uuid[];
begin
  perform press_private.require_running();
  if cardinality(attach_credential_signatures.credential_ids) is distinct from cardinality(attach_credential_signatures.signatures)
     or exists (select from unnest(attach_credential_signatures.signatures) s where coalesce(s collate "C" !~ '^[0-9a-f]{128}$', true)) then
    perform press_private.refuse('INVALID_INPUT', 'There is one signature of 128 lower-case hex characters for each credential.');
  end if;
  v_key := press_private.active_signing_key(attach_credential_signatures.key_id, 'credential');

  perform from press.credentials c where c.id = any (attach_credential_signatures.credential_ids) order by c.id for no key update;
  select array_agg(s.credential_id), array_agg(press_private.credential_document(p.unsigned_document, p.proof_options, s.signature))
  into v_ids, v_documents
  from unnest(attach_credential_signatures.credential_ids, attach_credential_signatures.signatures) s (credential_id, signature)
  left join press_private.credential_payloads p on p.credential_id = s.credential_id and p.key_id = v_key.key_id
    and press.ed25519_verify(
      decode(v_key.public_key, 'hex'), press_private.credential_digest(p.unsigned_document, p.proof_options), decode(s.signature, 'hex'));

  with attached as (
    update press.credentials c set status = 'signed', document = s.document
    from unnest(v_ids, v_documents) s (credential_id, document)
    where c.id = s.credential_id and c.status = 'pending' and s.document is not null
      and exists (select from press.attestations a where a.id = c.attestation_id and a.status = 'verified')
    returning c as credential
  ), recorded as (
    insert into press_private.ledger_inbox (type, leaf)
    select 'credential.issued', press_private.credential_leaf(a.credential, 'credential.issued', clock_timestamp())
    from attached a
    order by (a.credential).id
  )
  select coalesce(array_agg((a.credential).id), '{}') into v_attached from attached a;

  if v_attached <> '{}' then
    perform pg_notify('press_signed', '');  -- a hint that wakes whoever waits; it says nothing
  end if;

  return query
  select s.credential_id,
    case when c.id is null or s.document is null or c.document is distinct from s.document then 'refused'
         when s.credential_id = any (v_attached) then 'attached' else 'repeated' end
  from unnest(v_ids, v_documents) s (credential_id, document)
  left join press.credentials c on c.id = s.credential_id;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_worker.attach_credential_signatures is 'Stores the signatures (128 lower-case hex characters each) of credentials claimed under the key. outcome: attached; repeated (the same was there); refused (it does not verify, another is there, the claim went to another key, the credential was revoked before, its attestation is not verified, or there is none). Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY, UNKNOWN_KEY.';
revoke all on function press_worker.attach_credential_signatures from public;
grant execute on function press_worker.attach_credential_signatures to press_worker;
--! EndIncluded press_worker/attach_credential_signatures.sql
--! Included press/revoke_credential.sql
/* Withdraws a credential, for ever; its holder keeps the trust of those that are left. Locks: the holder's row, then the credential's. */
create or replace function press.revoke_credential(credential_id uuid, reason text)
  returns press.credentials
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_actor       press_hidden.actor_record;
  v_credential  press.credentials;
begin
  perform press_private.require_running();
  v_actor := press_private.require_operator();
  if not press_private.is_one_line(revoke_credential.reason, 500) then
    perform press_private.refuse('INVALID_INPUT', 'A reason has 1 to 500 characters, none of them a control character.');
  end if;
  select c.* into v_credential from press.credentials c where c.id = revoke_credential.credential_id;
  if v_credential.id is null then
    perform press_private.refuse('INVALID_INPUT', 'There is no such credential.');
  end if;
  perform press_private.hold_operators(array[v_actor.subject]) where v_actor.kind = 'operator';
  perform from press.holders h where h.id = v_credential.holder_id for no key update;
  perform press_private.require_running();

  select c.* into strict v_credential from press.credentials c where c.id = revoke_credential.credential_id for no key update;
  if v_credential.status = 'revoked' then
    return v_credential;
  end if;
  update press.credentials c
  set status = 'revoked', revoked_at = date_trunc('milliseconds', clock_timestamp()),
      revoked_by = press_private.issuer_label(v_actor), reason = revoke_credential.reason
  where c.id = v_credential.id
  returning c.* into v_credential;

  update press.holders h
  set trust_level = coalesce((
    select max(c.trust_level) from press.credentials c join press.attestations a on a.id = c.attestation_id and a.status = 'verified'
    where c.holder_id = h.id and c.status <> 'revoked'), 0)
  where h.id = v_credential.holder_id;
  perform press_private.append_entry('credential.revoked', null, null,
    press_private.credential_leaf(v_credential, 'credential.revoked', v_credential.revoked_at));
  return v_credential;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.revoke_credential is 'Withdraws a credential: its status list says so to everybody, and the trust level of its holder is the highest of the credentials that are left. The reason (1 to 500 characters) is for its holder, operators and auditors; the ledger has the fact alone. One that was revoked stays as it is. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT (also: there is no such credential), LOCK_TIMEOUT, RETRY.';
revoke all on function press.revoke_credential from public;
grant execute on function press.revoke_credential to press_anonymous, press_holder, press_operator;
--! EndIncluded press/revoke_credential.sql
--! Included press_worker/status_lists_to_make.sql
/* A list is valid for a day, and is made anew after half of it, when a credential was revoked, and when its key was retired. */
create or replace function press_worker.status_lists_to_make()
  returns table (list integer, revoked_indices integer[])
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  return query
  select n.list, r.indices
  from generate_series(1, (select max(c.status_list) from press.credentials c)) n (list)
  cross join lateral (
    select array(select c.status_index from press.credentials c where c.status_list = n.list and c.status = 'revoked' order by c.status_index)) r (indices)
  left join press_private.status_lists s on s.list = n.list
  left join press.signing_keys k on k.key_id = s.key_id
  where press_private.stop_reason() is null
    and (s.list is null or s.made_at <= statement_timestamp() - interval '12 hours' or s.revoked_count <> cardinality(r.indices) or k.retired_at is not null)
  order by n.list;
end
$$;
comment on function press_worker.status_lists_to_make is 'The status lists that are to be signed now, each with the places of what was revoked: 0 to 131071. None while the press is stopped.';
revoke all on function press_worker.status_lists_to_make from public;
grant execute on function press_worker.status_lists_to_make to press_worker;
--! EndIncluded press_worker/status_lists_to_make.sql
--! Included press_private/is_list_of_today.sql
create or replace function press_private.is_list_of_today(document text)
  returns boolean
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_moments  text[] := regexp_match(is_list_of_today.document, '"validFrom":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)","validUntil":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"}$');
begin
  return (abs(extract(epoch from v_moments[1]::timestamptz - clock_timestamp())) <= 300
    and v_moments[2]::timestamptz - v_moments[1]::timestamptz = interval '24 hours') is true;
exception
  when data_exception then  -- a day or an hour that there is not
    return false;
end
$$;
comment on function press_private.is_list_of_today is 'Whether the signed status list is valid for 24 hours, from now on, give or take five minutes.';
revoke all on function press_private.is_list_of_today from public;
--! EndIncluded press_private/is_list_of_today.sql
--! Included press_worker/publish_status_list.sql
/* The worker signs outside; what it brings has to be a list of this press under a signature that verifies, for a day from now on: it is made anew half a day after
   it was published, and one that was signed long before would have ended by then. Two workers may bring one each: what was revoked is never taken back, so the one with
   more in it stays. Which places its bits say is not read here, because they are zipped, and PostgreSQL cannot unzip; golden-press audit holds them against the rows. */
create or replace function press_worker.publish_status_list(key_id text, list integer, revoked_count integer, document text)
  returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
begin
  perform press_private.require_running();
  perform press_private.refuse('INVALID_INPUT', 'There is no such list, or not so much of it was revoked.')
  where not exists (select from press.credentials c where c.status_list = publish_status_list.list)
     or (publish_status_list.revoked_count between 0 and (
       select count(*) from press.credentials c where c.status_list = publish_status_list.list and c.status = 'revoked')) is not true;
  perform press_private.active_signing_key(publish_status_list.key_id, 'credential');
  perform press_private.refuse('INVALID_INPUT', 'The document is not this list under a signature of the key.')
  where not (
    exists (
      select from press_private.read_credential(publish_status_list.document) r
      where r.key_id = publish_status_list.key_id and r.unsigned_document ~ format('"id":"https?://[^"]*/credentials/status/%s"', publish_status_list.list)
        and r.unsigned_document ~ '"type":\["VerifiableCredential","BitstringStatusListCredential"\]')
    and press_private.is_credential_genuine(publish_status_list.document));
  perform press_private.refuse('INVALID_INPUT', 'The list is not valid for a day from now on, give or take five minutes: see the clock of the worker, and sign it again.')
  where not press_private.is_list_of_today(publish_status_list.document);

  insert into press_private.status_lists as s (list, document, revoked_count, key_id)
  values (publish_status_list.list, publish_status_list.document, publish_status_list.revoked_count, publish_status_list.key_id)
  on conflict on constraint status_lists_pkey
  do update set document = excluded.document, revoked_count = excluded.revoked_count, key_id = excluded.key_id, made_at = excluded.made_at
  where s.revoked_count <= excluded.revoked_count;
  return found;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_worker.publish_status_list is 'Publishes a signed status list, valid for a day from now on, give or take five minutes. revoked_count: how many places of it are revoked. False: one with more of them is there. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY, UNKNOWN_KEY.';
revoke all on function press_worker.publish_status_list from public;
grant execute on function press_worker.publish_status_list to press_worker;
--! EndIncluded press_worker/publish_status_list.sql
--! Included press_gateway/status_list.sql
create or replace function press_gateway.status_list(list integer)
  returns text
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return (select s.document from press_private.status_lists s where s.list = status_list.list);
end
$$;
comment on function press_gateway.status_list is 'The signed status list (a BitstringStatusListCredential) of that number; null: there is none.';
revoke all on function press_gateway.status_list from public;
grant execute on function press_gateway.status_list to press_gateway;
--! EndIncluded press_gateway/status_list.sql
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
--! EndIncluded press_private/tg__refuse_change.sql
--! Included press_private/tg_attestations__guard_decision.sql
/* A claim is what was submitted, and is decided once. The facts of a decision go when its holder is forgotten. */
create or replace function press_private.tg_attestations__guard_decision()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (NEW.id, NEW.holder_id, NEW.kind, NEW.evidence_digest, NEW.submitted_at, NEW.submitted_by, NEW.request_key, NEW.address_checks)
    is distinct from
     (OLD.id, OLD.holder_id, OLD.kind, OLD.evidence_digest, OLD.submitted_at, OLD.submitted_by, OLD.request_key, OLD.address_checks) then
    perform press_private.refuse('NOT_ALLOWED', 'What was submitted never changes.');
  end if;

  if OLD.status <> 'submitted'
     and (NEW.status, NEW.decided_at, NEW.rule_set_id, NEW.violations, NEW.proof_digest)
       is distinct from (OLD.status, OLD.decided_at, OLD.rule_set_id, OLD.violations, OLD.proof_digest) then
    perform press_private.refuse('NOT_ALLOWED', 'An attestation is decided once.');
  end if;

  if OLD.status <> 'submitted' and NEW.facts is distinct from OLD.facts
     and not (NEW.facts is null and exists (select from press_private.erased_holders e where e.holder_id = OLD.holder_id)) then
    perform press_private.refuse('NOT_ALLOWED', 'What a decision rests on never changes, and goes only when its holder is forgotten.');
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_attestations__guard_decision is 'Refuses every change of an attestation but its decision, once, and the removal of facts of a holder who was forgotten. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_attestations__guard_decision from public;

create or replace trigger _200_guard_decision before update on press.attestations
  for each row execute function press_private.tg_attestations__guard_decision();
alter table press.attestations enable always trigger _200_guard_decision;
--! EndIncluded press_private/tg_attestations__guard_decision.sql
--! Included press_private/tg_attestations__guard_renewal.sql
/* The third layer of renewal, with the keys of the table: two credentials of one proof are never valid at once. */
create or replace function press_private.tg_attestations__guard_renewal()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if TG_OP = 'UPDATE' and OLD.status <> 'submitted' and NEW.renewed_id is distinct from OLD.renewed_id then
    perform press_private.refuse('NOT_ALLOWED', 'An attestation is decided once.');
  end if;
  if NEW.renewed_id is not null and not press_private.has_expired(NEW.renewed_id, NEW.decided_at) then
    perform press_private.refuse('NOT_ALLOWED', 'It gave a credential that has not ended, or was revoked.');
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_attestations__guard_renewal is 'Refuses an attestation that renews one whose credential has not ended, or was revoked. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_attestations__guard_renewal from public;

create or replace trigger _200_guard_renewal before insert or update on press.attestations
  for each row execute function press_private.tg_attestations__guard_renewal();
alter table press.attestations enable always trigger _200_guard_renewal;
--! EndIncluded press_private/tg_attestations__guard_renewal.sql
--! Included press_private/tg_attestations__require_credential.sql
/* The third layer, the other way round: what is verified has its credential when the transaction ends. It is asked at the end because of the two one has to be written first. A
   decision has it asked at once (press_private.decide_attestation): at its end a worker's session has no right to look. */
create or replace function press_private.tg_attestations__require_credential()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select from press.credentials c where c.attestation_id = NEW.id) then
    perform press_private.refuse('NOT_ALLOWED', 'An attestation that is verified has its credential.');
  end if;
  return null;
end
$$;
comment on function press_private.tg_attestations__require_credential is 'Refuses an attestation that is verified and has no credential. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_attestations__require_credential from public;

drop trigger if exists _200_require_credential on press.attestations;
create constraint trigger _200_require_credential after insert or update of status on press.attestations
  deferrable initially deferred
  for each row when (NEW.status = 'verified') execute function press_private.tg_attestations__require_credential();
alter table press.attestations enable always trigger _200_require_credential;
--! EndIncluded press_private/tg_attestations__require_credential.sql
--! Included press_private/tg_credentials__guard_minting.sql
/* The third layer, with the keys of the table: nobody is given a credential for what was not verified. A decision marks the attestation first. Whoever plants a credential
   beside the press meets this, or has removed it; then it is still signed for nobody, and counts nowhere. */
create or replace function press_private.tg_credentials__guard_minting()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if NEW.status <> 'pending' or not exists (select from press.attestations a where a.id = NEW.attestation_id and a.status = 'verified') then
    perform press_private.refuse('NOT_ALLOWED', 'A credential is minted from an attestation that was verified, and awaits its signature.');
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_credentials__guard_minting is 'Refuses a credential of an attestation that is not verified, and one that is not pending. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_credentials__guard_minting from public;

create or replace trigger _200_guard_minting before insert on press.credentials
  for each row execute function press_private.tg_credentials__guard_minting();
alter table press.credentials enable always trigger _200_guard_minting;
--! EndIncluded press_private/tg_credentials__guard_minting.sql
--! Included press_private/tg_credentials__guard_identity.sql
/* A credential is what it was minted as. Only its status moves, forward, and its document comes once. The reason of its revocation goes when its holder is forgotten. */
create or replace function press_private.tg_credentials__guard_identity()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (NEW.id, NEW.attestation_id, NEW.holder_id, NEW.kind, NEW.trust_level, NEW.status_list, NEW.status_index, NEW.valid_from, NEW.valid_until)
    is distinct from
     (OLD.id, OLD.attestation_id, OLD.holder_id, OLD.kind, OLD.trust_level, OLD.status_list, OLD.status_index, OLD.valid_from, OLD.valid_until) then
    perform press_private.refuse('NOT_ALLOWED', 'What a credential was minted as never changes.');
  end if;

  if NEW.document is distinct from OLD.document and (OLD.document is not null or NEW.status <> 'signed') then
    perform press_private.refuse('NOT_ALLOWED', 'A signed document never changes.');
  end if;

  if NEW.status <> OLD.status and (OLD.status, NEW.status) not in (('pending', 'signed'), ('pending', 'revoked'), ('signed', 'revoked')) then
    perform press_private.refuse('NOT_ALLOWED', 'A credential goes from pending to signed, and to revoked; never back.');
  end if;

  if OLD.status = 'revoked' and ((NEW.revoked_at, NEW.revoked_by) is distinct from (OLD.revoked_at, OLD.revoked_by)
      or NEW.reason is distinct from OLD.reason
        and not (NEW.reason is null and exists (select from press_private.erased_holders e where e.holder_id = OLD.holder_id))) then
    perform press_private.refuse('NOT_ALLOWED', 'A revocation never changes; its reason goes only when its holder is forgotten.');
  end if;

  if NEW.status = 'revoked' and OLD.status <> 'revoked' and NEW.reason is null then
    perform press_private.refuse('NOT_ALLOWED', 'A revocation has a reason.');
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_credentials__guard_identity is 'Refuses every change of a credential but its next status, its first document, its revocation, and the removal of its reason when the holder was forgotten. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_credentials__guard_identity from public;

create or replace trigger _200_guard_identity before update on press.credentials
  for each row execute function press_private.tg_credentials__guard_identity();
alter table press.credentials enable always trigger _200_guard_identity;
--! EndIncluded press_private/tg_credentials__guard_identity.sql
--! Included access/attestations.sql
/* Who sees attestations: each holder their own; operators and auditors all.
   Not granted: insert (press.submit_attestation does it), update (press_worker.verify_attestation does it, once), delete (nobody does, a trigger refuses). */
revoke all on press.attestations from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.attestations to press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.attestations;
create policy owner_all on press.attestations to press_owner using (true) with check (true);
drop policy if exists select_own on press.attestations;
create policy select_own on press.attestations for select to press_holder using (holder_id = (select press_hidden.current_holder_id()));
drop policy if exists select_all on press.attestations;
create policy select_all on press.attestations for select to press_operator, press_auditor using (true);
--! EndIncluded access/attestations.sql
--! Included access/attestation_work.sql
/* Who sees evidence that is not decided yet: nobody, the auditor included, because evidence names people. The worker is handed it by
   press_worker.attestations_to_verify. Not granted: insert (press.submit_attestation does it), update, delete (the functions of the worker do it). */
revoke all on press_private.attestation_work from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
--! EndIncluded access/attestation_work.sql
--! Included access/attestation_nonces.sql
/* Who sees the numbers that bind proofs to holders: nobody; each holder is told their own by press.begin_attestation. Not granted: insert, update, delete. */
revoke all on press_private.attestation_nonces from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
--! EndIncluded access/attestation_nonces.sql
--! Included access/address_checks.sql
/* Who sees which network addresses were here: nobody. Not granted: insert, update (press.submit_attestation does it), delete
   (press_worker.forget_addresses does it). */
revoke all on press_private.address_checks from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
--! EndIncluded access/address_checks.sql
--! Included access/hashing_key.sql
/* Who sees the key of keyed hashes: nobody, the auditor included, because whoever has it opens them by guessing. Not granted: insert (the migration did it), update,
   delete (nobody does, a trigger refuses: what was hashed would match nothing any more). */
revoke all on press_private.hashing_key from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
--! EndIncluded access/hashing_key.sql
--! Included access/rule_sets.sql
/* Who sees the rules that evidence is held against: everybody; who put them in force, press_private.rule_set_requests. Not granted: insert (press.set_rules does it), update, delete (nobody does, a trigger refuses:
   decisions rest on them). */
revoke all on press.rule_sets from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.rule_sets to press_anonymous, press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.rule_sets;
create policy owner_all on press.rule_sets to press_owner using (true) with check (true);
drop policy if exists select_all on press.rule_sets;
create policy select_all on press.rule_sets for select to press_anonymous, press_holder, press_operator, press_auditor using (true);
--! EndIncluded access/rule_sets.sql
--! Included access/rule_set_requests.sql
/* Who sees which operator put rules in force: auditors. Not granted: insert (press.set_rules does it), update, delete (nobody does, a trigger refuses). */
revoke all on press_private.rule_set_requests from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.rule_set_requests to press_auditor;
--! EndIncluded access/rule_set_requests.sql
--! Included access/credentials.sql
/* Who sees credentials: each holder their own; operators and auditors all.
   Not granted: insert (press_worker.verify_attestation does it), update (press_worker.attach_credential_signatures and press.revoke_credential do it),
   delete (nobody does, a trigger refuses). */
revoke all on press.credentials from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.credentials to press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.credentials;
create policy owner_all on press.credentials to press_owner using (true) with check (true);
drop policy if exists select_own on press.credentials;
create policy select_own on press.credentials for select to press_holder using (holder_id = (select press_hidden.current_holder_id()));
drop policy if exists select_all on press.credentials;
create policy select_all on press.credentials for select to press_operator, press_auditor using (true);
--! EndIncluded access/credentials.sql
--! Included access/credential_payloads.sql
/* Who sees what is signed of credentials: auditors. The worker is handed it by press_worker.credentials_to_sign. Not granted: insert, update
   (that function does it), delete (nobody does, a trigger refuses). */
revoke all on press_private.credential_payloads from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.credential_payloads to press_auditor;
--! EndIncluded access/credential_payloads.sql
--! Included access/status_lists.sql
/* Who sees the status lists: auditors; everybody is served them by press_gateway.status_list. Not granted: insert, update
   (press_worker.publish_status_list does it), delete. */
revoke all on press_private.status_lists from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.status_lists to press_auditor;
--! EndIncluded access/status_lists.sql
--! Included access/erased_holders.sql
/* Who sees which holders were forgotten: auditors. Not granted: insert, delete (forgetting a person and their return do it), update. */
revoke all on press_private.erased_holders from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.erased_holders to press_auditor;
--! EndIncluded access/erased_holders.sql
--! Included access/erased_envelopes.sql
/* Who sees the hashes of envelopes that were removed: auditors. Not granted: insert (forgetting a person does it), update, delete. */
revoke all on press_private.erased_envelopes from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.erased_envelopes to press_auditor;
--! EndIncluded access/erased_envelopes.sql

--! split: 3000-issuing-and-audit.sql
/* What an edition demands of its holders, people who are forgotten and return, and an audit of all that. */
drop function press_private.ticket_issued_leaf(press.tickets, text, timestamptz);
drop function press_private.told_tickets(integer, bigint);
drop function press.create_edition(text, text, integer, integer, press.draw_mode, timestamptz, timestamptz, integer, text);

alter table press_private.signing_claims add column is_doubtful boolean not null default false;
comment on column press_private.signing_claims.is_doubtful is 'Whether the recipient has changed since a worker was given the payload: a signature is verified then before it is stored.';

/* Whoever reads the planner's statistics reads samples of what was stored, also of people who were forgotten: no more are taken of what names people, and those
   that were taken go, as they do when a column is given its type. The functions that PostgreSQL holds against that (15 does more than 18) are made again below. */
drop function press_private.tickets_of_request(integer, uuid, text, uuid);
drop function press_private.recorded_label(text, uuid);
drop function press_private.signed_envelopes(text, uuid[], text[]);
drop function press_private.edition_closed_leaf(press.editions);
drop function press_private.ticket_redeemed_leaf(press.tickets, text, text, timestamptz);
drop function press_private.ticket_revoked_leaf(press.tickets, text, text, text, timestamptz);
alter table press.holders alter column subject type text, alter column subject set statistics 0, alter column deactivation_reason set statistics 0;
alter table press.tickets alter column envelope type text, alter column envelope set statistics 0;
alter table press.attestations alter column facts set statistics 0;
alter table press_private.attestation_work alter column evidence set statistics 0;

-- Whether somebody has acted as an operator is asked while signing waits, so it must not read every ticket.
create index tickets_issued_by_idx on press.tickets (issued_by) where issued_by is not null;
create index redemptions_redeemed_by_idx on press.redemptions (redeemed_by) where redeemed_by <> 'holder';

--! Included press_private/entry_refusal.sql
/* What can be refused before the edition is locked, as a ladder in the order of press_private.refusals. Pure, and inlined into its caller:
   it is asked for every request, and a call would cost more than the answer. */
create or replace function press_private.entry_refusal(
    actor press_hidden.actor_record, recipient text, quantity integer, is_active boolean, edition_status press.edition_status)
  returns press_private.issue_verdict_record
  language sql immutable
begin atomic
  select case
    when (entry_refusal.actor).kind = 'nobody' then
      press_private.refused('NOT_SIGNED_IN')
    when (entry_refusal.actor).kind = 'holder' and entry_refusal.recipient <> (entry_refusal.actor).subject then
      press_private.refused('NOT_ALLOWED', 'Only an operator may name another recipient.')
    when not entry_refusal.is_active then
      press_private.refused('HOLDER_INACTIVE')
    when press_private.recipient_of(entry_refusal.actor, entry_refusal.recipient) is null then
      press_private.refused('INVALID_INPUT', 'A database login must name the recipient.')
    when not press_private.is_one_line(press_private.recipient_of(entry_refusal.actor, entry_refusal.recipient), 255) then
      press_private.refused('INVALID_INPUT', 'A recipient has 1 to 255 characters, none of them a control character.')
    -- An envelope of somebody who was forgotten names them so, and of nobody else.
    when starts_with(press_private.recipient_of(entry_refusal.actor, entry_refusal.recipient), 'erased:') then
      press_private.refused('INVALID_INPUT', 'A recipient does not begin with "erased:".')
    when (entry_refusal.quantity between 1 and 1000) is not true then
      press_private.refused('INVALID_INPUT', 'A quantity is from 1 to 1000.')
    -- A draft is nobody's business but the operators'.
    when entry_refusal.edition_status is null or (entry_refusal.edition_status = 'draft' and (entry_refusal.actor).kind = 'holder') then
      press_private.refused('EDITION_NOT_FOUND')
  end;
end;
comment on function press_private.entry_refusal is 'The refusal of a request that need not go to the core; null: it goes there. is_active is null for a recipient who is new; edition_status is null where there is no such edition.';
revoke all on function press_private.entry_refusal from public;
--! EndIncluded press_private/entry_refusal.sql
--! Included press_private/ledger_label.sql
/* An operator who never held a ticket becomes a holder here, because a holder's id is the only name that the ledger has for a person. To be
   called before the edition is locked, as press_private.ensure_holders. */
create or replace function press_private.ledger_label(actor press_hidden.actor_record)
  returns text
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  if actor.kind = 'login' then
    return press_private.issuer_label(actor);
  end if;
  if not press_private.is_one_line(actor.subject, 255) then
    perform press_private.refuse('INVALID_INPUT', 'Your token''s subject has more than 255 characters, or control characters.');
  end if;
  if starts_with(actor.subject, 'erased:') then
    perform press_private.refuse('INVALID_INPUT', 'Your token''s subject begins with "erased:", as envelopes name people who were forgotten.');
  end if;
  perform press_private.hold_operators(array[actor.subject]) where actor.kind = 'operator';
  perform press_private.ensure_holders(array[actor.subject])
  where not exists (select from press.holders h where h.subject = actor.subject);
  return (select actor.kind || ':' || h.id from press.holders h where h.subject = actor.subject);
end
$$;
comment on function press_private.ledger_label is 'How leaves name who acted: holder:ID or operator:ID, by the id of their row in press.holders, or login:NAME. Refuses: INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.ledger_label from public;
--! EndIncluded press_private/ledger_label.sql
--! Included press_private/tickets_of_request.sql
/* The one place that says what binds a request key: the actor, the edition and the key. Inlined into its callers' plans (it has no SET). */
create or replace function press_private.tickets_of_request(edition_id integer, holder_id uuid, issued_by text, request_key uuid)
  returns setof press.tickets
  language sql stable
begin atomic
  select t.* from press.tickets t
  where t.edition_id = tickets_of_request.edition_id and t.request_key = tickets_of_request.request_key
    and t.issued_by is null and t.holder_id = tickets_of_request.holder_id and tickets_of_request.issued_by is null
  union all
  select t.* from press.tickets t
  where t.edition_id = tickets_of_request.edition_id and t.request_key = tickets_of_request.request_key
    and t.issued_by = tickets_of_request.issued_by;
end;
comment on function press_private.tickets_of_request is 'The tickets that answered the request under this key: of the holder, where issued_by is null, else of that operator.';
revoke all on function press_private.tickets_of_request from public;
--! EndIncluded press_private/tickets_of_request.sql
--! Included press_private/recorded_label.sql
create or replace function press_private.recorded_label(label text, holder_id uuid)
  returns text
  language sql stable
begin atomic
  select case
    when recorded_label.label = 'holder' then 'holder:' || recorded_label.holder_id
    when starts_with(recorded_label.label, 'operator:') then 'operator:' || (select h.id from press.holders h where h.subject = substr(recorded_label.label, 10))
    else recorded_label.label end;
end;
comment on function press_private.recorded_label is 'How the ledger names whom a row of press.redemptions or press.revocations names: see press_private.ledger_label. holder_id: of the ticket.';
revoke all on function press_private.recorded_label from public;
--! EndIncluded press_private/recorded_label.sql
--! Included press_private/ticket_redeemed_leaf.sql
create or replace function press_private.ticket_redeemed_leaf(ticket press.tickets, edition text, redeemed_by text, redeemed_at timestamptz)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339(ticket_redeemed_leaf.redeemed_at)
      || '","by":' || to_json(ticket_redeemed_leaf.redeemed_by)
      || ',"edition":"' || ticket_redeemed_leaf.edition
      || '","ticket_id":"' || (ticket).id
      || '","ticket_number":' || (ticket).ticket_number
      || ',"type":"ticket.redeemed"}';
end;
comment on function press_private.ticket_redeemed_leaf is 'The leaf of a ticket that was redeemed. edition: its slug; redeemed_by: see press_private.ledger_label.';
revoke all on function press_private.ticket_redeemed_leaf from public;
--! EndIncluded press_private/ticket_redeemed_leaf.sql
--! Included press_private/ticket_revoked_leaf.sql
create or replace function press_private.ticket_revoked_leaf(ticket press.tickets, edition text, revoked_by text, reason text, revoked_at timestamptz)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339(ticket_revoked_leaf.revoked_at)
      || '","by":' || to_json(ticket_revoked_leaf.revoked_by)
      || ',"edition":"' || ticket_revoked_leaf.edition
      || '","reason":' || coalesce(to_json(ticket_revoked_leaf.reason)::text, 'null')
      || ',"ticket_id":"' || (ticket).id
      || '","ticket_number":' || (ticket).ticket_number
      || ',"type":"ticket.revoked"}';
end;
comment on function press_private.ticket_revoked_leaf is 'The leaf of a ticket that was revoked. edition: its slug; revoked_by: see press_private.ledger_label; reason: null where it is not published.';
revoke all on function press_private.ticket_revoked_leaf from public;
--! EndIncluded press_private/ticket_revoked_leaf.sql
--! Included press_private/lock_edition.sql
/* The first layer: writers of one edition stand in one line. This is the only caller of an advisory lock in the database, and the only
   place that knows the lock's class, 42; the lock ends with the transaction.
   Order of locks, always: attestations, then holders (new ones by subject), then the edition, then tickets and credentials (by id). Two editions in one
   transaction: by id.
   Read what decides AFTER this call, in another statement: a statement sees what was committed when it began, not when its lock was granted.
   At REPEATABLE READ and SERIALIZABLE every statement sees the transaction's first snapshot, so the row is locked as well: PostgreSQL
   then refuses with 40001 if the edition was changed since, and a caller with a stale view cannot issue into a closed edition. */
create or replace function press_private.lock_edition(edition_id integer)
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
begin
  perform pg_advisory_xact_lock(42, lock_edition.edition_id);

  if current_setting('transaction_isolation') <> 'read committed' then
    perform from press.editions e where e.id = lock_edition.edition_id for share;
  end if;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_private.lock_edition is 'Waits, at most five seconds, until this transaction is the only one that writes in the edition. Refuses: LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.lock_edition from public;
--! EndIncluded press_private/lock_edition.sql
--! Included press_private/eligibility_problems.sql
/* The one place that judges whether a holder has what an edition demands; every demand is looked at, so that all that is missing is told at once.
   A credential counts from the moment it is minted, signed or not, until it ends or is revoked; one that somebody planted never does. */
create or replace function press_private.eligibility_problems(edition press.editions, holder_id uuid)
  returns setof text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_trust_level  integer := coalesce((select h.trust_level from press.holders h where h.id = eligibility_problems.holder_id), 0);
begin
  if v_trust_level < edition.required_trust_level then
    return next format('It demands the trust level %s, and the holder has %s.', edition.required_trust_level, v_trust_level);
  end if;
  if edition.required_kind is not null and not exists (
      select from press.credentials c
      join press.attestations a on a.id = c.attestation_id and a.status = 'verified'
      where c.holder_id = eligibility_problems.holder_id and c.kind = edition.required_kind and c.status <> 'revoked' and c.valid_until > clock_timestamp()) then
    return next format('It demands a valid credential of the kind %s, and the holder has none.', edition.required_kind);
  end if;
end
$$;
comment on function press_private.eligibility_problems is 'What the edition demands and the holder has not, a sentence each; none: eligible. holder_id: null for somebody who is not known yet.';
revoke all on function press_private.eligibility_problems from public;
--! EndIncluded press_private/eligibility_problems.sql
--! Included press_private/ineligibility.sql
create or replace function press_private.ineligibility(edition press.editions, holder_id uuid)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return (select string_agg(p, ' ') from press_private.eligibility_problems(edition, ineligibility.holder_id) p);
end
$$;
comment on function press_private.ineligibility is 'Why the holder is not eligible for the edition, with all the reasons; null: is.';
revoke all on function press_private.ineligibility from public;
--! EndIncluded press_private/ineligibility.sql
--! Included press_private/issue_facts.sql
/* All that the guard has to know about each request, read with a fixed number of statements however many requests there are.
   Holders and keys become small integers here (holder_index, key_index), so that the guard can count in arrays. */
create or replace function press_private.issue_facts(edition_id integer, requests press_private.issue_request_record[])
  returns press_private.issue_facts_record[]
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return (
    select array_agg(
      row(r.holder_id, r.quantity, r.holder_index, r.key_index, h.held_count, k.first_number, k.quantity, k.holder_id,
          r.ineligibility)::press_private.issue_facts_record
      order by r.index)
    from (
      select u.*,
        dense_rank() over (order by u.holder_id)::integer as holder_index,
        case when u.request_key is not null then
          dense_rank() over (order by u.request_key, coalesce(u.issued_by, u.holder_id::text) collate "C")::integer end as key_index
      from unnest(issue_facts.requests) with ordinality u (holder_id, issued_by, quantity, request_key, ineligibility, index)
    ) r
    cross join lateral (
      select coalesce(max(t.holder_slot), 0) as held_count
      from press.tickets t where t.edition_id = issue_facts.edition_id and t.holder_id = r.holder_id
    ) h
    left join lateral (
      select b.ticket_number as first_number, b.holder_id, (
        select count(*)::integer
        from press_private.tickets_of_request(issue_facts.edition_id, r.holder_id, r.issued_by, r.request_key)) as quantity
      from press_private.tickets_of_request(issue_facts.edition_id, r.holder_id, r.issued_by, r.request_key) b
      where b.request_position = 1
        -- Who has none here has used no key here; with OFFSET the planner asks this before it looks, not after.
        and (r.issued_by is not null or h.held_count > 0)
      offset 0
    ) k on true
  );
end
$$;
comment on function press_private.issue_facts is 'For each request, in order: its holder''s count so far, and what was issued under its key before. To be called under the edition''s lock.';
revoke all on function press_private.issue_facts from public;
--! EndIncluded press_private/issue_facts.sql
--! Included press_private/judge_issue_request.sql
/* The rules of issuing, as a ladder: the first that applies is the answer, in the order of press_private.refusals. Pure, and inlined into its
   caller like press_private.entry_refusal. */
create or replace function press_private.judge_issue_request(
    fact press_private.issue_facts_record, edition press.editions, closed_reason text, issued_count integer, held_count integer)
  returns press_private.issue_verdict_record
  language sql stable
begin atomic
  select case
    when (fact).replayed_number is not null and (fact).quantity = (fact).replayed_quantity and (fact).holder_id = (fact).replayed_holder then
      row((fact).replayed_number, null::integer, null::text, null::text)::press_private.issue_verdict_record
    when (fact).replayed_number is not null then
      press_private.refused('REQUEST_KEY_REUSED', 'The first request under this key differs in its quantity or its recipient.')
    when closed_reason is not null then
      press_private.refused('EDITION_NOT_OPEN', closed_reason)
    when (fact).ineligibility is not null then
      press_private.refused('NOT_ELIGIBLE', (fact).ineligibility)
    when held_count + (fact).quantity > (edition).per_holder_limit then
      press_private.refused('HOLDER_LIMIT_REACHED', format('The limit is %s, the holder has %s, the request is for %s.',
        (edition).per_holder_limit, held_count, (fact).quantity))
    when issued_count + (fact).quantity > (edition).cap then
      press_private.refused('CAP_REACHED', format('The cap is %s, %s were issued, the request is for %s.',
        (edition).cap, issued_count, (fact).quantity))
    else
      row(issued_count + 1, held_count + 1, null::text, null::text)::press_private.issue_verdict_record
  end;
end;
comment on function press_private.judge_issue_request is 'The answer to one request, given what is already there.';
revoke all on function press_private.judge_issue_request from public;
--! EndIncluded press_private/judge_issue_request.sql
--! Included press_private/issue_batch.sql
/* THE CORE. Every ticket there is was issued here: many requests for one edition, answered together as if they had come one by one, in order.
   It takes the edition's id, the holders and who issues as arguments, and knows nothing of sessions, slugs, jobs or events.
   Locks: the edition (and, by the foreign key, its row). The three layers, in this order below: the lock, the guard, the constraints.
   A crash or a cancel at any line leaves nothing; after the commit every ticket is there, pending, and is itself the request to be signed. */
create or replace function press_private.issue_batch(edition_id integer, requests press_private.issue_request_record[])
  returns setof press_private.issue_outcome_record
  language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_edition   press.editions;
  v_now       timestamptz;
  v_verdicts  press_private.issue_verdict_record[];
begin
  perform press_private.lock_edition(issue_batch.edition_id);
  perform press_private.require_running();

  -- Statements from here on see all that was committed before the lock was granted.
  select e.* into strict v_edition from press.editions e where e.id = issue_batch.edition_id;
  v_now := clock_timestamp();
  v_verdicts := press_private.judge_issue_requests(v_edition, v_now, issue_batch.requests);

  insert into press.tickets
    (edition_id, ticket_number, holder_id, holder_slot, cap, per_holder_limit, issued_at, issued_by, request_key, request_position)
  select
    v_edition.id, r.first_number + p.position - 1, r.holder_id, r.first_slot + p.position - 1, v_edition.cap, v_edition.per_holder_limit,
    date_trunc('milliseconds', v_now), r.issued_by, r.request_key, case when r.request_key is not null then p.position end
  from unnest(issue_batch.requests, v_verdicts) r (holder_id, issued_by, quantity, request_key, ineligibility, first_number, first_slot, refusal, refusal_detail)
  cross join lateral generate_series(1, r.quantity) p (position)
  where r.first_slot is not null;

  return query
  select r.index::integer, r.refusal, r.refusal_detail, t.ticket
  from unnest(issue_batch.requests, v_verdicts) with ordinality
    r (holder_id, issued_by, quantity, request_key, ineligibility, first_number, first_slot, refusal, refusal_detail, index)
  left join lateral (
    select i as ticket from press.tickets i
    where i.edition_id = v_edition.id and i.ticket_number between r.first_number and r.first_number + r.quantity - 1
    order by i.ticket_number) t on true;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when unique_violation or not_null_violation or serialization_failure or deadlock_detected then
    -- A caller with a stale snapshot: the third layer caught what its guard could not see. Or one who holds locks of earlier calls. Or a holder who was
    -- forgotten or deactivated on the way here.
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_private.issue_batch is 'Issues, or answers again, or refuses, each request in its order, all in one edition. A quantity is granted whole or not at all. Refuses the whole batch only with PRESS_STOPPED, LOCK_TIMEOUT or RETRY.';
revoke all on function press_private.issue_batch from public;
--! EndIncluded press_private/issue_batch.sql
--! Included press_private/doubt_claims.sql
/* A worker may have been given a payload with a recipient that is not theirs any more. Its signature comes back without the payload, so that the database
   could not tell: what is claimed now is marked, and press_worker.attach_signatures verifies the signatures of what is marked. While the caller's
   transaction lasts no worker claims or attaches anything, so that none is between the two.
   Locks: the table of claims. */
create or replace function press_private.doubt_claims(holder_ids uuid[])
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
begin
  -- An older snapshot would not show every claim that the lock waited for.
  if current_setting('transaction_isolation') <> 'read committed' then
    perform press_private.refuse('INVALID_INPUT', 'A person is forgotten, or known again, at READ COMMITTED only: begin the transaction at that isolation level.');
  end if;
  lock table press_private.signing_claims in share row exclusive mode;
  update press_private.signing_claims c set is_doubtful = true
  from press.tickets t
  where t.holder_id = any (doubt_claims.holder_ids) and t.status = 'pending' and c.edition_id = t.edition_id and c.ticket_number = t.ticket_number;
end
$$;
comment on function press_private.doubt_claims is 'Has the signatures verified, when they come, of what is being signed for these holders. To be called before their recipient changes, and before other locks are taken. Refuses: INVALID_INPUT (at another isolation level than READ COMMITTED).';
revoke all on function press_private.doubt_claims from public;
--! EndIncluded press_private/doubt_claims.sql
--! Included press_private/return_holders.sql
/* Whoever was forgotten and comes back is who they were: their row, their slots and their limits; their subject's keyed hash tells. What a worker has under
   way for them names nobody, so it is doubtful from here on, as when they were forgotten.
   Locks: the claims of workers, the holders. Callers ask first whether anybody is forgotten at all, because a look costs less than a call. */
create or replace function press_private.return_holders(subjects text[])
  returns boolean
  language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_returned  uuid[];
begin
  v_returned := array(
    select e.holder_id from unnest(return_holders.subjects) s (subject)
    join press_private.erased_holders e on e.subject_hash = press_private.keyed_hash('subject', s.subject));
  if v_returned = '{}' then
    return false;
  end if;

  perform press_private.doubt_claims(v_returned);
  update press.holders h set subject = s.subject
  from unnest(return_holders.subjects) s (subject)
  join press_private.erased_holders e on e.subject_hash = press_private.keyed_hash('subject', s.subject)
  where h.id = e.holder_id;
  delete from press_private.erased_holders e using press.holders h
  where e.holder_id = any (v_returned) and h.id = e.holder_id and h.subject is not null;
  return true;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when unique_violation or serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_private.return_holders is 'Gives those of the subjects who were forgotten their old rows again; tells whether there were any. Refuses: INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.return_holders from public;
--! EndIncluded press_private/return_holders.sql
--! Included press_private/insert_holders.sql
/* In the order of subjects, so that two batches that bring the same new people cannot wait for each other in a circle; and before the edition is locked, so that nothing
   waits while holding it. */
create or replace function press_private.insert_holders(subjects text[])
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
begin
  insert into press.holders (subject)
  select distinct s.subject
  from unnest(insert_holders.subjects) s (subject)
  order by s.subject
  on conflict on constraint holders_subject_key do nothing;
  -- Who was forgotten while this waited for their row would be two people now: their old row cannot have the subject of the new one, and all is undone.
  perform press_private.return_holders(insert_holders.subjects) where exists (select from press_private.erased_holders);
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_private.insert_holders is 'Inserts a holder for each subject that has none. To be called when none of them is forgotten: see press_private.ensure_holders. Refuses: INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.insert_holders from public;
--! EndIncluded press_private/insert_holders.sql
--! Included press_private/ensure_holders.sql
/* Makes holders of people who are new here, or were a moment ago; who was forgotten and is here again gets their old row. */
create or replace function press_private.ensure_holders(subjects text[])
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform press_private.return_holders(ensure_holders.subjects) where exists (select from press_private.erased_holders);
  perform press_private.insert_holders(ensure_holders.subjects);
end
$$;
comment on function press_private.ensure_holders is 'Gives each subject a holder: the one who was forgotten, or one who is new. Refuses: INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.ensure_holders from public;
--! EndIncluded press_private/ensure_holders.sql
--! Included press_private/hold_operators.sql
/* Rows name operators by their subjects, so an operator must not be forgotten while they act. Whoever is about to write such a name holds the operator's own row as a
   holder until the transaction ends: press.erase_holder waits for it, and finds the name that was written; and who was forgotten, and acts, is known again. An operator
   who never held a ticket becomes a holder by this. Operators do not wait for each other here.
   Locks: the holders' rows, shared. To be called before the edition is locked, as press_private.ensure_holders. */
create or replace function press_private.hold_operators(subjects text[])
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_subjects  text[];
  v_count     integer;
begin
  perform from press.holders h where h.subject = any (hold_operators.subjects) for key share;
  get diagnostics v_count = row_count;
  if v_count = cardinality(hold_operators.subjects) then
    return;
  end if;

  -- Nobody is a holder by another name, and so there is nobody to be forgotten.
  v_subjects := array(
    select distinct s.subject from unnest(hold_operators.subjects) s (subject)
    where press_private.is_one_line(s.subject, 255) and not starts_with(s.subject, 'erased:'));
  if v_count < cardinality(v_subjects) then
    perform press_private.ensure_holders(v_subjects);
    perform from press.holders h where h.subject = any (v_subjects) for key share;
    get diagnostics v_count = row_count;
    -- One of them was forgotten a moment ago; or, at a higher isolation level, somebody else made them known since.
    perform press_private.refuse('RETRY') where v_count < cardinality(v_subjects);
  end if;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_private.hold_operators is 'Keeps operators from being forgotten until the transaction ends, because it will name them; to be called with the subjects of all of them. Refuses: INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.hold_operators from public;
--! EndIncluded press_private/hold_operators.sql
--! Included press_private/readmit_holders.sql
/* Who was forgotten is judged as who they are, and becomes known again only by what is not refused at the door: not while they are inactive, nor where nothing can be had
   any more, unless it is what they were given under the same request key. Of press_private.issue_for_actors, the part that nobody comes to before anybody was forgotten.
   Locks: as press_private.return_holders. */
create or replace function press_private.readmit_holders(
    edition press.editions, requests press_private.actor_request_record[], inout entries press_private.issue_verdict_record[], inout holder_ids uuid[],
    inout newcomers text[])
  language plpgsql set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_is_over    boolean := press_private.edition_is_over(edition);
  v_forgotten  press.holders[] := array(
    select jsonb_populate_record(h, jsonb_build_object('subject', s.subject))
    from (select distinct n.subject from unnest(readmit_holders.newcomers) n (subject)) s
    join press_private.erased_holders e on e.subject_hash = press_private.keyed_hash('subject', s.subject)
    join press.holders h on h.id = e.holder_id);
  v_returning  text[] := array(
    select f.subject from unnest(v_forgotten) f
    where f.is_active and (not v_is_over or exists (
      select from unnest(readmit_holders.requests) r
      cross join lateral press_private.tickets_of_request(edition.id, f.id, press_private.issuer_label(r.actor), r.request_key) t
      where press_private.recipient_of(r.actor, r.recipient) = f.subject and t.holder_id = f.id)));
begin
  if v_forgotten = '{}' then
    return;
  end if;
  perform press_private.return_holders(v_returning) where v_returning <> '{}';

  select array_agg(case when f.is_active is false then press_private.refused('HOLDER_INACTIVE') else readmit_holders.entries[r.index] end order by r.index),
         array_agg(coalesce(readmit_holders.holder_ids[r.index], f.id) order by r.index)
  into readmit_holders.entries, readmit_holders.holder_ids
  from unnest(readmit_holders.requests) with ordinality r (actor, recipient, quantity, request_key, index)
  left join unnest(v_forgotten) f
    on f.subject = press_private.recipient_of(r.actor, r.recipient) and readmit_holders.entries[r.index].refusal is null;
  readmit_holders.newcomers := array(
    select n.subject from unnest(readmit_holders.newcomers) n (subject) where n.subject not in (select f.subject from unnest(v_forgotten) f));
end
$$;
comment on function press_private.readmit_holders is 'Of the subjects who have no holder by name (newcomers), finds those who were forgotten: their holders'' ids, the refusal of those who are inactive, and who is new indeed; has them known again who are admitted. Refuses: INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.readmit_holders from public;
--! EndIncluded press_private/readmit_holders.sql
--! Included press_private/issue_for_actors.sql
/* From who asks to what the core takes: the one path of every issuing front door (press.issue_ticket, press.issue_tickets and
   press_gateway.issue_tickets). It refuses what can be refused without the lock, makes sure that every recipient is a holder, and hands the
   rest to the core. Whether a holder has what the edition demands is read here, and only where it demands something. Locks: the rows of holders who are
   new here.
   For all that is called from here, seq scans are off and each row is looked up for itself: a plan that was made while a table was small must still be
   the right one in the same session at ten million rows. Plans are generic, because PostgreSQL would take the length of the arrays for a
   reason to plan every call anew, which takes twice as long as the call; and never compiled, because what they cost is guessed far too high. */
create or replace function press_private.issue_for_actors(edition_slug text, requests press_private.actor_request_record[])
  returns setof press_private.issue_outcome_record
  language plpgsql set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_edition        press.editions;
  v_is_demanding   boolean;
  v_entries        press_private.issue_verdict_record[];
  v_holder_ids     uuid[];     -- null where the recipient is new here
  v_newcomers      text[];     -- those of them whose requests go on
  v_has_operators  boolean;
  v_admitted       integer[];  -- the places of the requests that go on to the core
  v_requests       press_private.issue_request_record[];
begin
  perform press_private.require_running();
  select e.* into v_edition from press.editions e where e.slug = issue_for_actors.edition_slug;
  v_is_demanding := v_edition.required_trust_level > 0 or v_edition.required_kind is not null;

  select array_agg(press_private.entry_refusal(r.actor, r.recipient, r.quantity, h.is_active, v_edition.status) order by r.index),
         array_agg(h.id order by r.index), bool_or((r.actor).kind = 'operator')
  into v_entries, v_holder_ids, v_has_operators
  from unnest(issue_for_actors.requests) with ordinality r (actor, recipient, quantity, request_key, index)
  left join lateral (select i.* from press.holders i where i.subject = press_private.recipient_of(r.actor, r.recipient) offset 0) h on true;

  v_newcomers := array(
    select press_private.recipient_of(r.actor, r.recipient)
    from unnest(issue_for_actors.requests) with ordinality r (actor, recipient, quantity, request_key, index)
    where v_entries[r.index].refusal is null and v_holder_ids[r.index] is null);
  if v_newcomers <> '{}' and exists (select from press_private.erased_holders) then
    select m.* into v_entries, v_holder_ids, v_newcomers
    from press_private.readmit_holders(v_edition, issue_for_actors.requests, v_entries, v_holder_ids, v_newcomers) m;
  end if;

  return query
  select v.index::integer, v.refusal, v.refusal_detail, null::press.tickets
  from unnest(v_entries) with ordinality v (first_number, first_slot, refusal, refusal_detail, index)
  where v.refusal is not null;

  select array_agg(v.index order by v.index) into v_admitted
  from unnest(v_entries) with ordinality v (first_number, first_slot, refusal, refusal_detail, index)
  where v.refusal is null;
  if v_admitted is null then
    return;
  end if;

  -- Where nothing can be had any more nobody becomes known by asking: the core refuses whoever has no row. And nothing will name an operator.
  if (v_newcomers <> '{}' or v_has_operators) and not press_private.edition_is_over(v_edition) then
    perform press_private.insert_holders(v_newcomers) where v_newcomers <> '{}';
    perform press_private.hold_operators(array(
      select (r.actor).subject from unnest(issue_for_actors.requests, v_entries) r (actor, recipient, quantity, request_key, first_number, first_slot, refusal)
      where r.refusal is null and (r.actor).kind = 'operator')) where v_has_operators;
  end if;

  select array_agg(
    row(i.holder_id, press_private.issuer_label(r.actor), r.quantity, r.request_key,
        case when v_is_demanding then press_private.ineligibility(v_edition, i.holder_id) end)::press_private.issue_request_record
    order by r.index)
  into v_requests
  from unnest(issue_for_actors.requests) with ordinality r (actor, recipient, quantity, request_key, index)
  cross join lateral (
    select coalesce(v_holder_ids[r.index], (
      select h.id from press.holders h where h.subject = press_private.recipient_of(r.actor, r.recipient) and h.is_active)) as holder_id offset 0) i
  where v_entries[r.index].refusal is null;

  return query
  select v_admitted[o.request_index], o.refusal, o.refusal_detail, o.ticket
  from press_private.issue_batch(v_edition.id, v_requests) o;
end
$$;
comment on function press_private.issue_for_actors is 'Answers each request with its tickets or its refusal; in no particular order, see request_index. Refuses the whole call only with PRESS_STOPPED, LOCK_TIMEOUT or RETRY; and with INVALID_INPUT where somebody who was forgotten is known again, if the transaction is not at READ COMMITTED.';
revoke all on function press_private.issue_for_actors from public;
--! EndIncluded press_private/issue_for_actors.sql
--! Included press/issue_ticket.sql
/* Issues one ticket: the main job. The way of a request from here:
     1. who calls?              press_hidden.current_actor
     2. may they, to whom?      press_private.entry_refusal
     3. one at a time           press_private.lock_edition          the first layer
     4. is there one to have?   press_private.judge_issue_request   the second layer
     5. write it                press_private.issue_batch           the third: the constraints of press.tickets
   Locks: the edition, until the caller's transaction ends. A crash before the commit leaves nothing; after it the ticket is there, pending. */
create or replace function press.issue_ticket(edition_slug text, request_key uuid default null, recipient text default null)
  returns press.tickets
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_ticket  press.tickets;
begin
  select t.* into strict v_ticket
  from press_private.issue_for_current_actor(issue_ticket.edition_slug, 1, issue_ticket.request_key, issue_ticket.recipient) t;
  return v_ticket;
end
$$;
comment on function press.issue_ticket is 'Issues the next ticket of an edition to the caller, or to the recipient that an operator names. The same request key gives the same ticket, for ever. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, HOLDER_INACTIVE, INVALID_INPUT, EDITION_NOT_FOUND, REQUEST_KEY_REUSED, EDITION_NOT_OPEN, NOT_ELIGIBLE, HOLDER_LIMIT_REACHED, CAP_REACHED, LOCK_TIMEOUT, RETRY.';
revoke all on function press.issue_ticket from public;
grant execute on function press.issue_ticket to press_anonymous, press_holder, press_operator;
--! EndIncluded press/issue_ticket.sql
--! Included press/issue_tickets.sql
/* Issues several tickets, all or none; otherwise as press.issue_ticket, which tells the way of a request. */
create or replace function press.issue_tickets(edition_slug text, quantity integer, request_key uuid default null, recipient text default null)
  returns setof press.tickets
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select t.* from press_private.issue_for_current_actor(
    issue_tickets.edition_slug, issue_tickets.quantity, issue_tickets.request_key, issue_tickets.recipient) t;
end
$$;
comment on function press.issue_tickets is 'Issues the next tickets of an edition (quantity: 1 to 1000, all or none) to the caller, or to the recipient that an operator names. The same request key gives the same tickets, for ever. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, HOLDER_INACTIVE, INVALID_INPUT, EDITION_NOT_FOUND, REQUEST_KEY_REUSED, EDITION_NOT_OPEN, NOT_ELIGIBLE, HOLDER_LIMIT_REACHED, CAP_REACHED, LOCK_TIMEOUT, RETRY.';
revoke all on function press.issue_tickets from public;
grant execute on function press.issue_tickets to press_anonymous, press_holder, press_operator;
--! EndIncluded press/issue_tickets.sql
--! Included press/eligibility.sql
/* What press.issue_ticket would answer, without asking for a ticket: not the first reason alone, but all of them, in the order of precedence. It promises
   nothing: others buy meanwhile. */
create or replace function press.eligibility(edition_slug text)
  returns setof press.ineligibility
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_actor    press_hidden.actor_record := press_hidden.current_actor();
  v_edition  press.editions;
  v_holder   press.holders;
  v_now      timestamptz := clock_timestamp();
begin
  if v_actor.kind = 'nobody' then
    perform press_private.refuse('NOT_SIGNED_IN');
  end if;
  if v_actor.kind = 'login' then
    perform press_private.refuse('INVALID_INPUT', 'A database login is nobody who could have a ticket.');
  end if;
  select e.* into v_edition from press.editions e where e.id = press_private.visible_edition_id(eligibility.edition_slug, v_actor);
  -- Who was forgotten would be who they were by asking for a ticket.
  select h.* into v_holder from press.holders h
  where h.id = coalesce(
    press_hidden.current_holder_id(),
    (select e.holder_id from press_private.erased_holders e where e.subject_hash = press_private.keyed_hash('subject', v_actor.subject)));

  return query
  select f.name, f.sentence, r.detail
  from (
    select 'PRESS_STOPPED' as name, press_private.stop_reason() as detail where press_private.stop_reason() is not null
    union all
    select 'HOLDER_INACTIVE', null where not v_holder.is_active
    union all
    select 'EDITION_NOT_OPEN', c.reason from press_private.edition_closed_reason(v_edition, v_now) c (reason) where c.reason is not null
    union all
    select 'NOT_ELIGIBLE', p from press_private.eligibility_problems(v_edition, v_holder.id) p
    union all
    select 'HOLDER_LIMIT_REACHED', format('The limit is %s, and the holder has %s.', v_edition.per_holder_limit, t.held_count)
    from (select max(i.holder_slot) as held_count from press.tickets i where i.edition_id = v_edition.id and i.holder_id = v_holder.id) t
    where t.held_count >= v_edition.per_holder_limit
    union all
    select 'CAP_REACHED', format('All %s were issued.', v_edition.cap) where press_private.issued_count(v_edition.id) >= v_edition.cap
  ) r
  join press_private.refusals() with ordinality f (name, code, is_retryable, sentence, hint, index) on f.name = r.name
  order by f.index, r.detail;
end
$$;
comment on function press.eligibility is 'Every reason for which the caller would be refused one ticket of the edition now, those that it demands something of its holders for each by itself; no row: would get one. Refuses: NOT_SIGNED_IN, INVALID_INPUT (a database login), EDITION_NOT_FOUND.';
revoke all on function press.eligibility from public;
grant execute on function press.eligibility to press_anonymous, press_holder, press_operator;
--! EndIncluded press/eligibility.sql
--! Included press_private/eligibility_terms.sql
/* Canonical JSON, so that whoever is told the terms makes the hash that is in the edition's manifest. */
create or replace function press_private.eligibility_terms(edition press.editions)
  returns text
  language sql stable
begin atomic
  select '{"required_kind":' || coalesce('"' || (edition).required_kind || '"', 'null')
      || ',"required_trust_level":' || (edition).required_trust_level
      || ',"type":"golden-press/eligibility/v1"}'
  where (edition).required_trust_level > 0 or (edition).required_kind is not null;
end;
comment on function press_private.eligibility_terms is 'What the edition demands of a holder, as canonical JSON; null where it demands nothing.';
revoke all on function press_private.eligibility_terms from public;
--! EndIncluded press_private/eligibility_terms.sql
--! Included press_private/edition_opened_leaf.sql
/* The leaves of the ledger are made by the functions *_leaf, as envelopes are by press_private.ticket_envelope: the canonical JSON of an
   object is its members in the order of their names, without white space. This one is the edition's manifest: its terms, as promised. What came
   with a later mode of drawing is a member only where that is the mode, so that older leaves are made again as they were. */
create or replace function press_private.edition_opened_leaf(edition press.editions)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339((edition).opened_at)
      || '"' || coalesce((
           select ',"beacon_chain_hash":"' || c.chain_hash
               || '","beacon_genesis_at":"' || press_private.rfc3339(c.genesis_at)
               || '","beacon_period_seconds":' || c.period_seconds
               || ',"beacon_public_key":"' || c.public_key || '"'
           from press.beacon_chains c where c.chain_hash = (edition).beacon_chain_hash), '')
      || ',"cap":' || (edition).cap
      || ',"closes_at":' || coalesce('"' || press_private.rfc3339((edition).closes_at) || '"', 'null')
      || coalesce(',"draw_commitment":"' || (edition).draw_commitment || '"', '')
      || coalesce(',"draw_delay_seconds":' || (edition).draw_delay_seconds, '')
      || ',"draw_mode":"' || (edition).draw_mode
      || '","edition":"' || (edition).slug
      || '","opens_at":' || coalesce('"' || press_private.rfc3339((edition).opens_at) || '"', 'null')
      || ',"per_holder_limit":' || (edition).per_holder_limit
      || ',"rule_set_hash":' || coalesce('"' || encode(sha256(convert_to(press_private.eligibility_terms(edition), 'UTF8')), 'hex') || '"', 'null')
      || ',"type":"edition.opened"}';
end;
comment on function press_private.edition_opened_leaf is 'The leaf of an edition that was opened: its manifest.';
revoke all on function press_private.edition_opened_leaf from public;
--! EndIncluded press_private/edition_opened_leaf.sql
--! Included press/create_edition.sql
/* Prepares an edition. Everything is checked here by name, so that no constraint has to speak to people. */
create or replace function press.create_edition(
    slug text, title text, cap integer, per_holder_limit integer default null, draw_mode press.draw_mode default 'none',
    opens_at timestamptz default null, closes_at timestamptz default null,
    draw_delay_seconds integer default null, beacon_chain_hash text default null,
    required_trust_level integer default null, required_kind press.attestation_kind default null)
  returns press.editions
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_draw_mode  press.draw_mode := coalesce(create_edition.draw_mode, 'none');
  v_is_beacon  boolean := v_draw_mode::text = 'beacon';
  v_edition    press.editions;
begin
  perform press_private.require_running();
  perform press_private.require_operator();
  perform press_private.refuse('INVALID_INPUT', p.problem)
  from coalesce(
    press_private.edition_problem(
      create_edition.slug, create_edition.title, create_edition.cap, create_edition.per_holder_limit,
      create_edition.opens_at, create_edition.closes_at),
    press_private.draw_terms_problem(
      v_draw_mode::text, create_edition.closes_at, create_edition.draw_delay_seconds, create_edition.beacon_chain_hash),
    (select format('Trust levels are 0 for everybody, and %s: nobody would ever have another.', string_agg(format('%s by %s', l.level, l.kind), ', ' order by l.level, l.kind))
     from (select press_private.trust_level_of(k) as level, k as kind from unnest(enum_range(null::press.attestation_kind)) k) l
     having create_edition.required_trust_level <> 0 and bool_and(l.level <> create_edition.required_trust_level))) p (problem)
  where p.problem is not null;

  insert into press.editions (
    slug, title, cap, per_holder_limit, draw_mode, opens_at, closes_at, draw_delay_seconds, beacon_chain_hash,
    required_trust_level, required_kind)
  values (
    create_edition.slug, create_edition.title, create_edition.cap, coalesce(create_edition.per_holder_limit, create_edition.cap),
    v_draw_mode, create_edition.opens_at, create_edition.closes_at,
    coalesce(create_edition.draw_delay_seconds, case when v_is_beacon then 60 end),
    -- drand's quicknet, which the migration brought.
    coalesce(create_edition.beacon_chain_hash, case when v_is_beacon then '52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971' end),
    coalesce(create_edition.required_trust_level, 0), create_edition.required_kind)
  on conflict on constraint editions_slug_key do nothing
  returning * into v_edition;

  if v_edition.id is null then
    perform press_private.refuse('INVALID_INPUT', 'There is an edition of this slug already.');
  end if;
  return v_edition;
exception
  when serialization_failure then
    perform press_private.refuse('RETRY');
    return null;  -- never reached, but plpgsql_check cannot know
end
$$;
comment on function press.create_edition is 'Prepares an edition as a draft. cap: how many tickets there can ever be; per_holder_limit: how many one holder can have (null: no limit but the cap); draw_mode: how its winner is chosen; opens_at, closes_at: the window in which it issues, once opened (null: no bound; a draw by beacon needs closes_at). Of a draw by beacon alone: draw_delay_seconds, how long after the closing is recorded its round is due, at least (1 to 604800; null: 60); beacon_chain_hash, which chain (null: drand''s quicknet). What it demands of a holder: required_trust_level, 0, or one that a credential gives, 1 or 2 (null: 0, nothing); required_kind, the kind of attestation that a credential of theirs was minted from (null: none in particular). Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT, RETRY.';
revoke all on function press.create_edition from public;
grant execute on function press.create_edition to press_anonymous, press_holder, press_operator;
--! EndIncluded press/create_edition.sql
--! Included press_private/tg_editions__guard_terms.sql
/* Once an edition has opened, its terms are a promise. */
create or replace function press_private.tg_editions__guard_terms()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if OLD.status <> 'draft'
     and (NEW.id, NEW.slug, NEW.title, NEW.cap, NEW.per_holder_limit, NEW.draw_mode, NEW.opens_at, NEW.closes_at, NEW.created_at, NEW.opened_at,
          NEW.draw_commitment, NEW.draw_delay_seconds, NEW.beacon_chain_hash, NEW.required_trust_level, NEW.required_kind)
       is distinct from
         (OLD.id, OLD.slug, OLD.title, OLD.cap, OLD.per_holder_limit, OLD.draw_mode, OLD.opens_at, OLD.closes_at, OLD.created_at, OLD.opened_at,
          OLD.draw_commitment, OLD.draw_delay_seconds, OLD.beacon_chain_hash, OLD.required_trust_level, OLD.required_kind) then
    perform press_private.refuse('NOT_ALLOWED', 'The terms of an edition never change once it has opened.');
  end if;

  if NEW.status <> OLD.status and (OLD.status, NEW.status) not in (('draft', 'open'), ('open', 'closed'), ('closed', 'drawn')) then
    perform press_private.refuse('NOT_ALLOWED', 'An edition goes from draft to open to closed to drawn, never back.');
  end if;

  return NEW;
end
$$;
comment on function press_private.tg_editions__guard_terms is 'Refuses a change of terms after opening, and a status that goes back. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_editions__guard_terms from public;

create or replace trigger _200_guard_terms before update on press.editions
  for each row execute function press_private.tg_editions__guard_terms();
alter table press.editions enable always trigger _200_guard_terms;
--! EndIncluded press_private/tg_editions__guard_terms.sql

--! Included press_private/envelope_recipient.sql
create or replace function press_private.envelope_recipient(holder press.holders)
  returns text
  language sql immutable
begin atomic
  select coalesce((holder).subject, 'erased:' || (holder).id);
end;
comment on function press_private.envelope_recipient is 'Whom an envelope names: the subject of its holder; of one who was forgotten, erased: and the opaque id.';
revoke all on function press_private.envelope_recipient from public;
--! EndIncluded press_private/envelope_recipient.sql
--! Included press_private/signed_envelopes.sql
create or replace function press_private.signed_envelopes(key_id text, ticket_ids uuid[], signatures text[])
  returns table (ticket_id uuid, envelope text)
  language sql stable
begin atomic
  select u.ticket_id,
    press_private.ticket_envelope(e.slug, signed_envelopes.key_id, press_private.envelope_recipient(h), t.id, t.ticket_number, t.issued_at, u.signature)
  from unnest(signed_envelopes.ticket_ids, signed_envelopes.signatures) u (ticket_id, signature)
  left join press.tickets t on t.id = u.ticket_id
  left join press.editions e on e.id = t.edition_id
  left join press.holders h on h.id = t.holder_id;
end;
comment on function press_private.signed_envelopes is 'The envelope of each ticket with the signature given for it; null where there is no such ticket.';
revoke all on function press_private.signed_envelopes from public;
--! EndIncluded press_private/signed_envelopes.sql
--! Included press_private/is_envelope_genuine.sql
create or replace function press_private.is_envelope_genuine(envelope text)
  returns boolean
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return exists (
    select from press_private.envelope_parts(is_envelope_genuine.envelope) p
    join press.signing_keys k on k.key_id = p.key_id and k.purpose = 'ticket'
    where press.ed25519_verify(decode(k.public_key, 'hex'), convert_to(p.message, 'UTF8'), decode(p.signature, 'hex')));
end
$$;
comment on function press_private.is_envelope_genuine is 'Whether the envelope, which the press wrote, has the signature of the key that it names.';
revoke all on function press_private.is_envelope_genuine from public;
--! EndIncluded press_private/is_envelope_genuine.sql
--! Included press_private/tickets_envelope_hash.sql
create or replace function press_private.tickets_envelope_hash(ticket press.tickets)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return coalesce(
    press_private.envelope_hash(ticket.envelope),
    (select e.envelope_hash from press_private.erased_envelopes e
     where e.edition_id = ticket.edition_id and e.ticket_number = ticket.ticket_number));
end
$$;
comment on function press_private.tickets_envelope_hash is 'The hash of the ticket''s envelope, also of one that was removed; null while it is pending.';
revoke all on function press_private.tickets_envelope_hash from public;
--! EndIncluded press_private/tickets_envelope_hash.sql
--! Included press_private/ticket_issued_leaf.sql
create or replace function press_private.ticket_issued_leaf(ticket press.tickets, edition text, envelope_hash text, signed_at timestamptz)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339(ticket_issued_leaf.signed_at)
      || '","edition":"' || ticket_issued_leaf.edition
      || '","envelope_hash":"' || ticket_issued_leaf.envelope_hash
      || '","holder":"' || (ticket).holder_id
      || '","ticket_id":"' || (ticket).id
      || '","ticket_number":' || (ticket).ticket_number
      || ',"type":"ticket.issued"}';
end;
comment on function press_private.ticket_issued_leaf is 'The leaf of a ticket that was signed. edition: its slug; envelope_hash: see press_private.envelope_hash.';
revoke all on function press_private.ticket_issued_leaf from public;
--! EndIncluded press_private/ticket_issued_leaf.sql
--! Included press_private/edition_closed_leaf.sql
/* Freezes what was issued: whoever has the ledger can recompute entries_hash from the entries ticket.issued of the edition. The lines are one
   value of PostgreSQL while they are hashed, which has room for the tickets of an edition of some 13 million. */
create or replace function press_private.edition_closed_leaf(edition press.editions)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339((edition).closed_at)
      || '","edition":"' || (edition).slug
      || '","entries_hash":"' || encode(sha256(coalesce(string_agg(
           convert_to(t.ticket_number || ' ' || coalesce(x.envelope_hash, press_private.envelope_hash(t.envelope)) || E'\n', 'UTF8'), ''::bytea order by t.ticket_number), '')), 'hex')
      || '","issued_count":' || count(*)
      || ',"type":"edition.closed"}'
  from press.tickets t
  left join press_private.erased_envelopes x on x.edition_id = t.edition_id and x.ticket_number = t.ticket_number
  where t.edition_id = (edition).id;
end;
comment on function press_private.edition_closed_leaf is 'The leaf of an edition that was closed, once all of its tickets are signed. entries_hash: SHA-256, in hex, of a line "ticket_number envelope_hash" for each ticket, by number.';
revoke all on function press_private.edition_closed_leaf from public;
--! EndIncluded press_private/edition_closed_leaf.sql
--! Included press_worker/tickets_to_sign.sql
/* Hands out pending tickets, oldest first, under a lease that also fixes the key: so the bytes are decided before anything is signed, and a
   worker that died or slept is replaced when its lease has run out. No lock is held while signing. Of two workers that reach for the same
   tickets at once, one locks and claims each, and the other passes over it; what was signed meanwhile is seen to be so when it is locked.
   It waits for nobody but for who forgets a person, so that no payload with their name is handed out meanwhile.
   Plans are kept to index lookups, as in the core: what is made while a table is small must hold when it is not. */
create or replace function press_worker.tickets_to_sign(key_id text, batch_size integer, lease_seconds integer)
  returns table (ticket_id uuid, payload text)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  set lock_timeout = '5s' set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
begin
  perform press_private.require_running();
  if (tickets_to_sign.batch_size between 1 and 10000 and tickets_to_sign.lease_seconds between 1 and 3600) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A batch is 1 to 10000 tickets, a lease 1 to 3600 seconds.');
  end if;
  perform press_private.active_signing_key(tickets_to_sign.key_id, 'ticket');

  return query
  with claimed as (
    insert into press_private.signing_claims as c (edition_id, ticket_number, ticket_id, key_id, claimed_until)
    select t.edition_id, t.ticket_number, t.id, tickets_to_sign.key_id,
           clock_timestamp() + make_interval(secs => tickets_to_sign.lease_seconds)
    from press.tickets t
    where t.status = 'pending'
      and not exists (
        select from press_private.signing_claims o
        where o.edition_id = t.edition_id and o.ticket_number = t.ticket_number and o.claimed_until > clock_timestamp())
    order by t.issued_at
    limit tickets_to_sign.batch_size
    for no key update of t skip locked
    on conflict on constraint signing_claims_pkey
    do update set key_id = excluded.key_id, claimed_until = excluded.claimed_until where c.claimed_until <= clock_timestamp()
    returning c.edition_id, c.ticket_number
  )
  select t.id, press_private.ticket_envelope(e.slug, tickets_to_sign.key_id, press_private.envelope_recipient(h), t.id, t.ticket_number, t.issued_at)
  from claimed c
  join press.tickets t on t.edition_id = c.edition_id and t.ticket_number = c.ticket_number
  join press.editions e on e.id = t.edition_id
  join press.holders h on h.id = t.holder_id;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
end
$$;
comment on function press_worker.tickets_to_sign is 'Claims up to batch_size (1 to 10000) pending tickets for lease_seconds (1 to 3600) under the key, and returns the exact bytes to sign for each. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, UNKNOWN_KEY.';
revoke all on function press_worker.tickets_to_sign from public;
grant execute on function press_worker.tickets_to_sign to press_worker;
--! EndIncluded press_worker/tickets_to_sign.sql
--! Included press_worker/attach_signatures.sql
/* Stores signatures, and drops the tickets' entries into the ledger's inbox. The envelope is put together here from the ticket's own row, so a
   worker can add a signature and nothing else. The same signature twice is fine (a worker that died after the commit left its job to another);
   any other finds the ticket signed, or claimed by another key, and is refused without harm to the rest of the batch. Where the recipient has changed
   since the payload was handed out the signature is verified, because it may be of the other one. Locks: the table of claims, against who forgets a
   person meanwhile; the tickets, by id. A crash before the commit leaves them pending, to be claimed again when the lease has run out. */
create or replace function press_worker.attach_signatures(key_id text, ticket_ids uuid[], signatures text[])
  returns table (ticket_id uuid, outcome text)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  set lock_timeout = '5s' set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
  set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_ids        uuid[];
  v_envelopes  text[];
  v_attached   uuid[];
begin
  perform press_private.require_running();
  perform press_private.active_signing_key(attach_signatures.key_id, 'ticket');
  if cardinality(attach_signatures.ticket_ids) is distinct from cardinality(attach_signatures.signatures)
     or exists (select from unnest(attach_signatures.signatures) s where coalesce(s collate "C" !~ '^[0-9a-f]{128}$', true)) then
    perform press_private.refuse('INVALID_INPUT', 'There is one signature of 128 lower-case hex characters for each ticket.');
  end if;

  lock table press_private.signing_claims in row exclusive mode;
  perform from press.tickets t where t.id = any (attach_signatures.ticket_ids) order by t.id for no key update;
  select array_agg(s.ticket_id), array_agg(s.envelope) into v_ids, v_envelopes
  from press_private.signed_envelopes(attach_signatures.key_id, attach_signatures.ticket_ids, attach_signatures.signatures) s;

  with attached as (
    update press.tickets t set status = 'signed', envelope = s.envelope
    from unnest(v_ids, v_envelopes) s (ticket_id, envelope)
    join press_private.signing_claims c on c.ticket_id = s.ticket_id and c.key_id = attach_signatures.key_id
      and case when c.is_doubtful then press_private.is_envelope_genuine(s.envelope) else true end
    where t.id = s.ticket_id and c.edition_id = t.edition_id and c.ticket_number = t.ticket_number and t.status = 'pending'
    returning t as ticket
  ), recorded as (
    insert into press_private.ledger_inbox (type, edition_id, ticket_number, leaf)
    select 'ticket.issued', (a.ticket).edition_id, (a.ticket).ticket_number, 
      press_private.ticket_issued_leaf(a.ticket, e.slug, press_private.envelope_hash((a.ticket).envelope), clock_timestamp())
    from attached a join press.editions e on e.id = (a.ticket).edition_id
    order by (a.ticket).edition_id, (a.ticket).ticket_number
  )
  select coalesce(array_agg((a.ticket).id), '{}') into v_attached from attached a;

  delete from press_private.signing_claims c
  using press.tickets t
  where t.id = any (v_attached) and c.edition_id = t.edition_id and c.ticket_number = t.ticket_number;

  if v_attached <> '{}' then
    perform pg_notify('press_signed', '');  -- a hint that wakes whoever waits; it says nothing
  end if;

  return query
  select s.ticket_id,
    case when t.id is null or t.envelope is distinct from s.envelope then 'refused' when s.ticket_id = any (v_attached) then 'attached' else 'repeated' end
  from unnest(v_ids, v_envelopes) s (ticket_id, envelope)
  left join press.tickets t on t.id = s.ticket_id;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
end
$$;
comment on function press_worker.attach_signatures is 'Stores the signatures (128 lower-case hex characters each) of tickets claimed under the key. outcome: attached; repeated (the same was there); refused (another is there, the claim went to another key, its holder was forgotten or has returned meanwhile, or there is no such ticket). Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, UNKNOWN_KEY.';
revoke all on function press_worker.attach_signatures from public;
grant execute on function press_worker.attach_signatures to press_worker;
--! EndIncluded press_worker/attach_signatures.sql
--! Included press_worker/editions_to_record.sql
/* Asked at every look, also while a long backlog is signed: one lookup an edition that waits. */
create or replace function press_worker.editions_to_record()
  returns setof integer
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  return query
  select q.edition_id from press_private.closings_to_record q
  left join press.tickets t on t.edition_id = q.edition_id and t.ticket_number = q.awaited_number
  where (t.status <> 'pending' or q.awaited_number is null) and press_private.stop_reason() is null
  order by q.edition_id;
end
$$;
comment on function press_worker.editions_to_record is 'The ids of the closed editions whose tickets may all be signed by now, to be given to press_worker.record_closed_edition one by one; none while the press is stopped.';
revoke all on function press_worker.editions_to_record from public;
grant execute on function press_worker.editions_to_record to press_worker;
--! EndIncluded press_worker/editions_to_record.sql
--! Included press_worker/record_closed_edition.sql
/* edition.closed freezes which tickets there are, by what was signed, so it waits for the last signature: closing an edition only queues it. A
   look begins at the last number, since tickets are signed oldest first, and remembers where it ended: no ticket above that number will ever
   be pending again, and all looks together read each ticket once. One edition a transaction, so that one that fails keeps no other waiting.
   The status is compared as text, because the index of what is pending is that of the whole backlog. Locks: the queued row, unless another worker has it. */
create or replace function press_worker.record_closed_edition(edition_id integer)
  returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
declare
  v_closing  press_private.closings_to_record;
  v_awaited  integer;
begin
  select q.* into v_closing from press_private.closings_to_record q where q.edition_id = record_closed_edition.edition_id for update skip locked;
  if v_closing.edition_id is null or press_private.stop_reason() is not null then
    return false;
  end if;

  select t.ticket_number into v_awaited from press.tickets t
  where t.edition_id = v_closing.edition_id and t.ticket_number <= coalesce(v_closing.awaited_number, t.cap) and t.status::text = 'pending'
  order by t.ticket_number desc limit 1;
  if v_awaited is not null then
    update press_private.closings_to_record q set awaited_number = v_awaited
    where q.edition_id = v_closing.edition_id and q.awaited_number is distinct from v_awaited;
    return false;
  end if;

  perform press_private.append_entry('edition.closed', e.id, null, press_private.edition_closed_leaf(e))
  from press.editions e where e.id = v_closing.edition_id;
  delete from press_private.closings_to_record q where q.edition_id = v_closing.edition_id;
  return true;
end
$$;
comment on function press_worker.record_closed_edition is 'Drops edition.closed into the ledger''s inbox if the edition is closed, its tickets are all signed, and that was not done yet; tells whether it did. Not while the press is stopped.';
revoke all on function press_worker.record_closed_edition from public;
grant execute on function press_worker.record_closed_edition to press_worker;
--! EndIncluded press_worker/record_closed_edition.sql
--! Included press/verify_ticket.sql
/* The whole verdict, for anybody who was shown an envelope. Each part is judged for itself, so that all of them can be seen; the refusal is what
   press.redeem_ticket would answer first. Whose ticket it is is not asked here. */
create or replace function press.verify_ticket(envelope text)
  returns press.ticket_verdict
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_envelope    press_private.envelope_record := press_private.read_envelope(verify_ticket.envelope);
  v_public_key  text;
  v_ticket      press.tickets;
  v_verdict     press.ticket_verdict;
begin
  select k.public_key into v_public_key from press.signing_keys k where k.key_id = v_envelope.key_id and k.purpose = 'ticket';
  select t.* into v_ticket from press.tickets t where t.id = v_envelope.ticket_id;

  v_verdict.ticket_id := v_envelope.ticket_id;
  v_verdict.is_canonical := v_envelope.ticket_id is not null;
  v_verdict.is_key_known := v_public_key is not null;
  v_verdict.is_signature_valid := press.ed25519_verify(
    decode(v_public_key, 'hex'), convert_to(v_envelope.message, 'UTF8'), decode(v_envelope.signature, 'hex'));
  v_verdict.is_ticket_known := coalesce(
    press_private.tickets_envelope_hash(v_ticket) = press_private.envelope_hash(verify_ticket.envelope), false);
  if v_verdict.is_ticket_known then
    v_verdict.status := v_ticket.status;
    v_verdict.ledger_place := press.tickets_ledger_place(v_ticket);
    v_verdict.checkpoint_tree_size := (press_private.covering_checkpoint(v_verdict.ledger_place)).tree_size;
  end if;

  v_verdict.refusal := case
    when not v_verdict.is_canonical          then 'NOT_CANONICAL'
    when v_ticket.id is null                 then 'TICKET_NOT_FOUND'
    when v_ticket.status = 'pending'         then 'TICKET_NOT_SIGNED'
    when not v_verdict.is_key_known          then 'UNKNOWN_KEY'
    when not v_verdict.is_signature_valid    then 'SIGNATURE_INVALID'
    when not v_verdict.is_ticket_known       then 'TICKET_NOT_FOUND'  -- signed, but off the books
    when v_ticket.status = 'revoked'         then 'TICKET_REVOKED'
    when v_ticket.status = 'redeemed'        then 'ALREADY_REDEEMED'
  end;
  return v_verdict;
end
$$;
comment on function press.verify_ticket is 'Says of any text whether it is the envelope of a ticket of this press, signed, known, in the ledger, and not used yet. Whoever asks is answered, and nothing is changed. For a verdict that does not rest on what this press says, verify the envelope and its proof offline.';
revoke all on function press.verify_ticket from public;
grant execute on function press.verify_ticket to press_anonymous, press_holder, press_operator, press_auditor;
--! EndIncluded press/verify_ticket.sql
--! Included press_private/proof_problem.sql
/* Nothing of the document is believed: it must begin with the lines that the ticket's own entry has, and end with a note that was published, and
   what is between must lead from the one to the other. */
create or replace function press_private.proof_problem(ticket press.tickets, timechain_proof text)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_entry       press.ledger_entries := press_private.issued_entry(ticket);
  v_head        text := press_private.proof_head(v_entry);
  v_rest        text := substr(timechain_proof, length(v_head));  -- from the last line feed of the head on
  v_end         integer := position(E'\n\n' in v_rest);
  v_path        text[] := string_to_array(nullif(substr(v_rest, 2, greatest(v_end - 2, 0)), ''), E'\n');
  v_note        text := substr(v_rest, v_end + 2);
  v_checkpoint  press.checkpoints;
begin
  if v_entry.place is null then
    return 'The ticket has no place in the ledger yet; ask for its proof in a moment.';
  end if;
  if position(format('"envelope_hash":"%s"', press_private.tickets_envelope_hash(ticket)) in v_entry.leaf) = 0 then
    return 'The entry of this ticket in the ledger is of another envelope.';
  end if;
  if not starts_with(timechain_proof, v_head) then
    return format('It does not begin as the proof of this ticket''s entry does, which is at place %s of the ledger.', v_entry.place);
  end if;
  select c.* into v_checkpoint from press.checkpoints c
  where c.tree_size = substring(v_note from E'^[^\n]*\n([1-9][0-9]{0,17})\n')::bigint and c.note = v_note;
  if v_checkpoint.tree_size is null then
    return 'Its checkpoint is not one that this press published.';
  end if;
  if exists (select from unnest(v_path) p where p collate "C" !~ '^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$')  -- 32 bytes, no bit left over
     or press_private.root_of_inclusion(
          press_private.leaf_hash(v_entry.leaf), v_entry.place, v_checkpoint.tree_size,
          array(select decode(p.hash, 'base64') from unnest(v_path) with ordinality p (hash, index) order by p.index))
        is distinct from v_checkpoint.root_hash then
    return 'Its hashes do not lead from the entry to the root of its checkpoint.';
  end if;
  return null;
end
$$;
comment on function press_private.proof_problem is 'Why the document does not prove that the ledger has exactly this ticket under a published checkpoint, as a sentence; null when it does.';
revoke all on function press_private.proof_problem from public;
--! EndIncluded press_private/proof_problem.sql
--! Included press_private/redeemed_under.sql
/* A request under a key is to redeem one ticket: the envelope says which. The proof does not belong to it, because a client that asks again may have
   fetched a newer one. */
create or replace function press_private.redeemed_under(request_key uuid, redeemed_by text, holder_id uuid, envelope text)
  returns press.tickets
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_ticket  press.tickets;
begin
  select t.* into v_ticket
  from press.redemptions r
  join press.tickets t on t.edition_id = r.edition_id and t.ticket_number = r.ticket_number
  where r.request_key = redeemed_under.request_key and r.redeemed_by = redeemed_under.redeemed_by
    and (r.redeemed_by <> 'holder' or r.holder_id = redeemed_under.holder_id);
  if press_private.tickets_envelope_hash(v_ticket) <> press_private.envelope_hash(redeemed_under.envelope) then
    perform press_private.refuse('REQUEST_KEY_REUSED');
  end if;
  return v_ticket;
end
$$;
comment on function press_private.redeemed_under is 'The ticket that this actor redeemed under the key, with this envelope; nulls when nothing was. holder_id: who the actor is, if it is a holder. Refuses: REQUEST_KEY_REUSED (another ticket was).';
revoke all on function press_private.redeemed_under from public;
--! EndIncluded press_private/redeemed_under.sql
--! Included press/redeem_ticket.sql
/* Uses a ticket up, once. The way of a request from here:
     1. an answer that was given before     press_private.redeemed_under
     2. form, key, signature, status        press.verify_ticket
     3. is it in the ledger?                press_private.proof_problem
     4. is it the caller's?                 its holder's; or an operator stands at the gate, was shown the envelope, and is recorded
     5. one at a time                       press_private.lock_edition                the first layer
     6. is it still there to be used?       its status, read again                    the second layer
     7. write it                            the unique keys of press.redemptions: the third; the ticket's status; the entry of the ledger
   Locks: the operator's row as a holder if it is new, or the row of a holder
   who was forgotten and returns; the edition, the ticket. A crash before the commit leaves nothing; after it the ticket is
   redeemed, and asking again under the same key gives the same answer. */
create or replace function press.redeem_ticket(envelope text, timechain_proof text, request_key uuid default null)
  returns press.tickets
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_actor       press_hidden.actor_record := press_hidden.current_actor();
  v_by          text := coalesce(press_private.issuer_label(v_actor), 'holder');
  v_holder_id   uuid := press_hidden.current_holder_id();
  v_verdict     press.ticket_verdict := press.verify_ticket(redeem_ticket.envelope);
  v_problem     text;
  v_label       text;
  v_ticket      press.tickets;
  v_constraint  text;
begin
  perform press_private.require_running();
  perform press_private.require_redeemer(v_actor, v_verdict.ticket_id);
  if v_actor.kind = 'holder' and v_holder_id is null and press_private.return_holders(array[v_actor.subject]) then
    v_holder_id := press_hidden.current_holder_id();
    perform press_private.require_redeemer(v_actor, v_verdict.ticket_id);
  end if;
  if redeem_ticket.envelope is null or redeem_ticket.timechain_proof is null then
    perform press_private.refuse('INVALID_INPUT', 'A ticket is redeemed with its envelope and its proof; one of them is missing.');
  end if;
  v_ticket := press_private.redeemed_under(redeem_ticket.request_key, v_by, v_holder_id, redeem_ticket.envelope);
  if v_ticket.id is not null then
    return v_ticket;
  end if;

  perform press_private.refuse(v_verdict.refusal) where v_verdict.refusal not in ('TICKET_REVOKED', 'ALREADY_REDEEMED');
  select t.* into strict v_ticket from press.tickets t where t.id = v_verdict.ticket_id;
  v_problem := press_private.proof_problem(v_ticket, redeem_ticket.timechain_proof);
  perform press_private.refuse('PROOF_INVALID', v_problem) where v_problem is not null;
  perform press_private.refuse('NOT_THE_HOLDER') where v_actor.kind = 'holder' and v_ticket.holder_id is distinct from v_holder_id;

  v_label := press_private.ledger_label(v_actor);
  perform press_private.lock_edition(v_ticket.edition_id);
  perform press_private.require_running();

  -- Statements from here on see all that was committed before the lock was granted.
  select t.* into strict v_ticket from press.tickets t where t.id = v_verdict.ticket_id for update;
  if v_ticket.status = 'redeemed' and (press_private.redeemed_under(redeem_ticket.request_key, v_by, v_holder_id, redeem_ticket.envelope)).id is not null then
    return v_ticket;
  end if;
  perform press_private.refuse(case v_ticket.status when 'revoked' then 'TICKET_REVOKED' else 'ALREADY_REDEEMED' end)
  where v_ticket.status <> 'signed';
  return press_private.record_redemption(v_ticket, v_by, v_label, redeem_ticket.request_key);
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when unique_violation then
    -- Of two requests with one key for two tickets, at once, the second comes here.
    get stacked diagnostics v_constraint = constraint_name;
    perform press_private.refuse(case v_constraint when 'redemptions_request_key' then 'REQUEST_KEY_REUSED' else 'RETRY' end);
    return null;
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.redeem_ticket is 'Uses a ticket up, for its holder, or for an operator who was shown its envelope. timechain_proof: as Ticket.timechainProof gives it. The same request key gives the same answer, for ever. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, HOLDER_INACTIVE, INVALID_INPUT, REQUEST_KEY_REUSED, LOCK_TIMEOUT, RETRY, TICKET_NOT_FOUND, TICKET_NOT_SIGNED, NOT_CANONICAL, UNKNOWN_KEY, SIGNATURE_INVALID, PROOF_INVALID, NOT_THE_HOLDER, TICKET_REVOKED, ALREADY_REDEEMED.';
revoke all on function press.redeem_ticket from public;
grant execute on function press.redeem_ticket to press_anonymous, press_holder, press_operator;
--! EndIncluded press/redeem_ticket.sql
--! Included press_private/lock_holder.sql
/* For what an operator does to a holder. Order of locks: the holder comes after attestations, and before editions, tickets and credentials. */
create or replace function press_private.lock_holder(holder_id uuid)
  returns press.holders
  language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_holder  press.holders;
begin
  select h.* into v_holder from press.holders h where h.id = lock_holder.holder_id for update;
  if v_holder.id is null then
    perform press_private.refuse('INVALID_INPUT', 'There is no such holder.');
  end if;
  return v_holder;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_private.lock_holder is 'The holder, locked until the transaction ends. Refuses: INVALID_INPUT (there is none), LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.lock_holder from public;
--! EndIncluded press_private/lock_holder.sql
--! Included press/deactivate_holder.sql
/* From the commit on the holder is issued, redeems and is minted nothing more. What was under way counts as before. Locks: the holder. */
create or replace function press.deactivate_holder(holder_id uuid, reason text)
  returns press.holders
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_holder  press.holders;
begin
  perform press_private.require_running();
  perform press_private.require_operator();
  if not press_private.is_one_line(deactivate_holder.reason, 500) then
    perform press_private.refuse('INVALID_INPUT', 'A reason has 1 to 500 characters, none of them a control character.');
  end if;
  v_holder := press_private.lock_holder(deactivate_holder.holder_id);
  perform press_private.require_running();

  if v_holder.is_active then
    update press.holders h set is_active = false, deactivation_reason = deactivate_holder.reason where h.id = v_holder.id returning h.* into v_holder;
  end if;
  return v_holder;
end
$$;
comment on function press.deactivate_holder is 'Has a holder issued, redeem and be minted nothing more. The reason (1 to 500 characters) is for the holder, operators and auditors. One who was deactivated stays as they are. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT (also: there is no such holder), LOCK_TIMEOUT, RETRY.';
revoke all on function press.deactivate_holder from public;
grant execute on function press.deactivate_holder to press_anonymous, press_holder, press_operator;
--! EndIncluded press/deactivate_holder.sql
--! Included press/reactivate_holder.sql
/* Locks: the holder. */
create or replace function press.reactivate_holder(holder_id uuid)
  returns press.holders
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_holder  press.holders;
begin
  perform press_private.require_running();
  perform press_private.require_operator();
  v_holder := press_private.lock_holder(reactivate_holder.holder_id);
  perform press_private.require_running();

  if not v_holder.is_active then
    update press.holders h set is_active = true, deactivation_reason = null where h.id = v_holder.id returning h.* into v_holder;
  end if;
  return v_holder;
end
$$;
comment on function press.reactivate_holder is 'Undoes deactivate_holder. An active holder stays as they are. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT (there is no such holder), LOCK_TIMEOUT, RETRY.';
revoke all on function press.reactivate_holder from public;
grant execute on function press.reactivate_holder to press_anonymous, press_holder, press_operator;
--! EndIncluded press/reactivate_holder.sql
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
      or exists (select from press.credentials c where c.revoked_by = v_label);
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
      union select c.revoked_by from press.credentials c) o
    join press_private.erased_holders e on e.subject_hash = press_private.keyed_hash('subject', substr(o.label, 10))
    where starts_with(o.label, 'operator:') and e.holder_id = is_forgotten_operator.holder_id);
end
$$;
comment on function press_private.is_forgotten_operator is 'Whether any row says that this holder, who was forgotten, acted as an operator.';
revoke all on function press_private.is_forgotten_operator from public;
--! EndIncluded press_private/is_forgotten_operator.sql
--! Included press_private/erase_envelopes.sql
/* Locks: the tickets, by id. */
create or replace function press_private.erase_envelopes(holder_id uuid)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
begin
  perform from press.tickets t where t.holder_id = erase_envelopes.holder_id order by t.id for no key update;

  insert into press_private.erased_envelopes (edition_id, ticket_number, envelope_hash)
  select t.edition_id, t.ticket_number, press_private.envelope_hash(t.envelope)
  from press.tickets t where t.holder_id = erase_envelopes.holder_id and t.envelope is not null;
  update press.tickets t set envelope = null where t.holder_id = erase_envelopes.holder_id and t.envelope is not null;
end
$$;
comment on function press_private.erase_envelopes is 'Removes the envelopes of the holder, and keeps their hashes.';
revoke all on function press_private.erase_envelopes from public;
--! EndIncluded press_private/erase_envelopes.sql
--! Included press_private/erase_evidence.sql
/* Evidence names people, and so may what was found by it. What was not decided is rejected, because nothing is left to be checked. To be called under the
   locks of the attestations and of the holder, when the holder is among those who are forgotten. An attestation that was submitted between those two locks is locked here, after
   the holder: whoever decides about it at that moment waits in a circle, which PostgreSQL ends, and one of both is told RETRY. */
create or replace function press_private.erase_evidence(holder_id uuid)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_rules  press.rule_sets := press_private.rules_in_force();
begin
  with rejected as (
    update press.attestations a
    set status = 'rejected', decided_at = clock_timestamp(), rule_set_id = v_rules.id, violations = '{holder_erased}'
    where a.holder_id = erase_evidence.holder_id and a.status = 'submitted'
    returning a as attestation
  )
  insert into press_private.ledger_inbox (type, leaf)
  select 'attestation.decided', press_private.attestation_decided_leaf(r.attestation, v_rules.rule_set_hash)
  from rejected r
  order by (r.attestation).id;

  update press.attestations a set facts = null where a.holder_id = erase_evidence.holder_id and a.facts is not null;
  delete from press_private.attestation_work w using press.attestations a
  where a.holder_id = erase_evidence.holder_id and w.attestation_id = a.id;
  delete from press_private.attestation_nonces n where n.holder_id = erase_evidence.holder_id;
end
$$;
comment on function press_private.erase_evidence is 'Removes the evidence of the holder, and what was found by it; rejects what was not decided.';
revoke all on function press_private.erase_evidence from public;
--! EndIncluded press_private/erase_evidence.sql
--! Included press_private/erase_reasons.sql
/* Reasons that operators write may name people. What is in the ledger is everybody's, for ever; what only the press has goes. Locks: credentials, by id. To be called when the
   holder is among those who are forgotten. */
create or replace function press_private.erase_reasons(holder_id uuid)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
begin
  perform from press.credentials c where c.holder_id = erase_reasons.holder_id and c.reason is not null order by c.id for no key update;
  update press.credentials c set reason = null where c.holder_id = erase_reasons.holder_id and c.reason is not null;
  update press.revocations r set reason = null from press.tickets t
  where t.holder_id = erase_reasons.holder_id and t.status = 'revoked' and r.edition_id = t.edition_id and r.ticket_number = t.ticket_number
    and r.reason is not null and not r.is_reason_published;
end
$$;
comment on function press_private.erase_reasons is 'Removes the reasons why credentials of the holder were revoked, and of their tickets those that are not in the ledger.';
revoke all on function press_private.erase_reasons from public;
--! EndIncluded press_private/erase_reasons.sql
--! Included press/erase_holder.sql
/* Forgets a person. What says who they are goes: the subject, the text of envelopes, evidence, the facts that decisions rest on, the reasons why they were
   deactivated, or something of theirs revoked, unless those are in the ledger. What nobody can read it from stays: the opaque id, numbers and slots, and
   hashes, so that no limit is met anew, the ledger can be verified, and an envelope in somebody's hand is still known by its hash. A ticket that awaits its
   signature is signed for press_private.envelope_recipient. A keyed hash of the subject tells when the same person returns: press_private.return_holders.
   Operators cannot be forgotten: press_private.hold_operators keeps those who act right now.
   Locks, in this order: the claims of workers, so that no envelope with the name comes after this; the attestations, the holder, the tickets, the credentials. */
create or replace function press.erase_holder(holder_id uuid)
  returns press.holders
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_holder  press.holders;
begin
  perform press_private.require_running();
  perform press_private.require_operator();
  perform press_private.doubt_claims(array[erase_holder.holder_id]);
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
comment on function press.erase_holder is 'Forgets a person: their subject, the text of their envelopes and their evidence are removed, for good; numbers, limits and the ledger stay as they are. Who was deactivated stays so. The same person returning is known again, and meets the old limits. One who was forgotten stays as they are. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED (also: they have acted as an operator), INVALID_INPUT (there is no such holder; or the transaction is not at READ COMMITTED), LOCK_TIMEOUT, RETRY.';
revoke all on function press.erase_holder from public;
grant execute on function press.erase_holder to press_anonymous, press_holder, press_operator;
--! EndIncluded press/erase_holder.sql
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
--! EndIncluded press_private/tg__refuse_change.sql
--! Included press_private/tg_tickets__guard_identity.sql
/* A ticket is who it was issued as. Only its status moves, forward, and its envelope comes once; it goes when its holder is forgotten, and its hash stays. */
create or replace function press_private.tg_tickets__guard_identity()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (NEW.id, NEW.edition_id, NEW.ticket_number, NEW.holder_id, NEW.holder_slot, NEW.cap, NEW.per_holder_limit, NEW.issued_at,
      NEW.issued_by, NEW.request_key, NEW.request_position)
    is distinct from
     (OLD.id, OLD.edition_id, OLD.ticket_number, OLD.holder_id, OLD.holder_slot, OLD.cap, OLD.per_holder_limit, OLD.issued_at,
      OLD.issued_by, OLD.request_key, OLD.request_position) then
    perform press_private.refuse('NOT_ALLOWED', 'What a ticket was issued as never changes.');
  end if;

  if OLD.envelope is not null and NEW.envelope is distinct from OLD.envelope and (
      NEW.envelope is null and NEW.status = OLD.status
      and press_private.tickets_envelope_hash(NEW) = press_private.envelope_hash(OLD.envelope)) is not true then
    perform press_private.refuse('NOT_ALLOWED', 'A signed envelope never changes.');
  end if;

  if OLD.envelope is null and (NEW.envelope is not null) <> (OLD.status = 'pending' and NEW.status = 'signed') then
    perform press_private.refuse('NOT_ALLOWED', 'An envelope comes with the signature, and not at another time.');
  end if;

  if NEW.status <> OLD.status and (OLD.status, NEW.status) not in (('pending', 'signed'), ('signed', 'redeemed'), ('signed', 'revoked')) then
    perform press_private.refuse('NOT_ALLOWED', 'A ticket goes from pending to signed, and from signed to redeemed or revoked; never back.');
  end if;

  return NEW;
end
$$;
comment on function press_private.tg_tickets__guard_identity is 'Refuses every change of a ticket but its next status, its first envelope, and the removal of one whose hash is kept. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_tickets__guard_identity from public;

create or replace trigger _200_guard_identity before update on press.tickets
  for each row execute function press_private.tg_tickets__guard_identity();
alter table press.tickets enable always trigger _200_guard_identity;
--! EndIncluded press_private/tg_tickets__guard_identity.sql
--! Included press_private/tg_holders__guard_identity.sql
/* Tickets belong to a holder's id, and are signed for its subject: whoever changed either would make them another's. A subject goes when its holder is forgotten, and
   only the same one comes back: its keyed hash is there at both times. */
create or replace function press_private.tg_holders__guard_identity()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (NEW.id, NEW.created_at) is distinct from (OLD.id, OLD.created_at)
     or (NEW.subject is distinct from OLD.subject and not ((NEW.subject is null or OLD.subject is null) and exists (
       select from press_private.erased_holders e
       where e.holder_id = OLD.id and e.subject_hash = press_private.keyed_hash('subject', coalesce(NEW.subject, OLD.subject))))) then
    perform press_private.refuse('NOT_ALLOWED', 'Who a holder is never changes.');
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_holders__guard_identity is 'Refuses a change of who a holder is; but a subject goes, and comes back, while its keyed hash is kept. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_holders__guard_identity from public;

create or replace trigger _200_guard_identity before update on press.holders
  for each row execute function press_private.tg_holders__guard_identity();
alter table press.holders enable always trigger _200_guard_identity;
--! EndIncluded press_private/tg_holders__guard_identity.sql
--! Included press_private/tg_revocations__guard_reason.sql
/* A revocation is final. Its reason goes when the holder of the ticket is forgotten, unless it is in the ledger. */
create or replace function press_private.tg_revocations__guard_reason()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (NEW.edition_id, NEW.ticket_number, NEW.is_reason_published, NEW.revoked_by, NEW.revoked_at)
     is distinct from (OLD.edition_id, OLD.ticket_number, OLD.is_reason_published, OLD.revoked_by, OLD.revoked_at)
     or NEW.reason is distinct from OLD.reason and not (NEW.reason is null and not OLD.is_reason_published and exists (
       select from press.tickets t join press_private.erased_holders e on e.holder_id = t.holder_id
       where t.edition_id = OLD.edition_id and t.ticket_number = OLD.ticket_number)) then
    perform press_private.refuse('NOT_ALLOWED', 'A revocation never changes; a reason that is not in the ledger goes only when its holder is forgotten.');
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_revocations__guard_reason is 'Refuses every change of a revocation but the removal of a reason that was not published, of a holder who was forgotten. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_revocations__guard_reason from public;

create or replace trigger _200_guard_reason before update on press.revocations
  for each row execute function press_private.tg_revocations__guard_reason();
alter table press.revocations enable always trigger _200_guard_reason;
--! EndIncluded press_private/tg_revocations__guard_reason.sql
--! Included press_private/tg_erased_holders__guard_return.sql
/* Whoever is in this table is not in press.holders by name: a row goes when the name has come back, and at no other time. */
create or replace function press_private.tg_erased_holders__guard_return()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select from press.holders h where h.id = OLD.holder_id and h.subject is not null) then
    perform press_private.refuse('NOT_ALLOWED', 'Who was forgotten is kept in mind by a hash until they return.');
  end if;
  return OLD;
end
$$;
comment on function press_private.tg_erased_holders__guard_return is 'Refuses to forget that somebody was forgotten, unless they have returned. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_erased_holders__guard_return from public;

create or replace trigger _200_guard_return before delete on press_private.erased_holders
  for each row execute function press_private.tg_erased_holders__guard_return();
alter table press_private.erased_holders enable always trigger _200_guard_return;
--! EndIncluded press_private/tg_erased_holders__guard_return.sql

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
    ('press.signing_keys', 'key_id', 'key_id, public_key, purpose, activated_at, retired_at', 'true'),
    ('press.ledger_entries', 'place', 'place, recorded_at', 'true'),
    ('press.checkpoints', 'tree_size', 'tree_size, root_hash, key_id, note, signed_at', 'true'),
    ('press.attestations', 'id',
     'id, holder_id, kind, status, evidence_digest, submitted_at, submitted_by, request_key, address_checks, decided_at, rule_set_id, press_private.keyed_hash(''facts'', facts::text), violations, proof_digest, renewed_id', 'true'),
    ('press.credentials', 'id',
     'id, attestation_id, holder_id, kind, trust_level, status, status_list, status_index, valid_from, valid_until, document, revoked_at, revoked_by, press_private.keyed_hash(''reason'', reason)', 'true'),
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
alter table press.attestations             enable always trigger _500_seal_inserted;
alter table press.attestations             enable always trigger _500_seal_updated;
alter table press.credentials              enable always trigger _500_seal_inserted;
alter table press.credentials              enable always trigger _500_seal_updated;
alter table press_private.rule_set_requests enable always trigger _500_seal_inserted;
alter table press.rule_sets                enable always trigger _500_seal_inserted;
alter table press_private.erased_holders   enable always trigger _500_seal_inserted;
alter table press_private.erased_envelopes enable always trigger _500_seal_inserted;
--! EndIncluded press_private/tg__seal_rows.sql
--! Included press_private/told_tickets.sql
/* What the leaves say, and not the columns beside them: for whoever recomputes a draw as anybody can who has the ledger and nothing else. */
create or replace function press_private.told_tickets(edition_id integer, closed_place bigint)
  returns table (number integer, envelope_hash text, is_revoked boolean, is_contradicted boolean)
  language sql stable
begin atomic
  select (i.leaf::jsonb ->> 'ticket_number')::integer, i.leaf::jsonb ->> 'envelope_hash',
    exists (
      select from press.ledger_entries r
      where r.edition_id = told_tickets.edition_id and r.ticket_number = i.ticket_number and r.type = 'ticket.revoked'
        and r.place < told_tickets.closed_place and r.leaf::jsonb ->> 'ticket_number' = i.leaf::jsonb ->> 'ticket_number'),
    exists (
      select from press.ledger_entries r
      where r.edition_id = told_tickets.edition_id and r.ticket_number = i.ticket_number and r.type in ('ticket.redeemed', 'ticket.revoked')
        and r.leaf::jsonb ->> 'ticket_id' is distinct from i.leaf::jsonb ->> 'ticket_id')
  from press.ledger_entries i
  where i.edition_id = told_tickets.edition_id and i.type = 'ticket.issued' and i.ticket_number is not null and i.place < told_tickets.closed_place;
end;
comment on function press_private.told_tickets is 'The tickets that the entries of an edition tell of before its closing; whether they were revoked before it; and whether, at any time, another ticket was revoked or redeemed under their number.';
revoke all on function press_private.told_tickets from public;
--! EndIncluded press_private/told_tickets.sql
--! Included press_private/recomputed_draws.sql
/* As the SDK does it, from the leaves of one edition in the order of the ledger. It reads every entry of the edition. */
create or replace function press_private.recomputed_draws(edition_id integer)
  returns setof press.draw_recomputation
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_closed   press.ledger_entries := press_private.closed_entry(recomputed_draws.edition_id);
  v_opened   jsonb;
  v_hash     text;
  v_count    bigint;
  v_number   integer;  -- of a ticket that entries contradict
  v_problem  text;
  v_entries  integer[];
  v_told     jsonb;
  v_first    jsonb;
  v_draw     press.draw_recomputation;
begin
  v_opened := (
    select e.leaf::jsonb from press.ledger_entries e
    where e.edition_id = recomputed_draws.edition_id and e.ticket_number is null and e.type = 'edition.opened');
  select coalesce(array_agg(t.number order by t.number) filter (where not t.is_revoked), '{}'),
    encode(sha256(coalesce(string_agg(convert_to(t.number || ' ' || t.envelope_hash || E'\n', 'UTF8'), ''::bytea order by t.number), '')), 'hex'), count(*),
    min(t.number) filter (where t.is_contradicted)
  into v_entries, v_hash, v_count, v_number
  from press_private.told_tickets(recomputed_draws.edition_id, v_closed.place) t;
  -- The entries_hash does not say who was revoked: without this, a revocation could be passed off as another ticket's.
  v_problem := coalesce(
    press_private.told_edition_problem(v_closed, v_count, v_hash), 'An entry is about another ticket than the ticket.issued of ' || v_number || '.');

  for v_told in
    select e.leaf::jsonb from press.ledger_entries e
    where e.edition_id = recomputed_draws.edition_id and e.type in ('edition.drawn', 'winner.replaced') order by e.place
  loop
    v_draw.attempt := coalesce(v_draw.attempt, 0) + 1;
    v_first := coalesce(v_first, v_told);
    begin
      v_draw.mode := (v_opened ->> 'draw_mode')::press.draw_mode;
      v_draw.finding := case
        when v_problem is not null then v_problem
        when coalesce((v_told ->> 'attempt')::integer, 1) <> v_draw.attempt then format('It says to be attempt %s.', coalesce(v_told ->> 'attempt', '1'))
        -- Whoever could name another checkpoint for a replacement could choose its winner.
        when v_told #>> '{inputs,checkpoint_at}' is distinct from v_first #>> '{inputs,checkpoint_at}' then 'Its delay counts from another checkpoint than that of the first draw.'
        else press_private.told_draw_problem(
          v_told, v_opened, v_closed.leaf::jsonb, v_closed.place, cardinality(v_entries), v_draw.recorded_number) end;
      v_draw.recorded_number := (v_told ->> 'ticket_number')::integer;
      v_draw := press_private.recomputed_draw(v_draw, v_told, v_hash, v_entries);
    exception
      when data_exception then  -- a number, a time or a mode that is none
        v_draw := (v_draw.attempt, v_draw.mode, false, null, null, false, 'It cannot be read: ' || sqlerrm);
    end;
    return next v_draw;
    v_entries := array_remove(v_entries, v_draw.recorded_number);
  end loop;
end
$$;
comment on function press_private.recomputed_draws is 'Every draw of the edition that the ledger tells of, computed again from its entries.';
revoke all on function press_private.recomputed_draws from public;
--! EndIncluded press_private/recomputed_draws.sql
--! Included press/draw_winner.sql
/* Asks for the draw of an edition, and closes it first. Nothing is chosen here: the worker does that, when every ticket is in the ledger, and
   press_worker.record_draw writes it once. The way of a request from here:
     1. an answer that was given before     press_private.requested_draw
     2. one at a time                       press_private.lock_edition         the first layer
     3. is there a draw already?            read again, under the lock         the second layer
     4. write it                            the keys of press.draws: the third
   Locks: the edition; of a draw by beacon, for a moment, checkpoints against who publishes. A crash before the commit leaves nothing; after it the draw is there, requested. */
create or replace function press.draw_winner(edition_slug text, request_key uuid default null)
  returns press.draws
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_actor    press_hidden.actor_record;
  v_edition  press.editions;
  v_beacon   press_private.beacon_record;
  v_draw     press.draws;
begin
  perform press_private.require_running();
  v_actor := press_private.require_operator();
  select e.* into v_edition from press.editions e where e.slug = draw_winner.edition_slug;
  perform press_private.refuse('INVALID_INPUT', 'This edition has no draw: its mode is none.') where v_edition.draw_mode = 'none';
  v_edition.id := press_private.visible_edition_id(draw_winner.edition_slug, v_actor);
  v_draw := press_private.requested_draw(v_edition.id, v_actor, draw_winner.request_key, null);
  if v_draw.attempt is not null then
    return v_draw;
  end if;
  perform press_private.refuse('EDITION_NOT_OPEN', 'It is a draft that was not opened yet.') where v_edition.status = 'draft';
  perform press_private.hold_operators(array[v_actor.subject]) where v_actor.kind = 'operator';
  perform press_private.lock_edition(v_edition.id);
  perform press_private.require_running();

  -- Statements from here on see all that was committed before the lock was granted.
  v_draw := press_private.requested_draw(v_edition.id, v_actor, draw_winner.request_key, null);
  if v_draw.attempt is not null then
    return v_draw;
  end if;
  perform press_private.refuse('ALREADY_DRAWN') from press.draws d where d.edition_id = v_edition.id and d.attempt = 1;
  if v_edition.draw_mode::text = 'beacon' then
    perform press_private.await_publishers();
    select e.* into strict v_edition from press.editions e where e.id = v_edition.id;
    v_beacon := press_private.beacon_of(v_edition);
    perform press_private.refuse('DRAW_NOT_READY', p.problem)
    from press_private.beacon_problem(v_edition, v_beacon) p (problem) where p.problem is not null;
  end if;
  perform press_private.close_edition_by_id(v_edition.id);

  v_draw.edition_id := v_edition.id;
  v_draw.attempt := 1;
  v_draw.beacon_round := v_beacon.round;
  v_draw.tree_size := v_beacon.tree_size;
  return press_private.request_draw(v_draw, v_actor, draw_winner.request_key);
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when unique_violation or serialization_failure or deadlock_detected then
    -- A caller with an old snapshot does not see the draw that is there; its key does.
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.draw_winner is 'Asks for the winner of an edition, and closes it if it is open. The answer is the draw: requested, and drawn a moment later, when the worker has chosen. The same request key gives the same draw, for ever. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT (the edition has no draw), EDITION_NOT_FOUND, REQUEST_KEY_REUSED, EDITION_NOT_OPEN (it is a draft), LOCK_TIMEOUT, RETRY, ALREADY_DRAWN, DRAW_NOT_READY (its draw is by beacon, and the round has not come).';
revoke all on function press.draw_winner from public;
grant execute on function press.draw_winner to press_anonymous, press_holder, press_operator;
--! EndIncluded press/draw_winner.sql
--! Included press/replace_winner.sql
/* Disqualifies the winner, and asks for another over the rest, by the same rule and with the same inputs. Locks: the edition. */
create or replace function press.replace_winner(edition_slug text, reason text, request_key uuid default null)
  returns press.draws
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_actor       press_hidden.actor_record;
  v_edition_id  integer;
  v_last        press.draws;
  v_draw        press.draws;
begin
  perform press_private.require_running();
  v_actor := press_private.require_operator();
  if not press_private.is_one_line(replace_winner.reason, 500) then
    perform press_private.refuse('INVALID_INPUT', 'A reason has 1 to 500 characters, none of them a control character.');
  end if;
  v_edition_id := press_private.visible_edition_id(replace_winner.edition_slug, v_actor);
  v_draw := press_private.requested_draw(v_edition_id, v_actor, replace_winner.request_key, replace_winner.reason);
  if v_draw.attempt is not null then
    return v_draw;
  end if;
  perform press_private.hold_operators(array[v_actor.subject]) where v_actor.kind = 'operator';
  perform press_private.lock_edition(v_edition_id);
  perform press_private.require_running();

  -- Statements from here on see all that was committed before the lock was granted.
  v_draw := press_private.requested_draw(v_edition_id, v_actor, replace_winner.request_key, replace_winner.reason);
  if v_draw.attempt is not null then
    return v_draw;
  end if;
  select d.* into v_last from press.draws d where d.edition_id = v_edition_id order by d.attempt desc limit 1;
  perform press_private.refuse('INVALID_INPUT', case v_last.status
    when 'void' then 'Its draw is void, and never has a winner.'
    else 'There was no ticket left to draw, and so there is no winner to replace.' end)
  where v_last.status in ('void', 'drawn') and v_last.ticket_number is null;
  perform press_private.refuse('DRAW_NOT_READY', case v_last.status
    when 'requested' then 'The last draw that was asked for is not decided yet.'
    else 'It was not drawn yet.' end)
  where v_last.ticket_number is null;

  v_draw.edition_id := v_edition_id;
  v_draw.attempt := v_last.attempt + 1;
  v_draw.replaced_number := v_last.ticket_number;
  v_draw.reason := replace_winner.reason;
  v_draw.beacon_round := v_last.beacon_round;
  v_draw.tree_size := v_last.tree_size;
  return press_private.request_draw(v_draw, v_actor, replace_winner.request_key);
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when unique_violation or serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.replace_winner is 'Disqualifies the winner of an edition, and asks for another over the tickets that are left. The answer is requested, and drawn a moment later. The reason (1 to 500 characters) is published in the ledger, where everybody can read it, for ever: it should name nobody. The same request key gives the same draw, for ever. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT (also where there never is a winner to replace: the draw is void, or no ticket is left), EDITION_NOT_FOUND, REQUEST_KEY_REUSED, LOCK_TIMEOUT, RETRY, DRAW_NOT_READY (it is not drawn yet, or its last replacement is not).';
revoke all on function press.replace_winner from public;
grant execute on function press.replace_winner to press_anonymous, press_holder, press_operator;
--! EndIncluded press/replace_winner.sql
--! Included press/start_press.sql
/* Locks: the operator's row as a holder. */
create or replace function press.start_press(reason text)
  returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_actor  press_hidden.actor_record := press_private.require_operator();
begin
  perform press_private.hold_operators(array[v_actor.subject]) where v_actor.kind = 'operator';
  return press_private.set_press_state(false, start_press.reason, press_private.issuer_label(v_actor));
end
$$;
comment on function press.start_press is 'Starts a press that was stopped: press_stop_reason tells why it was. reason (1 to 500 characters): why it may run again; it is kept. False: the press was running. Refuses: NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press.start_press from public;
grant execute on function press.start_press to press_anonymous, press_holder, press_operator;
--! EndIncluded press/start_press.sql
--! Included press/revoke_ticket.sql
/* Withdraws a ticket. Its number and its holder's slot stay taken: five golden tickets exist, ever. Locks: the operator's row as a
   holder if it is new, the edition, the ticket. */
create or replace function press.revoke_ticket(ticket_id uuid, reason text)
  returns press.tickets
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_actor       press_hidden.actor_record;
  v_label       text;
  v_ticket      press.tickets;
  v_revocation  press.revocations;
begin
  perform press_private.require_running();
  v_actor := press_private.require_operator();
  if not press_private.is_one_line(revoke_ticket.reason, 500) then
    perform press_private.refuse('INVALID_INPUT', 'A reason has 1 to 500 characters, none of them a control character.');
  end if;
  v_label := press_private.ledger_label(v_actor);

  select t.* into v_ticket from press.tickets t where t.id = revoke_ticket.ticket_id;
  if v_ticket.id is null then
    perform press_private.refuse('TICKET_NOT_FOUND');
  end if;
  perform press_private.lock_edition(v_ticket.edition_id);
  perform press_private.require_running();

  select t.* into strict v_ticket from press.tickets t where t.id = revoke_ticket.ticket_id for update;
  perform press_private.refuse(case v_ticket.status
    when 'pending' then 'TICKET_NOT_SIGNED' when 'revoked' then 'TICKET_REVOKED' else 'ALREADY_REDEEMED' end)
  where v_ticket.status <> 'signed';

  insert into press.revocations (edition_id, ticket_number, reason, revoked_by)
  values (v_ticket.edition_id, v_ticket.ticket_number, revoke_ticket.reason, press_private.issuer_label(v_actor))
  returning * into v_revocation;

  update press.tickets t set status = 'revoked' where t.id = v_ticket.id returning t.* into v_ticket;
  perform press_private.append_entry('ticket.revoked', e.id, v_ticket.ticket_number,
    press_private.ticket_revoked_leaf(v_ticket, e.slug, v_label, v_revocation.reason, v_revocation.revoked_at))
  from press.editions e where e.id = v_ticket.edition_id;
  return v_ticket;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.revoke_ticket is 'Withdraws a signed ticket. Its number is never given out again. The reason (1 to 500 characters) is published in the ledger, where everybody can read it, for ever: it should name nobody. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT, LOCK_TIMEOUT, RETRY, TICKET_NOT_FOUND, TICKET_NOT_SIGNED, TICKET_REVOKED, ALREADY_REDEEMED.';
revoke all on function press.revoke_ticket from public;
grant execute on function press.revoke_ticket to press_anonymous, press_holder, press_operator;
--! EndIncluded press/revoke_ticket.sql
--! Included press_gateway/issue_tickets.sql
/* Many clients' requests for one edition in one transaction. The gateway has verified each client's token and says here who each one is:
   that is why only its login may call this, and why it is not SECURITY INVOKER under anybody's role. The answer has the
   tickets themselves, so that the gateway need not come back for them. */
create or replace function press_gateway.issue_tickets(
    edition_slug text, subjects text[], are_operators boolean[], recipients text[], quantities integer[], request_keys uuid[])
  returns table (request_index integer, refusal_code text, refusal_message text, refusal_detail text, refusal_hint text, ticket press.tickets)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_requests  press_private.actor_request_record[];
begin
  select array_agg(
    row(row(case when u.subject is null then 'nobody' when u.is_operator then 'operator' else 'holder' end, u.subject)::press_hidden.actor_record,
        u.recipient, u.quantity, u.request_key)::press_private.actor_request_record
    order by u.index)
  into v_requests
  from unnest(issue_tickets.subjects, issue_tickets.are_operators, issue_tickets.recipients, issue_tickets.quantities, issue_tickets.request_keys)
    with ordinality u (subject, is_operator, recipient, quantity, request_key, index);

  return query
  select o.request_index, r.code, r.name || ': ' || r.sentence, o.refusal_detail, r.hint, o.ticket
  from press_private.issue_for_actors(issue_tickets.edition_slug, v_requests) o
  left join press_private.refusals() r on r.name = o.refusal
  order by o.request_index, (o.ticket).ticket_number;
end
$$;
comment on function press_gateway.issue_tickets is 'Answers each request (the n-th of every array, indexed from 1) with one row for each of its tickets, by their numbers, or with one for its refusal. A null subject is a client who is not signed in. Refuses the whole call only with PRESS_STOPPED, LOCK_TIMEOUT or RETRY (to be called at READ COMMITTED).';
revoke all on function press_gateway.issue_tickets from public;
grant execute on function press_gateway.issue_tickets to press_gateway;
--! EndIncluded press_gateway/issue_tickets.sql
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
--! Included press_private/audit_tickets.sql
create or replace function press_private.audit_tickets()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select c."check", format('press.tickets (%s,%s)', t.edition_id, t.ticket_number), c.finding
  from press.tickets t
  left join press.editions e on e.id = t.edition_id
  left join press.holders h on h.id = t.holder_id
  left join press_private.erased_envelopes x on x.edition_id = t.edition_id and x.ticket_number = t.ticket_number
  cross join lateral (values
    ('a ticket has the terms of its edition, and keeps within them',
     ((t.cap, t.per_holder_limit) = (e.cap, e.per_holder_limit) and e.status <> 'draft'
      and t.ticket_number between 1 and t.cap and t.holder_slot between 1 and t.per_holder_limit),
     format('It has the slot %s of %s and a cap of %s; its edition has %s and %s, and is %s.',
       t.holder_slot, t.per_holder_limit, t.cap, e.per_holder_limit, e.cap, coalesce(e.status::text, 'not there'))),
    ('a ticket has a holder', h.id is not null, format('There is no holder %s.', t.holder_id)),
    ('a ticket has an envelope, or the hash of one that was removed, once it is signed, and not before',
     case when t.status = 'pending' then t.envelope is null and x.envelope_hash is null else (t.envelope is null) = (x.envelope_hash is not null) end,
     format('It is %s and has %s, and %s in press_private.erased_envelopes.', t.status,
       case when t.envelope is null then 'none' else 'one' end, case when x.envelope_hash is null then 'none' else 'one' end))
  ) c ("check", holds, finding)
  where c.holds is not true;

  return query
  select c."check", format('press.tickets (%s,%s)', w.edition_id, w.ticket_number), c.finding
  from (
    select t.*,
      row_number() over (partition by t.edition_id, t.holder_id order by t.ticket_number) as holders_turn,
      row_number() over request as requests_turn,
      lag(t.ticket_number) over request as number_before,
      lag(t.holder_id) over request as holder_before
    from press.tickets t
    window request as (partition by t.edition_id, coalesce(t.issued_by, t.holder_id::text), t.request_key order by t.ticket_number)
  ) w
  cross join lateral (values
    ('the slots of a holder run from 1 to their count, within the limit', w.holder_slot = w.holders_turn,
     format('It is the %s. ticket of the holder %s, and has the slot %s.', w.holders_turn, w.holder_id, w.holder_slot)),
    ('a request was answered once, whole, and for one holder',
     case when w.request_key is null then w.request_position is null
     else w.request_position = w.requests_turn and coalesce((w.number_before, w.holder_before) = (w.ticket_number - 1, w.holder_id), w.requests_turn = 1) end,
     format('It is the %s. ticket with the key %s of %s, after number %s, and has the position %s.',
       w.requests_turn, w.request_key, coalesce(w.issued_by, w.holder_id::text), w.number_before, w.request_position))
  ) c ("check", holds, finding)
  where c.holds is not true;
end
$$;
comment on function press_private.audit_tickets is 'What does not hold of the rows of tickets.';
revoke all on function press_private.audit_tickets from public;
--! EndIncluded press_private/audit_tickets.sql
--! Included press_private/audit_envelopes.sql
create or replace function press_private.audit_envelopes()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select c."check", format('press.tickets (%s,%s)', t.edition_id, t.ticket_number), c.finding
  from press.tickets t
  cross join lateral press_private.envelope_parts(t.envelope) p
  left join press.editions e on e.id = t.edition_id
  left join press.holders h on h.id = t.holder_id
  left join press.signing_keys k on k.key_id = p.key_id and k.purpose = 'ticket'
  cross join lateral (values
    ('an envelope says what the row of its ticket says',
     t.envelope = press_private.ticket_envelope(e.slug, p.key_id, press_private.envelope_recipient(h), t.id, t.ticket_number, t.issued_at, p.signature)
     -- Signed while its holder was forgotten, who has returned since.
     or t.envelope = press_private.ticket_envelope(e.slug, p.key_id, 'erased:' || h.id, t.id, t.ticket_number, t.issued_at, p.signature),
     'It is not what the row, the edition and the holder make of it.'),
    ('an envelope names a key that signs tickets', k.key_id is not null, format('There is no key %s for tickets.', p.key_id))
  ) c ("check", holds, finding)
  where t.envelope is not null and c.holds is not true;
end
$$;
comment on function press_private.audit_envelopes is 'What does not hold of envelopes, but for their signatures.';
revoke all on function press_private.audit_envelopes from public;
--! EndIncluded press_private/audit_envelopes.sql
--! Included press_private/audit_credentials.sql
/* Whoever issues and where it serves is in the document itself, and in no row. */
create or replace function press_private.audit_credentials()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select f."check", format('press.credentials (%s)', c.id), f.finding
  from press.credentials c
  left join press_private.credential_payloads p on p.credential_id = c.id
  left join lateral press_private.read_credential(c.document) r on true
  left join press.signing_keys k on k.key_id = r.key_id and k.purpose = 'credential'
  cross join lateral (values
    ('a credential says what its row says, and what was stored before it was signed',
     (r.unsigned_document, r.proof_options, r.key_id) = (p.unsigned_document, p.proof_options, p.key_id)
     and r.unsigned_document = press_private.unsigned_credential(c,
       substring(r.unsigned_document from '"issuer":"([^"]*)"'), substring(r.unsigned_document from '"statusListCredential":"([^"]*)/credentials/status/[0-9]+"')),
     'It is not what the row makes of it.'),
    ('a credential names a key that signs credentials', k.key_id is not null, format('There is no key %s for credentials.', r.key_id))
  ) f ("check", holds, finding)
  where c.document is not null and f.holds is not true
  union all
  select 'a credential says what its row says, and what was stored before it was signed', format('press.credentials (%s)', c.id),
    format('It is %s and has %s document.', c.status, case when c.document is null then 'no' else 'a' end)
  from press.credentials c where c.status = case when c.document is null then 'signed' else 'pending' end::press.credential_status;
end
$$;
comment on function press_private.audit_credentials is 'What does not hold of the documents of credentials, but for their signatures.';
revoke all on function press_private.audit_credentials from public;
--! EndIncluded press_private/audit_credentials.sql
--! Included press_private/replayed_violations.sql
create or replace function press_private.replayed_violations(attestation press.attestations)
  returns text[]
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return press_private.violations_of(attestation.kind, attestation.facts, attestation.rule_set_id);
exception
  when others then  -- a moment or a number that is none, rules that are not there
    return null;
end
$$;
comment on function press_private.replayed_violations is 'The violations that the facts of the attestation are under its rules; null: they cannot be read.';
revoke all on function press_private.replayed_violations from public;
--! EndIncluded press_private/replayed_violations.sql
--! Included press_private/audit_attestations.sql
create or replace function press_private.audit_attestations()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'an attestation is verified if and only if it has its one credential', format('press.attestations (%s)', coalesce(a.id, c.attestation_id)),
    format('It is %s, and has %s credentials, of the kind %s and the holder %s.', coalesce(a.status::text, 'not there'), coalesce(c.count, 0), c.kind, c.holder_id)
  from press.attestations a
  full join (
    select i.attestation_id, count(*) as count, min(i.kind) as kind, min(i.holder_id::text) as holder_id, bool_and(i.trust_level = press_private.trust_level_of(i.kind)) as is_level_right
    from press.credentials i group by i.attestation_id
  ) c on c.attestation_id = a.id
  where case when c.count is null then a.status = 'verified'
        else (a.status = 'verified' and c.count = 1 and c.kind = a.kind and c.holder_id = a.holder_id::text and c.is_level_right) is not true end;

  return query
  select 'a decision is the one that its facts and its rules give', format('press.attestations (%s)', a.id),
    format('It is %s with the violations %s; made again, it has %s.', a.status, a.violations, r.violations)
  from press.attestations a
  cross join lateral press_private.replayed_violations(a) r (violations)
  -- Where the facts are gone, their holder was forgotten: the seal tells whether the press removed them.
  where a.decided_at is not null and case when a.facts is null then (a.status = 'verified') <> (a.violations = '{}')
        else (r.violations = a.violations and (a.status = 'verified') = (a.violations = '{}')) is not true end;

  return query
  select 'evidence is kept until it was checked, and no longer', format('press_private.attestation_work (%s)', coalesce(w.attestation_id, a.id)),
    format('The attestation is %s, and its evidence is %s.', coalesce(a.status::text, 'not there'), case when w.attestation_id is null then 'not there' else 'there' end)
  from press_private.attestation_work w
  full join press.attestations a on a.id = w.attestation_id
  where (a.status = 'submitted') is distinct from (w.attestation_id is not null);

  return query
  select 'a proof is one holder''s, and gives one valid credential at a time', format('press.attestations (%s)', p.id),
    format('It was decided at %s; before it, %s has proved the same, with a credential until %s.', p.decided_at, p.earlier_holder_id, p.earlier_valid_until)
  from (
    select a.id, a.holder_id, a.decided_at, a.renewed_id, lag(a.id) over w as earlier_id, lag(a.holder_id) over w as earlier_holder_id, lag(c.valid_until) over w as earlier_valid_until
    from press.attestations a
    left join press.credentials c on c.attestation_id = a.id
    where a.status = 'verified'
    window w as (partition by a.proof_digest order by a.decided_at, a.id)
  ) p
  where p.renewed_id is distinct from p.earlier_id
     or (p.earlier_id is not null and (p.holder_id = p.earlier_holder_id and press_private.has_expired(p.earlier_id, p.decided_at)) is not true);

  return query
  select 'rules are named by the hash of their thresholds, and an operator put them in force', format('press.rule_sets (%s)', r.id),
    format('It has the hash %s, and was put in force by %s.', r.rule_set_hash, coalesce(q.requested_by, 'nobody'))
  from press.rule_sets r
  left join press_private.rule_set_requests q on q.rule_set_id = r.id
  where (q.rule_set_id is null and r.id > (select min(f.id) from press.rule_sets f)) or r.rule_set_hash is distinct from press_private.envelope_hash(
    press_private.rule_set_document(r.repository_age_days, r.repository_size_kb, r.account_age_days, r.checks_per_hour));
end
$$;
comment on function press_private.audit_attestations is 'What does not hold of attestations and the rules that they were decided under.';
revoke all on function press_private.audit_attestations from public;
--! EndIncluded press_private/audit_attestations.sql
--! Included press_private/audit_holders.sql
create or replace function press_private.audit_holders()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'the trust level of a holder is the highest of their credentials that were not revoked', format('press.holders (%s)', coalesce(h.id::text, c.holder_id::text)),
    format('It is %s; the highest credential has %s.', h.trust_level, coalesce(c.trust_level, 0))
  from press.holders h
  full join (
    select i.holder_id, max(i.trust_level) as trust_level from press.credentials i where i.status <> 'revoked' group by i.holder_id
  ) c on c.holder_id = h.id
  where h.trust_level is distinct from coalesce(c.trust_level, 0);

  return query
  select 'a holder without a subject was forgotten, and nobody else was', format('press.holders (%s)', coalesce(h.id, e.holder_id)),
    format('They have %s subject, and are %s in press_private.erased_holders.', case when h.subject is null then 'no' else 'a' end, case when e.holder_id is null then 'not' else 'there' end)
  from press.holders h
  full join press_private.erased_holders e on e.holder_id = h.id
  where (h.subject is null) is distinct from (e.holder_id is not null) or (e.holder_id is not null and h.id is null);
end
$$;
comment on function press_private.audit_holders is 'What does not hold of holders.';
revoke all on function press_private.audit_holders from public;
--! EndIncluded press_private/audit_holders.sql
--! Included press_private/audit_replay.sql
/* The ledger read as anybody can, in the order of its places, without a look at the rows; then its counts against theirs. */
create or replace function press_private.audit_replay()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  with told as materialized (
    select * from press_private.told_events() t where t.place is not null
  ), opened as (
    select * from told t where t.type = 'edition.opened'
  ), closed as (
    select * from told t where t.type = 'edition.closed'
  ), issued as (
    select t.*, row_number() over (partition by t.edition, t.ticket_number order by t.place) as turn,
      row_number() over (partition by t.edition, t.holder order by t.place) as holders_turn
    from told t where t.type = 'ticket.issued'
  )
  select 'the entries alone tell editions that keep within their caps and limits', i.subject,
    format('Ticket %s of %s, the %s. one of the holder %s; the cap is %s, the limit %s; opened at place %s, closed at place %s.',
      i.ticket_number, i.edition, i.holders_turn, i.holder, o.cap, o.per_holder_limit, o.place, c.place)
  from issued i
  left join opened o on o.edition = i.edition
  left join closed c on c.edition = i.edition
  where (o.place < i.place and i.ticket_number between 1 and o.cap and i.turn = 1 and i.holders_turn <= o.per_holder_limit
         and coalesce(i.place < c.place, true)) is not true
  union all
  select 'the entries alone tell editions that keep within their caps and limits', c.subject,
    format('It counts %s tickets of %s, and %s were issued.', c.issued_count, c.edition, count(i.place))
  from closed c
  left join issued i on i.edition = c.edition
  group by c.subject, c.edition, c.issued_count having c.issued_count is distinct from count(i.place)
  union all
  select 'the entries alone tell editions that keep within their caps and limits', n.subject,
    format('Ticket %s of %s was issued at place %s.', n.ticket_number, n.edition, i.place)
  from (
    select t.*, row_number() over (partition by t.edition, t.ticket_number order by t.place) as turn
    from told t where t.type in ('ticket.redeemed', 'ticket.revoked')
  ) n
  left join issued i on i.edition = n.edition and i.ticket_number = n.ticket_number and i.place < n.place
  where n.turn > 1 or i.place is null;

  return query
  select 'the entries alone tell how many tickets each holder has', format('press.holders (%s)', coalesce(told.holder, rows.holder)),
    format('The entries tell %s of the edition %s, and the rows have %s.', coalesce(told.count, 0), coalesce(told.edition, rows.edition), coalesce(rows.count, 0))
  from (
    select t.edition, t.holder, count(*) as count from press_private.told_events() t where t.type = 'ticket.issued' group by t.edition, t.holder
  ) told
  full join (
    select e.slug as edition, i.holder_id::text as holder, count(*) as count
    from press.tickets i left join press.editions e on e.id = i.edition_id
    where i.status <> 'pending' group by e.slug, i.holder_id
  ) rows on rows.edition = told.edition and rows.holder = told.holder
  where told.count is distinct from rows.count;
end
$$;
comment on function press_private.audit_replay is 'What does not hold of the ledger alone, and of its counts.';
revoke all on function press_private.audit_replay from public;
--! EndIncluded press_private/audit_replay.sql
--! Included press_private/audit_signatures.sql
/* A thousand a second at best: what takes the time of an audit. */
create or replace function press_private.audit_signatures()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'the key of an envelope signed it', format('press.tickets (%s,%s)', t.edition_id, t.ticket_number),
    format('The key %s did not.', p.key_id)
  from press.tickets t
  cross join lateral press_private.envelope_parts(t.envelope) p
  left join press.signing_keys k on k.key_id = p.key_id and k.public_key collate "C" ~ '^[0-9a-f]{64}$'
  where t.envelope is not null
    and not press.ed25519_verify(
      decode(k.public_key, 'hex'), convert_to(p.message, 'UTF8'),
      case when p.signature collate "C" ~ '^([0-9a-f]{2})*$' then decode(p.signature, 'hex') end);

  return query
  select 'the key of a credential, or of a status list, signed it', d.subject, 'The key that it names did not.'
  from (
    select format('press.credentials (%s)', c.id), c.document from press.credentials c where c.document is not null
    union all
    select format('press_private.status_lists (%s)', s.list), s.document from press_private.status_lists s
  ) d (subject, document)
  where not press_private.is_credential_genuine(d.document);
end
$$;
comment on function press_private.audit_signatures is 'The envelopes, credentials and status lists that the keys that they name did not sign.';
revoke all on function press_private.audit_signatures from public;
--! EndIncluded press_private/audit_signatures.sql
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
    when 'rows'        then return query select * from press_private.audit_rows() union all select * from press_private.audit_attestations() union all select * from press_private.audit_holders();
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
    select format('press.signing_keys (%s)', k.key_id), x.type, null, null, true, press_private.key_leaf(k, x.type)
    from press.signing_keys k
    cross join lateral (select 'key.activated' union all select 'key.retired' where k.retired_at is not null) x (type);
end
$$;
comment on function press_private.expected_entries is 'The entries that the rows say there must be, with or without a place; subject: the row that says so.';
revoke all on function press_private.expected_entries from public;
--! EndIncluded press_private/expected_entries.sql

/* What is sealed of editions has changed: the rows that have a seal over the list before get one over the list of today; one that was changed beside the
   press has none, and stays without. */
set local timezone = 'UTC';
set local datestyle = 'ISO';
insert into press_private.row_seals (hash)
select press_private.row_seal('press.editions', row(e.id, e.slug, e.title, e.cap, e.per_holder_limit, e.draw_mode, e.status, e.opens_at, e.closes_at,
  e.created_at, e.opened_at, e.closed_at, e.draw_commitment, e.draw_delay_seconds, e.beacon_chain_hash, e.required_trust_level, e.required_kind)::text)
from press.editions e
where exists (
  select from press_private.row_seals s
  where s.hash = press_private.row_seal('press.editions', row(e.id, e.slug, e.title, e.cap, e.per_holder_limit, e.draw_mode, e.status, e.opens_at,
    e.closes_at, e.created_at, e.opened_at, e.closed_at, e.draw_commitment, e.draw_delay_seconds, e.beacon_chain_hash)::text));
set local timezone = default;
set local datestyle = default;

/* What is sealed of revocations has changed: a seal over the reason itself would be left when its holder is forgotten. The rows that have such a seal get one over today's list in
   its place; one that was changed beside the press has none, and stays without. */
set local timezone = 'UTC';
set local datestyle = 'ISO';
-- Where a publication has all tables, rows are deleted only of those that say which ones they were.
alter table press_private.row_seals replica identity full;
alter table press_private.row_seals disable trigger _200_refuse_delete;
with replaced as (
  delete from press_private.row_seals s using press.revocations v
  where s.hash = press_private.row_seal('press.revocations',
    row(v.edition_id, v.ticket_number, v.reason, v.is_reason_published, v.revoked_by, v.revoked_at)::text)
  returning v.edition_id, v.ticket_number
)
insert into press_private.row_seals (hash)
select press_private.row_seal('press.revocations',
  row(v.edition_id, v.ticket_number, press_private.keyed_hash('reason', v.reason), v.is_reason_published, v.revoked_by, v.revoked_at)::text)
from press.revocations v
where (v.edition_id, v.ticket_number) in (select r.edition_id, r.ticket_number from replaced r);
alter table press_private.row_seals enable always trigger _200_refuse_delete;
alter table press_private.row_seals replica identity default;
set local timezone = default;
set local datestyle = default;

-- Of the rules that the press came with, and of the key.
select press_private.seal_rows('press.rule_sets');
select press_private.seal_rows('press_private.hashing_key');
