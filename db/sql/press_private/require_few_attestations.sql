/* Every attestation costs a question to others, who answer the whole press only so often, and an entry that stays in the ledger. */
create or replace function press_private.require_few_attestations(holder_id uuid)
  returns void
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  perform press_private.refuse('RATE_LIMITED', 'Five attestations of this holder are not decided yet.')
  where (
    select count(*) from press.attestations a where a.holder_id = require_few_attestations.holder_id and a.status = 'submitted') >= 5;
  perform press_private.refuse('RATE_LIMITED', 'Ten attestations of this holder were submitted within an hour.')
  where (
    select count(*) from press.attestations a
    where a.holder_id = require_few_attestations.holder_id and a.submitted_at > clock_timestamp() - interval '1 hour') >= 10;
end
$$;
comment on function press_private.require_few_attestations is 'Lets pass a holder of whom fewer than five attestations wait, and fewer than ten were submitted within an hour. To be called under the holder''s lock. Refuses: RATE_LIMITED.';
revoke all on function press_private.require_few_attestations from public;
