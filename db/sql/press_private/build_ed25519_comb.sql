/* Called when a key is registered, and by the migration for the base point. It takes a tenth of a second and 0.9 MB, once a key.
   [L]A = O leaves the multiples of the base point: with a component of small order in the key, its owner could make signatures that some
   libraries accept and others refuse. Several may build one comb at once: the first one's row makes the others wait for its commit. */
create or replace function press_private.build_ed25519_comb(public_key bytea)
  returns boolean
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_point    press_private.ed25519_point_record;
  v_comb_id  integer;
begin
  if exists (select from press_private.ed25519_combs c where c.public_key = build_ed25519_comb.public_key) then
    return true;
  end if;
  v_point := press_private.ed25519_decode(press_private.little_endian(build_ed25519_comb.public_key));
  if v_point is null or v_point.x = 0
     or press_private.ed25519_encode(press_private.ed25519_multiply(v_point, press_private.ed25519_order())) <> 1 then
    return false;
  end if;

  insert into press_private.ed25519_combs (public_key) values (build_ed25519_comb.public_key)
  on conflict on constraint ed25519_combs_public_key_key do nothing
  returning id into v_comb_id;
  if v_comb_id is not null then
    insert into press_private.ed25519_comb_points
    select v_comb_id, c.place, c.multiple, c.y_minus_x, c.y_plus_x, c.xy2d from press_private.ed25519_comb(v_point) c;
  end if;
  return true;
end
$$;
comment on function press_private.build_ed25519_comb is 'Makes the comb of a public key of 32 bytes, so that press.ed25519_verify is fast for it. False, and nothing done: the bytes are not the canonical encoding of a point of prime order, so no honest key.';
revoke all on function press_private.build_ed25519_comb from public;
