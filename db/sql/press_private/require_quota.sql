/* Every record costs a place on the chain that the pool pays for. No more entries of the index are read than the quota has. */
create or replace function press_private.require_quota(key press.publishing_keys)
  returns void
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  perform press_private.refuse('RATE_LIMITED', format('The quota of this key is %s records an hour.', key.records_per_hour))
  where (
    select count(*) from (
      select from press.publications p where p.key_id = key.id and p.submitted_at > clock_timestamp() - interval '1 hour' limit key.records_per_hour) r) >= key.records_per_hour;
end
$$;
comment on function press_private.require_quota is 'Lets pass a key of which fewer records were submitted within an hour than its quota. To be called under the key''s lock. Refuses: RATE_LIMITED.';
revoke all on function press_private.require_quota from public;
