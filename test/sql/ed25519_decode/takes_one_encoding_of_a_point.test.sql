/* A point has one encoding. What none has, or would be another one of a point, is null. */
select plan(5);
select is_empty($$select n from generate_series(0, 18) n cross join press_private.ed25519_decode(n) p
  where case when p.z is not null then press_private.ed25519_encode(p) <> n end$$, 'a point is encoded as it was');
select ok(press_private.ed25519_decode(2) is null, 'a y that no point has');
select is_empty($$select y, s.sign from generate_series(0, 18) y, (values (0), (1)) s (sign)
  where press_private.ed25519_decode(press_private.ed25519_prime() + y + s.sign * (press_private.ed25519_prime() + 19)) is not null$$, 'none of the nineteen y that are p or more');
select ok(press_private.ed25519_decode(y + press_private.ed25519_prime() + 19) is null, what)
from (values (1, 'the neutral point with an odd x'), (press_private.ed25519_prime() - 1, 'the point of order 2 with one')) v (y, what);
select * from finish();
