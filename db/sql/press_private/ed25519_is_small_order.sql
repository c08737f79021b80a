/* Eight points have an order that divides 8, with five values of y: 1 (order 1), -1 (order 2), 0 (order 4), and the two y of order 8, where
   d*y^4 + 2*y^2 = 1. A key or an R among them would prove nothing: one signature would serve for many messages or keys. */
create or replace function press_private.ed25519_is_small_order(encoding numeric)
  returns boolean
  language sql immutable parallel safe
  return encoding % 57896044618658097711785492504343953926634992332820282019728792003956564819968 in (  -- 2^255: without the sign of x
    0, 1, 57896044618658097711785492504343953926634992332820282019728792003956564819948,
    2707385501144840649318225287225658788936804267575313519463743609750303402022,
    55188659117513257062467267217118295137698188065244968500265048394206261417927);
comment on function press_private.ed25519_is_small_order is 'Whether a canonical encoding, as a little-endian number, is that of a point whose order is 1, 2, 4 or 8, whatever the sign of its x.';
revoke all on function press_private.ed25519_is_small_order from public;
