/* What was noted, under the given ids; and what needs no note: the newest pending tickets, the entries that have got places, and the latest
   checkpoint. Entries get places from one integrator at a time, so no place comes late. */
create or replace function press_private.changed_keys(change_ids bigint[], ledger_size bigint)
  returns setof press_private.row_key_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select c.relation, k.id, null::bigint
  from press_private.changed_rows c cross join lateral unnest(c.ids) k (id) where c.id = any (changed_keys.change_ids)
  union all
  select c.relation, null, k.number
  from press_private.changed_rows c cross join lateral unnest(c.numbers) k (number) where c.id = any (changed_keys.change_ids)
  union all
  (select 'signatures', t.id, null
   from press.tickets t
   where t.envelope is not null and t.id = any (array(
     select k.id from press_private.changed_rows c cross join lateral unnest(c.ids) k (id)
     where c.id = any (changed_keys.change_ids) and c.relation = 'press.tickets'))
   order by random() limit 5)
  union all
  select 'press.tickets', p.id, null
  from (select t.id from press.tickets t where t.status = 'pending' order by t.issued_at desc limit 1000) p
  union all
  select 'press.ledger_entries', null, p.place
  from press_private.last_look l cross join lateral generate_series(l.ledger_size, changed_keys.ledger_size - 1) p (place)
  union all
  -- A draw can be computed again when its entry has a place.
  select 'press.draws', null, e.edition_id
  from press_private.last_look l
  join press.ledger_entries e on e.place between l.ledger_size and changed_keys.ledger_size - 1
  where e.type in ('edition.drawn', 'winner.replaced')
  union all
  select 'press.checkpoints', null, p.tree_size
  from (select c.tree_size from press.checkpoints c order by c.tree_size desc limit 10) p;
end
$$;
comment on function press_private.changed_keys is 'The rows that have changed since the last look: those that were noted under the ids, the entries below ledger_size, and those that show it themselves.';
revoke all on function press_private.changed_keys from public;
