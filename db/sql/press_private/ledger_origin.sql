create or replace function press_private.ledger_origin()
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return coalesce(
    (select a.origin from press_private.ledger_adoptions a order by a.id desc limit 1),
    (select split_part(c.note, E'\n', 1) from press.checkpoints c order by c.tree_size limit 1));
end
$$;
comment on function press_private.ledger_origin is 'The name of the ledger in its checkpoints: as it was adopted, else as in the first one; null before that.';
revoke all on function press_private.ledger_origin from public;
