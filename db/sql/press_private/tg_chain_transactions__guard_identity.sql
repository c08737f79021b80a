/* The arrows of a transaction. Towards the chain it moves from every state in which it was stored, because what nodes and blocks say overrides what was believed; away from it
   never but by its reasons. Bytes that were stored never change: they are what is sent again. */
create or replace function press_private.tg_chain_transactions__guard_identity()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (NEW.id, NEW.wallet_script, NEW.is_split, NEW.split_count, NEW.split_satoshis, NEW.replaces_id, NEW.created_at)
    is distinct from
     (OLD.id, OLD.wallet_script, OLD.is_split, OLD.split_count, OLD.split_satoshis, OLD.replaces_id, OLD.created_at) then
    perform press_private.refuse('NOT_ALLOWED', 'What a transaction was made for never changes.');
  end if;

  if OLD.state <> 'reserved' and (NEW.epoch, NEW.txid, NEW.raw, NEW.stored_at, NEW.fee_satoshis, NEW.change_satoshis, NEW.fee_satoshis_per_kb, NEW.dust_satoshis, NEW.has_checkpoint)
    is distinct from
     (OLD.epoch, OLD.txid, OLD.raw, OLD.stored_at, OLD.fee_satoshis, OLD.change_satoshis, OLD.fee_satoshis_per_kb, OLD.dust_satoshis, OLD.has_checkpoint) then
    perform press_private.refuse('NOT_ALLOWED', 'The bytes of a transaction that may be out never change.');
  end if;

  if NEW.epoch < OLD.epoch or NEW.attempts < OLD.attempts or NEW.answered_attempt < OLD.answered_attempt or (OLD.may_be_out and not NEW.may_be_out)
     or (OLD.accepted_at is not null and NEW.accepted_at is distinct from OLD.accepted_at) then
    perform press_private.refuse('NOT_ALLOWED', 'Epochs and attempts only rise, and what may be out may be out for ever.');
  end if;

  if NEW.state <> OLD.state and not (
       (OLD.state = 'reserved' and NEW.state in ('sending', 'released'))
    or (OLD.state in ('sending', 'unknown') and NEW.state in ('unknown', 'accepted', 'mined', 'replaced', 'conflicted', 'rejected'))
    or (OLD.state = 'accepted' and NEW.state in ('mined', 'conflicted'))
    or (OLD.state = 'mined' and NEW.state = 'accepted')
    or (OLD.state in ('replaced', 'conflicted', 'rejected') and NEW.state in ('accepted', 'mined'))) then
    perform press_private.refuse('NOT_ALLOWED', format('A transaction does not go from %s to %s.', OLD.state, NEW.state));
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_chain_transactions__guard_identity is 'Refuses every change of what a transaction is, and every state that does not follow from the one before. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_chain_transactions__guard_identity from public;

create or replace trigger _200_guard_identity before update on press.chain_transactions
  for each row execute function press_private.tg_chain_transactions__guard_identity();
alter table press.chain_transactions enable always trigger _200_guard_identity;
