/* What the worker found bad before it signed, such as a signature that is none, goes no further, and does not hold up the rest. */
create or replace function press_worker.fail_publications(transaction_id bigint, epoch integer, publication_ids uuid[], codes text[], details text[])
  returns setof press_private.unsigned_transaction_record
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s'
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_transaction  press.chain_transactions;
begin
  perform press_private.require_running();
  if not coalesce(cardinality(codes) = cardinality(publication_ids) and cardinality(details) = cardinality(publication_ids), false)
     or exists (select from unnest(codes, details) f (code, detail)
                where (f.code collate "C" ~ '^[A-Z][A-Z_]{2,39}$') is not true or (f.detail is not null and not press_private.is_one_line(f.detail, 1000))) then
    perform press_private.refuse('INVALID_INPUT', 'There are one code (3 to 40 of A-Z and _) and one detail (null, or 1 to 1000 characters) for each publication.');
  end if;
  select t.* into v_transaction from press.chain_transactions t where t.id = fail_publications.transaction_id for no key update;
  if (v_transaction.state = 'reserved' and v_transaction.epoch = fail_publications.epoch and v_transaction.reserved_until > clock_timestamp()) is not true then
    return;
  end if;

  update press.publications p
  set state = 'failed', error_code = f.code, error_detail = f.detail, transaction_id = null, output_index = null
  from unnest(publication_ids, codes, details) f (publication_id, code, detail)
  where p.id = f.publication_id and p.transaction_id = v_transaction.id;
  set constraints press._200_guard_transaction immediate;  -- see press_private.tg_publications__guard_transaction
  set constraints press._200_guard_transaction deferred;
  if press_private.reserved_publication_ids(v_transaction.id) = '{}' then
    update press.chain_transactions t set state = 'released' where t.id = v_transaction.id;
    perform press_private.continue_on_coins(v_transaction);
    return;
  end if;

  perform press_private.close_ranks(v_transaction.id);
  perform press_private.price_transaction(v_transaction, case when v_transaction.replaces_id is null then 0 else v_transaction.fee_satoshis end);
  return query select * from press_private.unsigned_transactions(array[v_transaction.id]);
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_worker.fail_publications is 'Takes publications out of a transaction that is not stored yet, for good: each fails with its code and detail. Returns what is left to sign; nothing when nothing is left, or when the claim under this epoch is over. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.fail_publications from public;
grant execute on function press_worker.fail_publications to press_worker;
