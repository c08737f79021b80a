/* The decision itself. It reads nothing but the facts and the rules, so that anybody with both comes to the same. Of evidence that is invalid, only what is
   known is judged. */
create or replace function press_private.violations_of(kind press.attestation_kind, facts jsonb, rule_set_id integer)
  returns text[]
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return coalesce((
    select array_agg(v.name order by v.index)
    from press_private.attestation_violations() with ordinality v (name, fact, sentence, hint, index)
    left join press.anti_gaming_violations(
      (facts ->> 'repository_created_at')::timestamptz, (facts ->> 'repository_size_kb')::bigint, (facts ->> 'account_created_at')::timestamptz,
      (facts ->> 'address_checks')::integer, (facts ->> 'checked_at')::timestamptz, violations_of.rule_set_id) g on g.name = v.name
    where case v.name
      when 'evidence_invalid' then facts ? 'problem'
      when 'nonce_invalid' then facts -> 'nonce_is_right' = 'false'
      when 'proof_already_used' then facts -> 'proof_is_new' = 'false'
      when 'holder_inactive' then facts -> 'holder_is_active' = 'false'
      when 'holder_erased' then false
      when 'address_checked_too_often' then g.name is not null
      else g.name is not null and violations_of.kind = 'repository' and (facts -> v.fact <> 'null' or not facts ? 'problem') end), '{}');
end
$$;
comment on function press_private.violations_of is 'Every violation that the facts are under the rules, by name and in the order of the register; empty: there is none. All rules hold for a repository, that of the address alone for an ID token.';
revoke all on function press_private.violations_of from public;
