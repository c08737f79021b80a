/* Canonical JSON, so that whoever is told the terms makes the hash that is in the edition's manifest. */
create or replace function press_private.eligibility_terms(edition press.editions)
  returns text
  language sql stable
begin atomic
  select '{"required_kind":' || coalesce('"' || (edition).required_kind || '"', 'null')
      || ',"required_trust_level":' || (edition).required_trust_level
      || ',"type":"golden-press/eligibility/v1"}'
  where (edition).required_trust_level > 0 or (edition).required_kind is not null;
end;
comment on function press_private.eligibility_terms is 'What the edition demands of a holder, as canonical JSON; null where it demands nothing.';
revoke all on function press_private.eligibility_terms from public;
