/* Signatures follow from what is signed, so what spends the same coins for the same publications at the same fee is the same transaction, which is there already, and was
   given up: a coin that an operator returned, a split that was refused. It pays a satoshi more than the earlier one; a quarter more where that paid too little. */
create or replace function press_private.fee_floor(utxo_ids bigint[], publication_ids uuid[])
  returns bigint
  language sql stable
begin atomic
  select coalesce(max(case when t.error_code = 'FEE_TOO_LOW' then ceil(t.fee_satoshis * 1.25)::bigint else t.fee_satoshis + 1 end), 0)
  from press.chain_transactions t
  where t.id in (select i.transaction_id from press_private.chain_inputs i where i.utxo_id = any (fee_floor.utxo_ids)) and t.raw is not null
    and array(select o.publication_id from press_private.chain_outputs o where o.transaction_id = t.id order by o.output_index) = fee_floor.publication_ids;
end;
comment on function press_private.fee_floor is 'What a transaction pays at least so that it is none of those that spent one of these coins for these publications before; 0: there was none.';
revoke all on function press_private.fee_floor from public;
