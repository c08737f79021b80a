/* A function, and not a literal in each of those that compute with it: the planner puts the number in its place. */
create or replace function press_private.ed25519_prime()
  returns numeric
  language sql immutable parallel safe
  return 57896044618658097711785492504343953926634992332820282019728792003956564819949;
comment on function press_private.ed25519_prime is 'p = 2^255 - 19: coordinates of Ed25519 are numbers modulo p (RFC 8032, 5.1).';
revoke all on function press_private.ed25519_prime from public;
