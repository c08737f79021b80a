/* Counted, not written: thousands of records are sized to make a bundle. test/sql/publications_to_send holds it to what press_private.publication_script writes. */
create or replace function press_private.publication_output_bytes(publication press.publications)
  returns bigint
  language sql stable
begin atomic
  with pushed as (
    select octet_length((publication).payload) as payload_bytes,
      coalesce(octet_length((publication).signature) / 4 * 3 - (length((publication).signature) - length(rtrim((publication).signature, '='))), 0) as signature_bytes
  ), script as (
    -- OP_FALSE, OP_RETURN and 13 bytes of the name; of a record 34 of the key.
    select 15 + p.payload_bytes + case when p.payload_bytes <= 75 then 1 when p.payload_bytes <= 255 then 2 else 3 end
      + case when (publication).signature is null then 0 else p.signature_bytes + case when p.signature_bytes <= 75 then 1 when p.signature_bytes <= 255 then 2 else 3 end + 34 end as bytes
    from pushed p
  )
  select 8 + press_private.compact_size_bytes(s.bytes) + s.bytes from script s;
end;
comment on function press_private.publication_output_bytes is 'How many bytes the output of the publication takes in a transaction.';
revoke all on function press_private.publication_output_bytes from public;
