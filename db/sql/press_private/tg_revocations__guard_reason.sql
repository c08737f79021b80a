/* A revocation is final. Its reason goes when the holder of the ticket is forgotten, unless it is in the ledger. */
create or replace function press_private.tg_revocations__guard_reason()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (NEW.edition_id, NEW.ticket_number, NEW.is_reason_published, NEW.revoked_by, NEW.revoked_at)
     is distinct from (OLD.edition_id, OLD.ticket_number, OLD.is_reason_published, OLD.revoked_by, OLD.revoked_at)
     or NEW.reason is distinct from OLD.reason and not (NEW.reason is null and not OLD.is_reason_published and exists (
       select from press.tickets t join press_private.erased_holders e on e.holder_id = t.holder_id
       where t.edition_id = OLD.edition_id and t.ticket_number = OLD.ticket_number)) then
    perform press_private.refuse('NOT_ALLOWED', 'A revocation never changes; a reason that is not in the ledger goes only when its holder is forgotten.');
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_revocations__guard_reason is 'Refuses every change of a revocation but the removal of a reason that was not published, of a holder who was forgotten. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_revocations__guard_reason from public;

create or replace trigger _200_guard_reason before update on press.revocations
  for each row execute function press_private.tg_revocations__guard_reason();
alter table press.revocations enable always trigger _200_guard_reason;
