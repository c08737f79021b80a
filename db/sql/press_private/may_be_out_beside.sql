create or replace function press_private.may_be_out_beside(publication_id uuid, transaction_id bigint)
  returns boolean
  language sql stable
begin atomic
  select exists (
    select from press_private.chain_outputs o join press.chain_transactions t on t.id = o.transaction_id
    where o.publication_id = may_be_out_beside.publication_id and t.id <> may_be_out_beside.transaction_id and t.may_be_out and t.state <> 'conflicted');
end;
comment on function press_private.may_be_out_beside is 'Whether a publication was sent in another transaction that may be out, and that no block has contradicted.';
revoke all on function press_private.may_be_out_beside from public;
