/* Whose a key is never changes, nor that it was revoked. What shows that they had it is replaced only until a worker has checked it, and goes when they are forgotten. */
create or replace function press_private.tg_publishing_keys__guard_identity()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (NEW.id, NEW.holder_id, NEW.public_key, NEW.registered_at, NEW.registered_by)
    is distinct from (OLD.id, OLD.holder_id, OLD.public_key, OLD.registered_at, OLD.registered_by) then
    perform press_private.refuse('NOT_ALLOWED', 'What a key was registered as never changes.');
  end if;

  if OLD.revoked_at is not null and ((NEW.revoked_at, NEW.revoked_by) is distinct from (OLD.revoked_at, OLD.revoked_by)
      or NEW.revocation_reason is distinct from OLD.revocation_reason and not (
        NEW.revocation_reason is null and exists (select from press_private.erased_holders e where e.holder_id = OLD.holder_id))) then
    perform press_private.refuse('NOT_ALLOWED', 'A key that was revoked stays so.');
  end if;

  if OLD.verified_at is not null and NEW.verified_at is distinct from OLD.verified_at then
    perform press_private.refuse('NOT_ALLOWED', 'A key is verified once.');
  end if;

  if NEW.possession_signature is distinct from OLD.possession_signature and not (
       case when NEW.possession_signature is null then exists (select from press_private.erased_holders e where e.holder_id = OLD.holder_id)
            else OLD.verified_at is null and OLD.possession_signature is not null end) then
    perform press_private.refuse('NOT_ALLOWED', 'What a key was verified by never changes, and goes only when its holder is forgotten.');
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_publishing_keys__guard_identity is 'Refuses every change of a key but its quota, its verification and its revocation, each once, and the removal of its signature and its reason when its holder is forgotten. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_publishing_keys__guard_identity from public;

create or replace trigger _200_guard_identity before update on press.publishing_keys
  for each row execute function press_private.tg_publishing_keys__guard_identity();
alter table press.publishing_keys enable always trigger _200_guard_identity;
