create or replace function press_private.rules_in_force()
  returns press.rule_sets
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_rules  press.rule_sets;
begin
  select r.* into strict v_rules from press.rule_sets r order by r.id desc limit 1;
  return v_rules;
end
$$;
comment on function press_private.rules_in_force is 'The rules that evidence is held against now: the latest.';
revoke all on function press_private.rules_in_force from public;
