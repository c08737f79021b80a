create or replace function press_private.proof_options(issuer text, key_id text, created timestamptz)
  returns text
  language sql stable
begin atomic
  select '{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/undefined-terms/v2"]'
      || ',"created":"' || press_private.rfc3339(proof_options.created)
      || '","cryptosuite":"eddsa-jcs-2022","proofPurpose":"assertionMethod","type":"DataIntegrityProof","verificationMethod":"'
      || proof_options.issuer || '#' || proof_options.key_id || '"}';
end;
comment on function press_private.proof_options is 'The canonical text of a Data Integrity proof of the suite eddsa-jcs-2022, without its value. issuer: a DID.';
revoke all on function press_private.proof_options from public;
