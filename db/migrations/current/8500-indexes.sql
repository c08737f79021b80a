/* Whoever forgets a person asks all these whether they acted as an operator, while nothing is signed. */
create index attestations_submitted_by_idx on press.attestations (submitted_by) where submitted_by is not null;
create index credentials_revoked_by_idx on press.credentials (revoked_by) where revoked_by is not null;
-- Partial, as all of these are: what has a whole index GraphQL offers to filter and order by.
create index revocations_revoked_by_idx on press.revocations (revoked_by) where revoked_by is not null;
create index publishing_keys_registered_by_idx on press.publishing_keys (registered_by) where registered_by is not null;
create index publishing_keys_revoked_by_idx on press.publishing_keys (revoked_by) where revoked_by is not null;
--! include press_private/is_forgotten_operator.sql

/* What workers ask for several times a second, of tables that grow. */
create index publishing_keys_unverified_idx on press.publishing_keys (id) where verified_at is null and revoked_at is null;
create index editions_uncommitted_idx on press.editions (id) where status = 'draft' and draw_commitment is null;
