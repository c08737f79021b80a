/* Gives places to what is in the inbox, and extends the tree: one transaction, so that a crash at any point leaves all of it or nothing.
   Locks: the head of the ledger. Whoever has it is the one integrator; others find it locked and go away. It keeps no cursor: every row of
   the inbox that it sees is one without a place, also of a transaction that had a lower id and committed late.
   Plans are kept to index lookups, also those of what is called from here: what is made while the tables are small must hold when they are not. */
create or replace function press_worker.integrate_ledger(batch_size integer)
  returns bigint
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_old_size  bigint;
  v_last_id   bigint;
  v_count     bigint;
begin
  if (integrate_ledger.batch_size between 1 and 100000) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A batch is 1 to 100000 entries.');
  end if;
  if not exists (select from press_private.ledger_inbox) or press_private.stop_reason() is not null then
    return 0;
  end if;
  select h.tree_size into v_old_size from press_private.ledger_head h for no key update skip locked;
  if v_old_size is null then
    return 0;
  end if;

  -- Statements from here on see all that earlier integrators did.
  select max(n.id) into v_last_id from (
    select i.id from press_private.ledger_inbox i order by i.id limit integrate_ledger.batch_size) n;

  with taken as (
    delete from press_private.ledger_inbox i where i.id <= v_last_id returning i.*
  )
  insert into press.ledger_entries (place, type, edition_id, ticket_number, leaf, leaf_hash)
  select v_old_size + row_number() over (order by t.id) - 1, t.type, t.edition_id, t.ticket_number, t.leaf, press_private.leaf_hash(t.leaf)
  from taken t;
  get diagnostics v_count = row_count;

  perform press_private.extend_tree(v_old_size, v_old_size + v_count);
  update press_private.ledger_head h set tree_size = v_old_size + v_count where v_count > 0;
  return v_count;
end
$$;
comment on function press_worker.integrate_ledger is 'Gives the next places of the ledger to the oldest entries of the inbox, about batch_size (1 to 100000) of them, and says to how many. 0: nothing waits, or another worker is at it, or the press is stopped. Refuses: INVALID_INPUT.';
revoke all on function press_worker.integrate_ledger from public;
grant execute on function press_worker.integrate_ledger to press_worker;
