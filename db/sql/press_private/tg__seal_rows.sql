/* A seal is no secret and keeps nobody out: whoever rewrites rows on purpose can write seals as well, and then the ledger and its checkpoints tell.
   It shows what was changed beside the press: by an accident, a restored page, a statement that somebody thought harmless.
   A statement at a time, because tickets are signed and entries integrated in batches. */
create or replace function press_private.tg__seal_rows()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set bytea_output = 'hex' as $$
begin
  execute (
    select format('insert into press_private.row_seals (hash) select press_private.row_seal(%L, row(%s)::text) from written', s.relation, s.columns)
    from press_private.sealed_columns() s
    where s.relation = format('%I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME));
  return null;
end
$$;
comment on function press_private.tg__seal_rows is 'Makes the seals of the rows that a statement wrote.';
revoke all on function press_private.tg__seal_rows from public;

-- A ticket is pending when it is inserted, and sealed when it is signed.
create or replace trigger _500_seal_updated after update on press.tickets
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press.editions
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_updated after update on press.editions
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press.revocations
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_updated after update on press.revocations
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press.redemptions
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press.signing_keys
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_updated after update on press.signing_keys
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press.ledger_entries
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press.checkpoints
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press_private.press_state
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press_private.ledger_adoptions
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press.draws
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_updated after update on press.draws
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press_private.draw_requests
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press.beacon_chains
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press.beacon_rounds
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
-- What becomes of a coin its transaction tells; who has returned one, press_private.tg_utxos__seal_released seals.
create or replace trigger _500_seal_inserted after insert on press.utxos
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press.attestations
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_updated after update on press.attestations
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press.credentials
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_updated after update on press.credentials
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press_private.rule_set_requests
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press.rule_sets
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press_private.erased_holders
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press_private.erased_envelopes
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_inserted after insert on press.publishing_keys
  referencing new table as written for each statement execute function press_private.tg__seal_rows();
create or replace trigger _500_seal_updated after update on press.publishing_keys
  referencing new table as written for each statement execute function press_private.tg__seal_rows();

-- ALWAYS: also in a session that plays replica.
alter table press.tickets                  enable always trigger _500_seal_updated;
alter table press.editions                 enable always trigger _500_seal_inserted;
alter table press.editions                 enable always trigger _500_seal_updated;
alter table press.revocations              enable always trigger _500_seal_inserted;
alter table press.revocations              enable always trigger _500_seal_updated;
alter table press.redemptions              enable always trigger _500_seal_inserted;
alter table press.signing_keys             enable always trigger _500_seal_inserted;
alter table press.signing_keys             enable always trigger _500_seal_updated;
alter table press.ledger_entries           enable always trigger _500_seal_inserted;
alter table press.checkpoints              enable always trigger _500_seal_inserted;
alter table press_private.press_state      enable always trigger _500_seal_inserted;
alter table press_private.ledger_adoptions enable always trigger _500_seal_inserted;
alter table press.draws                    enable always trigger _500_seal_inserted;
alter table press.draws                    enable always trigger _500_seal_updated;
alter table press_private.draw_requests    enable always trigger _500_seal_inserted;
alter table press.beacon_chains            enable always trigger _500_seal_inserted;
alter table press.beacon_rounds            enable always trigger _500_seal_inserted;
alter table press.utxos                    enable always trigger _500_seal_inserted;
alter table press.attestations             enable always trigger _500_seal_inserted;
alter table press.attestations             enable always trigger _500_seal_updated;
alter table press.credentials              enable always trigger _500_seal_inserted;
alter table press.credentials              enable always trigger _500_seal_updated;
alter table press_private.rule_set_requests enable always trigger _500_seal_inserted;
alter table press.rule_sets                enable always trigger _500_seal_inserted;
alter table press_private.erased_holders   enable always trigger _500_seal_inserted;
alter table press_private.erased_envelopes enable always trigger _500_seal_inserted;
alter table press.publishing_keys      enable always trigger _500_seal_inserted;
alter table press.publishing_keys      enable always trigger _500_seal_updated;
