/* A statement at a time, as rows are signed and claimed in batches. Issuing writes nothing here: a pending ticket is looked at because it is pending,
   and noted when it is signed. The arguments: under which table it is noted, ids or numbers, and by which column.
   Who disables triggers is not noted; the looks that go over all rows find what they did, and press_private.audit_guards that they did. */
create or replace function press_private.tg__note_changes()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  execute format('insert into press_private.changed_rows (relation, %I) select %L, array_agg(distinct w.%I) from written w having count(*) > 0',
    TG_ARGV[1], TG_ARGV[0], TG_ARGV[2]);
  return null;
end
$$;
comment on function press_private.tg__note_changes is 'Notes the rows that a statement wrote, for press.invariants to look at.';
revoke all on function press_private.tg__note_changes from public;

create or replace trigger _500_note_updated after update on press.tickets
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.tickets', 'ids', 'id');
create or replace trigger _500_note_inserted after insert on press.attestations
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.attestations', 'ids', 'id');
create or replace trigger _500_note_updated after update on press.attestations
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.attestations', 'ids', 'id');
create or replace trigger _500_note_inserted after insert on press.credentials
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.attestations', 'ids', 'attestation_id');
create or replace trigger _500_note_updated after update on press.credentials
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.attestations', 'ids', 'attestation_id');
create or replace trigger _500_note_updated after update on press.editions
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.draws', 'numbers', 'id');
create or replace trigger _500_note_inserted after insert on press.draws
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.draws', 'numbers', 'edition_id');
create or replace trigger _500_note_updated after update on press.draws
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.draws', 'numbers', 'edition_id');
create or replace trigger _500_note_inserted after insert on press.publications
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.publications', 'ids', 'id');
create or replace trigger _500_note_updated after update on press.publications
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.publications', 'ids', 'id');
create or replace trigger _500_note_inserted after insert on press.chain_transactions
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.chain_transactions', 'numbers', 'id');
create or replace trigger _500_note_updated after update on press.chain_transactions
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.chain_transactions', 'numbers', 'id');
create or replace trigger _500_note_inserted after insert on press.utxos
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.utxos', 'numbers', 'id');
create or replace trigger _500_note_updated after update on press.utxos
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.utxos', 'numbers', 'id');
create or replace trigger _500_note_inserted after insert on press_private.chain_inputs
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.utxos', 'numbers', 'utxo_id');
create or replace trigger _500_note_updated after update on press_private.chain_inputs
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.utxos', 'numbers', 'utxo_id');

-- ALWAYS: also in a session that plays replica.
alter table press.tickets              enable always trigger _500_note_updated;
alter table press.attestations         enable always trigger _500_note_inserted;
alter table press.attestations         enable always trigger _500_note_updated;
alter table press.credentials          enable always trigger _500_note_inserted;
alter table press.credentials          enable always trigger _500_note_updated;
alter table press.editions             enable always trigger _500_note_updated;
alter table press.draws                enable always trigger _500_note_inserted;
alter table press.draws                enable always trigger _500_note_updated;
alter table press.publications         enable always trigger _500_note_inserted;
alter table press.publications         enable always trigger _500_note_updated;
alter table press.chain_transactions   enable always trigger _500_note_inserted;
alter table press.chain_transactions   enable always trigger _500_note_updated;
alter table press.utxos                enable always trigger _500_note_inserted;
alter table press.utxos                enable always trigger _500_note_updated;
alter table press_private.chain_inputs enable always trigger _500_note_inserted;
alter table press_private.chain_inputs enable always trigger _500_note_updated;
