/* Old envelopes verify against this history, so it only grows: a key comes, and one day it is retired. */
create or replace function press_private.tg_signing_keys__guard_history()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (NEW.key_id, NEW.public_key, NEW.purpose, NEW.activated_at) is distinct from (OLD.key_id, OLD.public_key, OLD.purpose, OLD.activated_at)
     or (OLD.retired_at is not null and NEW.retired_at is distinct from OLD.retired_at) then
    perform press_private.refuse('NOT_ALLOWED', 'A signing key can only be retired, once.');
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_signing_keys__guard_history is 'Refuses every change of a signing key but its retirement. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_signing_keys__guard_history from public;

create or replace trigger _200_guard_history before update on press.signing_keys
  for each row execute function press_private.tg_signing_keys__guard_history();
alter table press.signing_keys enable always trigger _200_guard_history;
