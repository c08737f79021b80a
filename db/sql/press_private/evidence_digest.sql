/* Of the name of a repository everybody can submit the same: were the digest that of the name alone, whoever does so would find it in the ledger beside the
   holder whose repository it is. */
create or replace function press_private.evidence_digest(attestation_id uuid, evidence_hash bytea)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return encode(press_private.keyed_hash('attestation', evidence_digest.attestation_id || E'\n' || encode(evidence_digest.evidence_hash, 'hex')), 'hex');
end
$$;
comment on function press_private.evidence_digest is 'What may be read of the evidence of an attestation: a keyed hash that the same evidence has in no other one. evidence_hash: what it is known again by.';
revoke all on function press_private.evidence_digest from public;
