create or replace function press_private.reserved_publication_ids(transaction_id bigint)
  returns uuid[]
  language sql stable
begin atomic
  select coalesce(array_agg(p.id order by p.output_index), '{}')
  from press.publications p where p.transaction_id = reserved_publication_ids.transaction_id and p.state <> 'failed';
end;
comment on function press_private.reserved_publication_ids is 'The publications that a transaction has, in the order of its outputs.';
revoke all on function press_private.reserved_publication_ids from public;
