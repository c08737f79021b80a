/* So that also what somebody changed beside the press is seen in the end, and in a small press at once: a few rows of each table, from where the
   last look ended; from the beginning when it has come to the end. Entries of the ledger have their places for keys. */
create or replace function press_private.keys_to_look_at_again(row_count integer default null)
  returns setof press_private.row_key_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select l.relation, k.id, k.number
  from press_private.looked_rows l
  cross join lateral (select coalesce(keys_to_look_at_again.row_count, l.row_count) as row_count) n
  cross join lateral (
    (select t.id, null::bigint as number from press.tickets t
     where l.relation = 'press.tickets' and t.id > coalesce(l.last_id, '00000000-0000-0000-0000-000000000000') order by t.id limit n.row_count)
    union all
    (select a.id, null from press.attestations a
     where l.relation = 'press.attestations' and a.id > coalesce(l.last_id, '00000000-0000-0000-0000-000000000000') order by a.id limit n.row_count)
    union all
    (select p.id, null from press.publications p
     where l.relation = 'press.publications' and p.id > coalesce(l.last_id, '00000000-0000-0000-0000-000000000000') order by p.id limit n.row_count)
    union all
    (select null, e.id from press.editions e
     where l.relation = 'press.editions' and e.id > coalesce(l.last_number, 0) order by e.id limit n.row_count)
    union all
    (select null, t.id from press.chain_transactions t
     where l.relation = 'press.chain_transactions' and t.id > coalesce(l.last_number, 0) order by t.id limit n.row_count)
    union all
    (select null, u.id from press.utxos u
     where l.relation = 'press.utxos' and u.id > coalesce(l.last_number, 0) order by u.id limit n.row_count)
    union all
    -- Of the ledger the places, so that one that is missing is missed.
    (select null, p.place from press_private.ledger_head h
     cross join lateral generate_series(coalesce(l.last_number + 1, 0), least(h.tree_size, coalesce(l.last_number + 1, 0) + n.row_count) - 1) p (place)
     where l.relation = 'press.ledger_entries')
    union all
    (select null, c.tree_size from press.checkpoints c
     where l.relation = 'press.checkpoints' and c.tree_size > coalesce(l.last_number, 0) order by c.tree_size limit n.row_count)
  ) k;
end
$$;
comment on function press_private.keys_to_look_at_again is 'The next row_count rows of each table (null: as many as the table has in a look), whether they changed or not.';
revoke all on function press_private.keys_to_look_at_again from public;
