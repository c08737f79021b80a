/* One form for one proof, so that it has one digest: parsed and written again, as press_private.read_envelope judges envelopes. */
create or replace function press_private.is_attestation_proof(kind press.attestation_kind, proof text)
  returns boolean
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return length(is_attestation_proof.proof) <= 5000 and exists (
    select from json_to_record(is_attestation_proof.proof::json) m (account_id text, issuer text, service text, subject text)
    where case is_attestation_proof.kind
      when 'oidc' then
        m.issuer <> '' and m.subject <> ''
        and is_attestation_proof.proof = format('{"issuer":%s,"kind":"oidc","subject":%s}', to_json(m.issuer), to_json(m.subject))
      when 'repository' then
        m.account_id collate "C" ~ '^[1-9][0-9]{0,17}$' and m.service <> ''
        and is_attestation_proof.proof = format('{"account_id":%s,"kind":"repository","service":%s}', m.account_id, to_json(m.service)) end);
exception
  when data_exception or program_limit_exceeded then
    return false;
end
$$;
comment on function press_private.is_attestation_proof is 'Whether the text is the canonical form of what an attestation of the kind proves: {"issuer","kind","subject"}, or {"account_id","kind","service"}.';
revoke all on function press_private.is_attestation_proof from public;
