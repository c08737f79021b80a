create or replace function press.ledger_consistency_proof(old_size bigint, new_size bigint)
  returns text[]
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  if (ledger_consistency_proof.old_size between 1 and ledger_consistency_proof.new_size) is not true then
    perform press_private.refuse('INVALID_INPUT', 'The older size is from 1 to the newer one.');
  end if;
  perform press_private.require_tree(ledger_consistency_proof.new_size);
  return press_private.base64_of_all(press_private.consistency_path(ledger_consistency_proof.old_size, ledger_consistency_proof.new_size));
end
$$;
comment on function press.ledger_consistency_proof is 'The proof that the ledger with old_size entries is the beginning of the ledger with new_size: hashes in Base64 (RFC 9162, 2.1.4). Refuses: INVALID_INPUT.';
revoke all on function press.ledger_consistency_proof from public;
grant execute on function press.ledger_consistency_proof to press_anonymous, press_holder, press_operator, press_auditor;
