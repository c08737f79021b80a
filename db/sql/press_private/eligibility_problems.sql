/* The one place that judges whether a holder has what an edition demands; every demand is looked at, so that all that is missing is told at once.
   A credential counts from the moment it is minted, signed or not, until it ends or is revoked; one that somebody planted never does. */
create or replace function press_private.eligibility_problems(edition press.editions, holder_id uuid)
  returns setof text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_trust_level  integer := coalesce((select h.trust_level from press.holders h where h.id = eligibility_problems.holder_id), 0);
begin
  if v_trust_level < edition.required_trust_level then
    return next format('It demands the trust level %s, and the holder has %s.', edition.required_trust_level, v_trust_level);
  end if;
  if edition.required_kind is not null and not exists (
      select from press.credentials c
      join press.attestations a on a.id = c.attestation_id and a.status = 'verified'
      where c.holder_id = eligibility_problems.holder_id and c.kind = edition.required_kind and c.status <> 'revoked' and c.valid_until > clock_timestamp()) then
    return next format('It demands a valid credential of the kind %s, and the holder has none.', edition.required_kind);
  end if;
end
$$;
comment on function press_private.eligibility_problems is 'What the edition demands and the holder has not, a sentence each; none: eligible. holder_id: null for somebody who is not known yet.';
revoke all on function press_private.eligibility_problems from public;
