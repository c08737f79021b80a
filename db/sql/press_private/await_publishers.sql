/* A checkpoint is dated when it is written, and seen when that is committed. Whoever looks for the first one lets those who are writing end: their lock of
   the table conflicts with this one, which is given back at once, so that nobody who publishes waits for the transaction that asks. */
create or replace function press_private.await_publishers()
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
begin
  lock table press.checkpoints in share mode;
  raise exception using errcode = 'PRDUN';  -- what is undone gives its locks back
exception
  when sqlstate 'PRDUN' then
    null;
end
$$;
comment on function press_private.await_publishers is 'Waits until every checkpoint that is being published is there to be seen by the next statement.';
revoke all on function press_private.await_publishers from public;
