/* A text is taken apart, put together again, and is of the form if it is the same then. */
create or replace function press_private.read_credential(document text)
  returns table (unsigned_document text, proof_options text, key_id text, signature bytea)
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_proof  text := substring(read_credential.document from ',"proof":({[^{}]*}),"type":\["VerifiableCredential"');
  v_value  text := substring(v_proof from ',"proofValue":"z([^"]*)","type":"DataIntegrityProof"');
begin
  unsigned_document := replace(read_credential.document, ',"proof":' || v_proof, '');
  proof_options := replace(v_proof, ',"proofValue":"z' || v_value || '"', '');
  key_id := substring(v_proof from '#([0-9a-f]{16})"}$');
  signature := press_private.base58btc_bytes(v_value);
  if signature is not null
     and read_credential.document = press_private.credential_document(unsigned_document, proof_options, encode(signature, 'hex')) then
    return next;
  end if;
end
$$;
comment on function press_private.read_credential is 'The parts of a signed credential, or of a status list, as this press writes them; no row for any other text. Says nothing of whether it is genuine.';
revoke all on function press_private.read_credential from public;
