/* Takes away what was noted and looks at it: at a row whose transaction commits later, the next look does, because it was not seen and not taken away. A
   look that fails has taken nothing. Where nothing may be written it looks all the same, and leaves everything to the next look.
   Locks: the one row of the last look. Every plan is made for the rows that are looked at, and kept to index lookups: the same functions audit all rows. */
create or replace function press_private.look_at_changes(overdue_seconds integer)
  returns setof press_private.audit_finding_record
  language plpgsql volatile set search_path = pg_catalog, pg_temp
  set lock_timeout = '5s' set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_custom_plan set jit = off as $$
declare
  v_is_read_only  boolean := current_setting('transaction_read_only')::boolean;
  v_ledger_size   bigint;
  v_change_ids    bigint[];
  v_again         press_private.row_key_record[];
  v_keys          press_private.row_key_record[];
  v_found         press_private.audit_finding_record[];
  v_new           press_private.audit_finding_record[];
begin
  if not v_is_read_only then
    perform from press_private.last_look l for no key update;
  end if;
  -- Statements from here on see all that earlier looks did.
  select least(h.tree_size, l.ledger_size + 5000) into v_ledger_size from press_private.ledger_head h cross join press_private.last_look l;
  -- As much as a look has time for: what is more is there for the next one.
  v_change_ids := array(
    select c.id
    from (
      select o.id, o.cost, sum(o.cost) over (order by o.id) as cost_so_far
      from (select i.id, i.cost from press_private.changed_rows i order by i.id limit 1000) o
    ) c
    where c.cost_so_far - c.cost < 5000);
  v_again := array(select k from press_private.keys_to_look_at_again() k);
  v_keys := array(
    select k from press_private.changed_keys(v_change_ids, v_ledger_size) k union all select k from unnest(v_again) k union all select k from press_private.doubted_keys() k);
  v_found := array(
    select distinct f from press_private.broken_promises(v_keys, look_at_changes.overdue_seconds) f
    where exists (select from press_private.invariant_checks() c where c."check" = f."check"));
  if not v_is_read_only then
    delete from press_private.changed_rows c where c.id = any (v_change_ids);
    update press_private.looked_rows l set last_id = a.id, last_number = a.number
    from press_private.looked_rows o
    left join (
      -- Fewer than were asked for: the next look begins with the first again.
      select k.relation, count(*) as count, (array_agg(k.id order by k.id desc))[1] as id, max(k.number) as number from unnest(v_again) k group by k.relation
    ) a on a.relation = o.relation and a.count = o.row_count
    where l.relation = o.relation and (l.last_id, l.last_number) is distinct from (a.id, a.number);
    update press_private.last_look l set looked_at = clock_timestamp(), ledger_size = v_ledger_size;
    delete from press_private.violations v where not exists (select from unnest(v_found) f where f."check" = v."check" and f.subject = v.subject);
    -- More than a thousand of one kind nobody reads, and each is looked at every time; but however many there are of one, another stops the press.
    with added as (
      insert into press_private.violations ("check", subject, finding)
      select n."check", n.subject, n.finding
      from (
        select d.*, row_number() over (partition by d."check" order by d.subject) + (select count(*) from press_private.violations v where v."check" = d."check") as index
        from (
          select distinct on (f."check", f.subject) f."check", f.subject, f.finding
          from unnest(v_found) f
          where not exists (select from press_private.violations v where v."check" = f."check" and v.subject = f.subject)
          order by f."check", f.subject) d
      ) n
      where n.index <= 1000
      order by n."check", n.subject
      returning "check", subject, finding
    )
    select array_agg((a."check", a.subject, a.finding)::press_private.audit_finding_record) into v_new from added a;
    perform press_private.stop_for_violations(v_new);
  end if;
  return query select * from unnest(v_found);
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_private.look_at_changes is 'Looks at what has changed since the last look, and at a few of all other rows; returns what does not hold, keeps it, and stops the press for it. Refuses: LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.look_at_changes from public;
