/* Verifies an Ed25519 signature (RFC 8032) with nothing but sha512 and numeric. Begin to read here:

   A point of the curve -x^2 + y^2 = 1 + d*x^2*y^2 modulo p = 2^255 - 19 is written as y and the parity of x: 32 bytes. The base point B has the
   prime order L. The key A is [a]B for the secret a; a signature is R = [r]B and S = r + h*a modulo L, where h is SHA-512(R || A || message)
   modulo L. Whoever does not know a cannot find an S, and everybody can check that [S]B = R + [h]A, here as [S]B - [h]A = R.

   - Points are kept as (x, y, z, t) with x/z, y/z and t = x*y/z, so that adding them needs no division; one inversion at the end gives the
     encoding to compare with R. That comparison also refuses an R that is not canonical or not on the curve.
   - [S]B takes 32 additions from the comb of B: press_private.ed25519_add_from_comb. So does [h]A if the key is registered, as [L - h]A,
     because A has order L then. For any other key press_private.ed25519_multiply takes 252 doublings, four times as long.
   - The time is that of some 450 multiplications of 255-bit numbers with their reductions modulo p, 0.6 microseconds each on PostgreSQL 18;
     15 to 17 divide more slowly and take twice as long.

   The rule is the intersection of those of the common libraries (the SDK's verifyEd25519 has the same): S < L; A and R canonical and not of
   small order; the equation without multiplying by the cofactor 8. */
create or replace function press.ed25519_verify(public_key bytea, message bytea, signature bytea)
  returns boolean
  language plpgsql stable parallel safe security definer set search_path = pg_catalog, pg_temp as $$
declare
  L          constant numeric := press_private.ed25519_order();
  v_r        numeric;
  v_s        numeric;
  v_h        numeric;
  v_comb_id  integer;
  v_a        numeric;
  v_sum      press_private.ed25519_point_record := (0, 1, 1, 0);
begin
  -- False and not null, which a CHECK would let pass.
  if coalesce(length(ed25519_verify.public_key) <> 32 or length(signature) <> 64 or message is null, true) then
    return false;
  end if;
  v_r := press_private.little_endian(substr(signature, 1, 32));
  v_s := press_private.little_endian(substr(signature, 33));
  if v_s >= L or press_private.ed25519_is_small_order(v_r) then
    return false;
  end if;
  v_h := press_private.little_endian(sha512(substr(signature, 1, 32) || ed25519_verify.public_key || message)) % L;

  select c.id into v_comb_id from press_private.ed25519_combs c where c.public_key = ed25519_verify.public_key;
  if v_comb_id is not null then
    v_sum := press_private.ed25519_add_from_comb(v_sum, v_comb_id, L - v_h);
  else
    v_a := press_private.little_endian(ed25519_verify.public_key);
    v_sum := press_private.ed25519_decode(v_a);
    if v_sum is null or press_private.ed25519_is_small_order(v_a) then
      return false;
    end if;
    v_sum.x := - v_sum.x;
    v_sum.t := - v_sum.t;
    v_sum := press_private.ed25519_multiply(v_sum, v_h);
  end if;
  v_sum := press_private.ed25519_add_from_comb(v_sum, 0, v_s);
  return press_private.ed25519_encode(v_sum) = v_r;
end
$$;
comment on function press.ed25519_verify is 'Whether the 64 bytes of the signature are an Ed25519 signature of the message under the public key of 32 bytes, by the rule that all common libraries agree on. False for anything else: other lengths, nulls, keys of small order, encodings that are not canonical.';
revoke all on function press.ed25519_verify from public;
grant execute on function press.ed25519_verify to press_anonymous, press_holder, press_operator, press_auditor;
