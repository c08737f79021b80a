/* Coins change by the hundred, and what becomes of one its transaction tells; but who returned one to the pool, and why, only its row says. That is why this is no
   press_private.tg__seal_rows, which would seal each change; what the columns are press_private.sealed_columns says again, and test/audit holds the two together. */
create or replace function press_private.tg_utxos__seal_released()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set bytea_output = 'hex' as $$
begin
  insert into press_private.row_seals (hash)
  values (press_private.row_seal('press.utxos', row(
    NEW.id, NEW.txid, NEW.output_index, NEW.wallet_script, NEW.satoshis, NEW.from_transaction_id, NEW.funded_by,
    NEW.released_by, press_private.keyed_hash('reason', NEW.release_reason), NEW.created_at)::text));
  return null;
end
$$;
comment on function press_private.tg_utxos__seal_released is 'Makes the seal of a coin that an operator has returned to the pool.';
revoke all on function press_private.tg_utxos__seal_released from public;

create or replace trigger _500_seal_released after update on press.utxos
  for each row when ((NEW.released_by, NEW.release_reason) is distinct from (OLD.released_by, OLD.release_reason)) execute function press_private.tg_utxos__seal_released();
alter table press.utxos enable always trigger _500_seal_released;
