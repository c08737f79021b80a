/* What was issued stays issued, and the ledger only grows: not even the owner or a superuser removes these rows, or changes those that are records
   of what happened, while the triggers are there. */
create or replace function press_private.tg__refuse_change()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform press_private.refuse('NOT_ALLOWED', format('%s of rows of %I.%I is never done.', initcap(TG_OP), TG_TABLE_SCHEMA, TG_TABLE_NAME));
  return null;
end
$$;
comment on function press_private.tg__refuse_change is 'Refuses the operation that it is a trigger of, for everybody. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg__refuse_change from public;

create or replace trigger _200_refuse_delete   before delete   on press.tickets      for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.tickets      for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.revocations  for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.revocations  for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.holders      for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.holders      for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.signing_keys for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.signing_keys for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.editions     for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.editions     for each row
  when (OLD.status <> 'draft') execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_update   before update   on press.revocations  for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_update   before update   on press.redemptions               for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.redemptions               for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.redemptions               for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_update   before update   on press.ledger_entries            for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.ledger_entries            for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.ledger_entries            for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_update   before update   on press_private.ledger_nodes      for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press_private.ledger_nodes      for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press_private.ledger_nodes      for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_update   before update   on press.checkpoints               for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.checkpoints               for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.checkpoints               for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_update   before update   on press_private.press_state       for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press_private.press_state       for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press_private.press_state       for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_update   before update   on press_private.ledger_adoptions  for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press_private.ledger_adoptions  for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press_private.ledger_adoptions  for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_update   before update   on press_private.row_seals         for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press_private.row_seals         for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press_private.row_seals         for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.draws                    for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.draws                    for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_update   before update   on press_private.draw_requests    for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press_private.draw_requests    for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press_private.draw_requests    for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_update   before update   on press.beacon_chains            for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.beacon_chains            for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.beacon_chains            for each statement execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_update   before update   on press.beacon_rounds            for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_delete   before delete   on press.beacon_rounds            for each row       execute function press_private.tg__refuse_change();
create or replace trigger _200_refuse_truncate before truncate on press.beacon_rounds            for each statement execute function press_private.tg__refuse_change();

-- ALWAYS: also in a session that plays replica.
alter table press.tickets      enable always trigger _200_refuse_delete;
alter table press.tickets      enable always trigger _200_refuse_truncate;
alter table press.revocations  enable always trigger _200_refuse_delete;
alter table press.revocations  enable always trigger _200_refuse_truncate;
alter table press.revocations  enable always trigger _200_refuse_update;
alter table press.holders      enable always trigger _200_refuse_delete;
alter table press.holders      enable always trigger _200_refuse_truncate;
alter table press.signing_keys enable always trigger _200_refuse_delete;
alter table press.signing_keys enable always trigger _200_refuse_truncate;
alter table press.editions     enable always trigger _200_refuse_delete;
alter table press.editions     enable always trigger _200_refuse_truncate;
alter table press.redemptions               enable always trigger _200_refuse_update;
alter table press.redemptions               enable always trigger _200_refuse_delete;
alter table press.redemptions               enable always trigger _200_refuse_truncate;
alter table press.ledger_entries            enable always trigger _200_refuse_update;
alter table press.ledger_entries            enable always trigger _200_refuse_delete;
alter table press.ledger_entries            enable always trigger _200_refuse_truncate;
alter table press_private.ledger_nodes      enable always trigger _200_refuse_update;
alter table press_private.ledger_nodes      enable always trigger _200_refuse_delete;
alter table press_private.ledger_nodes      enable always trigger _200_refuse_truncate;
alter table press.checkpoints               enable always trigger _200_refuse_update;
alter table press.checkpoints               enable always trigger _200_refuse_delete;
alter table press.checkpoints               enable always trigger _200_refuse_truncate;
alter table press_private.press_state       enable always trigger _200_refuse_update;
alter table press_private.press_state       enable always trigger _200_refuse_delete;
alter table press_private.press_state       enable always trigger _200_refuse_truncate;
alter table press_private.ledger_adoptions  enable always trigger _200_refuse_update;
alter table press_private.ledger_adoptions  enable always trigger _200_refuse_delete;
alter table press_private.ledger_adoptions  enable always trigger _200_refuse_truncate;
alter table press_private.row_seals         enable always trigger _200_refuse_update;
alter table press_private.row_seals         enable always trigger _200_refuse_delete;
alter table press_private.row_seals         enable always trigger _200_refuse_truncate;
alter table press.draws                    enable always trigger _200_refuse_delete;
alter table press.draws                    enable always trigger _200_refuse_truncate;
alter table press_private.draw_requests    enable always trigger _200_refuse_update;
alter table press_private.draw_requests    enable always trigger _200_refuse_delete;
alter table press_private.draw_requests    enable always trigger _200_refuse_truncate;
alter table press.beacon_chains            enable always trigger _200_refuse_update;
alter table press.beacon_chains            enable always trigger _200_refuse_delete;
alter table press.beacon_chains            enable always trigger _200_refuse_truncate;
alter table press.beacon_rounds            enable always trigger _200_refuse_update;
alter table press.beacon_rounds            enable always trigger _200_refuse_delete;
alter table press.beacon_rounds            enable always trigger _200_refuse_truncate;
