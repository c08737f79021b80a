select plan(17);
select press_private.append_entry('key.activated', null, null, format('{"n":%s}', n)) from generate_series(0, 29) n;
select press_worker.integrate_ledger(100) > 0;
select tests.as_login('press_worker');
select is_empty('select press_worker.ledger_events(0, 10)', 'nothing is published before the first checkpoint');
select tests.as_superuser();
-- With the activation of its key.
select is((tests.publish_checkpoint()).tree_size, 31::bigint, 'a checkpoint covers 31 entries');
select press_private.append_entry('key.activated', null, null, '{"n":"unpublished"}') is null;
select press_worker.integrate_ledger(100) > 0;
create temp table published as select place, leaf from press.ledger_entries where place < 31;
grant select on published to public;

select tests.as_login('press_worker');
select results_eq('select * from press_worker.ledger_events(0, 10000)', 'table published order by place', 'all that it covers, in order, and nothing beyond');
select results_eq('select * from press_worker.ledger_events(7, 3)', 'select * from published where place between 7 and 9 order by place', 'some of it');
select results_eq('select * from press_worker.ledger_events(29, 3)', 'select * from published where place >= 29 order by place', 'the last of it');
select is_empty(format('select press_worker.ledger_events(%s, 10000)', place), 'nothing from ' || place) from unnest(array[31, 32, 9223372036854775807]) place;
select throws_ok(format('select press_worker.ledger_events(%s)', arguments), 'PRINV', null, 'INVALID_INPUT: ' || arguments)
from unnest(array['null, 1', '-1, 1', '0, null', '0, 0', '0, -1', '0, 10001']) arguments;
select tests.as_superuser();
select press_worker.stop_press('A drill.') is not null;
select tests.as_login('press_worker');
select is(count(*), 31::bigint, 'also while the press is stopped') from press_worker.ledger_events(0, 100);
select tests.as_superuser();
select press.start_press('It is over.') is not null;
select tests.publish_checkpoint() is not null;
select tests.as_login('press_worker');
select results_eq('select leaf from press_worker.ledger_events(31, 100)', $$values ('{"n":"unpublished"}')$$, 'the next checkpoint covers more');
select is((select count(*) from press_worker.ledger_events(0, 100)), 32::bigint, 'and what was there before');
select * from finish();
