/* Whoever issues and where it serves is in the document itself, and in no row. */
create or replace function press_private.audit_credentials(attestation_ids uuid[] default null)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select f."check", format('press.credentials (%s)', c.id), f.finding
  from press.credentials c
  left join press_private.credential_payloads p on p.credential_id = c.id
  left join lateral press_private.read_credential(c.document) r on true
  left join press.signing_keys k on k.key_id = r.key_id and k.purpose = 'credential'
  cross join lateral (values
    ('a credential says what its row says, and what was stored before it was signed',
     (r.unsigned_document, r.proof_options, r.key_id) = (p.unsigned_document, p.proof_options, p.key_id)
     and r.unsigned_document = press_private.unsigned_credential(c,
       substring(r.unsigned_document from '"issuer":"([^"]*)"'), substring(r.unsigned_document from '"statusListCredential":"([^"]*)/credentials/status/[0-9]+"')),
     'It is not what the row makes of it.'),
    ('a credential names a key that signs credentials', k.key_id is not null, format('There is no key %s for credentials.', r.key_id))
  ) f ("check", holds, finding)
  where (audit_credentials.attestation_ids is null or c.attestation_id = any (audit_credentials.attestation_ids)) and c.document is not null and f.holds is not true
  union all
  select 'a credential says what its row says, and what was stored before it was signed', format('press.credentials (%s)', c.id),
    format('It is %s and has %s document.', c.status, case when c.document is null then 'no' else 'a' end)
  from press.credentials c
  where (audit_credentials.attestation_ids is null or c.attestation_id = any (audit_credentials.attestation_ids)) and c.status = case when c.document is null then 'signed' else 'pending' end::press.credential_status;
end
$$;
comment on function press_private.audit_credentials is 'What does not hold of the documents of credentials, but for their signatures: of those of the attestations, or of all (null).';
revoke all on function press_private.audit_credentials from public;
