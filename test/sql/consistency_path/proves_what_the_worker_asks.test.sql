select plan(7);
select press_private.append_entry('key.activated', null, null, format('{"n":%s}', n)) from generate_series(1, 7) n;
select tests.as_login('press_worker');
select is(press_worker.integrate_ledger(100), 7::bigint, 'seven entries have a place');
select is(cardinality(press_worker.consistency_path(3, 7)), 4, 'the proof of RFC 6962, 2.1.3, from 3 to 7 has four hashes');
select is(cardinality(press_worker.consistency_path(4, 7)), 1, 'from 4 to 7 it has one');
select is(press_worker.consistency_path(7, 7), '{}', 'from 7 to 7 none');
select is(press_worker.consistency_path(old_size, new_size), null, format('null from %s to %s', old_size, new_size))
from (values (0, 7), (5, 4), (7, 8)) v (old_size, new_size);
select * from finish();
