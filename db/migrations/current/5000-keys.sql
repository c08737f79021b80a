/* A key that is taken out of use is out of use: whoever stores what it has signed holds it meanwhile. And a key that was stolen is revoked: what it signs is worth nothing but
   for what is in the ledger. */

alter table press.signing_keys
  add column revoked_at         timestamptz,
  add column revoked_by         text,
  add column revocation_reason  text
             constraint signing_keys_revocation_reason_is_short check (length(revocation_reason) between 1 and 500),
  add constraint signing_keys_are_revoked_after_retirement check (revoked_at is null or revoked_at >= retired_at and retired_at is not null),
  add constraint signing_keys_are_revoked_by_somebody_for_a_reason check (num_nonnulls(revoked_at, revoked_by, revocation_reason) in (0, 3));
comment on column press.signing_keys.revoked_at is 'From when on it is known that somebody else has it: its signature alone says nothing, whenever it was made. Null: it is trusted.';
comment on column press.signing_keys.revoked_by is 'Who said so, as in the ledger: operator:ID, an opaque id, or login:NAME.';
comment on column press.signing_keys.revocation_reason is 'Why, for everybody.';
alter type press.ticket_verdict add attribute is_key_revoked boolean;
comment on column press.ticket_verdict.is_key_revoked is 'Somebody else has that key: the signature says nothing, and that the ticket is known and in the ledger says everything. Null: the key is not known.';

--! include press_private/active_signing_key.sql
--! include press_private/key_leaf.sql
--! include press_private/tg_signing_keys__guard_history.sql
--! include press_private/retire_key.sql
--! include press_worker/register_signing_key.sql
--! include press_worker/retire_signing_key.sql
--! include press_worker/publish_checkpoint.sql
--! include press_worker/credentials_to_sign.sql
--! include press/revoke_signing_key.sql
--! include press/verify_ticket.sql
--! include press_private/sealed_columns.sql
--! include access/signing_keys.sql
-- Of the columns that there are now.
select press_private.seal_rows('press.signing_keys');
