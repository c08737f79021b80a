/* A statement at a time, as rows are signed and claimed in batches; a thousand rows in a note, so that a look can take as many as it has time for, however
   many a statement wrote. Issuing writes nothing here: a pending ticket is looked at because it is pending, and noted when it is signed.
   The arguments: under which table it is noted, ids or numbers, by which column, and what it takes to look at one, in tickets: a draw is computed again from all
   entries of its edition, a transaction is read byte for byte. And, where there are any, columns that say only when somebody was here: a row in which nothing else
   is new is not noted, because a transaction is asked for a hundred times, and a look that never comes to an end would find nothing in time.
   Who disables triggers is not noted; the looks that go over all rows find what they did, and press_private.audit_guards that they did. */
create or replace function press_private.tg__note_changes()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp set enable_hashjoin = on as $$
declare
  v_is_new  text := '';
begin
  if TG_NARGS > 4 then
    select format('left join unwritten o on o.%I = i.%1$I where row(%s) is distinct from row(%s)',
      TG_ARGV[2], string_agg(format('i.%I', a.attname), ', ' order by a.attnum), string_agg(format('o.%I', a.attname), ', ' order by a.attnum))
    into v_is_new
    from pg_attribute a
    where a.attrelid = TG_RELID and a.attnum > 0 and not a.attisdropped and a.attname <> all (string_to_array(TG_ARGV[4], ' '));
  end if;
  execute format(
    'insert into press_private.changed_rows (relation, cost, %1$I)
     select %2$L, count(*) * %4$s, array_agg(k.key)
     from (select w.key, (row_number() over () - 1) * %4$s / 1000 as part from (select distinct i.%3$I as key from written i %5$s) w) k group by k.part',
    TG_ARGV[1], TG_ARGV[0], TG_ARGV[2], TG_ARGV[3], v_is_new);
  return null;
end
$$;
comment on function press_private.tg__note_changes is 'Notes the rows that a statement wrote, for press.invariants to look at.';
revoke all on function press_private.tg__note_changes from public;

create or replace trigger _500_note_updated after update on press.tickets
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.tickets', 'ids', 'id', '1');
create or replace trigger _500_note_inserted after insert on press.attestations
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.attestations', 'ids', 'id', '1');
create or replace trigger _500_note_updated after update on press.attestations
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.attestations', 'ids', 'id', '1');
create or replace trigger _500_note_inserted after insert on press.credentials
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.attestations', 'ids', 'attestation_id', '1');
create or replace trigger _500_note_updated after update on press.credentials
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.attestations', 'ids', 'attestation_id', '1');
create or replace trigger _500_note_updated after update on press.editions
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.editions', 'numbers', 'id', '1');
create or replace trigger _500_note_inserted after insert on press.draws
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.draws', 'numbers', 'edition_id', '1000');
create or replace trigger _500_note_updated after update on press.draws
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.draws', 'numbers', 'edition_id', '1000');
create or replace trigger _500_note_inserted after insert on press.publications
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.publications', 'ids', 'id', '1');
create or replace trigger _500_note_updated after update on press.publications
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.publications', 'ids', 'id', '1');
create or replace trigger _500_note_inserted after insert on press.chain_transactions
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.chain_transactions', 'numbers', 'id', '50');
create or replace trigger _500_note_updated after update on press.chain_transactions
  referencing old table as unwritten new table as written for each statement
  execute function press_private.tg__note_changes('press.chain_transactions', 'numbers', 'id', '50', 'looked_at updated_at');
create or replace trigger _500_note_inserted after insert on press.utxos
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.utxos', 'numbers', 'id', '1');
create or replace trigger _500_note_updated after update on press.utxos
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.utxos', 'numbers', 'id', '1');
create or replace trigger _500_note_inserted after insert on press_private.chain_inputs
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.utxos', 'numbers', 'utxo_id', '1');
create or replace trigger _500_note_updated after update on press_private.chain_inputs
  referencing new table as written for each statement execute function press_private.tg__note_changes('press.utxos', 'numbers', 'utxo_id', '1');

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
