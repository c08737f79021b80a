/* A window ends between two milliseconds, and a new person asks just then: once the door has seen that it is over, so must the core. */
select plan(1);
create function pg_temp.ask_at_the_end(slug text) returns text language plpgsql as $$
begin
  insert into press.editions (slug, title, cap, per_holder_limit, status, opened_at, closes_at)
  values (slug, slug, 1, 1, 'open', now() - interval '1 day', clock_timestamp());
  return (select refusal_code from press_gateway.issue_tickets(slug, array['new to ' || slug], array[false], array[null], array[1], array[null]::uuid[]));
end $$;
select is((select array_agg(distinct pg_temp.ask_at_the_end('ends-' || n)) from generate_series(1, 200) n), array['PRCLS'], 'everybody hears that it has closed');
select * from finish();
