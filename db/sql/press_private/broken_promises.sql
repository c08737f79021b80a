/* All of it sees one moment, that of the calling statement, because every function here is STABLE; and a promise holds at every moment, whatever transactions
   are under way. A value that cannot be read is a
   finding; whatever else fails, fails the look, and the next one begins where this one did. Signatures are verified of any ten of the tickets,
   because it takes a millisecond each, and of those that had none that is genuine. */
create or replace function press_private.broken_promises(keys press_private.row_key_record[], overdue_seconds integer)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_tickets       uuid[]   := array(select distinct k.id from unnest(broken_promises.keys) k where k.relation = 'press.tickets');
  v_signatures    uuid[]   := array(select distinct k.id from unnest(broken_promises.keys) k where k.relation = 'signatures');
  v_attestations  uuid[]   := array(select distinct k.id from unnest(broken_promises.keys) k where k.relation = 'press.attestations');
  v_publications  uuid[]   := array(select distinct k.id from unnest(broken_promises.keys) k where k.relation = 'press.publications');
  v_editions      bigint[] := array(select distinct k.number from unnest(broken_promises.keys) k where k.relation = 'press.editions');
  v_draws         bigint[] := array(select distinct k.number from unnest(broken_promises.keys) k where k.relation = 'press.draws');
  v_transactions  bigint[] := array(select distinct k.number from unnest(broken_promises.keys) k where k.relation = 'press.chain_transactions');
  v_coins         bigint[] := array(select distinct k.number from unnest(broken_promises.keys) k where k.relation = 'press.utxos');
  v_places        bigint[] := array(select distinct k.number from unnest(broken_promises.keys) k where k.relation = 'press.ledger_entries');
  v_checkpoints   bigint[] := array(select distinct k.number from unnest(broken_promises.keys) k where k.relation = 'press.checkpoints');
begin
  return query select * from press_private.audit_guards();
  return query select * from press_private.audit_waiting(broken_promises.overdue_seconds);
  return query select * from press_private.audit_entries(v_tickets, v_editions || v_draws);
  if v_tickets <> '{}' then
    return query select * from press_private.audit_editions(v_tickets) union all select * from press_private.audit_tickets(v_tickets)
      union all select * from press_private.audit_endings(v_tickets) union all select * from press_private.audit_envelopes(v_tickets)
      union all select * from press_private.audit_signatures(v_signatures || array(
        select t from unnest(v_tickets) t where t <> all (v_signatures) order by random() limit 10));
  end if;
  if v_attestations <> '{}' then
    return query select * from press_private.audit_attestations(v_attestations) union all select * from press_private.audit_credentials(v_attestations);
  end if;
  if v_editions || v_draws <> '{}' then
    return query select * from press_private.audit_draws(v_editions || v_draws, v_draws);
  end if;
  if v_publications <> '{}' then
    return query select * from press_private.audit_outputs(v_publications);
  end if;
  if v_transactions <> '{}' then
    return query select * from press_private.audit_transactions(v_transactions);
  end if;
  if v_coins <> '{}' then
    return query select * from press_private.audit_pool(v_coins);
  end if;
  if v_places <> '{}' then
    return query select * from press_private.audit_places(v_places);
  end if;
  if v_checkpoints <> '{}' then
    return query select * from press_private.audit_checkpoints(v_checkpoints);
  end if;
exception
  when data_exception or data_corrupted or index_corrupted then
    return query select 'what the rows say happened has its entry', 'what is stored', format('It cannot be read: %s', sqlerrm);
end
$$;
comment on function press_private.broken_promises is 'What does not hold of the rows with these keys, of the catalogue, and of what waits. More than press.invariants promises: some checks of the audit are among it that no promise needs.';
revoke all on function press_private.broken_promises from public;
