/* The third layer, the other way round: what is verified has its credential when the transaction ends. It is asked at the end because of the two one has to be written first. A
   decision has it asked at once (press_private.decide_attestation): at its end a worker's session has no right to look. */
create or replace function press_private.tg_attestations__require_credential()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select from press.credentials c where c.attestation_id = NEW.id) then
    perform press_private.refuse('NOT_ALLOWED', 'An attestation that is verified has its credential.');
  end if;
  return null;
end
$$;
comment on function press_private.tg_attestations__require_credential is 'Refuses an attestation that is verified and has no credential. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_attestations__require_credential from public;

drop trigger if exists _200_require_credential on press.attestations;
create constraint trigger _200_require_credential after insert or update of status on press.attestations
  deferrable initially deferred
  for each row when (NEW.status = 'verified') execute function press_private.tg_attestations__require_credential();
alter table press.attestations enable always trigger _200_require_credential;
