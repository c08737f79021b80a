/* After a restored backup there may be checkpoints out there of entries that are here no more. Whoever goes on then does it under another name
   (or, with an empty store, says that it is the same ledger), so that nobody is shown two histories of one. */
create or replace function press_worker.adopt_ledger(origin text, reason text)
  returns void
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  if coalesce(adopt_ledger.origin !~ '^[^[:space:][:cntrl:]+]{1,200}$', true) then
    perform press_private.refuse('INVALID_INPUT', 'An origin has 1 to 200 characters, none of them a space, a plus or a control character.');
  end if;
  if not press_private.is_one_line(adopt_ledger.reason, 500) then
    perform press_private.refuse('INVALID_INPUT', 'A reason has 1 to 500 characters, none of them a control character.');
  end if;
  if adopt_ledger.origin <> press_private.ledger_origin() and (
      exists (select from press_private.ledger_adoptions a where a.origin = adopt_ledger.origin)
      or adopt_ledger.origin = (select split_part(c.note, E'\n', 1) from press.checkpoints c order by c.tree_size limit 1)) then
    perform press_private.refuse('INVALID_INPUT', 'The ledger had this name before, and may have been published under it with other entries.');
  end if;
  insert into press_private.ledger_adoptions (origin, reason, tree_size)
  select adopt_ledger.origin, adopt_ledger.reason, h.tree_size from press_private.ledger_head h;
end
$$;
comment on function press_worker.adopt_ledger is 'From now on the ledger''s checkpoints have this origin, which is the present one or was never one before. Refuses: INVALID_INPUT.';
revoke all on function press_worker.adopt_ledger from public;
grant execute on function press_worker.adopt_ledger to press_worker;
