/* That the key signed just this text nobody sees here: PostgreSQL has no arithmetic of secp256k1 at a price that a request may cost. The gateway looks before it asks,
   so that a stranger uses up nobody's nonce, and a worker again before anything goes out. */
create or replace function press_private.require_low_s(parts bytea[])
  returns void
  language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if press_private.is_low_s(parts) is not true then
    perform press_private.refuse('SIGNATURE_INVALID', 'Its r and s are from 1 below the order of secp256k1, and s in the lower half: of s and the order less s take the smaller.');
  end if;
end
$$;
comment on function press_private.require_low_s is 'Lets pass a signature whose numbers can be those of one, written in the one way that is taken. Refuses: SIGNATURE_INVALID.';
revoke all on function press_private.require_low_s from public;
