/* Rows name operators by their subjects, and the audit holds the ledger against them. Indexes have the tickets and redemptions that an operator made; of the others
   there are fewer. Seq scans are off, because a plan for any name takes what one operator issued for a sign that a find is near. */
create or replace function press_private.is_recorded_operator(subject text)
  returns boolean
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_label  text := 'operator:' || subject;
begin
  return exists (select from press.tickets t where t.issued_by = v_label)
      or exists (select from press.revocations r where r.revoked_by = v_label)
      or exists (select from press.redemptions r where r.redeemed_by = v_label and r.redeemed_by <> 'holder')
      or exists (select from press_private.draw_requests r where r.requested_by = v_label)
      or exists (select from press_private.press_state s where s.changed_by = v_label)
      or exists (select from press_private.rule_set_requests r where r.requested_by = v_label)
      or exists (select from press.attestations a where a.submitted_by = v_label)
      or exists (select from press.credentials c where c.revoked_by = v_label)
      or exists (select from press.publishing_keys k where k.registered_by = v_label or k.revoked_by = v_label)
      or exists (select from press.publications p where p.submitted_by = v_label)
      or exists (select from press.utxos u where u.funded_by = v_label or u.released_by = v_label);
end
$$;
comment on function press_private.is_recorded_operator is 'Whether any row says that this subject acted as an operator.';
revoke all on function press_private.is_recorded_operator from public;
