/* For the audit: a comb is derived, and whoever changed it could have a forged signature verify. Takes a tenth of a second a key. */
create or replace function press_private.faulty_ed25519_combs()
  returns setof bytea
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
    select k.public_key
    from press_private.ed25519_combs k
    where exists (
      select from press_private.ed25519_comb(press_private.ed25519_decode(press_private.little_endian(k.public_key))) c
      full join (select * from press_private.ed25519_comb_points s where s.comb_id = k.id) s using (place, multiple)
      where (c.y_minus_x, c.y_plus_x, c.xy2d) is distinct from (s.y_minus_x, s.y_plus_x, s.xy2d));
end
$$;
comment on function press_private.faulty_ed25519_combs is 'The keys whose comb is not what press_private.ed25519_comb makes of the key. None, unless somebody changed the tables.';
revoke all on function press_private.faulty_ed25519_combs from public;
