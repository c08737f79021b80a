create or replace function press_private.replayed_violations(attestation press.attestations)
  returns text[]
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return press_private.violations_of(attestation.kind, attestation.facts, attestation.rule_set_id);
exception
  when others then  -- a moment or a number that is none, rules that are not there
    return null;
end
$$;
comment on function press_private.replayed_violations is 'The violations that the facts of the attestation are under its rules; null: they cannot be read.';
revoke all on function press_private.replayed_violations from public;
