select plan(2);
select tests.as_login('press_gateway');
select lives_ok('select press_gateway.request_signing()', 'the gateway may ask');
select tests.as_superuser();
select is((select array_agg(task_identifier) from graphile_worker.jobs), array['tickets__sign'], 'a worker is woken');
select * from finish();
