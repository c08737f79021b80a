/* What a worker was told of an attempt. That it was accepted counts always. What takes something away counts only when this attempt is the latest, was not answered before, and
   the worker has looked for the transaction and not found it; else nobody knows, and the same bytes are sent again. */
create or replace function press_private.apply_outcome(transaction press.chain_transactions, given press_private.outcome_record)
  returns boolean
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  if given.outcome = 'accepted' then
    if transaction.state = 'mined' then
      return false;
    end if;
    update press.chain_transactions t set answered_attempt = greatest(t.answered_attempt, least(given.attempt, t.attempts)) where t.id = transaction.id;
    return press_private.accept_transaction(transaction, false);
  end if;
  if transaction.state not in ('sending', 'unknown', 'accepted') or given.attempt <> transaction.attempts or transaction.answered_attempt >= given.attempt then
    return false;
  end if;
  update press.chain_transactions t set answered_attempt = given.attempt where t.id = transaction.id;
  transaction.answered_attempt := given.attempt;

  if given.outcome = 'unknown' or given.is_seen is distinct from false then
    perform press_private.postpone_transaction(transaction, true, upper(given.outcome), given.detail, given.competing_txid);
  elsif given.outcome in ('conflict', 'missing_inputs') then
    perform press_private.apply_conflict(transaction, given.outcome = 'missing_inputs', given.competing_txid, coalesce(given.is_final, false), given.outpoints, given.detail);
  elsif transaction.state = 'accepted' then
    -- The nodes had it once: what they say of its form or fee now is their memory's trouble, and they are asked again.
    perform press_private.postpone_transaction(transaction, true, upper(given.outcome), given.detail);
  elsif given.outcome = 'fee_too_low' then
    update press.chain_transactions t
    set state = 'replaced', retry_at = null, error_code = 'FEE_TOO_LOW', error_detail = left(given.detail, 1000) where t.id = transaction.id;
    perform press_private.replace_transaction(transaction, press_private.reserved_publication_ids(transaction.id), clock_timestamp() + interval '30 seconds');
  else
    perform press_private.apply_rejection(transaction, given.detail);
  end if;
  return true;
end
$$;
comment on function press_private.apply_outcome is 'Writes what follows from the answer to an attempt to send a transaction, which is locked. False: nothing.';
revoke all on function press_private.apply_outcome from public;
