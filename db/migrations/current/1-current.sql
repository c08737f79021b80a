-- Enter migration here

/* Tables: of attestation_work, credentials and revocations. */
alter table press_private.attestation_work add column nonce text
  constraint attestation_work_nonce_is_hex check (nonce collate "C" ~ '^[0-9a-f]{64}$');
comment on column press_private.attestation_work.nonce is 'The number of its holder and kind that was valid when it was submitted, and gave no credential since. Null: there was none.';

alter table press.credentials drop constraint credentials_revocation_is_whole;
alter table press.credentials add constraint credentials_revocation_is_whole check (
  (status = 'revoked') = (revoked_at is not null) and (revoked_at is null) = (revoked_by is null) and (reason is null or revoked_at is not null));
comment on column press.credentials.reason is 'Why it was revoked, for people. Null where it was revoked: its holder was forgotten.';

alter table press.revocations alter column reason drop not null;
alter table press.revocations add constraint revocations_reason_is_published_or_goes check (reason is not null or not is_reason_published);
comment on column press.revocations.reason is 'The operator''s reason, for people. Null: the holder was forgotten, and it was not in the ledger.';
drop trigger _200_refuse_update on press.revocations;

--! include press/begin_attestation.sql
--! include press/submit_attestation.sql
--! include press/revoke_credential.sql
--! include press/erase_holder.sql
--! include press_private/decide_attestation.sql
--! include press_private/decision_facts.sql
--! include press_private/eligibility_problems.sql
--! include press_private/erase_evidence.sql
--! include press_private/erase_reasons.sql
--! include press_private/audit_attestations.sql
--! include press_private/sealed_columns.sql
--! include press_private/tg__refuse_change.sql
--! include press_private/tg__seal_rows.sql
--! include press_private/tg_revocations__guard_reason.sql
--! include press_private/tg_attestations__require_credential.sql
--! include press_private/tg_credentials__guard_minting.sql
--! include press_private/tg_credentials__guard_identity.sql
--! include press_worker/attach_credential_signatures.sql
--! include press_worker/attestations_to_verify.sql
--! include press_worker/credentials_to_sign.sql
--! include press_worker/forget_addresses.sql
--! include press_worker/reject_unchecked.sql
drop function press_private.reject_unchecked();

/* What is sealed of revocations has changed: a seal over the reason itself would be left when its holder is forgotten. The rows that have such a seal get one over today's list in
   its place; one that was changed beside the press has none, and stays without. */
set local timezone = 'UTC';
set local datestyle = 'ISO';
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
set local timezone = default;
set local datestyle = default;
