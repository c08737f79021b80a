/* Of these places of the ledger: the entry is there, is about a ticket that is there, and has its hash; and the nodes that it completes are computed from
   the two below each. Said of every place this is what press_private.audit_tree says of the whole. */
create or replace function press_private.audit_places(places bigint[])
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_indexes  bigint[] := audit_places.places;
begin
  return query
  select c."check", format('press.ledger_entries (%s)', p.place), c.finding
  from unnest(audit_places.places) p (place)
  left join press.ledger_entries e on e.place = p.place
  left join press.tickets t on t.edition_id = e.edition_id and t.ticket_number = e.ticket_number
  cross join lateral (values
    ('places run from 0 without a gap, and the head counts them', e.place is not null, 'It is not there.'),
    ('the hash of an entry is computed from it', e.place is null or e.leaf_hash = press_private.leaf_hash(e.leaf), format('It has the hash %s.', e.leaf_hash)),
    ('an entry tells what the rows say, once', e.ticket_number is null or t.id is not null, format('There is no ticket %s of the edition %s.', e.ticket_number, e.edition_id))
  ) c ("check", holds, finding)
  where c.holds is not true;

  for v_level in 1 .. 62 loop
    -- The nodes of this level that are complete with the last leaf of one of the level below.
    v_indexes := array(select i >> 1 from unnest(v_indexes) i where i & 1 = 1);
    exit when v_indexes = '{}';

    return query
    select 'a node is computed from the two below it', format('press_private.ledger_nodes (%s,%s)', v_level, n.index),
      format('It has the hash %s; computed, it is %s.', coalesce(s.hash::text, '(none)'), coalesce(c.hash::text, '(none)'))
    from unnest(v_indexes) n (index)
    left join press_private.ledger_nodes s on s.level = v_level and s.index = n.index
    cross join lateral (
      select press_private.node_hash(
        (select h.hash from press_private.subtree_hashes(v_level - 1, 2 * n.index, 2 * n.index) h),
        (select h.hash from press_private.subtree_hashes(v_level - 1, 2 * n.index + 1, 2 * n.index + 1) h)) as hash
    ) c
    where s.hash is distinct from c.hash;
  end loop;
end
$$;
comment on function press_private.audit_places is 'What does not hold of the entries at these places, and of the nodes that they complete.';
revoke all on function press_private.audit_places from public;
