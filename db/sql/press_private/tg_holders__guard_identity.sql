/* Tickets belong to a holder's id, and are signed for its subject: whoever changed either would make them another's. */
create or replace function press_private.tg_holders__guard_identity()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (NEW.id, NEW.subject, NEW.created_at) is distinct from (OLD.id, OLD.subject, OLD.created_at) then
    perform press_private.refuse('NOT_ALLOWED', 'Who a holder is never changes.');
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_holders__guard_identity is 'Refuses a change of who a holder is. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_holders__guard_identity from public;

create or replace trigger _200_guard_identity before update on press.holders
  for each row execute function press_private.tg_holders__guard_identity();
alter table press.holders enable always trigger _200_guard_identity;
