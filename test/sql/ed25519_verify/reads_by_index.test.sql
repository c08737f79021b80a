/* Sessions keep plans, and a table of combs is small at first: the points are looked up one by one all the same. */
select plan(2);
select press_private.build_ed25519_comb(decode(tests.public_key(), 'hex'));
create function pg_temp.verify_often() returns void language sql as $$
  select count(press.ed25519_verify(decode(tests.public_key(), 'hex'), n::text::bytea, ('\x' || repeat('02', 32) || repeat('00', 32))::bytea))
  from generate_series(1, 20) n $$;
create function pg_temp.rows_read() returns table (by_scan bigint, by_index bigint) language sql as $$
  select seq_tup_read, idx_tup_fetch from pg_stat_xact_user_tables where relid = 'press_private.ed25519_comb_points'::regclass $$;

select pg_temp.verify_often();
select results_eq('select * from pg_temp.rows_read()', 'values (0::bigint, 20 * 64::bigint)', 'a verification reads 64 points by the index');
analyze press_private.ed25519_comb_points;
select pg_temp.verify_often();
select results_eq('select * from pg_temp.rows_read()', 'values (0::bigint, 2 * 20 * 64::bigint)', 'the same once the table''s size is known');
select * from finish();
