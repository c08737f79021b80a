/* A repository takes months to grow, and an account at a provider a minute to make. */
create or replace function press_private.trust_level_of(kind press.attestation_kind)
  returns smallint
  language sql immutable
begin atomic
  select case trust_level_of.kind when 'oidc' then 1 when 'repository' then 2 end::smallint;
end;
comment on function press_private.trust_level_of is 'The trust level that a credential of the kind raises its holder to.';
revoke all on function press_private.trust_level_of from public;
