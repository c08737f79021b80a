/* The arrows of a coin. It is reserved only when nobody has it: whoever has it gives it back, or hands it on once its transaction is stored. */
create or replace function press_private.tg_utxos__guard_identity()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (NEW.id, NEW.txid, NEW.output_index, NEW.satoshis, NEW.wallet_script, NEW.from_transaction_id, NEW.created_at)
    is distinct from
     (OLD.id, OLD.txid, OLD.output_index, OLD.satoshis, OLD.wallet_script, OLD.from_transaction_id, OLD.created_at) then
    perform press_private.refuse('NOT_ALLOWED', 'What a coin is never changes.');
  end if;

  if (OLD.state, NEW.state) in (('available', 'unknown'), ('unknown', 'reserved'), ('dirty', 'reserved'), ('dirty', 'unknown'), ('spent', 'reserved')) then
    perform press_private.refuse('NOT_ALLOWED', format('A coin does not go from %s to %s.', OLD.state, NEW.state));
  end if;

  if OLD.state = 'reserved' and NEW.state = 'reserved' and NEW.transaction_id <> OLD.transaction_id then
    perform press_private.refuse('NOT_ALLOWED', 'A coin that a transaction has reserved is not given to another one.');
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_utxos__guard_identity is 'Refuses every change of what a coin is, and every state that does not follow from the one before. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_utxos__guard_identity from public;

create or replace trigger _200_guard_identity before update on press.utxos
  for each row execute function press_private.tg_utxos__guard_identity();
alter table press.utxos enable always trigger _200_guard_identity;
