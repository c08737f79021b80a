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
