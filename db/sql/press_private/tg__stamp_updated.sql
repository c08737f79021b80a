/* Who changes a row need not think of it, and cannot forget it. */
create or replace function press_private.tg__stamp_updated()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  NEW.updated_at := clock_timestamp();
  return NEW;
end
$$;
comment on function press_private.tg__stamp_updated is 'Writes when the row was changed last.';
revoke all on function press_private.tg__stamp_updated from public;

create or replace trigger _100_stamp_updated before update on press.publications
  for each row execute function press_private.tg__stamp_updated();
create or replace trigger _100_stamp_updated before update on press.chain_transactions
  for each row execute function press_private.tg__stamp_updated();
create or replace trigger _100_stamp_updated before update on press.utxos
  for each row execute function press_private.tg__stamp_updated();
alter table press.publications       enable always trigger _100_stamp_updated;
alter table press.chain_transactions enable always trigger _100_stamp_updated;
alter table press.utxos              enable always trigger _100_stamp_updated;
