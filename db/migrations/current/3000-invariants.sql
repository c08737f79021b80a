/* What is looked at again and again while the press works: press.invariants. Who may read what: db/sql/access/. */

/* Rows that have changed since they were looked at. Whoever changes them writes here by a trigger, in the same transaction; whoever looks takes what it
   sees away. So nothing is missed and nothing is seen too early, in whichever order transactions began, and no cursor has to be right. */
create table press_private.changed_rows (
  id        bigint generated always as identity
            constraint changed_rows_pkey primary key,
  relation  text not null,
  -- What it takes to look at them, in rows of which a look takes thousands.
  cost      integer not null,
  ids       uuid[],
  numbers   bigint[],
  constraint changed_rows_have_keys_of_one_kind check (num_nonnulls(ids, numbers) = 1)
);
-- Random bytes do not get shorter.
alter table press_private.changed_rows alter ids set storage external, alter numbers set storage external;
comment on table press_private.changed_rows is 'The rows that were changed and not looked at since: one row for each statement, or for each thousand of what it wrote.';

/* Where the looks are that go over all rows, a few at a time, whether they changed or not. */
create table press_private.looked_rows (
  relation     text not null
               constraint looked_rows_pkey primary key,
  -- So many in each look: fewer where each takes long.
  row_count    integer not null,
  last_id      uuid,
  last_number  bigint
);
comment on table press_private.looked_rows is 'The last row of each table that was looked at again, and how many follow it in a look; nulls: it begins with the first.';
insert into press_private.looked_rows (relation, row_count)
values ('press.tickets', 100), ('press.attestations', 100), ('press.publications', 100), ('press.editions', 100), ('press.chain_transactions', 10),
  ('press.utxos', 100), ('press.ledger_entries', 100), ('press.checkpoints', 100);

create table press_private.last_look (
  is_only      boolean not null default true
               constraint last_look_pkey primary key
               constraint last_look_is_one_row check (is_only),
  looked_at    timestamptz,
  ledger_size  bigint not null default 0
);
comment on table press_private.last_look is 'When the press was looked at last, and how many entries of its ledger: one row, which whoever looks locks.';
-- What there is already the looks go over that go over all rows.
insert into press_private.last_look (ledger_size) select h.tree_size from press_private.ledger_head h;
create trigger _200_refuse_delete before delete on press_private.last_look
  for each row execute function press_private.tg__refuse_change();
create trigger _200_refuse_truncate before truncate on press_private.last_look
  for each statement execute function press_private.tg__refuse_change();
alter table press_private.last_look enable always trigger _200_refuse_delete;
alter table press_private.last_look enable always trigger _200_refuse_truncate;

create table press_private.violations (
  id          bigint generated always as identity
              constraint violations_pkey primary key,
  "check"     text not null,
  subject     text not null,
  finding     text not null,
  found_at    timestamptz not null default clock_timestamp(),
  constraint violations_are_found_once unique ("check", subject)
);
comment on table press_private.violations is 'What did not hold at the last look, and since when that is known.';

create type press_private.row_key_record as (relation text, id uuid, number bigint);
comment on type press_private.row_key_record is 'A row, by its table and its key: id where that is a uuid, number where it is a number; of a draw the id of its edition, of a credential that of its attestation; press.draws: to be computed again, which press.editions are not; signatures: a ticket whose signature is to be verified.';

create type press.invariant_result as (invariant text, "check" text, subject text, is_ok boolean, finding text, remedy text, found_at timestamptz);
comment on type press.invariant_result is 'A promise that holds at any moment, and whether it did at the last look.';
comment on column press.invariant_result.invariant is 'Its name: I1 to I14.';
comment on column press.invariant_result."check" is 'What must hold.';
comment on column press.invariant_result.subject is 'Where: the table and the key of the row that is wrong, or the table where none is.';
comment on column press.invariant_result.is_ok is 'Whether it holds, as far as was looked; null: no query of the database can tell.';
comment on column press.invariant_result.finding is 'What is wrong, or who else looks; null where nothing is.';
comment on column press.invariant_result.remedy is 'What to do when it does not hold.';
comment on column press.invariant_result.found_at is 'Since when it is known that it does not; null where it does, or where whoever asks may only read.';

-- What the audit says of all rows, it says of a few as well: so its functions take which.
drop function press_private.audit_tickets();
drop function press_private.audit_endings();
drop function press_private.audit_envelopes();
drop function press_private.audit_signatures();
drop function press_private.audit_credentials();
drop function press_private.audit_attestations();
drop function press_private.audit_draws();
drop function press_private.audit_pool();
drop function press_private.audit_transactions();
drop function press_private.audit_outputs();
drop function press_private.audit_checkpoints();
drop function press_private.audit_editions();
drop function press_private.expected_entries();
drop function press_private.audit_entries();
-- It tells more.
drop function press_gateway.press_metrics();

--! include press_private/is_fault_of_server.sql
--! include press_private/audit_editions.sql
--! include press_private/audit_draws.sql
--! include press_private/audit_tickets.sql
--! include press_private/audit_endings.sql
--! include press_private/audit_envelopes.sql
--! include press_private/audit_credentials.sql
--! include press_private/audit_attestations.sql
--! include press_private/audit_pool.sql
--! include press_private/audit_transactions.sql
--! include press_private/audit_outputs.sql
--! include press_private/expected_entries.sql
--! include press_private/audit_entries.sql
--! include press_private/audit_checkpoints.sql
--! include press_private/audit_signatures.sql

--! include press_private/invariant_checks.sql
--! include press_private/tg__note_changes.sql
--! include press_private/changed_keys.sql
--! include press_private/keys_to_look_at_again.sql
--! include press_private/doubted_keys.sql
--! include press_private/audit_places.sql
--! include press_private/audit_guards.sql
--! include press_private/audit_waiting.sql
--! include press_private/broken_rows.sql
--! include press_private/broken_promises.sql
--! include press_private/stop_for_violations.sql
--! include press_private/look_at_changes.sql
--! include press/invariants.sql
--! include press_worker/watch_invariants.sql
--! include press_gateway/press_metrics.sql
--! include access/changed_rows.sql
--! include access/looked_rows.sql
--! include access/last_look.sql
--! include access/violations.sql
