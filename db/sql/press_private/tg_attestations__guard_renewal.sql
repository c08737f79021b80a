/* The third layer of renewal, with the keys of the table: two credentials of one proof are never valid at once. */
create or replace function press_private.tg_attestations__guard_renewal()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if TG_OP = 'UPDATE' and OLD.status <> 'submitted' and NEW.renewed_id is distinct from OLD.renewed_id then
    perform press_private.refuse('NOT_ALLOWED', 'An attestation is decided once.');
  end if;
  if NEW.renewed_id is not null and not press_private.has_expired(NEW.renewed_id, NEW.decided_at) then
    perform press_private.refuse('NOT_ALLOWED', 'It gave a credential that has not ended, or was revoked.');
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_attestations__guard_renewal is 'Refuses an attestation that renews one whose credential has not ended, or was revoked. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_attestations__guard_renewal from public;

create or replace trigger _200_guard_renewal before insert or update on press.attestations
  for each row execute function press_private.tg_attestations__guard_renewal();
alter table press.attestations enable always trigger _200_guard_renewal;
