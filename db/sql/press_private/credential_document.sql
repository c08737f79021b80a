/* Both texts are canonical and keep their members; each gains one, at its place in the order of names. */
create or replace function press_private.credential_document(unsigned_document text, proof_options text, signature text)
  returns text
  language sql stable
begin atomic
  select replace(
    credential_document.unsigned_document,
    ',"type":["VerifiableCredential"',
    ',"proof":' || replace(
      credential_document.proof_options,
      ',"type":"DataIntegrityProof"',
      ',"proofValue":"z' || press_private.base58btc(decode(credential_document.signature, 'hex')) || '","type":"DataIntegrityProof"')
    || ',"type":["VerifiableCredential"');
end;
comment on function press_private.credential_document is 'The canonical text of a signed credential. signature: 128 hex characters.';
revoke all on function press_private.credential_document from public;
