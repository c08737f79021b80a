select plan(12);
select is((select public_key from press_private.ed25519_combs where id = 0), '\x5866666666666666666666666666666666666666666666666666666666666666',
  'the migration made the comb of the base point');
select is_empty('select press_private.faulty_ed25519_combs()', 'as it must be');
select is(press_private.build_ed25519_comb(decode(tests.public_key(), 'hex')), true, 'a key gets its comb');
-- The number of a point is 8192 times that of its comb, and no bigint: there are only so many of them.
create temp table before as select last_value from press_private.ed25519_combs_id_seq;
select is(press_private.build_ed25519_comb(decode(tests.public_key(), 'hex')), true, 'once');
select results_eq('select last_value from press_private.ed25519_combs_id_seq', 'table before', 'and uses up no second number');
select results_eq('select comb_id, count(*) from press_private.ed25519_comb_points group by 1 order by 1',
  'select id, 32 * 129::bigint from press_private.ed25519_combs order by 1', 'a comb has the multiples 0 to 128 in each of 32 places');
select is(count(*), 2::bigint, 'there are two of them') from press_private.ed25519_combs;
select is_empty('select press_private.faulty_ed25519_combs()', 'and they follow from their keys');
select throws_ok($$insert into press_private.ed25519_combs (id, public_key) overriding system value values (99, '\x5866666666666666666666666666666666666666666666666666666666666666')$$,
  '23514', null, 'number 0 and no other is of the base point');

update press_private.ed25519_comb_points set y_plus_x = y_plus_x + 1 where comb_id = 0 and place = 3 and multiple = 77;
select results_eq('select press_private.faulty_ed25519_combs()', $$values ('\x5866666666666666666666666666666666666666666666666666666666666666'::bytea)$$,
  'a changed point is found');
delete from press_private.ed25519_comb_points c using press_private.ed25519_combs k where k.id = c.comb_id and k.id > 0 and place = 31;
select is((select count(*) from press_private.faulty_ed25519_combs()), 2::bigint, 'so is a missing one');
select throws_ok($$select press.ed25519_verify(decode(tests.public_key(), 'hex'), '', ('\x' || repeat('02', 32) || repeat('00', 32))::bytea)$$, 'P0001', null,
  'and a comb that lacks one gives an error, no verdict');
select * from finish();
