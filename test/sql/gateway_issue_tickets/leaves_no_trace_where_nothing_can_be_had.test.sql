/* Who asks for what is sold out or over does not become known by it, or anybody with tokens could fill the table of holders. */
select plan(6);
create function pg_temp.ask(slug text, subject text) returns text language sql as $$
  select refusal_code from press_gateway.issue_tickets(slug, array[subject], array[false], array[null], array[1], array[null]::uuid[]) $$;
select tests.make_edition('sold-out', 1);
select count(*) from press.issue_ticket('sold-out', recipient => 'first');
select tests.make_edition('closed', 1);
select press.close_edition('closed') is not null;
insert into press.editions (slug, title, cap, per_holder_limit, status, opened_at, closes_at) values ('over', 'Over', 1, 1, 'open', now() - interval '1 day', now());

select tests.as_login('press_gateway');
select is(pg_temp.ask('sold-out', 'anna'), 'PRCAP', 'CAP_REACHED where all is issued');
select is(pg_temp.ask('closed', 'anna'), 'PRCLS', 'EDITION_NOT_OPEN where it was closed');
select is(pg_temp.ask('over', 'anna'), 'PRCLS', 'EDITION_NOT_OPEN where its window has ended');
select is(pg_temp.ask('sold-out', 'first'), 'PRLIM', 'who is known is judged as ever');
select is_empty($$select from press_gateway.issue_tickets('sold-out', array['anna', 'berta'], array[false, true], array[null, 'carla'], array[1, 1], array[null, null]::uuid[]) where refusal_code is null$$, 'also in a batch, and for others');
select tests.as_superuser();
select results_eq('select subject from press.holders', $$values ('first')$$, 'nobody became known');
select * from finish();
