/* Sized with the longest signature that there is (71 bytes of DER and one of the hash type): what is signed is never longer, so what it pays is never less than was asked. */
create or replace function press_private.transaction_bytes(input_count bigint, output_count bigint, output_bytes bigint)
  returns bigint
  language sql immutable
begin atomic
  select 8 + press_private.compact_size_bytes(transaction_bytes.input_count) + 148 * transaction_bytes.input_count
    + press_private.compact_size_bytes(transaction_bytes.output_count) + transaction_bytes.output_bytes;
end;
comment on function press_private.transaction_bytes is 'How many bytes a transaction has at most: its version and lock time take 8, an input 148.';
revoke all on function press_private.transaction_bytes from public;
