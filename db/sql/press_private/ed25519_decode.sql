/* RFC 8032, 5.1.3: y is given, and x^2 = u/v with u = y^2 - 1 and v = d*y^2 + 1. A candidate for the root is
   x = u * v^3 * (u * v^7)^((p-5)/8); then v*x^2 is u (take x), or -u (take x * sqrt(-1)), or there is no root and no such point.
   Only canonical encodings are accepted: y below p, and no negative zero. */
create or replace function press_private.ed25519_decode(encoding numeric)
  returns press_private.ed25519_point_record
  language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  p        constant numeric := press_private.ed25519_prime();
  d        constant numeric := 37095705934669439343138083508754565189542113879843219016388785533085940283555;  -- -121665/121666
  v_sign   constant numeric := div(encoding, p + 19);  -- bit 255
  y        constant numeric := encoding - v_sign * (p + 19);
  u        constant numeric := (y * y - 1) % p;
  v        constant numeric := (y * y % p * d + 1) % p;
  w        numeric := u * v % p * v % p * v % p;
  x        numeric;
  v_check  numeric;
begin
  if y >= p then
    return null;
  end if;

  x := w * press_private.ed25519_root_power(w * v % p * v % p * v % p * v % p) % p;
  v_check := v * x % p * x % p;
  if (v_check + u) % p = 0 then
    x := x * 19681161376707505956807079304988542015446066515923890162744021073123829784752 % p;  -- sqrt(-1) = 2^((p-1)/4)
  elsif (v_check - u) % p <> 0 then
    return null;
  end if;

  x := (x + p) % p;
  if x = 0 and v_sign = 1 then
    return null;
  elsif x % 2 <> v_sign then
    x := p - x;
  end if;
  return (x, y, 1, x * y % p)::press_private.ed25519_point_record;
end
$$;
comment on function press_private.ed25519_decode is 'The point whose 32-byte encoding, read as a little-endian number, this is. Null: the encoding is not canonical, or no point has it.';
revoke all on function press_private.ed25519_decode from public;
