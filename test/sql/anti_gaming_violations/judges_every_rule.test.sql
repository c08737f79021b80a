/* All sixteen combinations of the four rules, each at both sides of its bound: with the minute that clocks may differ, and a moment more. */
select plan(45);
create temp view combinations as
select repository_age, repository_size, account_age, address,
  array_remove(array[case when repository_age then 'repository_too_young' end, case when repository_size then 'repository_too_small' end,
                     case when account_age then 'account_too_young' end, case when address then 'address_checked_too_often' end], null) as violations
from unnest(array[false, true]) repository_age, unnest(array[false, true]) repository_size, unnest(array[false, true]) account_age, unnest(array[false, true]) address;
create function pg_temp.names(repository_created_at timestamptz, repository_size_kb bigint, account_created_at timestamptz, address_checks integer, at timestamptz, rule_set_id integer default null)
  returns text[] language sql as $$
  select coalesce(array_agg(v.name), '{}') from press.anti_gaming_violations(repository_created_at, repository_size_kb, account_created_at, address_checks, at, rule_set_id) v $$;
create function pg_temp.made(days integer, is_violation boolean) returns timestamptz language sql as $$
  select '2026-03-29T12:00:00Z'::timestamptz + interval '1 minute' - make_interval(hours => 24 * days) + case when is_violation then interval '1 millisecond' else '0' end $$;

select is((select count(*) from combinations), 16::bigint, 'there are sixteen');
select is(pg_temp.names(pg_temp.made(30, c.repository_age), case when c.repository_size then 99 else 100 end, pg_temp.made(90, c.account_age), case when c.address then 2 else 1 end, '2026-03-29T12:00:00Z'),
  c.violations, format('at their bounds: %s', coalesce(nullif(array_to_string(c.violations, ', '), ''), 'nothing')))
from combinations c;
select is(pg_temp.names(case when not c.repository_age then '2020-01-01T00:00:00Z'::timestamptz end, case when not c.repository_size then 1000 end, case when not c.account_age then '2020-01-01T00:00:00Z'::timestamptz end,
    case when not c.address then 1 end, '2026-03-29T12:00:00Z'),
  c.violations, format('what is unknown is not good enough: %s', coalesce(nullif(array_to_string(c.violations, ', '), ''), 'nothing')))
from combinations c;

-- In the night before 29 March the clocks of Berlin lose an hour.
set local timezone = 'Europe/Berlin';
select is(pg_temp.names(pg_temp.made(30, false), 100, pg_temp.made(90, false), 1, '2026-03-29T12:00:00Z'), '{}', 'a day has 24 hours wherever the session is');
select is(pg_temp.names(pg_temp.made(30, true), 100, pg_temp.made(90, true), 1, '2026-03-29T12:00:00Z'), '{repository_too_young,account_too_young}', 'at the other side too');
set local timezone = 'UTC';
select is(pg_temp.names(now() + interval '1 day', 100, 'infinity', 0, now()), '{repository_too_young,account_too_young}', 'what was made in the future is too young');
select is(pg_temp.names(statement_timestamp() - interval '30 days', 100, statement_timestamp() - interval '90 days', 1, null), '{}', 'now, unless it is said when');

select press.set_rules(1, 7, 2, 10) is not null;
select is(pg_temp.names(pg_temp.made(1, c), case when c then 6 else 7 end, pg_temp.made(2, c), case when c then 11 else 10 end, '2026-03-29T12:00:00Z'),
  case when c then '{repository_too_young,repository_too_small,account_too_young,address_checked_too_often}'::text[] else '{}' end,
  format('under other rules, %s', case when c then 'all four' else 'none' end)) from unnest(array[false, true]) c;
select is(pg_temp.names(pg_temp.made(1, false), 7, pg_temp.made(2, false), 10, '2026-03-29T12:00:00Z', 1),
  '{repository_too_young,repository_too_small,account_too_young,address_checked_too_often}', 'and under the earlier ones, which are known by their id');
select throws_ok('select press.anti_gaming_violations(now(), 1, now(), 1, now(), 0)', 'PRINV', null, 'INVALID_INPUT for rules that never were');
select tests.as_gateway('press_anonymous');
select results_eq($$select name, found, demanded from press.anti_gaming_violations('2026-03-29T11:00:00Z', 6, null, 11, '2026-03-29T12:00:00Z')$$, $$
  values ('repository_too_young', 'made at 2026-03-29T11:00:00.000Z', 'at least 1 days old'), ('repository_too_small', '6 KB', 'at least 7 KB'),
         ('account_too_young', 'unknown', 'at least 2 days old'), ('address_checked_too_often', 'number 11 within an hour', 'at most 10 within an hour')$$,
  'everybody may ask, and is told what was found and what is demanded');
select tests.as_superuser();
select is_empty($$select name from press_private.attestation_violations() where name !~ '^[a-z_]+$' or sentence !~ '^[A-Z].*\.$' or hint !~ '^[A-Z].*\.$'$$, 'every violation has a sentence, and says what to do next');
select tests.as_superuser();
select throws_ok(format('select press.anti_gaming_violations(at => %L)', at), 'PRINV', null, format('INVALID_INPUT for the moment %s', at)) from unnest(array['294276-12-31', '-infinity']) at;
select * from finish();
