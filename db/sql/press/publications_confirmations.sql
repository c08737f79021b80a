create or replace function press.publications_confirmations(publication press.publications)
  returns integer
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_transaction  press.chain_transactions := press_private.visible_transaction(publication.id);
begin
  return case
    -- A block that a worker heard of before it heard of the tip is a confirmation all the same.
    when v_transaction.state = 'mined' then greatest(1, (select t.height from press_private.chain_tip t) - v_transaction.block_height + 1)
    when v_transaction.state = 'accepted' then 0 end;
end
$$;
comment on function press.publications_confirmations is 'How many blocks there are from the one that it is in to the end of the chain, both included, as a worker last heard; 0 while it is in none; null while the nodes have not taken it.';
revoke all on function press.publications_confirmations from public;
grant execute on function press.publications_confirmations to press_anonymous, press_holder, press_operator, press_auditor;
