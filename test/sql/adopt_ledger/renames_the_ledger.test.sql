select plan(13);
select tests.as_login('press_worker');
select lives_ok($$select press_worker.adopt_ledger('press.example/one', 'The name of the domain.')$$, 'a ledger gets a name');
select lives_ok($$select press_worker.adopt_ledger('press.example/one', 'The store was lost.')$$, 'its present name again is fine');
select lives_ok($$select press_worker.adopt_ledger('press.example/two', 'Restored from the backup of Monday.')$$, 'and it gets a new one');
select throws_ok($$select press_worker.adopt_ledger('press.example/one', 'Back to the old name.')$$, 'PRINV', null, 'never one that it had before');
select throws_ok(format('select press_worker.adopt_ledger(%L, ''A reason.'')', origin), 'PRINV', null, format('INVALID_INPUT for the name %L', origin))
from unnest(array['', 'press example', 'press+example', null]) origin;
select throws_ok(format('select press_worker.adopt_ledger(''press.example/three'', %L)', reason), 'PRINV', null, format('INVALID_INPUT for the reason %L', left(reason, 20)))
from unnest(array['', 'two' || E'\n' || 'lines', repeat('x', 501), null]) reason;
select tests.as_superuser();
select results_eq('select origin, reason, tree_size from press_private.ledger_adoptions order by id', $$
  values ('press.example/one', 'The name of the domain.', 0::bigint), ('press.example/one', 'The store was lost.', 0),
         ('press.example/two', 'Restored from the backup of Monday.', 0)$$, 'every adoption is kept, with its reason');
select * from finish();
