/* A Verifiable Credential (W3C VC Data Model 2.0) in canonical form. It names its holder by the opaque id, as the ledger does: a person is forgotten without it. */
create or replace function press_private.unsigned_credential(credential press.credentials, issuer text, base_url text)
  returns text
  language sql stable
begin atomic
  select '{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/undefined-terms/v2"]'
      || ',"credentialStatus":{"id":"' || l.url || '#' || (credential).status_index
      || '","statusListCredential":"' || l.url
      || '","statusListIndex":"' || (credential).status_index
      || '","statusPurpose":"revocation","type":"BitstringStatusListEntry"}'
      || ',"credentialSubject":{"attestationKind":"' || (credential).kind
      || '","id":"urn:uuid:' || (credential).holder_id
      || '","trustLevel":' || (credential).trust_level
      || '},"id":"urn:uuid:' || (credential).id
      || '","issuer":"' || unsigned_credential.issuer
      || '","type":["VerifiableCredential","AttestationCredential"]'
      || ',"validFrom":"' || press_private.rfc3339((credential).valid_from)
      || '","validUntil":"' || press_private.rfc3339((credential).valid_until) || '"}'
  from (select unsigned_credential.base_url || '/credentials/status/' || (credential).status_list as url) l;
end;
comment on function press_private.unsigned_credential is 'The canonical text of a credential without its proof. issuer: a DID; base_url: where the status lists are served.';
revoke all on function press_private.unsigned_credential from public;
