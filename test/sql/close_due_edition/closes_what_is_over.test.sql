select plan(6);
select tests.make_edition('running', 1, null, null, now() + interval '1 day');
select tests.make_edition('unbounded', 1);
insert into press.editions (slug, title, cap, per_holder_limit, status, opened_at, closes_at)
values ('over', 'Over', 1, 1, 'open', now() - interval '2 days', now() - interval '1 day');

select tests.as_gateway('press_holder', 'alice');
select throws_ok($$select press.issue_ticket('over')$$, 'PRCLS', null, 'nothing is issued after the window, though the status still says open');
select tests.as_login('press_worker');
create temp table due as select d.id from press_worker.due_editions() d (id);
select is((select count(*) from due), 1::bigint, 'one edition is over');
select is((select press_worker.close_due_edition(id) from due), true, 'it is closed');
select is((select press_worker.close_due_edition(id) from due), false, 'and not closed twice');
select tests.as_superuser();
select is((select status::text from press.editions where slug = 'over'), 'closed', 'it says so now');
select is((select count(*) from press.editions where status = 'open'), 2::bigint, 'the others are as they were');
select * from finish();
