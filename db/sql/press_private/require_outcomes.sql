create or replace function press_private.require_outcomes(outcomes jsonb)
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if jsonb_typeof(outcomes) is distinct from 'array' or jsonb_array_length(outcomes) > 10000
     or exists (
       select from jsonb_populate_recordset(null::press_private.outcome_record, outcomes) g
       where (g.transaction_id is not null and g.attempt is not null
         and g.outcome in ('accepted', 'unknown', 'conflict', 'missing_inputs', 'fee_too_low', 'rejected')
         and coalesce(g.competing_txid collate "C" ~ '^[0-9a-f]{64}$', true)) is not true) then
    perform press_private.refuse('INVALID_INPUT', 'Outcomes are an array of up to 10000 objects, each with transaction_id, attempt and outcome (accepted, unknown, conflict, missing_inputs, fee_too_low or rejected); a txid is 64 lower-case hex characters.');
  end if;
exception
  when data_exception then
    perform press_private.refuse('INVALID_INPUT', sqlerrm);
end
$$;
comment on function press_private.require_outcomes is 'Refuses: INVALID_INPUT.';
revoke all on function press_private.require_outcomes from public;
