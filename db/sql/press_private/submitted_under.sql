create or replace function press_private.submitted_under(request_key uuid, submitted_by text, holder_id uuid, kind press.attestation_kind, evidence_digest text)
  returns press.attestations
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_attestation  press.attestations;
begin
  select a.* into v_attestation
  from press.attestations a
  where a.holder_id = submitted_under.holder_id and coalesce(a.submitted_by, '') = coalesce(submitted_under.submitted_by, '')
    and a.request_key = submitted_under.request_key;
  if (v_attestation.kind, v_attestation.evidence_digest) <> (submitted_under.kind, submitted_under.evidence_digest) then
    perform press_private.refuse('REQUEST_KEY_REUSED');
  end if;
  perform press_private.await_standbys() where v_attestation.id is not null;
  return v_attestation;
end
$$;
comment on function press_private.submitted_under is 'The attestation that this actor submitted for the holder under the key; nulls when none was. Refuses: REQUEST_KEY_REUSED (other evidence was).';
revoke all on function press_private.submitted_under from public;
