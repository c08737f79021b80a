create or replace function press_private.audit_attestations(ids uuid[] default null)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  -- What one proof has given is looked at together.
  v_proof_digests  text[] := array(select distinct a.proof_digest from press.attestations a where a.id = any (audit_attestations.ids));
begin
  return query
  select 'an attestation is verified if and only if it has its one credential', format('press.attestations (%s)', coalesce(a.id, c.attestation_id)),
    format('It is %s, and has %s credentials, of the kind %s and the holder %s.', coalesce(a.status::text, 'not there'), coalesce(c.count, 0), c.kind, c.holder_id)
  from (select * from press.attestations i where audit_attestations.ids is null or i.id = any (audit_attestations.ids)) a
  full join (
    select i.attestation_id, count(*) as count, min(i.kind) as kind, min(i.holder_id::text) as holder_id, bool_and(i.trust_level = press_private.trust_level_of(i.kind)) as is_level_right
    from press.credentials i where audit_attestations.ids is null or i.attestation_id = any (audit_attestations.ids) group by i.attestation_id
  ) c on c.attestation_id = a.id
  where case when c.count is null then a.status = 'verified'
        else (a.status = 'verified' and c.count = 1 and c.kind = a.kind and c.holder_id = a.holder_id::text and c.is_level_right) is not true end;

  return query
  select 'a decision is the one that its facts and its rules give', format('press.attestations (%s)', a.id),
    format('It is %s with the violations %s; made again, it has %s.', a.status, a.violations, r.violations)
  from press.attestations a
  cross join lateral press_private.replayed_violations(a) r (violations)
  -- Where the facts are gone, their holder was forgotten: the seal tells whether the press removed them.
  where (audit_attestations.ids is null or a.id = any (audit_attestations.ids)) and a.decided_at is not null and case when a.facts is null then (a.status = 'verified') <> (a.violations = '{}')
        else (r.violations = a.violations and (a.status = 'verified') = (a.violations = '{}')) is not true end;

  return query
  select 'evidence is kept until it was checked, and no longer', format('press_private.attestation_work (%s)', coalesce(w.attestation_id, a.id)),
    format('The attestation is %s, and its evidence is %s.', coalesce(a.status::text, 'not there'), case when w.attestation_id is null then 'not there' else 'there' end)
  from (select * from press_private.attestation_work i where audit_attestations.ids is null or i.attestation_id = any (audit_attestations.ids)) w
  full join (select * from press.attestations i where audit_attestations.ids is null or i.id = any (audit_attestations.ids)) a on a.id = w.attestation_id
  where (a.status = 'submitted') is distinct from (w.attestation_id is not null);

  return query
  select 'a proof is one holder''s, and gives one valid credential at a time', format('press.attestations (%s)', p.id),
    format('It was decided at %s; before it, %s has proved the same, with a credential until %s.', p.decided_at, p.earlier_holder_id, p.earlier_valid_until)
  from (
    select a.id, a.holder_id, a.decided_at, a.renewed_id, lag(a.id) over w as earlier_id, lag(a.holder_id) over w as earlier_holder_id, lag(c.valid_until) over w as earlier_valid_until
    from (
      select i.* from press.attestations i where i.status = 'verified' and audit_attestations.ids is null
      union all
      -- offset 0: each proof is looked up, also when the planner believes that there are few.
      select i.* from unnest(v_proof_digests) d (proof_digest)
      cross join lateral (select * from press.attestations v where v.proof_digest = d.proof_digest and v.status = 'verified' offset 0) i
    ) a
    left join press.credentials c on c.attestation_id = a.id
    window w as (partition by a.proof_digest order by a.decided_at, a.id)
  ) p
  where p.renewed_id is distinct from p.earlier_id
     or (p.earlier_id is not null and (p.holder_id = p.earlier_holder_id and press_private.has_expired(p.earlier_id, p.decided_at)) is not true);

  return query
  select 'rules are named by the hash of their thresholds, and an operator put them in force', format('press.rule_sets (%s)', r.id),
    format('It has the hash %s, and was put in force by %s.', r.rule_set_hash, coalesce(q.requested_by, 'nobody'))
  from press.rule_sets r
  left join press_private.rule_set_requests q on q.rule_set_id = r.id
  where audit_attestations.ids is null and ((q.rule_set_id is null and r.id > (select min(f.id) from press.rule_sets f)) or r.rule_set_hash is distinct from press_private.envelope_hash(
    press_private.rule_set_document(r.repository_age_days, r.repository_size_kb, r.account_age_days, r.checks_per_hour)));
end
$$;
comment on function press_private.audit_attestations is 'What does not hold of attestations and the rules that they were decided under: of the attestations with the ids, or of all, and of the rules (null).';
revoke all on function press_private.audit_attestations from public;
