/* (p-5)/8 = 2^252 - 3 = (2^250 - 1) * 4 + 1. With n one-bits as exponent, z^(2^n - 1), one gets twice as many by
   z^(2^2n - 1) = (z^(2^n - 1))^(2^n) * z^(2^n - 1), and one more by squaring and multiplying by z. So n grows as the binary digits of 250 say. */
create or replace function press_private.ed25519_root_power(z numeric)
  returns numeric
  language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  p           constant numeric := press_private.ed25519_prime();
  v_power     numeric := z;  -- z^(2^n - 1)
  n           integer := 1;
  v_squared   numeric;
  v_has_more  boolean;
begin
  foreach v_has_more in array '{t, t, t, t, f, t, f}'::boolean[] loop  -- 250 = 11111010 in binary, after its first digit
    v_squared := v_power;
    for i in 1 .. n loop
      v_squared := v_squared * v_squared % p;
    end loop;
    v_power := v_squared * v_power % p;
    n := 2 * n;
    if v_has_more then
      v_power := v_power * v_power % p * z % p;
      n := n + 1;
    end if;
  end loop;
  v_power := v_power * v_power % p;
  return v_power * v_power % p * z % p;
end
$$;
comment on function press_private.ed25519_root_power is 'z^((p-5)/8) modulo p, from which square roots modulo p are made (RFC 8032, 5.1.3).';
revoke all on function press_private.ed25519_root_power from public;
