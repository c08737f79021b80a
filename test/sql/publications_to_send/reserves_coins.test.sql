select * from no_plan();
select tests.fund(5);
select tests.queue_record('alice', 'a' || n) is not null from generate_series(1, 3) n;
create temp table claimed as select * from tests.claim();
select is((select count(*) from claimed), 3::bigint, 'one each when there is no window');
select diag(row_to_json(c)::text) from claimed c limit 1;
select is(tests.store(c), 'stored', 'stored') from claimed c;
select * from finish();
