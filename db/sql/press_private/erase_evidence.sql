/* Evidence names people, and so may what was found by it. What was not decided is rejected, because nothing is left to be checked. To be called under the
   locks of the attestations and of the holder, when the holder is among those who are forgotten. An attestation that was submitted between those two locks is locked here, after
   the holder: whoever decides about it at that moment waits in a circle, which PostgreSQL ends, and one of both is told RETRY. */
create or replace function press_private.erase_evidence(holder_id uuid)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_rules  press.rule_sets := press_private.rules_in_force();
begin
  with rejected as (
    update press.attestations a
    set status = 'rejected', decided_at = clock_timestamp(), rule_set_id = v_rules.id, violations = '{holder_erased}'
    where a.holder_id = erase_evidence.holder_id and a.status = 'submitted'
    returning a as attestation
  )
  insert into press_private.ledger_inbox (type, leaf)
  select 'attestation.decided', press_private.attestation_decided_leaf(r.attestation, v_rules.rule_set_hash)
  from rejected r
  order by (r.attestation).id;

  update press.attestations a set facts = null where a.holder_id = erase_evidence.holder_id and a.facts is not null;
  delete from press_private.attestation_work w using press.attestations a
  where a.holder_id = erase_evidence.holder_id and w.attestation_id = a.id;
  delete from press_private.attestation_nonces n where n.holder_id = erase_evidence.holder_id;
end
$$;
comment on function press_private.erase_evidence is 'Removes the evidence of the holder, and what was found by it; rejects what was not decided.';
revoke all on function press_private.erase_evidence from public;
