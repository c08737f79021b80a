/* The third layer, with the keys of the table: nobody is given a credential for what was not verified. A decision marks the attestation first. Whoever plants a credential
   beside the press meets this, or has removed it; then it is still signed for nobody, and counts nowhere. */
create or replace function press_private.tg_credentials__guard_minting()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if NEW.status <> 'pending' or not exists (select from press.attestations a where a.id = NEW.attestation_id and a.status = 'verified') then
    perform press_private.refuse('NOT_ALLOWED', 'A credential is minted from an attestation that was verified, and awaits its signature.');
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_credentials__guard_minting is 'Refuses a credential of an attestation that is not verified, and one that is not pending. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_credentials__guard_minting from public;

create or replace trigger _200_guard_minting before insert on press.credentials
  for each row execute function press_private.tg_credentials__guard_minting();
alter table press.credentials enable always trigger _200_guard_minting;
