/* Of two values of s that verify, only the lower one is taken: with the other anybody could write the same signature in another way. Bytes are compared as the numbers
   they are, since all have the same length. */
create or replace function press_private.is_low_s(parts bytea[])
  returns boolean
  language sql immutable
begin atomic
  select is_low_s.parts[1] between decode(lpad('1', 64, '0'), 'hex') and decode('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140', 'hex')
     and is_low_s.parts[2] between decode(lpad('1', 64, '0'), 'hex') and decode('7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0', 'hex');
end;
comment on function press_private.is_low_s is 'Whether r and s are numbers that a signature over secp256k1 has: from 1 below the order of the group, and s in its lower half.';
revoke all on function press_private.is_low_s from public;
