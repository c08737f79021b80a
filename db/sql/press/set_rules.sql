/* Puts other thresholds in force, for what is decided from now on. Locks: the first rule set, so that of two operators at once the second changes what
   the first has put in force. */
create or replace function press.set_rules(
    repository_age_days integer default null, repository_size_kb integer default null, account_age_days integer default null, checks_per_hour integer default null)
  returns press.rule_sets
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_actor  press_hidden.actor_record;
  v_rules  press.rule_sets;
  v_hash   text;
begin
  perform press_private.require_running();
  v_actor := press_private.require_operator();
  if not (coalesce(set_rules.repository_age_days, 0) between 0 and 36500 and coalesce(set_rules.account_age_days, 0) between 0 and 36500
      and coalesce(set_rules.repository_size_kb, 0) >= 0 and coalesce(set_rules.checks_per_hour, 1) between 1 and 1000000) then
    perform press_private.refuse('INVALID_INPUT', 'Ages are 0 to 36500 days, a size is 0 KB or more, and 1 to 1000000 checks an hour are allowed.');
  end if;
  perform press_private.hold_operators(array[v_actor.subject]) where v_actor.kind = 'operator';
  perform from press.rule_sets r where r.id = (select min(f.id) from press.rule_sets f) for no key update;
  perform press_private.require_running();

  -- Statements from here on see what was put in force before the lock was granted.
  v_rules := press_private.rules_in_force();
  v_rules.repository_age_days := coalesce(set_rules.repository_age_days, v_rules.repository_age_days);
  v_rules.repository_size_kb := coalesce(set_rules.repository_size_kb, v_rules.repository_size_kb);
  v_rules.account_age_days := coalesce(set_rules.account_age_days, v_rules.account_age_days);
  v_rules.checks_per_hour := coalesce(set_rules.checks_per_hour, v_rules.checks_per_hour);
  v_hash := press_private.envelope_hash(press_private.rule_set_document(
    v_rules.repository_age_days, v_rules.repository_size_kb, v_rules.account_age_days, v_rules.checks_per_hour));
  if v_hash = v_rules.rule_set_hash then
    return v_rules;
  end if;

  insert into press.rule_sets (rule_set_hash, repository_age_days, repository_size_kb, account_age_days, checks_per_hour)
  values (v_hash, v_rules.repository_age_days, v_rules.repository_size_kb, v_rules.account_age_days, v_rules.checks_per_hour)
  returning * into v_rules;
  insert into press_private.rule_set_requests (rule_set_id, requested_by) values (v_rules.id, press_private.issuer_label(v_actor));
  return v_rules;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.set_rules is 'Puts thresholds in force for what is decided from now on; a null keeps the present one. Those that are in force already stay as they are. repository_age_days, account_age_days: 0 to 36500; repository_size_kb: 0 or more; checks_per_hour: 1 to 1000000 attestations of one network address within an hour. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press.set_rules from public;
grant execute on function press.set_rules to press_anonymous, press_holder, press_operator;
