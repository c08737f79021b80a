create or replace function press.ledger_inclusion_proof(place bigint, tree_size bigint)
  returns text[]
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  if (ledger_inclusion_proof.place between 0 and ledger_inclusion_proof.tree_size - 1) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A place is from 0 to below the size of the tree.');
  end if;
  perform press_private.require_tree(ledger_inclusion_proof.tree_size);
  return press_private.base64_of_all(press_private.inclusion_path(ledger_inclusion_proof.place, ledger_inclusion_proof.tree_size));
end
$$;
comment on function press.ledger_inclusion_proof is 'The proof that the entry at the place is in the ledger as it was when it had tree_size entries: hashes in Base64 (RFC 9162, 2.1.3). Refuses: INVALID_INPUT.';
revoke all on function press.ledger_inclusion_proof from public;
grant execute on function press.ledger_inclusion_proof to press_anonymous, press_holder, press_operator, press_auditor;
