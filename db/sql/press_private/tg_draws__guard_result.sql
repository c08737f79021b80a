/* A draw waits, and is decided once. */
create or replace function press_private.tg_draws__guard_result()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if OLD.status <> 'requested' then
    perform press_private.refuse('NOT_ALLOWED', 'The result of a draw never changes.');
  end if;
  if (NEW.edition_id, NEW.attempt, NEW.requested_at, NEW.replaced_number, NEW.beacon_round, NEW.tree_size)
       is distinct from (OLD.edition_id, OLD.attempt, OLD.requested_at, OLD.replaced_number, OLD.beacon_round, OLD.tree_size)
     or (OLD.reason is not null and NEW.reason is distinct from OLD.reason) then
    perform press_private.refuse('NOT_ALLOWED', 'What was asked for never changes.');
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_draws__guard_result is 'Refuses every change of a draw but its result, once. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_draws__guard_result from public;

create or replace trigger _200_guard_result before update on press.draws
  for each row execute function press_private.tg_draws__guard_result();
alter table press.draws enable always trigger _200_guard_result;
