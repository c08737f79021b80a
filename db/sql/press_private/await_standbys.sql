/* A commit waits for the synchronous standbys before anybody sees what it wrote; but a wait that was cancelled, and a server that was restarted
   meanwhile, let it be seen before. What somebody else committed is therefore answered with only after this: it writes, behind all that was seen, and
   so the commit of whoever calls waits, too. Without synchronous standbys nothing is written. */
create or replace function press_private.await_standbys()
  returns boolean
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  if current_setting('synchronous_standby_names') = '' then
    return false;
  end if;
  perform pg_logical_emit_message(true, 'golden-press', '');  -- of nobody, for nobody: it only has to be written
  return true;
end
$$;
comment on function press_private.await_standbys is 'Has the commit of this transaction wait for the synchronous standbys, although it may write nothing else. False: there are none.';
revoke all on function press_private.await_standbys from public;
