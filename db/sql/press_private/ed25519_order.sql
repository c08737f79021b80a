/* The curve has 8 L points: L multiples of the base point, and each of them plus one of eight points of small order. */
create or replace function press_private.ed25519_order()
  returns numeric
  language sql immutable parallel safe
  return 7237005577332262213973186563042994240857116359379907606001950938285454250989;
comment on function press_private.ed25519_order is 'L = 2^252 + 27742317777372353535851937790883648493, a prime: the order of the base point of Ed25519 (RFC 8032, 5.1).';
revoke all on function press_private.ed25519_order from public;
