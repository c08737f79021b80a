create or replace function press_private.audit_findings(part press.audit_part)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  case audit_findings.part
    when 'editions'    then return query select * from press_private.audit_editions() union all select * from press_private.audit_draws();
    when 'tickets'     then return query select * from press_private.audit_tickets() union all select * from press_private.audit_endings();
    when 'envelopes'   then return query select * from press_private.audit_envelopes() union all select * from press_private.audit_credentials();
    when 'keys'        then return query select * from press_private.audit_keys();
    when 'rows'        then return query select * from press_private.audit_rows() union all select * from press_private.audit_attestations()
      union all select * from press_private.audit_publications() union all select * from press_private.audit_pool() union all select * from press_private.audit_transactions()
      union all select * from press_private.audit_outputs() union all select * from press_private.audit_holders();
    when 'entries'     then return query select * from press_private.audit_entries();
    when 'tree'        then return query select * from press_private.audit_tree();
    when 'checkpoints' then return query select * from press_private.audit_checkpoints();
    when 'replay'      then return query select * from press_private.audit_replay();
    when 'notes'       then return query select * from press_private.audit_notes();
    when 'signatures'  then return query select * from press_private.audit_signatures();
  end case;
end
$$;
comment on function press_private.audit_findings is 'What does not hold of a part.';
revoke all on function press_private.audit_findings from public;
