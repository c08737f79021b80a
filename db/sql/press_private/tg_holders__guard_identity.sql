/* Tickets belong to a holder's id, and are signed for its subject: whoever changed either would make them another's. A subject goes when its holder is forgotten, and
   only the same one comes back: its keyed hash is there at both times. */
create or replace function press_private.tg_holders__guard_identity()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (NEW.id, NEW.created_at) is distinct from (OLD.id, OLD.created_at)
     or (NEW.subject is distinct from OLD.subject and not ((NEW.subject is null or OLD.subject is null) and exists (
       select from press_private.erased_holders e
       where e.holder_id = OLD.id and e.subject_hash = press_private.keyed_hash('subject', coalesce(NEW.subject, OLD.subject))))) then
    perform press_private.refuse('NOT_ALLOWED', 'Who a holder is never changes.');
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_holders__guard_identity is 'Refuses a change of who a holder is; but a subject goes, and comes back, while its keyed hash is kept. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_holders__guard_identity from public;

create or replace trigger _200_guard_identity before update on press.holders
  for each row execute function press_private.tg_holders__guard_identity();
alter table press.holders enable always trigger _200_guard_identity;
