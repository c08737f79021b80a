create or replace function press_private.require_unverified(holder_id uuid, evidence_hash bytea)
  returns void
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  perform press_private.refuse('ALREADY_VERIFIED', 'It is being checked.')
  from press_private.attestation_work w
  where w.holder_id = require_unverified.holder_id and w.evidence_hash = require_unverified.evidence_hash;
  perform press_private.refuse('ALREADY_VERIFIED', 'It was verified.')
  from press_private.verified_evidence v
  where v.evidence_hash = require_unverified.evidence_hash;
end
$$;
comment on function press_private.require_unverified is 'Lets pass evidence that is not being checked for this holder, and was verified for nobody. To be called under the holder''s lock. Refuses: ALREADY_VERIFIED.';
revoke all on function press_private.require_unverified from public;
