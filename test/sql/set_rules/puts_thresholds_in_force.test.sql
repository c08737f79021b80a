select plan(36);
create function pg_temp.thresholds(r press.rule_sets) returns integer[] language sql as $$ select array[r.repository_age_days, r.repository_size_kb, r.account_age_days, r.checks_per_hour] $$;

select results_eq('select pg_temp.thresholds(r) from press.rule_sets r', $$values (array[30, 100, 90, 1])$$, 'the press came with rules');
select is(r.rule_set_hash, press_private.envelope_hash(press_private.rule_set_document(30, 100, 90, 1)), 'their hash is that of their canonical text') from press.rule_sets r;
select is(press_private.rule_set_document(30, 100, 90, 1), '{"account_age_days":90,"checks_per_hour":1,"repository_age_days":30,"repository_size_kb":100,"type":"golden-press/rules/v1"}',
  'which has every threshold');
select is(pg_temp.thresholds(press.set_rules()), array[30, 100, 90, 1], 'nothing said, nothing changed');
select is((select count(*) from press.rule_sets), 1::bigint, 'and nothing is put in force');

select tests.as_gateway('press_operator', 'olga');
select is(pg_temp.thresholds(press.set_rules(repository_size_kb => 50)), array[30, 50, 90, 1], 'what is not said stays as it is');
select is(pg_temp.thresholds(press.set_rules(7, null, 14, 5)), array[7, 50, 14, 5], 'from what is in force now');
select is(pg_temp.thresholds(press.set_rules(7, 50, 14, 5)), array[7, 50, 14, 5], 'the same again is fine');
select is(pg_temp.thresholds(press.set_rules(0, 0, 0, 1)), array[0, 0, 0, 1], 'a rule can demand nothing');
select is(pg_temp.thresholds(press.set_rules(36500, 2147483647, 36500, 1000000)), array[36500, 2147483647, 36500, 1000000], 'or very much');
select is(pg_temp.thresholds(press.set_rules(30, 100, 90, 1)), array[30, 100, 90, 1], 'earlier ones can come back');
select is((select count(*) from press.rule_sets), 6::bigint, 'each is kept');
select is((select count(distinct rule_set_hash) from press.rule_sets), 5::bigint, 'the same thresholds have the same hash');
select throws_ok(format('select press.set_rules(%s)', arguments), 'PRINV', null, format('INVALID_INPUT for %s', arguments))
from unnest(array['-1', '36501', 'null, -1', 'null, null, -1', 'null, null, 36501', 'null, null, null, 0', 'null, null, null, 1000001', 'checks_per_hour => -1']) arguments;

select tests.as_gateway('press_holder', 'alice');
select throws_ok('select press.set_rules()', 'PRDEN', null, 'NOT_ALLOWED for a holder');
select tests.as_gateway('press_anonymous');
select throws_ok('select press.set_rules()', 'PRANO', null, 'NOT_SIGNED_IN');
select isnt_empty('select id from press.rule_sets', 'everybody reads the rules');
select throws_ok('insert into press.rule_sets (rule_set_hash) values (null)', '42501', null, 'and nobody writes them');
select tests.as_login(tests.operator_login());
select is(pg_temp.thresholds(press.set_rules(1)), array[1, 100, 90, 1], 'a login puts rules in force, too');
select throws_ok('select * from press_private.rule_set_requests', '42501', null, 'who put them there, no client reads');
select tests.as_login('press_auditor');
select results_eq('select r.id, q.requested_by from press.rule_sets r left join press_private.rule_set_requests q on q.rule_set_id = r.id order by r.id',
  format($$select id, case row_number() over (order by id) when 1 then null when 7 then 'login:%s' else 'operator:olga' end from press.rule_sets order by id$$, tests.operator_login()), 'the auditor does, of each but the first');

select tests.as_superuser();
select throws_ok('delete from press_private.rule_set_requests', 'PRDEN', null, 'it stays');
select throws_ok('update press.rule_sets set checks_per_hour = 100', 'PRDEN', null, 'rules are never changed');
select throws_ok('delete from press.rule_sets', 'PRDEN', null, 'nor removed');
select throws_ok('truncate press.rule_sets cascade', 'PRDEN', null, 'nor truncated');
select throws_ok('update press_private.hashing_key set key = key', 'PRDEN', null, 'the key of hashes is never changed');
select throws_ok('delete from press_private.hashing_key', 'PRDEN', null, 'nor removed');
select throws_ok('truncate press_private.hashing_key', 'PRDEN', null, 'nor truncated');
select press_worker.stop_press('test') is not null;
select throws_ok('select press.set_rules(-1)', 'PRSTO', null, 'PRESS_STOPPED');
select * from finish();
