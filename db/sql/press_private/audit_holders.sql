create or replace function press_private.audit_holders()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'the trust level of a holder is the highest of their credentials that were not revoked', format('press.holders (%s)', coalesce(h.id::text, c.holder_id::text)),
    format('It is %s; the highest credential has %s.', h.trust_level, coalesce(c.trust_level, 0))
  from press.holders h
  full join (
    select i.holder_id, max(i.trust_level) as trust_level from press.credentials i where i.status <> 'revoked' group by i.holder_id
  ) c on c.holder_id = h.id
  where h.trust_level is distinct from coalesce(c.trust_level, 0);

  return query
  select 'a holder without a subject was forgotten, and nobody else was', format('press.holders (%s)', coalesce(h.id, e.holder_id)),
    format('They have %s subject, and are %s in press_private.erased_holders.', case when h.subject is null then 'no' else 'a' end, case when e.holder_id is null then 'not' else 'there' end)
  from press.holders h
  full join press_private.erased_holders e on e.holder_id = h.id
  where (h.subject is null) is distinct from (e.holder_id is not null) or (e.holder_id is not null and h.id is null);
end
$$;
comment on function press_private.audit_holders is 'What does not hold of holders.';
revoke all on function press_private.audit_holders from public;
