/* All of it sees one moment, that of the calling statement, because every function here is STABLE; and a promise holds at every moment, whatever transactions
   are under way. What cannot be read is a finding, and hides nothing: where looking at some rows fails, half of them are looked at, and so on to the row that is
   at fault. Only when it is the server that fails, or a migration that is under way, the look does, and the next one begins where this one did.
   Signatures are verified of a few, because it takes a millisecond each: of some that have changed, of any, and of those that had none that is genuine. */
create or replace function press_private.broken_promises(keys press_private.row_key_record[], overdue_seconds integer)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_tickets     uuid[]  := array(select k.id from unnest(broken_promises.keys) k where k.relation = 'press.tickets');
  v_signatures  uuid[]  := array(select k.id from unnest(broken_promises.keys) k where k.relation = 'signatures');
  v_relation    text;
  v_keys        press_private.row_key_record[];
  v_found       press_private.audit_finding_record[];
  v_from        integer;
  v_ends        integer[];
  v_faults      integer := 0;
begin
  for v_relation, v_keys in
    select k.relation, array_agg((k.relation, k.id, k.number)::press_private.row_key_record)
    from (
      select * from unnest(broken_promises.keys)
      union
      select n, null, null from unnest(array['the catalogue', 'what waits', 'press_private.ledger_head']) n
      union
      (select 'signatures', t.id, null from press.tickets t
       where t.id = any (v_tickets) and t.id <> all (v_signatures) and t.envelope is not null
       order by random() limit greatest(5, 10 - cardinality(v_signatures)))
    ) k
    group by k.relation
  loop
    v_from := 1;
    v_ends := array[cardinality(v_keys)];
    while v_ends <> '{}' loop
      begin
        v_found := array(select f from press_private.broken_rows(v_relation, v_keys[v_from : v_ends[cardinality(v_ends)]], broken_promises.overdue_seconds) f);
      exception
        when others then
          if press_private.is_fault_of_server(sqlstate) then
            raise;
          end if;
          if v_from < v_ends[cardinality(v_ends)] and v_faults < 10 then
            v_ends := v_ends || (v_from + v_ends[cardinality(v_ends)]) / 2;
            continue;
          end if;
          v_faults := v_faults + 1;
          v_found := array[('what is stored can be read',
            concat(case v_relation when 'signatures' then 'press.tickets' else v_relation end, ' (' || coalesce(v_keys[v_from].id::text, v_keys[v_from].number::text) || ')'),
            sqlerrm)::press_private.audit_finding_record];
      end;
      return query select * from unnest(v_found);
      v_from := v_ends[cardinality(v_ends)] + 1;
      v_ends := trim_array(v_ends, 1);
    end loop;
  end loop;
end
$$;
comment on function press_private.broken_promises is 'What does not hold of the rows with these keys, of the catalogue, and of what waits. More than press.invariants promises: some checks of the audit are among it that no promise needs.';
revoke all on function press_private.broken_promises from public;
