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
