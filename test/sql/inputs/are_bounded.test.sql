/* Numbers that a caller gives: the first and the last that are taken, and that those beside them are refused. What else is said of the first and the last is no matter here. */
create temp table bound (call text, first bigint, last bigint);
insert into bound values
  ('press.set_publishing_quota((tests.register_key(''alice'')).public_key, %s)', 1, 1000000),
  ('press.sales_over_time(''golden-ticket'', %s)', 1, 1000),
  ('press.fund_pool(repeat(''a'', 64), %s, 1000, tests.wallet())', 0, 4294967295),
  ('press.fund_pool(repeat(''a'', 64), 0, %s, tests.wallet())', 1, 2100000000000000),
  ('press.issue_tickets(''golden-ticket'', %s, recipient => ''alice'')', 1, 1000),
  ('press_worker.tickets_to_sign(tests.key_id(), %s, 60)', 1, 10000),
  ('press_worker.tickets_to_sign(tests.key_id(), 1, %s)', 1, 3600),
  ('press_worker.publications_to_send(tests.wallet(), %s, 0, 100000, 1, 60)', 0, 1000000),
  ('press_worker.publications_to_send(tests.wallet(), 100, %s, 100000, 1, 60)', 0, 3600000),
  ('press_worker.publications_to_send(tests.wallet(), 100, 0, %s, 1, 60)', 20000, 10000000),
  ('press_worker.publications_to_send(tests.wallet(), 100, 0, 100000, %s, 60)', 1, 10000),
  ('press_worker.publications_to_send(tests.wallet(), 100, 0, 100000, 1, %s)', 1, 3600),
  ('press_worker.publications_to_send(tests.wallet(), 100, 0, 100000, 1, 60, %s)', 1, 1000000),
  ('press_worker.split_to_make(tests.wallet(), %s, 10000, 1000, 100, 60)', 1, 10000),
  ('press_worker.split_to_make(tests.wallet(), 7, %s, 1000, 100, 60)', 7, 10000),
  ('press_worker.split_to_make(tests.wallet(), 1, 2, %s, 100, 60, 5)', 5, 100000000),
  ('press_worker.integrate_ledger(%s)', 1, 100000),
  ('press_worker.ledger_events(0, %s)', 1, 10000),
  ('press_worker.hold_event_stream(gen_random_uuid(), %s)', 1, 3600),
  ('press_worker.postpone_attestation((tests.submit(''alice'')).id, %s)', 1, 86400),
  ('press_worker.transactions_to_look_at(%s, 60)', 1, 10000),
  ('press_worker.transactions_to_look_at(1, %s)', 0, 86400),
  ('press_worker.transactions_to_send(%s, 60)', 1, 1000),
  ('press_worker.transactions_to_send(1, %s)', 1, 3600),
  ('press_worker.store_transactions(array[1], array[0], array[repeat(''a'', 64)], array[repeat(''ab'', 60)], %s)', 1, 3600),
  ('press_worker.credentials_to_sign(tests.key_id(''b''), ''did:web:press.test'', ''https://press.test'', %s, 60)', 1, 1000),
  ('press_worker.credentials_to_sign(tests.key_id(''b''), ''did:web:press.test'', ''https://press.test'', 1, %s)', 1, 3600),
  ('press_worker.attestations_to_verify(''{oidc}'', %s, 60)', 1, 1000),
  ('press_worker.attestations_to_verify(''{oidc}'', 1, %s)', 1, 3600);
select plan((3 * count(*))::integer + 4 + 6) from bound;

select tests.make_edition('golden-ticket', 2000, 2000);
select press_worker.register_signing_key(tests.public_key(), 'ticket') is not null;
select press_worker.register_signing_key(tests.public_key('b'), 'credential') is not null;
create function pg_temp.code(call text, value text) returns text language plpgsql as $$
begin
  execute 'select from ' || format(code.call, code.value);
  raise exception using errcode = 'P0099';
exception
  when others then return sqlstate;
end $$;
select isnt(pg_temp.code(call, first::text), 'PRINV', format('%s takes %s', call, first)) from bound;
select isnt(pg_temp.code(call, last::text), 'PRINV', format('%s takes %s', call, last)) from bound;
select is(array[pg_temp.code(call, (first - 1)::text), pg_temp.code(call, (last + 1)::text)], array['PRINV', 'PRINV'], format('%s refuses what is beside them', call)) from bound;

-- Rules have no last size; what is left out stays as it is.
select isnt(pg_temp.code('press.set_rules(%s, 0, 0, 1)', n), 'PRINV', 'days of a repository: ' || n) from unnest(array['0', '36500']) n;
select is(pg_temp.code('press.set_rules(%s, 0, 0, 1)', n), 'PRINV', 'no days of a repository: ' || n) from unnest(array['-1', '36501']) n;
select is(array(select pg_temp.code('press.set_rules(0, 0, ' || n || ', 1) where %s', 'true') = 'PRINV' from unnest(array[-1, 0, 36500, 36501]) with ordinality u (n, i) order by i), array[true, false, false, true], 'days of an account');
select is(array(select pg_temp.code('press.set_rules(0, 0, 0, ' || n || ') where %s', 'true') = 'PRINV' from unnest(array[0, 1, 1000000, 1000001]) with ordinality u (n, i) order by i), array[true, false, false, true], 'checks an hour');
select is(array(select pg_temp.code('press.set_rules(0, ' || n || ', 0, 1) where %s', 'true') = 'PRINV' from unnest(array[-1, 0]) with ordinality u (n, i) order by i), array[true, false], 'size of a repository');
select is(array(select pg_temp.code('press_worker.ledger_events(' || n || ', 1) where %s', 'true') = 'PRINV' from unnest(array[-1, 0]) with ordinality u (n, i) order by i), array[true, false], 'places count from 0');
select is(array(select pg_temp.code(format('press.create_edition(''beacon'', ''Beacon'', 5, 1, ''beacon'', null, now() + interval ''1 h'', %s, tests.make_chain()) where %%s', n), 'true') = 'PRINV' from unnest(array[0, 1, 604800, 604801]) with ordinality u (n, i) order by i),
  array[true, false, false, true], 'a beacon waits for a second to a week');
select is(array(select pg_temp.code(format('press.create_edition(''an-edition'', ''An edition'', %s, 1) where %%s', n), 'true') = 'PRINV' from unnest(array[0, 1]) with ordinality u (n, i) order by i), array[true, false], 'a cap is 1 or more');
select * from finish();
