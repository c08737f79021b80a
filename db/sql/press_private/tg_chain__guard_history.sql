/* Who spent and carried what is told once: later only whether an input is alive, and when an output was sent. */
create or replace function press_private.tg_chain__guard_history()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if to_jsonb(NEW) - 'is_live' - 'sent_at' <> to_jsonb(OLD) - 'is_live' - 'sent_at' or to_jsonb(OLD) ->> 'sent_at' <> coalesce(to_jsonb(NEW) ->> 'sent_at', '') then
    perform press_private.refuse('NOT_ALLOWED', format('What a transaction had in rows of %I.%I never changes.', TG_TABLE_SCHEMA, TG_TABLE_NAME));
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_chain__guard_history is 'Refuses every change of inputs and outputs but whether they are alive, and once when they were sent. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_chain__guard_history from public;

create or replace trigger _200_guard_history before update on press_private.chain_inputs
  for each row execute function press_private.tg_chain__guard_history();
create or replace trigger _200_guard_history before update on press_private.chain_outputs
  for each row execute function press_private.tg_chain__guard_history();
alter table press_private.chain_inputs  enable always trigger _200_guard_history;
alter table press_private.chain_outputs enable always trigger _200_guard_history;
