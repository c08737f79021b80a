/* Only what is in no transaction that was ever sent: what waits for one that spends the same coin may be out, and its time does not matter any more. */
create or replace function press_private.expire_publications()
  returns integer
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_now    timestamptz := clock_timestamp();
  v_count  integer;
begin
  update press.publications p
  set state = 'failed', error_code = 'EXPIRED', error_detail = 'Its time was over before it was in a transaction.'
  from (
    select e.id from press.publications e
    -- So written that the index of the queue, which is in another order, does not serve it.
    where e.state = 'queued' and e.transaction_id is null and e.expires_at <= v_now and coalesce(e.after_transaction_id, 0) = 0
    order by e.expires_at
    limit 1000
    for no key update of e skip locked
  ) x
  where p.id = x.id;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function press_private.expire_publications is 'Fails up to 1000 queued publications whose time is over; how many.';
revoke all on function press_private.expire_publications from public;
