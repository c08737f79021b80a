/* Its row may come from anybody's hand, and a transaction has what others publish: so the publication is read again, and only for whom it is for. */
create or replace function press_private.visible_transaction(publication_id uuid)
  returns press.chain_transactions
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_transaction  press.chain_transactions;
begin
  select t.* into v_transaction
  from press.publications p
  join press.chain_transactions t on t.id = p.transaction_id
  where p.id = visible_transaction.publication_id
    and (p.kind = 'checkpoint' or p.holder_id = press_hidden.current_holder_id() or (press_hidden.current_actor()).kind in ('operator', 'login')
      or pg_has_role(session_user, 'press_auditor', 'usage'));
  return v_transaction;
end
$$;
comment on function press_private.visible_transaction is 'The transaction that the publication is in, if the caller may see the publication; else nulls.';
revoke all on function press_private.visible_transaction from public;
