select plan(6);
select press.create_edition('draft', 'A draft', 1) is not null;
select tests.make_edition('now', 1);
select tests.make_edition('within', 1, null, now() - interval '1 day', now() + interval '1 day');
select tests.make_edition('later', 1, null, now() + interval '1 day');
select tests.make_edition('closed', 1);
select press.close_edition('closed') is not null;
insert into press.editions (slug, title, cap, per_holder_limit, status, opened_at, closes_at) values ('over', 'Over', 1, 1, 'open', now() - interval '1 day', now());

select is((select press.editions_is_open(e) from press.editions e where slug = 'draft'), false, 'a draft is not open');
select is((select press.editions_is_open(e) from press.editions e where slug = 'now'), true, 'an opened edition without a window is');
select is((select press.editions_is_open(e) from press.editions e where slug = 'within'), true, 'so is one within its window');
select is((select press.editions_is_open(e) from press.editions e where slug = 'later'), false, 'not before its window');
select is((select press.editions_is_open(e) from press.editions e where slug = 'over'), false, 'not from its end on, whatever the status says');
select is((select press.editions_is_open(e) from press.editions e where slug = 'closed'), false, 'not once it was closed');
select * from finish();
