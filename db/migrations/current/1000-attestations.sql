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
  tries           integer not null default 0,
  try_at          timestamptz not null default clock_timestamp()
);
create index attestation_work_try_at_idx on press_private.attestation_work (kind, try_at);
comment on table press_private.attestation_work is 'The evidence of attestations that are not decided yet, and when a worker looks at each next. Removed with the decision: evidence names people.';

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
    (status = 'revoked') = (revoked_at is not null) and (revoked_at is null) = (revoked_by is null) and (revoked_at is null) = (reason is null))
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
comment on column press.credentials.reason is 'Why it was revoked, for people.';

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
