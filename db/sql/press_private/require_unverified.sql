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
