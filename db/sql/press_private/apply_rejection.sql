/* Of a bundle that is refused nobody knows which record is to blame: its first half is tried on the same coins, and so on, until the one that is to blame fails alone. The other
   half waits, because it was sent with the first; when that is taken, it is free. */
create or replace function press_private.apply_rejection(transaction press.chain_transactions, detail text)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_publications  uuid[] := press_private.reserved_publication_ids(transaction.id);
  v_half          integer := (cardinality(v_publications) + 1) / 2;
  v_id            bigint;
begin
  -- One that may be out must be refused three times in a row: whoever still had it then has lost it.
  if cardinality(v_publications) <= 1 and transaction.may_be_out and transaction.refused_count < 2 then
    update press.chain_transactions t set refused_count = t.refused_count + 1 where t.id = transaction.id;
    perform press_private.postpone_transaction(transaction, true, 'BROADCAST_REJECTED', detail);
    return;
  end if;

  update press.chain_transactions t
  set state = case when cardinality(v_publications) > 1 then 'replaced' else 'rejected' end::press.chain_transaction_state,
      retry_at = null, error_code = 'BROADCAST_REJECTED', error_detail = left(apply_rejection.detail, 1000)
  where t.id = transaction.id;
  if cardinality(v_publications) > 1 then
    v_id := press_private.replace_transaction(transaction, v_publications[1 : v_half], clock_timestamp());
    update press.publications p
    set state = 'queued', transaction_id = null, output_index = null, after_transaction_id = v_id, bundle_limit = least(p.bundle_limit, v_half)
    where p.id = any (v_publications[v_half + 1 :]);
    update press.publications p set bundle_limit = least(p.bundle_limit, v_half) where p.id = any (v_publications[1 : v_half]);
  else
    update press.publications p
    set state = 'failed', error_code = 'BROADCAST_REJECTED', error_detail = left(apply_rejection.detail, 1000)
    where p.id = any (v_publications);
    perform press_private.continue_on_coins(transaction);
  end if;
end
$$;
comment on function press_private.apply_rejection is 'A stored transaction was refused for what it is: halved where it carries several publications, otherwise its one has failed.';
revoke all on function press_private.apply_rejection from public;
