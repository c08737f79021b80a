select plan(16);
select press_private.append_entry('key.activated', null, null, format('{"n":%s}', n)) from generate_series(1, 7) n;
select press_worker.integrate_ledger(100) > 0;

select tests.as_gateway('press_anonymous');
select is(press.ledger_inclusion_proof(0, 1), '{}', 'a tree of one entry needs no proof');
select is(cardinality(press.ledger_inclusion_proof(6, 7)), 2, 'the last of seven goes up alone once, and has two siblings');
select tests.as_superuser();
select is((select array_agg(press_private.root_of_inclusion(e.leaf_hash, e.place, 7,
    array(select decode(h, 'base64') from unnest(press.ledger_inclusion_proof(e.place, 7)) with ordinality p (h, n) order by n))) from press.ledger_entries e),
  array_fill(press_private.tree_root(7), array[7]), 'each of seven leads to the root');
select is(press_private.root_of_inclusion(leaf_hash, place, size, path), null, 'no root for ' || what)
from (values (sha256(''), 1, 1, '{}'::bytea[], 'a place beyond the last'), (sha256(''), -1, 1, '{}', 'one before the first'), ('\x00', 0, 1, '{}', 'a leaf of another length'),
             (sha256(''), 0, 1, null, 'a path that is not there'), (sha256(''), 0, 1, array[sha256('')], 'one that goes on above the root'),
             (sha256(''), 0, 2, array['\x00'::bytea], 'a hash of another length in it')) v (leaf_hash, place, size, path, what);
select tests.as_gateway('press_anonymous');
select throws_ok(format('select press.ledger_inclusion_proof(%s, %s)', place, size), 'PRINV', null, format('INVALID_INPUT for place %s of %s', place, size))
from (values ('-1', '7'), ('7', '7'), ('0', '0'), ('0', '8'), ('null', '7'), ('0', 'null')) v (place, size);
select tests.as_login('press_auditor');
select lives_ok('select press.ledger_inclusion_proof(3, 7)', 'auditors may ask as well');
select * from finish();
