create or replace function press_private.transaction_change(
    input_satoshis bigint, input_count bigint, output_count bigint, output_bytes bigint, fee_satoshis_per_kb integer, dust_satoshis integer, fee_floor_satoshis bigint default 0)
  returns bigint
  language sql immutable
begin atomic
  select case when c.satoshis >= transaction_change.dust_satoshis then c.satoshis else 0 end
  from (
    select transaction_change.input_satoshis - greatest(transaction_change.fee_floor_satoshis, press_private.transaction_fee(
      transaction_change.input_count, transaction_change.output_count + 1, transaction_change.output_bytes + 34, transaction_change.fee_satoshis_per_kb)) as satoshis
  ) c;
end;
comment on function press_private.transaction_change is 'What comes back to the wallet in an output of 34 bytes; 0: it is below dust, there is no such output, and the fee has it. output_count, output_bytes: of the other outputs.';
revoke all on function press_private.transaction_change from public;
