/* What the worker may do with the tables of graphile-worker. They belong to press_owner like everything else, so that no login can put code
   of its own where the owner's functions or an installer would run it. Run by db/install.ts after graphile-worker's own migrations. */

grant usage on schema graphile_worker to press_worker;
grant select, insert, update, delete on all tables in schema graphile_worker to press_worker;
grant usage, select on all sequences in schema graphile_worker to press_worker;
revoke execute on all functions in schema graphile_worker from public;
grant execute on all functions in schema graphile_worker to press_worker;

-- graphile-worker gives its tables row-level security without a policy, which lets in their owner alone.
do $$
declare
  v_table regclass;
begin
  for v_table in
    select c.oid from pg_catalog.pg_class c
    where c.relnamespace = 'graphile_worker'::regnamespace and c.relrowsecurity
  loop
    execute format('drop policy if exists worker_all on %s', v_table);
    execute format('create policy worker_all on %s to press_worker using (true) with check (true)', v_table);
  end loop;
end
$$;
