/* All four rules, each judged for itself, so that whoever is refused hears everything at once. Depends on nothing but its arguments and a row that never
   changes: the same facts under the same rules give the same verdict for ever. Days have 24 hours wherever the session is. */
create or replace function press.anti_gaming_violations(
    repository_created_at timestamptz default null, repository_size_kb bigint default null, account_created_at timestamptz default null,
    address_checks integer default null, at timestamptz default null, rule_set_id integer default null)
  returns setof press.rule_violation
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_rules  press.rule_sets := press_private.rules_in_force();
  v_now    timestamptz;
begin
  if not coalesce(anti_gaming_violations.at, statement_timestamp()) between '0001-01-01T00:00:00Z' and '9999-12-31T00:00:00Z' then
    perform press_private.refuse('INVALID_INPUT', 'They are judged at a moment of the years 1 to 9999.');
  end if;
  if anti_gaming_violations.rule_set_id is not null then
    select r.* into v_rules from press.rule_sets r where r.id = anti_gaming_violations.rule_set_id;
    perform press_private.refuse('INVALID_INPUT', 'There is no such rule set.') where v_rules.id is null;
  end if;
  v_now := coalesce(anti_gaming_violations.at, statement_timestamp()) + interval '1 minute';  -- clocks differ

  return query
  select v.name, v.sentence, coalesce(j.found, 'unknown'), j.demanded
  from (values
    ('repository_too_young',
     anti_gaming_violations.repository_created_at <= v_now - make_interval(hours => 24 * v_rules.repository_age_days),
     'made at ' || press_private.rfc3339(anti_gaming_violations.repository_created_at), format('at least %s days old', v_rules.repository_age_days)),
    ('repository_too_small',
     anti_gaming_violations.repository_size_kb >= v_rules.repository_size_kb,
     anti_gaming_violations.repository_size_kb || ' KB', format('at least %s KB', v_rules.repository_size_kb)),
    ('account_too_young',
     anti_gaming_violations.account_created_at <= v_now - make_interval(hours => 24 * v_rules.account_age_days),
     'made at ' || press_private.rfc3339(anti_gaming_violations.account_created_at), format('at least %s days old', v_rules.account_age_days)),
    ('address_checked_too_often',
     anti_gaming_violations.address_checks <= v_rules.checks_per_hour,
     'number ' || anti_gaming_violations.address_checks || ' within an hour', format('at most %s within an hour', v_rules.checks_per_hour))
  ) j (name, holds, found, demanded)
  join press_private.attestation_violations() with ordinality v (name, fact, sentence, hint, index) on v.name = j.name
  where j.holds is not true  -- what is unknown is not good enough
  order by v.index;
end
$$;
comment on function press.anti_gaming_violations is 'Which of the four rules do not hold, all at once; no row: all hold. address_checks: the how-manieth attestation of its network address it is within an hour; at: when they are judged (null: now), give or take a minute; rule_set_id: by which rules (null: those in force). A null fact is unknown, and breaks its rule. Refuses: INVALID_INPUT (there is no such rule set, or no such year).';
revoke all on function press.anti_gaming_violations from public;
grant execute on function press.anti_gaming_violations to press_anonymous, press_holder, press_operator, press_auditor;
