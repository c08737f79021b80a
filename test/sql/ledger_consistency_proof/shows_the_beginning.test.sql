select plan(9);
select press_private.append_entry('key.activated', null, null, format('{"n":%s}', n)) from generate_series(1, 7) n;
select press_worker.integrate_ledger(100) > 0;

select tests.as_gateway('press_anonymous');
select is(press.ledger_consistency_proof(7, 7), '{}', 'a tree and itself need no proof');
select tests.as_superuser();
select is(press.ledger_consistency_proof(6, 7), array[encode(press_private.node_hash(e[5], e[6]), 'base64'), encode(e[7], 'base64'),
    encode(press_private.node_hash(press_private.node_hash(e[1], e[2]), press_private.node_hash(e[3], e[4])), 'base64')],
  'from 6 to 7: the example of RFC 6962, 2.1.3')
from (select array_agg(leaf_hash order by place) as e from press.ledger_entries) l;
select tests.as_gateway('press_anonymous');
select throws_ok(format('select press.ledger_consistency_proof(%s, %s)', old_size, new_size), 'PRINV', null, format('INVALID_INPUT from %s to %s', old_size, new_size))
from (values ('0', '7'), ('-1', '7'), ('5', '4'), ('7', '8'), ('null', '7'), ('7', 'null')) v (old_size, new_size);
select tests.as_login('press_auditor');
select is(cardinality(press.ledger_consistency_proof(4, 7)), 1, 'auditors may ask as well');
select * from finish();
