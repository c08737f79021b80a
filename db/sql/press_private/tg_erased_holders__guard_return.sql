/* Whoever is in this table is not in press.holders by name: a row goes when the name has come back, and at no other time. */
create or replace function press_private.tg_erased_holders__guard_return()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select from press.holders h where h.id = OLD.holder_id and h.subject is not null) then
    perform press_private.refuse('NOT_ALLOWED', 'Who was forgotten is kept in mind by a hash until they return.');
  end if;
  return OLD;
end
$$;
comment on function press_private.tg_erased_holders__guard_return is 'Refuses to forget that somebody was forgotten, unless they have returned. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_erased_holders__guard_return from public;

create or replace trigger _200_guard_return before delete on press_private.erased_holders
  for each row execute function press_private.tg_erased_holders__guard_return();
alter table press_private.erased_holders enable always trigger _200_guard_return;
