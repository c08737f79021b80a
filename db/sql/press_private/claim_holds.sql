/* A claim lasts an hour at most. One that would end later than that was made before the clock of the database was set back, and would else hold until the clock
   is again where it was; a minute is left for clocks that are corrected. */
create or replace function press_private.claim_holds(claimed_until timestamptz)
  returns boolean
  language sql volatile
begin atomic
  select claim_holds.claimed_until > clock_timestamp() and claim_holds.claimed_until <= clock_timestamp() + interval '61 minutes';
end;
comment on function press_private.claim_holds is 'Whether a claim (a lease, of 3600 seconds at most) that ends then still keeps others out.';
revoke all on function press_private.claim_holds from public;
