/* Old envelopes verify against this history, so it only grows: a key comes, one day it is retired, and it may turn out that somebody else has it. */
create or replace function press_private.tg_signing_keys__guard_history()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (NEW.key_id, NEW.public_key, NEW.purpose, NEW.activated_at) is distinct from (OLD.key_id, OLD.public_key, OLD.purpose, OLD.activated_at)
     or (OLD.retired_at is not null and NEW.retired_at is distinct from OLD.retired_at)
     or (OLD.revoked_at is not null
         and (NEW.revoked_at, NEW.revoked_by, NEW.revocation_reason) is distinct from (OLD.revoked_at, OLD.revoked_by, OLD.revocation_reason)) then
    perform press_private.refuse('NOT_ALLOWED', 'A signing key can only be retired, once, and revoked, once.');
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_signing_keys__guard_history is 'Refuses every change of a signing key but its retirement and its revocation. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_signing_keys__guard_history from public;

create or replace trigger _200_guard_history before update on press.signing_keys
  for each row execute function press_private.tg_signing_keys__guard_history();
alter table press.signing_keys enable always trigger _200_guard_history;
