/* Of one table at a time, so that what cannot be read is a matter of its own table. Of what is no table there are no keys. */
create or replace function press_private.broken_rows(relation text, keys press_private.row_key_record[], overdue_seconds integer)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_ids      uuid[]   := array(select k.id from unnest(broken_rows.keys) k);
  v_numbers  bigint[] := array(select k.number from unnest(broken_rows.keys) k);
begin
  case broken_rows.relation
    when 'the catalogue' then
      return query select * from press_private.audit_guards();
    when 'what waits' then
      return query select * from press_private.audit_waiting(broken_rows.overdue_seconds);
    when 'press_private.ledger_head' then
      return query select * from press_private.audit_entries('{}', '{}');
    when 'press.tickets' then
      return query select * from press_private.audit_editions(v_ids) union all select * from press_private.audit_tickets(v_ids)
        union all select * from press_private.audit_endings(v_ids) union all select * from press_private.audit_envelopes(v_ids)
        union all select * from press_private.audit_entries(v_ids, '{}');
    when 'signatures' then
      return query select * from press_private.audit_signatures(v_ids);
    when 'press.attestations' then
      return query select * from press_private.audit_attestations(v_ids) union all select * from press_private.audit_credentials(v_ids);
    when 'press.editions' then
      return query select * from press_private.audit_draws(v_numbers, '{}') union all select * from press_private.audit_entries('{}', v_numbers);
    when 'press.draws' then
      return query select * from press_private.audit_draws(v_numbers, v_numbers) union all select * from press_private.audit_entries('{}', v_numbers);
    when 'press.publications' then
      return query select * from press_private.audit_outputs(v_ids);
    when 'press.chain_transactions' then
      return query select * from press_private.audit_transactions(v_numbers);
    when 'press.utxos' then
      return query select * from press_private.audit_pool(v_numbers);
    when 'press.ledger_entries' then
      return query select * from press_private.audit_places(v_numbers);
    when 'press.checkpoints' then
      return query select * from press_private.audit_checkpoints(v_numbers);
  end case;
end
$$;
comment on function press_private.broken_rows is 'What does not hold of the rows of one table with these keys; or of the catalogue, of what waits, or of the head of the ledger.';
revoke all on function press_private.broken_rows from public;
