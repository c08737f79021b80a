create or replace function press_private.fail_queued_records(key_id uuid)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
begin
  -- In order of their ids, as whoever else locks several of them.
  perform from press.publications p
  where p.key_id = fail_queued_records.key_id and p.state = 'queued' and p.after_transaction_id is null order by p.id for no key update;
  update press.publications p
  set state = 'failed', error_code = 'UNKNOWN_KEY', error_detail = 'Its key was revoked before it was sent.'
  where p.key_id = fail_queued_records.key_id and p.state = 'queued' and p.after_transaction_id is null;
end
$$;
comment on function press_private.fail_queued_records is 'Fails what waits of a key that was revoked, and is in no transaction that may be out.';
revoke all on function press_private.fail_queued_records from public;
