/* RFC 8032, 5.1.2. A number and not bytes, because it is only ever compared. */
create or replace function press_private.ed25519_encode(point press_private.ed25519_point_record)
  returns numeric
  language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  p            constant numeric := press_private.ed25519_prime();
  v_z_inverse  constant numeric := press_private.ed25519_inverse(point.z);
  x            constant numeric := (point.x * v_z_inverse % p + p) % p;
  y            constant numeric := (point.y * v_z_inverse % p + p) % p;
begin
  return y + (x % 2) * (p + 19);  -- the parity of x is bit 255
end
$$;
comment on function press_private.ed25519_encode is 'The one canonical encoding of a point: its 32 bytes read as a little-endian number.';
revoke all on function press_private.ed25519_encode from public;
