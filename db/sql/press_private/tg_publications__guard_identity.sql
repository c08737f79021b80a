/* What was submitted never changes, and what failed stays failed: its client has been told, and may have signed another record instead. But what the nodes refused and a
   block has all the same is there, whatever was told. */
create or replace function press_private.tg_publications__guard_identity()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (NEW.id, NEW.kind, NEW.key_id, NEW.holder_id, NEW.submitted_by, NEW.nonce, NEW.expires_at, NEW.payload_hash, NEW.signature, NEW.checkpoint_size, NEW.submitted_at)
    is distinct from
     (OLD.id, OLD.kind, OLD.key_id, OLD.holder_id, OLD.submitted_by, OLD.nonce, OLD.expires_at, OLD.payload_hash, OLD.signature, OLD.checkpoint_size, OLD.submitted_at) then
    perform press_private.refuse('NOT_ALLOWED', 'What was submitted never changes.');
  end if;

  if NEW.payload is distinct from OLD.payload
     and not (NEW.payload is null and NEW.state = 'failed' and exists (select from press_private.erased_holders e where e.holder_id = OLD.holder_id)) then
    perform press_private.refuse('NOT_ALLOWED', 'A payload goes only when its holder is forgotten before it went out.');
  end if;

  if OLD.state = 'failed' and (NEW.state, NEW.error_code, NEW.error_detail, NEW.transaction_id) is distinct from (OLD.state, OLD.error_code, OLD.error_detail, OLD.transaction_id)
     and not (OLD.error_code = 'BROADCAST_REJECTED' and NEW.state = 'sent') then
    perform press_private.refuse('NOT_ALLOWED', 'A publication that failed stays failed.');
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_publications__guard_identity is 'Refuses every change of what was submitted, and of what failed. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_publications__guard_identity from public;

create or replace trigger _200_guard_identity before update on press.publications
  for each row execute function press_private.tg_publications__guard_identity();
alter table press.publications enable always trigger _200_guard_identity;
