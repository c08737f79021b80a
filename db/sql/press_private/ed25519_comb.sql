/* For each place, the point and its multiples come one from the other by an addition of that place's point. The 128 of them and the next
   place's point (a doubling of the last) are then made affine by one inversion for all, instead of one each: with the products of the first n
   z, the inverse of the last product times the product before it is the inverse of the last z, and so on down (Montgomery). */
create or replace function press_private.ed25519_comb(point press_private.ed25519_point_record)
  returns table (place smallint, multiple smallint, y_minus_x numeric, y_plus_x numeric, xy2d numeric)
  language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  p         constant numeric := press_private.ed25519_prime();
  d2        constant numeric := 16295367250680780974490674513165176452449235426866156013048779062215315747161;  -- 2*d
  v_x       numeric := point.x;  -- of 256^place * point, affine
  v_y       numeric := point.y;
  v_xs numeric[];  v_ys numeric[];  v_zs numeric[];  v_products numeric[];
  v_inverse numeric;  v_z_inverse numeric;
  x numeric;  y numeric;  z numeric;  t numeric;
  a numeric;  b numeric;  c numeric;  e numeric;  f numeric;  g numeric;  h numeric;
begin
  for v_place in 0 .. 31 loop
    place := v_place;
    multiple := 0;  y_minus_x := 1;  y_plus_x := 1;  xy2d := 0;
    return next;
    y_minus_x := v_y - v_x;  y_plus_x := v_y + v_x;  xy2d := v_x * v_y % p * d2 % p;
    x := 0;  y := 1;  z := 1;  t := 0;
    v_products[0] := 1;
    for i in 1 .. 129 loop
      if i <= 128 then
        a := (y - x) * y_minus_x % p;  b := (y + x) * y_plus_x % p;  c := t * xy2d % p;
        e := b - a;  f := 2 * z - c;  g := 2 * z + c;  h := b + a;
      else
        a := x * x % p;  b := y * y % p;
        e := 2 * x * y % p;  g := b - a;  f := g - 2 * z * z % p;  h := - a - b;
      end if;
      x := e * f % p;  y := g * h % p;  z := f * g % p;  t := e * h % p;
      v_xs[i] := x;  v_ys[i] := y;  v_zs[i] := z;  v_products[i] := v_products[i - 1] * z % p;
    end loop;

    v_inverse := press_private.ed25519_inverse(v_products[129]);
    for i in reverse 129 .. 1 loop
      v_z_inverse := v_inverse * v_products[i - 1] % p;
      v_inverse := v_inverse * v_zs[i] % p;
      x := v_xs[i] * v_z_inverse % p;  y := v_ys[i] * v_z_inverse % p;
      if i = 129 then
        v_x := x;  v_y := y;
      else
        multiple := i;  y_minus_x := (y - x + p) % p;  y_plus_x := (y + x + p) % p;  xy2d := x * y % p * d2 % p;
        return next;
      end if;
    end loop;
  end loop;
end
$$;
comment on function press_private.ed25519_comb is 'The comb of an affine point (z = 1): its multiples by 0 to 128 times each power of 256 up to the 31st, as press_private.ed25519_comb_points has them.';
revoke all on function press_private.ed25519_comb from public;
