/* A credential is what it was minted as. Only its status moves, forward, and its document comes once. The reason of its revocation goes when its holder is forgotten. */
create or replace function press_private.tg_credentials__guard_identity()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (NEW.id, NEW.attestation_id, NEW.holder_id, NEW.kind, NEW.trust_level, NEW.status_list, NEW.status_index, NEW.valid_from, NEW.valid_until)
    is distinct from
     (OLD.id, OLD.attestation_id, OLD.holder_id, OLD.kind, OLD.trust_level, OLD.status_list, OLD.status_index, OLD.valid_from, OLD.valid_until) then
    perform press_private.refuse('NOT_ALLOWED', 'What a credential was minted as never changes.');
  end if;

  if NEW.document is distinct from OLD.document and (OLD.document is not null or NEW.status <> 'signed') then
    perform press_private.refuse('NOT_ALLOWED', 'A signed document never changes.');
  end if;

  if NEW.status <> OLD.status and (OLD.status, NEW.status) not in (('pending', 'signed'), ('pending', 'revoked'), ('signed', 'revoked')) then
    perform press_private.refuse('NOT_ALLOWED', 'A credential goes from pending to signed, and to revoked; never back.');
  end if;

  if OLD.status = 'revoked' and ((NEW.revoked_at, NEW.revoked_by) is distinct from (OLD.revoked_at, OLD.revoked_by)
      or NEW.reason is distinct from OLD.reason
        and not (NEW.reason is null and exists (select from press_private.erased_holders e where e.holder_id = OLD.holder_id))) then
    perform press_private.refuse('NOT_ALLOWED', 'A revocation never changes; its reason goes only when its holder is forgotten.');
  end if;

  if NEW.status = 'revoked' and OLD.status <> 'revoked' and NEW.reason is null then
    perform press_private.refuse('NOT_ALLOWED', 'A revocation has a reason.');
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_credentials__guard_identity is 'Refuses every change of a credential but its next status, its first document, its revocation, and the removal of its reason when the holder was forgotten. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_credentials__guard_identity from public;

create or replace trigger _200_guard_identity before update on press.credentials
  for each row execute function press_private.tg_credentials__guard_identity();
alter table press.credentials enable always trigger _200_guard_identity;
