/* A key has a quota of records: who could register any number would have none. Those that were registered within the hour count too, also when they were revoked. */
create or replace function press_private.require_few_keys(holder_id uuid)
  returns void
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  perform press_private.refuse('RATE_LIMITED', 'Twenty keys of this holder are in use, or were registered within an hour.')
  where (
    select count(*) from press.publishing_keys k
    where k.holder_id = require_few_keys.holder_id and (k.revoked_at is null or k.registered_at > clock_timestamp() - interval '1 hour')) >= 20;
end
$$;
comment on function press_private.require_few_keys is 'Lets pass a holder of whose keys fewer than twenty are in use or were registered within an hour. To be called under the holder''s lock. Refuses: RATE_LIMITED.';
revoke all on function press_private.require_few_keys from public;
