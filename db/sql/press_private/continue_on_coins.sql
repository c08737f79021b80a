/* Where a bundle was halved, its second half was in a transaction that may be out: it goes out on the same coins, never on others while nobody else has spent these. */
create or replace function press_private.continue_on_coins(transaction press.chain_transactions)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_waiting  uuid[];
  v_limit    integer;
begin
  select array_agg(p.id order by p.submitted_at, p.id), min(p.bundle_limit) into v_waiting, v_limit
  from press.publications p where p.after_transaction_id = transaction.id and p.state = 'queued';
  if v_waiting is null then
    perform press_private.free_coins(transaction.id);
  else
    perform press_private.replace_transaction(transaction, v_waiting[1 : v_limit], clock_timestamp());
  end if;
end
$$;
comment on function press_private.continue_on_coins is 'What becomes of the coins of a transaction that is given up with all that it published: those that wait for it have them, or the pool.';
revoke all on function press_private.continue_on_coins from public;
