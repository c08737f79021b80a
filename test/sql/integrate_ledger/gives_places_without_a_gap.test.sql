select plan(18);
select press_private.append_entry('key.activated', null, null, format('{"n":%s}', n)) from generate_series(0, 24) n;
select tests.as_login('press_worker');
select throws_ok(format('select press_worker.integrate_ledger(%s)', size), 'PRINV', null, 'INVALID_INPUT for a batch of ' || size)
from unnest(array['0', '-1', '100001', 'null']) size;
select is(press_worker.integrate_ledger(10), 10::bigint, 'a batch takes the oldest');
select is(press_worker.integrate_ledger(10), 10::bigint, 'and the next one goes on');
select is(press_worker.ledger_root(21), null, 'the tree has 20 entries: none of 21');
select is(press_worker.integrate_ledger(10), 5::bigint, 'the last one takes what is left');
select is(press_worker.integrate_ledger(10), 0::bigint, 'then nothing is');

select tests.as_superuser();
select results_eq('select place, leaf from press.ledger_entries order by place', $$select n::bigint, format('{"n":%s}', n) from generate_series(0, 24) n$$,
  'places count from 0 in the order of the inbox');
select is_empty('select from press_private.ledger_inbox', 'nothing is left in the inbox');
select results_eq('select level::integer, count(*) from press_private.ledger_nodes group by 1 order by 1', 'values (1, 12::bigint), (2, 6), (3, 3), (4, 1)',
  'the tree has its complete subtrees, and no others');

-- Each of its writes fails in turn: nothing of what was done before is there.
create function pg_temp.fail() returns trigger language plpgsql as $$
begin
  if TG_TABLE_NAME = current_setting('tests.fails_at') then
    raise exception 'No space left on %.', TG_TABLE_NAME;
  end if;
  return coalesce(NEW, OLD);
end $$;
create trigger _900_fail before delete on press_private.ledger_inbox for each row execute function pg_temp.fail();
create trigger _900_fail before insert on press.ledger_entries for each row execute function pg_temp.fail();
create trigger _900_fail before insert on press_private.ledger_nodes for each row execute function pg_temp.fail();
create trigger _900_fail before update on press_private.ledger_head for each row execute function pg_temp.fail();
select press_private.append_entry('key.activated', null, null, '{"n":25}');
create temp table before as select count(*) as entries, (select count(*) from press_private.ledger_nodes) as nodes from press.ledger_entries;
select throws_ok(format('select set_config(''tests.fails_at'', %L, true), press_worker.integrate_ledger(10)', name), 'P0001', format('No space left on %s.', name),
  'it fails at ' || name)
from unnest(array['ledger_inbox', 'ledger_entries', 'ledger_nodes', 'ledger_head']) name;
select results_eq('select count(*), (select count(*) from press_private.ledger_nodes) from press.ledger_entries', 'table before', 'no entry and no node was made');
select is((select count(*) from press_private.ledger_inbox), 1::bigint, 'and what waited still waits');
select * from finish();
