/* Which schema this is. Gateway, worker and commands compare it with the last migration that their own version has (db/schemaVersion.ts)
   before they do anything. The first migration did not make this function yet, which is how its schema is known. */
create or replace function press_hidden.schema_version()
  returns integer
  language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
  select max(left(m.filename, 6)::integer) from graphile_migrate.migrations m;
end;
comment on function press_hidden.schema_version is 'The number of the last migration that this database has run.';
revoke all on function press_hidden.schema_version from public;
grant usage on schema press_hidden to press_gateway, press_worker;
grant execute on function press_hidden.schema_version to press_gateway, press_worker, press_operator, press_auditor;
