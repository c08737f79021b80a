/* A multiple of a point that has a comb, without a doubling: the scalar in signed base 256 has 32 digits from -128 to 127, and the comb has
   every digit's multiple in its place. Adding 128 to every digit of the scalar beforehand, with carries, makes plain bytes that are greater
   by 128. A negative digit's point is that of the positive one with x negated: y - x and y + x change places.

   The formula is that of press_private.ed25519_multiply with z = 1 for the added point, 7 multiplications; the order of the points is all
   the same. */
create or replace function press_private.ed25519_add_from_comb(start press_private.ed25519_point_record, comb_id integer, scalar numeric)
  returns press_private.ed25519_point_record
  language plpgsql stable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  p         constant numeric := press_private.ed25519_prime();
  -- 0x8080…80 more: 128 more in each byte.
  v_digits  constant bytea := press_private.big_endian(scalar + 58123087930888129467517984631811969432229639361576439988433610796128943505536);
  x numeric := start.x;  y numeric := start.y;  z numeric := start.z;  t numeric := start.t;
  v_point record;
  v_count integer := 0;
  a numeric;  b numeric;  c numeric;  e numeric;  f numeric;  g numeric;  h numeric;
begin
  for v_point in
    select case when get_byte(v_digits, 31 - c.place) < 128 then c.y_plus_x else c.y_minus_x end as y_minus_x,
           case when get_byte(v_digits, 31 - c.place) < 128 then c.y_minus_x else c.y_plus_x end as y_plus_x,
           case when get_byte(v_digits, 31 - c.place) < 128 then - c.xy2d else c.xy2d end as xy2d
    from press_private.ed25519_comb_points c
    where c.id = any (array(select ed25519_add_from_comb.comb_id * 8192 + place * 256 + abs(get_byte(v_digits, 31 - place) - 128)
                            from generate_series(0, 31) place))
  loop
    a := (y - x) * v_point.y_minus_x % p;
    b := (y + x) * v_point.y_plus_x % p;
    c := t * v_point.xy2d % p;
    e := b - a;  f := 2 * z - c;  g := 2 * z + c;  h := b + a;
    x := e * f % p;  y := g * h % p;  z := f * g % p;  t := e * h % p;
    v_count := v_count + 1;
  end loop;
  if v_count <> 32 then
    raise exception 'The comb % of press_private.ed25519_comb_points is incomplete.', comb_id
      using hint = 'Restore the table; select press_private.faulty_ed25519_combs() names every comb that is not as its key says.';
  end if;
  return (x, y, z, t)::press_private.ed25519_point_record;
end
$$;
comment on function press_private.ed25519_add_from_comb is 'start + [scalar]P for the point P of the comb and a scalar from 0 to below 2^253.';
revoke all on function press_private.ed25519_add_from_comb from public;
