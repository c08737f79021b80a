/* The default of ids: new rows go to the right-hand edge of their index, where the pages are in memory, so that issuing is as quick at ten
   million tickets as at a thousand. PostgreSQL 18 has uuidv7(), whose ids also rise within a millisecond; there, it takes the place of what
   serves all versions. */
create or replace function press_private.time_ordered_uuid()
  returns uuid
  language sql volatile
begin atomic
  select (lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || substr(gen_random_uuid()::text, 16))::uuid;
end;
do $do$
begin
  if to_regprocedure('pg_catalog.uuidv7()') is not null then
    execute 'create or replace function press_private.time_ordered_uuid() returns uuid language sql volatile begin atomic select uuidv7(); end';
  end if;
end
$do$;
comment on function press_private.time_ordered_uuid is 'A UUID of version 7 (RFC 9562): 48 bits of milliseconds since 1970, then bits that nobody can guess.';
revoke all on function press_private.time_ordered_uuid from public;
