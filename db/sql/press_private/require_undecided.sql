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
