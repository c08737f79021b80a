create or replace function press_private.transaction_fee(input_count bigint, output_count bigint, output_bytes bigint, fee_satoshis_per_kb integer)
  returns bigint
  language sql immutable
begin atomic
  select ceil(press_private.transaction_bytes(transaction_fee.input_count, transaction_fee.output_count, transaction_fee.output_bytes)::numeric
    * transaction_fee.fee_satoshis_per_kb / 1000)::bigint;
end;
comment on function press_private.transaction_fee is 'What a transaction pays at least (satoshis).';
revoke all on function press_private.transaction_fee from public;
