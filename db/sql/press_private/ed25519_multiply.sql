/* A multiple of any point, with the scalar in signed base 16: one hexadecimal digit after the other, multiply what there is by 16 (four
   doublings) and add the digit's multiple of the point. Digits from -8 to 7 need eight multiples only, for a point is negated by negating x
   and t; adding 8 to every digit of the scalar beforehand, with carries, makes plain digits that are greater by 8.

   Formulas: Hisil, Wong, Carter, Dawson, "Twisted Edwards Curves Revisited" (2008), 3.1 and 3.3 with a = -1: addition in 8 multiplications,
   complete, so that no case is special, and doubling in 7 or, where t is wanted, 8. Written out and not called: a call costs as much as a
   multiplication. Residues may be negative, which costs nothing; sums are left to the reduction of the next product. */
create or replace function press_private.ed25519_multiply(point press_private.ed25519_point_record, scalar numeric)
  returns press_private.ed25519_point_record
  language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  p         constant numeric := press_private.ed25519_prime();
  d2        constant numeric := 16295367250680780974490674513165176452449235426866156013048779062215315747161;  -- 2*d
  -- 0x8888…88 more: 8 more in each digit.
  v_digits  constant bytea := press_private.big_endian(scalar + 61755780926568637559237858671300217521743991821674967487710711470887002474632);
  v_digit   integer;
  -- Of the multiples 1 to 8: y - x, y + x, 2z and 2dt.
  v_y_minus_x numeric[];  v_y_plus_x numeric[];  v_z2 numeric[];  v_t2d numeric[];
  x numeric;  y numeric;  z numeric;  t numeric;
  a numeric;  b numeric;  c numeric;  d numeric;  e numeric;  f numeric;  g numeric;  h numeric;
begin
  x := 0;  y := 1;  z := 1;  t := 0;
  for i in 1 .. 8 loop
    a := (y - x) * (point.y - point.x) % p;
    b := (y + x) * (point.y + point.x) % p;
    c := t * point.t % p * d2 % p;
    d := 2 * z * point.z % p;
    e := b - a;  f := d - c;  g := d + c;  h := b + a;
    x := e * f % p;  y := g * h % p;  z := f * g % p;  t := e * h % p;
    v_y_minus_x[i] := y - x;  v_y_plus_x[i] := y + x;  v_z2[i] := 2 * z;  v_t2d[i] := t * d2 % p;
  end loop;

  x := 0;  y := 1;  z := 1;  t := 0;
  for i in 0 .. 63 loop
    for j in 1 .. 4 loop
      a := x * x % p;
      b := y * y % p;
      e := 2 * x * y % p;
      g := b - a;  f := g - 2 * z * z % p;  h := - a - b;
      x := e * f % p;  y := g * h % p;  z := f * g % p;
    end loop;
    v_digit := (get_byte(v_digits, i / 2) >> (4 - i % 2 * 4) & 15) - 8;
    continue when v_digit = 0;
    t := e * h % p;
    if v_digit > 0 then
      a := (y - x) * v_y_minus_x[v_digit] % p;  b := (y + x) * v_y_plus_x[v_digit] % p;  c := t * v_t2d[v_digit] % p;
    else
      a := (y - x) * v_y_plus_x[-v_digit] % p;  b := (y + x) * v_y_minus_x[-v_digit] % p;  c := - t * v_t2d[-v_digit] % p;
    end if;
    d := z * v_z2[abs(v_digit)] % p;
    e := b - a;  f := d - c;  g := d + c;  h := b + a;
    x := e * f % p;  y := g * h % p;  z := f * g % p;
  end loop;
  return (x, y, z, e * h % p)::press_private.ed25519_point_record;
end
$$;
comment on function press_private.ed25519_multiply is '[scalar]point, for any point of the curve and a scalar from 0 to below 2^253.';
revoke all on function press_private.ed25519_multiply from public;
