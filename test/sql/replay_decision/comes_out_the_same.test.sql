select plan(19);
create function pg_temp.id_of(subject text) returns uuid language sql security definer as $$
  select a.id from press.attestations a join press.holders h on h.id = a.holder_id where h.subject = id_of.subject $$;
select tests.attest('alice', 'repository') is not null, tests.submit('bob', 'repository') is not null, tests.submit('carol') is not null;
select press_worker.verify_attestation(pg_temp.id_of('bob'), tests.repository_proof(1), tests.nonce_of('bob', 'repository'), tests.repository_facts() || '{"repository_size_kb":99}') is not null;
select press.set_rules(repository_size_kb => 5000) is not null;

select tests.as_gateway('press_holder', 'alice');
select is((r.*)::text, format('(%s,verified,{},{},t)', pg_temp.id_of('alice')), 'a holder has their decision made again: by the rules of its day, not of today') from press.replay_decision(pg_temp.id_of('alice')) r;
select throws_ok($$select press.replay_decision(pg_temp.id_of('bob'))$$, 'PRINV', null, 'INVALID_INPUT for another holder''s');
select tests.as_gateway('press_holder', 'stranger');
select throws_ok($$select press.replay_decision(pg_temp.id_of('alice'))$$, 'PRINV', null, 'and for whoever is not known');
select tests.as_gateway('press_anonymous');
select throws_ok($$select press.replay_decision(pg_temp.id_of('alice'))$$, 'PRANO', null, 'NOT_SIGNED_IN');
select tests.as_gateway('press_operator', 'olga');
select is((r.*)::text, format('(%s,rejected,{repository_too_small},{repository_too_small},t)', pg_temp.id_of('bob')), 'an operator has any') from press.replay_decision(pg_temp.id_of('bob')) r;
select throws_ok($$select press.replay_decision(pg_temp.id_of('carol'))$$, 'PRINV', null, 'INVALID_INPUT for what was not decided');
select throws_ok(format('select press.replay_decision(%L)', id), 'PRINV', null, format('INVALID_INPUT for %L', id)) from unnest(array[gen_random_uuid(), null]) id;
select tests.as_login(tests.operator_login());
select is(agrees, true, 'so does a login') from press.replay_decision(pg_temp.id_of('bob'));
select tests.as_login('press_auditor');
select is(agrees, true, 'and the auditor') from press.replay_decision(pg_temp.id_of('bob'));
select tests.as_login('press_worker');
select throws_ok($$select press.replay_decision(pg_temp.id_of('bob'))$$, '42501', null, 'the worker has none');

-- Whoever changes a fact, a rule or a verdict beside the press is found out.
create function pg_temp.replay_with(change text) returns text language plpgsql as $$
declare
  v_answer  text;
begin
  set local session_replication_role = origin;
  alter table press.attestations disable trigger _200_guard_decision;
  execute 'update press.attestations set ' || change || ' where id = pg_temp.id_of(''bob'')';
  alter table press.attestations enable always trigger _200_guard_decision;
  select format('%s %s', r.replayed_violations, r.agrees) into v_answer from press.replay_decision(pg_temp.id_of('bob')) r;
  raise exception using errcode = 'P0001', message = coalesce(v_answer, 'null');
exception when raise_exception then
  return sqlerrm;
end
$$;
select tests.as_superuser();
select is(pg_temp.replay_with(change), answer, what) from (values
  ('facts = facts || ''{"repository_size_kb":100}''', '{} f', 'a fact'), ('facts = facts - ''repository_size_kb''', '{repository_too_small} t', 'that is gone: unknown is not good enough either'),
  ('rule_set_id = (select max(id) from press.rule_sets)', '{repository_too_small} t', 'other rules, that say the same'), ('violations = ''{nonce_invalid}''', '{repository_too_small} f', 'a violation'),
  ('facts = facts || ''{"nonce_is_right":false}''', '{nonce_invalid,repository_too_small} f', 'what was known of the number'), ('facts = facts || ''{"problem":"x"}''', '{evidence_invalid,repository_too_small} f', 'a problem'),
  ('facts = null', ' ', 'where the facts are gone, nobody can say')) c (change, answer, what);
create function pg_temp.audit_with(change text) returns text language plpgsql as $$
declare
  v_answer  text;
begin
  alter table press.attestations disable trigger _200_guard_decision;
  execute 'update press.attestations set ' || change || ' where id = pg_temp.id_of(''bob'')';
  alter table press.attestations enable always trigger _200_guard_decision;
  v_answer := (select string_agg(a.subject, ', ') from press.audit(part => 'rows') a where not a.is_ok and a."check" = 'a decision is the one that its facts and its rules give');
  raise exception using errcode = 'P0001', message = coalesce(v_answer, 'nothing');
exception when raise_exception then
  return sqlerrm;
end
$$;
select is(pg_temp.audit_with('facts = facts || ''{"repository_size_kb":"much"}'''), format('press.attestations (%s)', pg_temp.id_of('bob')), 'facts that cannot be read are found where they are');
select * from finish();
