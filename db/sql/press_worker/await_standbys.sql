create or replace function press_worker.await_standbys()
  returns boolean
  language sql volatile security definer set search_path = pg_catalog, pg_temp
begin atomic
  select press_private.await_standbys();
end;
comment on function press_worker.await_standbys is 'When it has answered, the synchronous standbys have all that was seen in this transaction. False: there are none.';
revoke all on function press_worker.await_standbys from public;
grant execute on function press_worker.await_standbys to press_worker;
