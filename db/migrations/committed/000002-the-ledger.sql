--! Previous: sha1:e060dcfc9fa5a2e40a0d8eef0b84fa0effa62306
--! Hash: sha1:fcaa338846dd97253608790c15fdfd3c0ba89171
--! Message: the ledger

--! split: 0100-nobody-at-work.sql
/* Not a rolling upgrade. A call that began before this migration commits goes on in its old body, which tells the ledger nothing: so nobody may
   be at work. Asked first, before anybody is kept waiting; again when the tables are locked; and at the end, for those who came meanwhile. */

create function press_private.require_nobody_at_work()
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  v_sessions  text;
begin
  perform pg_stat_clear_snapshot();  -- a transaction would otherwise see again what it saw first
  select string_agg(distinct a.usename::text, ', ') into v_sessions
  from pg_stat_activity a
  where a.datname = current_database() and a.pid <> pg_backend_pid()
    and (a.usename in ('press_gateway', 'press_worker')
         or a.pid in (select l.pid from pg_locks l
                      where not l.granted and l.relation = any ('{press.editions, press.tickets, press.revocations, press.signing_keys}'::regclass[])));
  if v_sessions is not null then
    raise object_in_use using message = format(
      'Stop the gateways and workers of this database first, and let operators wait: there are sessions of %s. Nothing was changed.', v_sessions);
  end if;
end
$$;

select press_private.require_nobody_at_work();
lock table press.signing_keys, press.editions, press.tickets, press.revocations in access exclusive mode;
select press_private.require_nobody_at_work();

--! split: 1500-ed25519.sql
/* Verifying Ed25519 signatures: points of the curve, and tables of multiples of points that are multiplied often, the base point and the
   registered keys. The arithmetic: db/sql/press/ed25519_verify.sql. */

create type press_private.ed25519_point_record as (x numeric, y numeric, z numeric, t numeric);
comment on type press_private.ed25519_point_record is 'A point of the curve in extended coordinates (RFC 8032, 5.1.4): x/z and y/z are its affine coordinates, t is x*y/z. All modulo p; residues may be negative.';

create table press_private.ed25519_combs (
  id          integer generated always as identity (start with 0 minvalue 0)
              constraint ed25519_combs_pkey primary key,
  public_key  bytea not null
              constraint ed25519_combs_public_key_key unique
              constraint ed25519_combs_public_key_has_32_bytes check (length(public_key) = 32),
  constraint ed25519_combs_0_is_of_the_base_point
    check ((id = 0) = (public_key = '\x5866666666666666666666666666666666666666666666666666666666666666'))
);

comment on table press_private.ed25519_combs is 'The points that have a comb: number 0 is of the base point of Ed25519, the others are of registered public keys. All of them are of prime order.';

create table press_private.ed25519_comb_points (
  comb_id    integer not null
             constraint ed25519_comb_points_comb_id_fkey references press_private.ed25519_combs,
  place      smallint not null
             constraint ed25519_comb_points_place_is_a_byte_of_a_scalar check (place between 0 and 31),
  multiple   smallint not null
             constraint ed25519_comb_points_multiple_is_of_a_signed_byte check (multiple between 0 and 128),
  y_minus_x  numeric not null,
  y_plus_x   numeric not null,
  xy2d       numeric not null,
  -- One integer finds a row faster than three columns do.
  id         integer generated always as (comb_id * 8192 + place * 256 + multiple) stored
             constraint ed25519_comb_points_pkey primary key
);
-- 64 rows are read for each verification: storage that may shorten the header of a value would cost a copy each time it is read.
alter table press_private.ed25519_comb_points
  alter y_minus_x set storage plain, alter y_plus_x set storage plain, alter xy2d set storage plain;

comment on table press_private.ed25519_comb_points is 'multiple * 256^place * P for the point P of each comb, as what the addition of an affine point needs of it (x, y): y - x, y + x and 2*d*x*y modulo p. Derived from the public key alone, by press_private.ed25519_comb.';

--! split: 2000-ledger.sql
/* The ledger: an append-only Merkle tree (RFC 6962) over everything that ever happened. Transactions drop entries into the inbox; one
   integrator at a time gives them places without a gap and extends the tree. No transaction that issues ever waits for its head.
   Who may read what: db/sql/access/. */

create table press.ledger_entries (
  place          bigint not null
                 constraint ledger_entries_pkey primary key
                 constraint ledger_entries_places_count_from_0 check (place >= 0),
  type           text not null,
  edition_id     integer,
  ticket_number  integer,
  leaf           text not null
                 constraint ledger_entries_leaf_fits_into_a_bundle check (octet_length(leaf) <= 65535),
  leaf_hash      bytea not null
                 constraint ledger_entries_leaf_hash_is_the_leafs check (leaf_hash = sha256('\x00'::bytea || convert_to(leaf, 'UTF8'))),
  recorded_at    timestamptz not null default clock_timestamp(),
  constraint ledger_entries_of_tickets_name_the_edition check (ticket_number is null or edition_id is not null)
);
alter table press.ledger_entries enable row level security;
alter table press.ledger_entries force row level security;

-- What happens to a ticket happens once; it also finds a ticket's place.
create unique index ledger_entries_ticket_key on press.ledger_entries (edition_id, ticket_number, type) where ticket_number is not null;
-- An edition opens once and closes once, and is drawn once; its replaced winners are many.
create unique index ledger_entries_edition_key on press.ledger_entries (edition_id, type)
  where ticket_number is null and type in ('edition.opened', 'edition.closed', 'edition.drawn');

-- Lists of one edition, and of one type, in the order of the ledger: everybody may ask for them.
create index ledger_entries_edition_id_place_idx on press.ledger_entries (edition_id, place) where edition_id is not null;
create index ledger_entries_type_place_idx on press.ledger_entries (type, place);

comment on table press.ledger_entries is 'The ledger: everything that ever happened, in its order, for ever. People appear by id, and a database login by its name.';
comment on column press.ledger_entries.place is 'Its place: 0, 1, 2 … without a gap.';
comment on column press.ledger_entries.type is 'What happened, for example ticket.issued.';
comment on column press.ledger_entries.edition_id is 'The edition that it is about, if it is about one.';
comment on column press.ledger_entries.ticket_number is 'The ticket of that edition that it is about, if it is about one.';
comment on column press.ledger_entries.leaf is 'The entry itself: canonical JSON (RFC 8785), whose bytes the tree is made of.';
comment on column press.ledger_entries.leaf_hash is 'SHA-256 of a zero byte and the leaf (RFC 6962, 2.1).';
comment on column press.ledger_entries.recorded_at is 'When it was given its place.';

create table press_private.ledger_inbox (
  id             bigint generated always as identity
                 constraint ledger_inbox_pkey primary key,
  type           text not null,
  edition_id     integer,
  ticket_number  integer,
  leaf           text not null
                 constraint ledger_inbox_leaf_fits_into_a_bundle check (octet_length(leaf) <= 65535)
);
comment on table press_private.ledger_inbox is 'Entries that have no place yet. The integrator takes all that it sees, in the order of ids, and keeps no cursor: a transaction that commits late is not missed.';

/* Only complete subtrees have a row, so that a row never changes. Level 0 is in press.ledger_entries. */
create table press_private.ledger_nodes (
  level  smallint not null
         constraint ledger_nodes_levels_count_from_1 check (level between 1 and 62),
  index  bigint not null
         constraint ledger_nodes_indexes_count_from_0 check (index >= 0),
  hash   bytea not null
         constraint ledger_nodes_hash_is_32_bytes check (octet_length(hash) = 32),
  constraint ledger_nodes_pkey primary key (level, index)
);
comment on table press_private.ledger_nodes is 'The complete subtrees of the ledger''s Merkle tree: index-th of those with 2^level leaves.';

create table press_private.ledger_head (
  is_only    boolean not null default true
             constraint ledger_head_pkey primary key
             constraint ledger_head_is_one_row check (is_only),
  tree_size  bigint not null
);
insert into press_private.ledger_head (tree_size) values (0);
comment on table press_private.ledger_head is 'How many entries have a place. Whoever locks this row is the one integrator.';

create table press.checkpoints (
  tree_size  bigint not null
             constraint checkpoints_pkey primary key
             constraint checkpoints_tree_is_not_empty check (tree_size >= 1),
  root_hash  bytea not null
             constraint checkpoints_root_hash_is_32_bytes check (octet_length(root_hash) = 32),
  key_id     text not null,
  note       text not null,
  signed_at  timestamptz not null default clock_timestamp()
);
alter table press.checkpoints enable row level security;
alter table press.checkpoints force row level security;
comment on table press.checkpoints is 'The signed sizes and roots of the ledger that were published. There are never two for one size.';
comment on column press.checkpoints.tree_size is 'How many entries it covers: those at places 0 to tree_size - 1.';
comment on column press.checkpoints.root_hash is 'The root of the Merkle tree over them.';
comment on column press.checkpoints.key_id is 'The key that signed it.';
comment on column press.checkpoints.note is 'The signed note (C2SP tlog-checkpoint), as it is served.';

create table press_private.press_state (
  id          bigint generated always as identity
              constraint press_state_pkey primary key,
  is_stopped  boolean not null,
  reason      text not null,
  changed_by  text not null,
  changed_at  timestamptz not null default clock_timestamp()
);
comment on table press_private.press_state is 'Every stop and every start of the press; the last row is how it is now, and none means that it runs.';

create table press_private.ledger_adoptions (
  id          bigint generated always as identity
              constraint ledger_adoptions_pkey primary key,
  origin      text not null,
  reason      text not null,
  tree_size   bigint not null,
  adopted_at  timestamptz not null default clock_timestamp()
);
comment on table press_private.ledger_adoptions is 'The names that operators had the ledger go on under; the last one is in its checkpoints. None: the name in the first checkpoint.';

create table press_private.closings_to_record (
  edition_id      integer not null
                  constraint closings_to_record_pkey primary key,
  awaited_number  integer
);
comment on table press_private.closings_to_record is 'Closed editions whose edition.closed waits for the last signature. awaited_number: the last ticket that was seen to be pending; null before the first look.';

alter table press.signing_keys add column purpose text not null default 'ticket'
  constraint signing_keys_purpose_is_known check (purpose in ('ticket', 'checkpoint'));
comment on column press.signing_keys.purpose is 'What it signs: ticket (envelopes) or checkpoint (the ledger''s). A key never serves for both.';

-- What was written before there was a ledger was written for its reader alone.
alter table press.revocations add column is_reason_published boolean not null default false;
alter table press.revocations alter column is_reason_published set default true;
comment on column press.revocations.reason is 'The operator''s reason, for people.';
comment on column press.revocations.is_reason_published is 'Whether the reason is in the ledger, for everybody and for ever. Not where it was given before there was a ledger.';

create table press.redemptions (
  edition_id     integer not null,
  ticket_number  integer not null,
  holder_id      uuid not null,
  redeemed_by    text not null,
  request_key    uuid,
  redeemed_at    timestamptz not null default clock_timestamp(),
  constraint redemptions_happen_once primary key (edition_id, ticket_number),
  constraint redemptions_ticket_fkey foreign key (edition_id, ticket_number) references press.tickets (edition_id, ticket_number)
);
alter table press.redemptions enable row level security;
alter table press.redemptions force row level security;

-- Serves "my redemptions".
create index redemptions_holder_id_idx on press.redemptions (holder_id);
-- Once per actor and key, whatever the edition: the third layer of replay. It also finds what a key was used for.
create unique index redemptions_request_key on press.redemptions
  (request_key, redeemed_by, (case when redeemed_by = 'holder' then holder_id end)) nulls not distinct where request_key is not null;

comment on table press.redemptions is 'When and by whom a ticket was redeemed: the holder, or an operator at the gate.';
comment on column press.redemptions.holder_id is 'Whose the ticket is.';
comment on column press.redemptions.redeemed_by is 'holder, operator:SUBJECT or login:NAME.';
comment on column press.redemptions.request_key is 'The key of the request, which has this redemption for its answer for ever.';

-- They take the purpose of a key now.
drop function press_private.active_signing_key(text);
drop function press_worker.register_signing_key(text);

--! split: 3000-redeeming.sql
/* Verifying and redeeming: what the functions pass to each other and to clients. */

create type press.ticket_verdict as (
  ticket_id             uuid,
  is_canonical          boolean,
  is_key_known          boolean,
  is_signature_valid    boolean,
  is_ticket_known       boolean,
  status                press.ticket_status,
  ledger_place          bigint,
  checkpoint_tree_size  bigint,
  refusal               text
);
comment on type press.ticket_verdict is 'What there is to say of a text that claims to be a signed envelope.';
comment on column press.ticket_verdict.ticket_id is 'The ticket that it says it is; null where it is not canonical.';
comment on column press.ticket_verdict.is_canonical is 'It is the canonical JSON (RFC 8785) of exactly the members of a signed envelope.';
comment on column press.ticket_verdict.is_key_known is 'The key that it names signs tickets of this press, or did so once.';
comment on column press.ticket_verdict.is_signature_valid is 'That key signed it.';
comment on column press.ticket_verdict.is_ticket_known is 'It is, byte for byte, the envelope of a ticket of this press.';
comment on column press.ticket_verdict.status is 'The status of the ticket, where it is known.';
comment on column press.ticket_verdict.ledger_place is 'The place of its ticket.issued in the ledger; null while it has none.';
comment on column press.ticket_verdict.checkpoint_tree_size is 'The size of the last checkpoint, if it covers that place.';
comment on column press.ticket_verdict.refusal is 'Why it cannot be redeemed, by the name of the first refusal that applies (db/ERRORS.md); null: nothing speaks against it, given a proof and the right holder.';

create type press_private.envelope_record as (ticket_id uuid, key_id text, message text, signature text);
comment on type press_private.envelope_record is 'A signed envelope that was taken apart: the ticket and the key that it names, the text that was signed, and the signature in hex.';

--! split: 4000-audit.sql
/* The audit: what it answers with, and the seals that show a change of what nothing else would show. */

create type press.audit_part as enum (
  'editions', 'tickets', 'envelopes', 'keys', 'rows', 'entries', 'tree', 'checkpoints', 'replay', 'notes', 'signatures');
comment on type press.audit_part is 'What press.audit looks at, for whoever wants to see how far it is.';

create type press.audit_result as ("check" text, subject text, is_ok boolean, finding text);
comment on type press.audit_result is 'One thing that was checked.';
comment on column press.audit_result."check" is 'What must hold.';
comment on column press.audit_result.subject is 'Where it was checked: the table and the key of the row that is wrong, or all rows where none is.';
comment on column press.audit_result.is_ok is 'Whether it holds.';
comment on column press.audit_result.finding is 'What is wrong; null where nothing is.';

create type press_private.audit_finding_record as ("check" text, subject text, finding text);
comment on type press_private.audit_finding_record is 'Something that does not hold: what should, for which row, and what is there instead.';

/* No key and no index: it is only ever added to, by every writer, and read as a whole. */
create table press_private.row_seals (
  hash  bytea not null
        constraint row_seals_hash_is_32_bytes check (octet_length(hash) = 32)
);
comment on table press_private.row_seals is 'The hash of each state of a row that the press wrote, of those tables and columns that press_private.sealed_columns names. A row that has no seal was changed by somebody else.';

--! split: 9000-functions.sql
/* Every function, trigger and grant, from the files that are their source. */
--! Included index.sql
/* Table of contents, in the order to read it, which is also the order to load it. Everything here may be applied twice. */

-- Which version this is
--! Included press_hidden/schema_version.sql
/* Which schema this is. Gateway, worker and commands compare it with the last migration that their own version has (db/schemaVersion.ts)
   before they do anything. The first migration did not make this function yet, which is how its schema is known. */
create or replace function press_hidden.schema_version()
  returns integer
  language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
  select max(left(m.filename, 6)::integer) from graphile_migrate.migrations m;
end;
comment on function press_hidden.schema_version is 'The number of the last migration that this database has run.';
revoke all on function press_hidden.schema_version from public;
grant usage on schema press_hidden to press_gateway, press_worker;
grant execute on function press_hidden.schema_version to press_gateway, press_worker, press_operator, press_auditor;
--! EndIncluded press_hidden/schema_version.sql

-- Saying no, and who calls
--! Included press_private/refusals.sql
/* The register of refusals, in order of precedence: when two apply, the earlier one is the answer. db/ERRORS.md is its page for people, and
   gateway/refusals.ts its copy for clients; test/sql/laws/refusals.test.sql and test/gateway/refusals.test.ts hold the three together. */
create or replace function press_private.refusals()
  returns table (name text, code text, is_retryable boolean, sentence text, hint text)
  language sql immutable
begin atomic
  values
    ('PRESS_STOPPED',        'PRSTO', false, 'The press is stopped: nothing is issued, signed or changed.',
     'An operator starts it again with start_press when what the detail says is settled.'),
    ('NOT_SIGNED_IN',        'PRANO', false, 'You are not signed in.',
     'Send a token in the Authorization header; at a psql prompt, use a login that was granted press_operator.'),
    ('NOT_ALLOWED',          'PRDEN', false, 'You may not do this.',
     'What only operators may do needs an operator''s token, or a login that was granted press_operator.'),
    ('HOLDER_INACTIVE',      'PRINA', false, 'This holder has been deactivated.',
     'An operator can tell why.'),
    ('INVALID_INPUT',        'PRINV', false, 'The request cannot be understood.',
     'Change the request as the detail says and send it again.'),
    ('EDITION_NOT_FOUND',    'PRNOE', false, 'There is no such edition.',
     'Check the slug; the list of editions has them all.'),
    ('REQUEST_KEY_REUSED',   'PRIDM', false, 'This request key was used for another request.',
     'Send the first request unchanged to have its answer again, or make a new key.'),
    ('EDITION_NOT_OPEN',     'PRCLS', false, 'The edition is not open.',
     'See its status and window.'),
    ('HOLDER_LIMIT_REACHED', 'PRLIM', false, 'The holder may not have so many tickets of this edition.',
     'Ask for fewer, if any are left to the holder.'),
    ('CAP_REACHED',          'PRCAP', false, 'There are not so many tickets left in this edition.',
     'Ask for fewer, if any remain.'),
    ('LOCK_TIMEOUT',         'PRBSY', true,  'The edition was busy for too long; nothing was done.',
     'Send the same request again, with the same request key.'),
    ('RETRY',                '40001', true,  'Others were at work on the same edition; nothing was done.',
     'Run the whole transaction again. At READ COMMITTED, with one call in a transaction, it is never needed.'),
    ('TICKET_NOT_FOUND',     'PRNOT', false, 'There is no such ticket.',
     'Check the ticket''s id; an envelope must be the one that the press issued.'),
    ('TICKET_NOT_SIGNED',    'PRUNS', false, 'The ticket awaits its signature.',
     'Try again in a moment; if it stays so, see whether a worker is running.'),
    ('NOT_CANONICAL',        'PRCAN', false, 'This is not the text of an envelope.',
     'Pass the envelope byte for byte as it was issued: not parsed, not written again, nothing added.'),
    ('UNKNOWN_KEY',          'PRKEY', false, 'The signing key is not known, or is not in use any more.',
     'To sign, register the key first; a retired key stays retired, so make a new one instead. An envelope must name a key of this press.'),
    ('SIGNATURE_INVALID',    'PRSIG', false, 'The envelope''s signature is not one of the key that it names.',
     'Ask the holder for the envelope as it was issued.'),
    ('PROOF_INVALID',        'PRMRK', false, 'This does not prove that the ticket is in the ledger.',
     'Fetch the ticket''s proof (timechain_proof) and pass it byte for byte.'),
    ('NOT_THE_HOLDER',       'PROWN', false, 'The ticket is another holder''s.',
     'Tickets are not transferable: its holder redeems it, or an operator who is shown the envelope.'),
    ('TICKET_REVOKED',       'PRREV', false, 'The ticket was revoked.',
     'Its revocation says why.'),
    ('ALREADY_REDEEMED',     'PRRED', false, 'The ticket was redeemed already.',
     'A ticket is redeemed once, and cannot be revoked afterwards.');
end;
comment on function press_private.refusals is 'Every refusal: its name, its SQLSTATE, whether the same request may succeed later, a sentence for people, and what to do next.';
revoke all on function press_private.refusals from public;
--! EndIncluded press_private/refusals.sql
--! Included press_private/refuse.sql
/* The one place that says no. The message begins with the name, so that psql, pgTAP and GraphQL read the same. */
create or replace function press_private.refuse(name text, detail text default null)
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  v_refusal record;
begin
  select r.* into strict v_refusal from press_private.refusals() r where r.name = refuse.name;

  if refuse.detail is null then
    raise exception using
      errcode = v_refusal.code, message = v_refusal.name || ': ' || v_refusal.sentence, hint = v_refusal.hint;
  end if;
  raise exception using
    errcode = v_refusal.code, message = v_refusal.name || ': ' || v_refusal.sentence, hint = v_refusal.hint, detail = refuse.detail;
end
$$;
comment on function press_private.refuse is 'Raises the named refusal, with what is particular to this case as its DETAIL.';
revoke all on function press_private.refuse from public;
--! EndIncluded press_private/refuse.sql
--! Included press_private/refused.sql
create or replace function press_private.refused(refusal text, detail text default null)
  returns press_private.issue_verdict_record
  language sql immutable
begin atomic
  select row(null::integer, null::integer, refused.refusal, refused.detail)::press_private.issue_verdict_record;
end;
comment on function press_private.refused is 'The verdict on one request of many that is refused: what press_private.refuse is for a single one.';
revoke all on function press_private.refused from public;
--! EndIncluded press_private/refused.sql
--! Included press_private/stop_reason.sql
create or replace function press_private.stop_reason()
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return (select case when s.is_stopped then s.reason end from press_private.press_state s order by s.id desc limit 1);
end
$$;
comment on function press_private.stop_reason is 'Why the press is stopped; null while it runs.';
revoke all on function press_private.stop_reason from public;
--! EndIncluded press_private/stop_reason.sql
--! Included press_private/require_running.sql
/* Asked by all that writes for clients or signs: first, because this refusal precedes all others, and again under the lock, where one is waited
   for. What was under way when the press was stopped is as if it had come before; and so is a transaction at REPEATABLE READ or SERIALIZABLE
   whose snapshot is older than the stop: it still issues, because it cannot see it. */
create or replace function press_private.require_running()
  returns void
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_reason  text := press_private.stop_reason();
begin
  if v_reason is not null then
    perform press_private.refuse('PRESS_STOPPED', v_reason);
  end if;
end
$$;
comment on function press_private.require_running is 'Refuses: PRESS_STOPPED (its detail is the reason).';
revoke all on function press_private.require_running from public;
--! EndIncluded press_private/require_running.sql
--! Included press_private/is_one_line.sql
create or replace function press_private.is_one_line(value text, length_max integer)
  returns boolean
  language sql immutable
begin atomic
  select is_one_line.value is not null and length(is_one_line.value) between 1 and is_one_line.length_max
     and is_one_line.value collate "C" !~ '[[:cntrl:]]';
end;
comment on function press_private.is_one_line is 'Whether the value has 1 to length_max characters, none of them a control character.';
revoke all on function press_private.is_one_line from public;
--! EndIncluded press_private/is_one_line.sql
--! Included press_private/rfc3339.sql
/* The one form of a moment in envelopes and sentences. Milliseconds are cut, not rounded, as the issuing functions store them. */
create or replace function press_private.rfc3339(moment timestamptz)
  returns text
  language sql stable
begin atomic
  select to_char(rfc3339.moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
end;
comment on function press_private.rfc3339 is 'The moment as RFC 3339, in UTC with milliseconds: 2026-03-01T09:30:00.000Z.';
revoke all on function press_private.rfc3339 from public;
--! EndIncluded press_private/rfc3339.sql
--! Included press_private/time_ordered_uuid.sql
/* The default of ids: new rows go to the right-hand edge of their index, where the pages are in memory, so that issuing is as quick at ten
   million tickets as at a thousand. PostgreSQL 18 has uuidv7(), whose ids also rise within a millisecond; there, it takes the place of what
   serves all versions. */
create or replace function press_private.time_ordered_uuid()
  returns uuid
  language sql volatile
begin atomic
  select (lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || substr(gen_random_uuid()::text, 16))::uuid;
end;
do $do$
begin
  if to_regprocedure('pg_catalog.uuidv7()') is not null then
    execute 'create or replace function press_private.time_ordered_uuid() returns uuid language sql volatile begin atomic select uuidv7(); end';
  end if;
end
$do$;
comment on function press_private.time_ordered_uuid is 'A UUID of version 7 (RFC 9562): 48 bits of milliseconds since 1970, then bits that nobody can guess.';
revoke all on function press_private.time_ordered_uuid from public;
--! EndIncluded press_private/time_ordered_uuid.sql
--! Included press_hidden/current_actor.sql
/* The one place that says who calls. The session's claims are believed only when the gateway made the connection, because anybody with SQL
   can set a custom setting, and because inside SECURITY DEFINER current_user is the owner: session_user alone cannot be pretended.
   The role setting is safe to read, since SET ROLE asks for membership. Any other login acts in its own name, if it has the rights of an
   operator: to have made that role, and so to be able to grant it, is not enough. */
create or replace function press_hidden.current_actor()
  returns press_hidden.actor_record
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_actor press_hidden.actor_record;
begin
  v_actor.kind := 'nobody';

  if session_user = 'press_gateway' then
    -- A setting that was local to an earlier transaction reads as '', not as null.
    v_actor.subject := nullif(current_setting('press.subject', true), '');
    if v_actor.subject is not null then
      v_actor.kind := case current_setting('role')
        when 'press_holder' then 'holder' when 'press_operator' then 'operator' else 'nobody' end;
    end if;
  elsif pg_has_role(session_user, 'press_operator', 'usage') or current_setting('role') = 'press_operator' then
    v_actor.kind := 'login';
    v_actor.subject := session_user;
  end if;

  return v_actor;
end
$$;
comment on function press_hidden.current_actor is 'Who calls: a holder or an operator by token, a database login that is an operator, or nobody.';
revoke all on function press_hidden.current_actor from public;
grant execute on function press_hidden.current_actor to press_anonymous, press_holder, press_operator, press_auditor;
--! EndIncluded press_hidden/current_actor.sql
--! Included press_hidden/current_holder_id.sql
/* For policies, which call it as (select press_hidden.current_holder_id()), once a query and not once a row. */
create or replace function press_hidden.current_holder_id()
  returns uuid
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_actor press_hidden.actor_record := press_hidden.current_actor();
begin
  if v_actor.kind not in ('holder', 'operator') then
    return null;
  end if;
  return (select h.id from press.holders h where h.subject = v_actor.subject);
end
$$;
comment on function press_hidden.current_holder_id is 'The id of the calling holder; null for a caller who is none, or not known yet.';
revoke all on function press_hidden.current_holder_id from public;
grant execute on function press_hidden.current_holder_id to press_anonymous, press_holder, press_operator, press_auditor;
--! EndIncluded press_hidden/current_holder_id.sql
--! Included press_private/issuer_label.sql
create or replace function press_private.issuer_label(actor press_hidden.actor_record)
  returns text
  language sql immutable
begin atomic
  select case when (issuer_label.actor).kind in ('operator', 'login') then (issuer_label.actor).kind || ':' || (issuer_label.actor).subject end;
end;
comment on function press_private.issuer_label is 'How rows name who acted: operator:SUBJECT or login:NAME; null for a holder acting for themselves.';
revoke all on function press_private.issuer_label from public;
--! EndIncluded press_private/issuer_label.sql
--! Included press_private/recipient_of.sql
create or replace function press_private.recipient_of(actor press_hidden.actor_record, recipient text)
  returns text
  language sql immutable
begin atomic
  -- A login is not a person, so it cannot be its own recipient.
  select case when recipient_of.recipient is not null then recipient_of.recipient
              when (recipient_of.actor).kind <> 'login' then (recipient_of.actor).subject end;
end;
comment on function press_private.recipient_of is 'The subject that a request is for: the named one, else the caller.';
revoke all on function press_private.recipient_of from public;
--! EndIncluded press_private/recipient_of.sql
--! Included press_private/require_operator.sql
create or replace function press_private.require_operator()
  returns press_hidden.actor_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_actor  press_hidden.actor_record := press_hidden.current_actor();
begin
  if v_actor.kind = 'nobody' then
    perform press_private.refuse('NOT_SIGNED_IN');
  end if;
  if v_actor.kind = 'holder' then
    perform press_private.refuse('NOT_ALLOWED');
  end if;
  return v_actor;
end
$$;
comment on function press_private.require_operator is 'The calling operator. Refuses: NOT_SIGNED_IN, NOT_ALLOWED.';
revoke all on function press_private.require_operator from public;
--! EndIncluded press_private/require_operator.sql
--! Included press_private/visible_edition_id.sql
create or replace function press_private.visible_edition_id(edition_slug text, actor press_hidden.actor_record)
  returns integer
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_id  integer;
begin
  select e.id into v_id from press.editions e
  where e.slug = visible_edition_id.edition_slug and (e.status <> 'draft' or actor.kind in ('operator', 'login'));
  if v_id is null then
    perform press_private.refuse('EDITION_NOT_FOUND');
  end if;
  return v_id;
end
$$;
comment on function press_private.visible_edition_id is 'The id of the edition that the actor means; drafts are there for operators only. Refuses: EDITION_NOT_FOUND.';
revoke all on function press_private.visible_edition_id from public;
--! EndIncluded press_private/visible_edition_id.sql

-- Issuing: the core, from the lock to the front doors
--! Included press_private/lock_edition.sql
/* The first layer: writers of one edition stand in one line. This is the only caller of an advisory lock in the database, and the only
   place that knows the lock's class, 42; the lock ends with the transaction.
   Order of locks, always: holders (by subject), then the edition, then tickets (by id). Two editions in one transaction: by id.
   Read what decides AFTER this call, in another statement: a statement sees what was committed when it began, not when its lock was granted.
   At REPEATABLE READ and SERIALIZABLE every statement sees the transaction's first snapshot, so the row is locked as well: PostgreSQL
   then refuses with 40001 if the edition was changed since, and a caller with a stale view cannot issue into a closed edition. */
create or replace function press_private.lock_edition(edition_id integer)
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
begin
  perform pg_advisory_xact_lock(42, lock_edition.edition_id);

  if current_setting('transaction_isolation') <> 'read committed' then
    perform from press.editions e where e.id = lock_edition.edition_id for share;
  end if;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_private.lock_edition is 'Waits, at most five seconds, until this transaction is the only one that writes in the edition. Refuses: LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.lock_edition from public;
--! EndIncluded press_private/lock_edition.sql
--! Included press_private/issued_count.sql
/* Numbers run from 1 without a gap, so the highest is the count: one look at an index, at any size. */
create or replace function press_private.issued_count(edition_id integer)
  returns integer
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return (select coalesce(max(t.ticket_number), 0) from press.tickets t where t.edition_id = issued_count.edition_id);
end
$$;
comment on function press_private.issued_count is 'How many tickets of the edition were ever issued.';
revoke all on function press_private.issued_count from public;
--! EndIncluded press_private/issued_count.sql
--! Included press_private/edition_closed_reason.sql
/* The one place that judges whether an edition issues. The guard asks it under the lock, editions_is_open for people to see. */
create or replace function press_private.edition_closed_reason(edition press.editions, at timestamptz)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return case
    when edition.status = 'draft'  then 'It is a draft that was not opened yet.'
    when edition.status <> 'open'  then format('It closed at %s.', press_private.rfc3339(edition.closed_at))
    when at < edition.opens_at     then format('It opens at %s.', press_private.rfc3339(edition.opens_at))
    when at >= edition.closes_at   then format('It closed at %s.', press_private.rfc3339(edition.closes_at))
  end;
end
$$;
comment on function press_private.edition_closed_reason is 'Why the edition issues nothing at that moment, as a sentence; null when it does issue.';
revoke all on function press_private.edition_closed_reason from public;
--! EndIncluded press_private/edition_closed_reason.sql
--! Included press_private/edition_is_over.sql
/* Each of these, once true, is so for ever: so it can be asked without the lock. */
create or replace function press_private.edition_is_over(edition press.editions)
  returns boolean
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return edition.status in ('closed', 'drawn')
      or coalesce(edition.closes_at <= clock_timestamp(), false)
      or press_private.issued_count(edition.id) >= edition.cap;
end
$$;
comment on function press_private.edition_is_over is 'Whether the edition will never issue anything more: it was closed, its window has ended, or all is issued.';
revoke all on function press_private.edition_is_over from public;
--! EndIncluded press_private/edition_is_over.sql
--! Included press_private/tickets_of_request.sql
/* The one place that says what binds a request key: the actor, the edition and the key. Inlined into its callers' plans (it has no SET). */
create or replace function press_private.tickets_of_request(edition_id integer, holder_id uuid, issued_by text, request_key uuid)
  returns setof press.tickets
  language sql stable
begin atomic
  select t.* from press.tickets t
  where t.edition_id = tickets_of_request.edition_id and t.request_key = tickets_of_request.request_key
    and t.issued_by is null and t.holder_id = tickets_of_request.holder_id and tickets_of_request.issued_by is null
  union all
  select t.* from press.tickets t
  where t.edition_id = tickets_of_request.edition_id and t.request_key = tickets_of_request.request_key
    and t.issued_by = tickets_of_request.issued_by;
end;
comment on function press_private.tickets_of_request is 'The tickets that answered the request under this key: of the holder, where issued_by is null, else of that operator.';
revoke all on function press_private.tickets_of_request from public;
--! EndIncluded press_private/tickets_of_request.sql
--! Included press_private/issue_facts.sql
/* All that the guard has to know about each request, read with a fixed number of statements however many requests there are.
   Holders and keys become small integers here (holder_index, key_index), so that the guard can count in arrays. */
create or replace function press_private.issue_facts(edition_id integer, requests press_private.issue_request_record[])
  returns press_private.issue_facts_record[]
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return (
    select array_agg(
      row(r.holder_id, r.quantity, r.holder_index, r.key_index, h.held_count, k.first_number, k.quantity, k.holder_id)::press_private.issue_facts_record
      order by r.index)
    from (
      select u.*,
        dense_rank() over (order by u.holder_id)::integer as holder_index,
        case when u.request_key is not null then
          dense_rank() over (order by u.request_key, coalesce(u.issued_by, u.holder_id::text) collate "C")::integer end as key_index
      from unnest(issue_facts.requests) with ordinality u (holder_id, issued_by, quantity, request_key, index)
    ) r
    cross join lateral (
      select coalesce(max(t.holder_slot), 0) as held_count
      from press.tickets t where t.edition_id = issue_facts.edition_id and t.holder_id = r.holder_id
    ) h
    left join lateral (
      select b.ticket_number as first_number, b.holder_id, (
        select count(*)::integer
        from press_private.tickets_of_request(issue_facts.edition_id, r.holder_id, r.issued_by, r.request_key)) as quantity
      from press_private.tickets_of_request(issue_facts.edition_id, r.holder_id, r.issued_by, r.request_key) b
      where b.request_position = 1
        -- Who has none here has used no key here; with OFFSET the planner asks this before it looks, not after.
        and (r.issued_by is not null or h.held_count > 0)
      offset 0
    ) k on true
  );
end
$$;
comment on function press_private.issue_facts is 'For each request, in order: its holder''s count so far, and what was issued under its key before. To be called under the edition''s lock.';
revoke all on function press_private.issue_facts from public;
--! EndIncluded press_private/issue_facts.sql
--! Included press_private/judge_issue_request.sql
/* The rules of issuing, as a ladder: the first that applies is the answer, in the order of press_private.refusals. Pure, and inlined into its
   caller like press_private.entry_refusal. */
create or replace function press_private.judge_issue_request(
    fact press_private.issue_facts_record, edition press.editions, closed_reason text, issued_count integer, held_count integer)
  returns press_private.issue_verdict_record
  language sql stable
begin atomic
  select case
    when (fact).replayed_number is not null and (fact).quantity = (fact).replayed_quantity and (fact).holder_id = (fact).replayed_holder then
      row((fact).replayed_number, null::integer, null::text, null::text)::press_private.issue_verdict_record
    when (fact).replayed_number is not null then
      press_private.refused('REQUEST_KEY_REUSED', 'The first request under this key differs in its quantity or its recipient.')
    when closed_reason is not null then
      press_private.refused('EDITION_NOT_OPEN', closed_reason)
    when held_count + (fact).quantity > (edition).per_holder_limit then
      press_private.refused('HOLDER_LIMIT_REACHED', format('The limit is %s, the holder has %s, the request is for %s.',
        (edition).per_holder_limit, held_count, (fact).quantity))
    when issued_count + (fact).quantity > (edition).cap then
      press_private.refused('CAP_REACHED', format('The cap is %s, %s were issued, the request is for %s.',
        (edition).cap, issued_count, (fact).quantity))
    else
      row(issued_count + 1, held_count + 1, null::text, null::text)::press_private.issue_verdict_record
  end;
end;
comment on function press_private.judge_issue_request is 'The answer to one request, given what is already there.';
revoke all on function press_private.judge_issue_request from public;
--! EndIncluded press_private/judge_issue_request.sql
--! Included press_private/judge_issue_requests.sql
/* The second layer: the guard. Called under the edition's lock, it reads what is there and answers every request before anything is written.
   Both counts are the highest entry of an index (numbers and slots run without a gap), so that ten million tickets cost what ten do.
   All tickets ever issued count: what was redeemed or revoked keeps its number and its slot. */
create or replace function press_private.judge_issue_requests(
    edition press.editions, at timestamptz, requests press_private.issue_request_record[])
  returns press_private.issue_verdict_record[]
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  v_issued_count   integer := press_private.issued_count(edition.id);
  v_closed_reason  text := press_private.edition_closed_reason(edition, judge_issue_requests.at);
  v_facts          press_private.issue_facts_record[];
  v_fact           press_private.issue_facts_record;
  v_holder_counts  integer[];  -- by holder_index
  v_bound_by       integer[];  -- by key_index: the request of this batch that bound the key
  v_verdicts       press_private.issue_verdict_record[] := array[]::press_private.issue_verdict_record[];
  v_verdict        press_private.issue_verdict_record;
begin
  v_facts := press_private.issue_facts(edition.id, requests);

  select coalesce(array_agg(f.held_count order by f.holder_index), '{}') into v_holder_counts
  from (select distinct u.holder_index, u.held_count from unnest(v_facts) u) f;

  for i in 1 .. cardinality(v_facts) loop
    v_fact := v_facts[i];

    -- A key that was bound earlier in this batch is a replay like any other.
    if v_fact.replayed_number is null and v_bound_by[v_fact.key_index] is not null then
      v_fact.replayed_number   := v_verdicts[v_bound_by[v_fact.key_index]].first_number;
      v_fact.replayed_quantity := v_facts[v_bound_by[v_fact.key_index]].quantity;
      v_fact.replayed_holder   := v_facts[v_bound_by[v_fact.key_index]].holder_id;
    end if;

    v_verdict := press_private.judge_issue_request(
      v_fact, edition, v_closed_reason, v_issued_count, v_holder_counts[v_fact.holder_index]);
    v_verdicts[i] := v_verdict;

    if v_verdict.first_slot is not null then
      v_issued_count := v_issued_count + v_fact.quantity;
      v_holder_counts[v_fact.holder_index] := v_holder_counts[v_fact.holder_index] + v_fact.quantity;
      if v_fact.key_index is not null then
        v_bound_by[v_fact.key_index] := i;
      end if;
    end if;
  end loop;

  return v_verdicts;
end
$$;
comment on function press_private.judge_issue_requests is 'The answer to each request, in order, each seeing what the earlier ones were granted. To be called under the edition''s lock.';
revoke all on function press_private.judge_issue_requests from public;
--! EndIncluded press_private/judge_issue_requests.sql
--! Included press_private/issue_batch.sql
/* THE CORE. Every ticket there is was issued here: many requests for one edition, answered together as if they had come one by one, in order.
   It takes the edition's id, the holders and who issues as arguments, and knows nothing of sessions, slugs, jobs or events.
   Locks: the edition (and, by the foreign key, its row). The three layers, in this order below: the lock, the guard, the constraints.
   A crash or a cancel at any line leaves nothing; after the commit every ticket is there, pending, and is itself the request to be signed. */
create or replace function press_private.issue_batch(edition_id integer, requests press_private.issue_request_record[])
  returns setof press_private.issue_outcome_record
  language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_edition   press.editions;
  v_now       timestamptz;
  v_verdicts  press_private.issue_verdict_record[];
begin
  perform press_private.lock_edition(issue_batch.edition_id);
  perform press_private.require_running();

  -- Statements from here on see all that was committed before the lock was granted.
  select e.* into strict v_edition from press.editions e where e.id = issue_batch.edition_id;
  v_now := clock_timestamp();
  v_verdicts := press_private.judge_issue_requests(v_edition, v_now, issue_batch.requests);

  insert into press.tickets
    (edition_id, ticket_number, holder_id, holder_slot, cap, per_holder_limit, issued_at, issued_by, request_key, request_position)
  select
    v_edition.id, r.first_number + p.position - 1, r.holder_id, r.first_slot + p.position - 1, v_edition.cap, v_edition.per_holder_limit,
    date_trunc('milliseconds', v_now), r.issued_by, r.request_key, case when r.request_key is not null then p.position end
  from unnest(issue_batch.requests, v_verdicts) r (holder_id, issued_by, quantity, request_key, first_number, first_slot, refusal, refusal_detail)
  cross join lateral generate_series(1, r.quantity) p (position)
  where r.first_slot is not null;

  return query
  select r.index::integer, r.refusal, r.refusal_detail, t.ticket
  from unnest(issue_batch.requests, v_verdicts) with ordinality
    r (holder_id, issued_by, quantity, request_key, first_number, first_slot, refusal, refusal_detail, index)
  left join lateral (
    select i as ticket from press.tickets i
    where i.edition_id = v_edition.id and i.ticket_number between r.first_number and r.first_number + r.quantity - 1
    order by i.ticket_number) t on true;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when unique_violation or serialization_failure or deadlock_detected then
    -- A caller with a stale snapshot: the third layer caught what its guard could not see. Or one who holds locks of earlier calls.
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_private.issue_batch is 'Issues, or answers again, or refuses, each request in its order, all in one edition. A quantity is granted whole or not at all. Refuses the whole batch only with PRESS_STOPPED, LOCK_TIMEOUT or RETRY.';
revoke all on function press_private.issue_batch from public;
--! EndIncluded press_private/issue_batch.sql
--! Included press_private/entry_refusal.sql
/* What can be refused before the edition is locked, as a ladder in the order of press_private.refusals. Pure, and inlined into its caller:
   it is asked for every request, and a call would cost more than the answer. */
create or replace function press_private.entry_refusal(
    actor press_hidden.actor_record, recipient text, quantity integer, is_active boolean, edition_status press.edition_status)
  returns press_private.issue_verdict_record
  language sql immutable
begin atomic
  select case
    when (entry_refusal.actor).kind = 'nobody' then
      press_private.refused('NOT_SIGNED_IN')
    when (entry_refusal.actor).kind = 'holder' and entry_refusal.recipient <> (entry_refusal.actor).subject then
      press_private.refused('NOT_ALLOWED', 'Only an operator may name another recipient.')
    when not entry_refusal.is_active then
      press_private.refused('HOLDER_INACTIVE')
    when press_private.recipient_of(entry_refusal.actor, entry_refusal.recipient) is null then
      press_private.refused('INVALID_INPUT', 'A database login must name the recipient.')
    when not press_private.is_one_line(press_private.recipient_of(entry_refusal.actor, entry_refusal.recipient), 255) then
      press_private.refused('INVALID_INPUT', 'A recipient has 1 to 255 characters, none of them a control character.')
    when (entry_refusal.quantity between 1 and 1000) is not true then
      press_private.refused('INVALID_INPUT', 'A quantity is from 1 to 1000.')
    -- A draft is nobody's business but the operators'.
    when entry_refusal.edition_status is null or (entry_refusal.edition_status = 'draft' and (entry_refusal.actor).kind = 'holder') then
      press_private.refused('EDITION_NOT_FOUND')
  end;
end;
comment on function press_private.entry_refusal is 'The refusal of a request that need not go to the core; null: it goes there. is_active is null for a recipient who is new; edition_status is null where there is no such edition.';
revoke all on function press_private.entry_refusal from public;
--! EndIncluded press_private/entry_refusal.sql
--! Included press_private/ensure_holders.sql
/* Makes holders of people who are new here, or were a moment ago. In the order of subjects, so that two batches that bring the same new people cannot wait
   for each other in a circle; and before the edition is locked, so that nothing waits while holding it. */
create or replace function press_private.ensure_holders(subjects text[])
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
begin
  insert into press.holders (subject)
  select distinct s.subject
  from unnest(ensure_holders.subjects) s (subject)
  order by s.subject
  on conflict on constraint holders_subject_key do nothing;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_private.ensure_holders is 'Inserts a holder for each subject that has none. Refuses: LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.ensure_holders from public;
--! EndIncluded press_private/ensure_holders.sql
--! Included press_private/issue_for_actors.sql
/* From who asks to what the core takes: the one path of every issuing front door (press.issue_ticket, press.issue_tickets and
   press_gateway.issue_tickets). It refuses what can be refused without the lock, makes sure that every recipient is a holder, and hands the
   rest to the core. Locks: the rows of holders who are new here.
   For all that is called from here, seq scans are off and each row is looked up for itself: a plan that was made while a table was small must still be
   the right one in the same session at ten million rows. Plans are generic, because PostgreSQL would take the length of the arrays for a
   reason to plan every call anew, which takes twice as long as the call; and never compiled, because what they cost is guessed far too high. */
create or replace function press_private.issue_for_actors(edition_slug text, requests press_private.actor_request_record[])
  returns setof press_private.issue_outcome_record
  language plpgsql set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_edition     press.editions;
  v_entries     press_private.issue_verdict_record[];
  v_holder_ids  uuid[];     -- null where the recipient is new here
  v_admitted    integer[];  -- the places of the requests that go on to the core
  v_requests    press_private.issue_request_record[];
begin
  perform press_private.require_running();
  select e.* into v_edition from press.editions e where e.slug = issue_for_actors.edition_slug;

  select array_agg(press_private.entry_refusal(r.actor, r.recipient, r.quantity, h.is_active, v_edition.status) order by r.index),
         array_agg(h.id order by r.index)
  into v_entries, v_holder_ids
  from unnest(issue_for_actors.requests) with ordinality r (actor, recipient, quantity, request_key, index)
  left join lateral (select i.* from press.holders i where i.subject = press_private.recipient_of(r.actor, r.recipient) offset 0) h on true;

  return query
  select v.index::integer, v.refusal, v.refusal_detail, null::press.tickets
  from unnest(v_entries) with ordinality v (first_number, first_slot, refusal, refusal_detail, index)
  where v.refusal is not null;

  select array_agg(v.index order by v.index) into v_admitted
  from unnest(v_entries) with ordinality v (first_number, first_slot, refusal, refusal_detail, index)
  where v.refusal is null;
  if v_admitted is null then
    return;
  end if;

  -- Where nothing can be had any more nobody becomes known by asking: the core refuses whoever has no row.
  if not press_private.edition_is_over(v_edition) then
    perform press_private.ensure_holders(array_agg(press_private.recipient_of(r.actor, r.recipient)))
    from unnest(issue_for_actors.requests) with ordinality r (actor, recipient, quantity, request_key, index)
    where v_entries[r.index].refusal is null and v_holder_ids[r.index] is null
    having count(*) > 0;
  end if;

  select array_agg(
    row(coalesce(v_holder_ids[r.index], (select h.id from press.holders h where h.subject = press_private.recipient_of(r.actor, r.recipient))),
        press_private.issuer_label(r.actor), r.quantity, r.request_key)::press_private.issue_request_record
    order by r.index)
  into v_requests
  from unnest(issue_for_actors.requests) with ordinality r (actor, recipient, quantity, request_key, index)
  where v_entries[r.index].refusal is null;

  return query
  select v_admitted[o.request_index], o.refusal, o.refusal_detail, o.ticket
  from press_private.issue_batch(v_edition.id, v_requests) o;
end
$$;
comment on function press_private.issue_for_actors is 'Answers each request with its tickets or its refusal; in no particular order, see request_index. Refuses the whole call only with PRESS_STOPPED, LOCK_TIMEOUT or RETRY.';
revoke all on function press_private.issue_for_actors from public;
--! EndIncluded press_private/issue_for_actors.sql
--! Included press_private/issue_for_current_actor.sql
create or replace function press_private.issue_for_current_actor(edition_slug text, quantity integer, request_key uuid, recipient text)
  returns setof press.tickets
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  v_outcome  press_private.issue_outcome_record;
begin
  for v_outcome in
    select o.* from press_private.issue_for_actors(
      issue_for_current_actor.edition_slug,
      array[row(press_hidden.current_actor(), issue_for_current_actor.recipient, issue_for_current_actor.quantity,
                issue_for_current_actor.request_key)::press_private.actor_request_record]) o
    order by (o.ticket).ticket_number
  loop
    if v_outcome.refusal is not null then
      perform press_private.refuse(v_outcome.refusal, v_outcome.refusal_detail);
    end if;
    return next v_outcome.ticket;
  end loop;
end
$$;
comment on function press_private.issue_for_current_actor is 'One request of whoever calls: its tickets, or its refusal as an error.';
revoke all on function press_private.issue_for_current_actor from public;
--! EndIncluded press_private/issue_for_current_actor.sql
--! Included press/issue_ticket.sql
/* Issues one ticket: the main job. The way of a request from here:
     1. who calls?              press_hidden.current_actor
     2. may they, to whom?      press_private.entry_refusal
     3. one at a time           press_private.lock_edition          the first layer
     4. is there one to have?   press_private.judge_issue_request   the second layer
     5. write it                press_private.issue_batch           the third: the constraints of press.tickets
   Locks: the edition, until the caller's transaction ends. A crash before the commit leaves nothing; after it the ticket is there, pending. */
create or replace function press.issue_ticket(edition_slug text, request_key uuid default null, recipient text default null)
  returns press.tickets
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_ticket  press.tickets;
begin
  select t.* into strict v_ticket
  from press_private.issue_for_current_actor(issue_ticket.edition_slug, 1, issue_ticket.request_key, issue_ticket.recipient) t;
  return v_ticket;
end
$$;
comment on function press.issue_ticket is 'Issues the next ticket of an edition to the caller, or to the recipient that an operator names. The same request key gives the same ticket, for ever. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, HOLDER_INACTIVE, INVALID_INPUT, EDITION_NOT_FOUND, REQUEST_KEY_REUSED, EDITION_NOT_OPEN, HOLDER_LIMIT_REACHED, CAP_REACHED, LOCK_TIMEOUT, RETRY.';
revoke all on function press.issue_ticket from public;
grant execute on function press.issue_ticket to press_anonymous, press_holder, press_operator;
--! EndIncluded press/issue_ticket.sql
--! Included press/issue_tickets.sql
/* Issues several tickets, all or none; otherwise as press.issue_ticket, which tells the way of a request. */
create or replace function press.issue_tickets(edition_slug text, quantity integer, request_key uuid default null, recipient text default null)
  returns setof press.tickets
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select t.* from press_private.issue_for_current_actor(
    issue_tickets.edition_slug, issue_tickets.quantity, issue_tickets.request_key, issue_tickets.recipient) t;
end
$$;
comment on function press.issue_tickets is 'Issues the next tickets of an edition (quantity: 1 to 1000, all or none) to the caller, or to the recipient that an operator names. The same request key gives the same tickets, for ever. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, HOLDER_INACTIVE, INVALID_INPUT, EDITION_NOT_FOUND, REQUEST_KEY_REUSED, EDITION_NOT_OPEN, HOLDER_LIMIT_REACHED, CAP_REACHED, LOCK_TIMEOUT, RETRY.';
revoke all on function press.issue_tickets from public;
grant execute on function press.issue_tickets to press_anonymous, press_holder, press_operator;
--! EndIncluded press/issue_tickets.sql
--! Included press/request_outcome.sql
/* For a caller who lost the answer (a timeout, a cancel, a dead connection): what became of the request? */
create or replace function press.request_outcome(edition_slug text, request_key uuid)
  returns setof press.tickets
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_actor       press_hidden.actor_record := press_hidden.current_actor();
  v_edition_id  integer;
begin
  if v_actor.kind = 'nobody' then
    perform press_private.refuse('NOT_SIGNED_IN');
  end if;
  if request_outcome.request_key is null then
    perform press_private.refuse('INVALID_INPUT', 'The request key is missing.');
  end if;

  v_edition_id := press_private.visible_edition_id(request_outcome.edition_slug, v_actor);

  return query
  select t.*
  from press_private.tickets_of_request(
    v_edition_id, press_hidden.current_holder_id(), press_private.issuer_label(v_actor), request_outcome.request_key) t
  order by t.ticket_number;
end
$$;
comment on function press.request_outcome is 'The tickets that the caller''s request under this key was answered with. Empty: nothing was committed under it so far; to be certain, send the request again with the same key. Refuses: NOT_SIGNED_IN, INVALID_INPUT, EDITION_NOT_FOUND.';
revoke all on function press.request_outcome from public;
grant execute on function press.request_outcome to press_anonymous, press_holder, press_operator;
--! EndIncluded press/request_outcome.sql
--! Included press_gateway/issue_tickets.sql
/* Many clients' requests for one edition in one transaction. The gateway has verified each client's token and says here who each one is:
   that is why only its login may call this, and why it is not SECURITY INVOKER under anybody's role. The answer has the
   tickets themselves, so that the gateway need not come back for them. */
create or replace function press_gateway.issue_tickets(
    edition_slug text, subjects text[], are_operators boolean[], recipients text[], quantities integer[], request_keys uuid[])
  returns table (request_index integer, refusal_code text, refusal_message text, refusal_detail text, refusal_hint text, ticket press.tickets)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_requests  press_private.actor_request_record[];
begin
  select array_agg(
    row(row(case when u.subject is null then 'nobody' when u.is_operator then 'operator' else 'holder' end, u.subject)::press_hidden.actor_record,
        u.recipient, u.quantity, u.request_key)::press_private.actor_request_record
    order by u.index)
  into v_requests
  from unnest(issue_tickets.subjects, issue_tickets.are_operators, issue_tickets.recipients, issue_tickets.quantities, issue_tickets.request_keys)
    with ordinality u (subject, is_operator, recipient, quantity, request_key, index);

  return query
  select o.request_index, r.code, r.name || ': ' || r.sentence, o.refusal_detail, r.hint, o.ticket
  from press_private.issue_for_actors(issue_tickets.edition_slug, v_requests) o
  left join press_private.refusals() r on r.name = o.refusal
  order by o.request_index, (o.ticket).ticket_number;
end
$$;
comment on function press_gateway.issue_tickets is 'Answers each request (the n-th of every array, indexed from 1) with one row for each of its tickets, by their numbers, or with one for its refusal. A null subject is a client who is not signed in. Refuses the whole call only with PRESS_STOPPED, LOCK_TIMEOUT or RETRY.';
revoke all on function press_gateway.issue_tickets from public;
grant execute on function press_gateway.issue_tickets to press_gateway;
--! EndIncluded press_gateway/issue_tickets.sql

-- What goes into the ledger
--! Included press_private/append_entry.sql
/* What happens is dropped into the inbox by the transaction in which it happens: it is in the ledger if and only if it happened, and nobody
   waits for the ledger's head. What came to be after the commit of something else has a higher id, so the ledger never tells it earlier. */
create or replace function press_private.append_entry(type text, edition_id integer, ticket_number integer, leaf text)
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  insert into press_private.ledger_inbox (type, edition_id, ticket_number, leaf)
  values (append_entry.type, append_entry.edition_id, append_entry.ticket_number, append_entry.leaf);
end
$$;
comment on function press_private.append_entry is 'Drops an entry into the ledger''s inbox; the integrator gives it a place. The leaf is canonical JSON (RFC 8785).';
revoke all on function press_private.append_entry from public;
--! EndIncluded press_private/append_entry.sql
--! Included press_private/ledger_label.sql
/* An operator who never held a ticket becomes a holder here, because a holder's id is the only name that the ledger has for a person. To be
   called before the edition is locked, as press_private.ensure_holders. */
create or replace function press_private.ledger_label(actor press_hidden.actor_record)
  returns text
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  if actor.kind = 'login' then
    return press_private.issuer_label(actor);
  end if;
  if not press_private.is_one_line(actor.subject, 255) then
    perform press_private.refuse('INVALID_INPUT', 'Your token''s subject has more than 255 characters, or control characters.');
  end if;
  perform press_private.ensure_holders(array[actor.subject])
  where not exists (select from press.holders h where h.subject = actor.subject);
  return (select actor.kind || ':' || h.id from press.holders h where h.subject = actor.subject);
end
$$;
comment on function press_private.ledger_label is 'How leaves name who acted: holder:ID or operator:ID, by the id of their row in press.holders, or login:NAME. Refuses: INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.ledger_label from public;
--! EndIncluded press_private/ledger_label.sql
--! Included press_private/edition_opened_leaf.sql
/* The leaves of the ledger are made by the functions *_leaf, as envelopes are by press_private.ticket_envelope: the canonical JSON of a flat
   object is its members in the order of their names, without white space. This one is the edition's manifest: its terms, as promised. */
create or replace function press_private.edition_opened_leaf(edition press.editions)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339((edition).opened_at)
      || '","cap":' || (edition).cap
      || ',"closes_at":' || coalesce('"' || press_private.rfc3339((edition).closes_at) || '"', 'null')
      || ',"draw_mode":"' || (edition).draw_mode
      || '","edition":"' || (edition).slug
      || '","opens_at":' || coalesce('"' || press_private.rfc3339((edition).opens_at) || '"', 'null')
      || ',"per_holder_limit":' || (edition).per_holder_limit
      || ',"rule_set_hash":null,"type":"edition.opened"}';
end;
comment on function press_private.edition_opened_leaf is 'The leaf of an edition that was opened: its manifest.';
revoke all on function press_private.edition_opened_leaf from public;
--! EndIncluded press_private/edition_opened_leaf.sql
--! Included press_private/envelope_hash.sql
/* Not immutable, because convert_to is not: PostgreSQL inlines only what is as it says. */
create or replace function press_private.envelope_hash(envelope text)
  returns text
  language sql stable
begin atomic
  select encode(sha256(convert_to(envelope_hash.envelope, 'UTF8')), 'hex');
end;
comment on function press_private.envelope_hash is 'What the ledger says of a signed envelope: SHA-256 of its bytes, in hex. Its holder can open it, and nobody else can guess it.';
revoke all on function press_private.envelope_hash from public;
--! EndIncluded press_private/envelope_hash.sql
--! Included press_private/edition_closed_leaf.sql
/* Freezes what was issued: whoever has the ledger can recompute entries_hash from the entries ticket.issued of the edition. The lines are one
   value of PostgreSQL while they are hashed, which has room for the tickets of an edition of some 13 million. */
create or replace function press_private.edition_closed_leaf(edition press.editions)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339((edition).closed_at)
      || '","edition":"' || (edition).slug
      || '","entries_hash":"' || encode(sha256(coalesce(string_agg(
           convert_to(t.ticket_number || ' ' || press_private.envelope_hash(t.envelope) || E'\n', 'UTF8'), ''::bytea order by t.ticket_number), '')), 'hex')
      || '","issued_count":' || count(*)
      || ',"type":"edition.closed"}'
  from press.tickets t
  where t.edition_id = (edition).id;
end;
comment on function press_private.edition_closed_leaf is 'The leaf of an edition that was closed, once all of its tickets are signed. entries_hash: SHA-256, in hex, of a line "ticket_number envelope_hash" for each ticket, by number.';
revoke all on function press_private.edition_closed_leaf from public;
--! EndIncluded press_private/edition_closed_leaf.sql
--! Included press_private/ticket_issued_leaf.sql
create or replace function press_private.ticket_issued_leaf(ticket press.tickets, edition text, signed_at timestamptz)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339(ticket_issued_leaf.signed_at)
      || '","edition":"' || ticket_issued_leaf.edition
      || '","envelope_hash":"' || press_private.envelope_hash((ticket).envelope)
      || '","holder":"' || (ticket).holder_id
      || '","ticket_id":"' || (ticket).id
      || '","ticket_number":' || (ticket).ticket_number
      || ',"type":"ticket.issued"}';
end;
comment on function press_private.ticket_issued_leaf is 'The leaf of a ticket that was signed. edition: its slug.';
revoke all on function press_private.ticket_issued_leaf from public;
--! EndIncluded press_private/ticket_issued_leaf.sql
--! Included press_private/ticket_redeemed_leaf.sql
create or replace function press_private.ticket_redeemed_leaf(ticket press.tickets, edition text, redeemed_by text, redeemed_at timestamptz)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339(ticket_redeemed_leaf.redeemed_at)
      || '","by":' || to_json(ticket_redeemed_leaf.redeemed_by)
      || ',"edition":"' || ticket_redeemed_leaf.edition
      || '","ticket_id":"' || (ticket).id
      || '","ticket_number":' || (ticket).ticket_number
      || ',"type":"ticket.redeemed"}';
end;
comment on function press_private.ticket_redeemed_leaf is 'The leaf of a ticket that was redeemed. edition: its slug; redeemed_by: see press_private.ledger_label.';
revoke all on function press_private.ticket_redeemed_leaf from public;
--! EndIncluded press_private/ticket_redeemed_leaf.sql
--! Included press_private/ticket_revoked_leaf.sql
create or replace function press_private.ticket_revoked_leaf(ticket press.tickets, edition text, revoked_by text, reason text, revoked_at timestamptz)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339(ticket_revoked_leaf.revoked_at)
      || '","by":' || to_json(ticket_revoked_leaf.revoked_by)
      || ',"edition":"' || ticket_revoked_leaf.edition
      || '","reason":' || coalesce(to_json(ticket_revoked_leaf.reason)::text, 'null')
      || ',"ticket_id":"' || (ticket).id
      || '","ticket_number":' || (ticket).ticket_number
      || ',"type":"ticket.revoked"}';
end;
comment on function press_private.ticket_revoked_leaf is 'The leaf of a ticket that was revoked. edition: its slug; revoked_by: see press_private.ledger_label; reason: null where it is not published.';
revoke all on function press_private.ticket_revoked_leaf from public;
--! EndIncluded press_private/ticket_revoked_leaf.sql
--! Included press_private/key_leaf.sql
create or replace function press_private.key_leaf(key press.signing_keys, type text)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339(case key_leaf.type when 'key.activated' then (key).activated_at else (key).retired_at end)
      || '","key_id":"' || (key).key_id
      || '","public_key":"' || (key).public_key
      || '","purpose":"' || (key).purpose
      || '","type":"' || key_leaf.type || '"}';
end;
comment on function press_private.key_leaf is 'The leaf of a key that came into use or went out of it. type: key.activated or key.retired.';
revoke all on function press_private.key_leaf from public;
--! EndIncluded press_private/key_leaf.sql

-- Editions
--! Included press_private/edition_problem.sql
create or replace function press_private.edition_problem(
    slug text, title text, cap integer, per_holder_limit integer, opens_at timestamptz, closes_at timestamptz)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return case
    when slug is null or length(slug) > 63 or slug collate "C" !~ '^[a-z0-9]+(-[a-z0-9]+)*$' then
      'A slug is words of a-z and 0-9 joined by single hyphens, 63 characters at most.'
    when not press_private.is_one_line(title, 200) then
      'A title has 1 to 200 characters, none of them a control character.'
    when cap is null or cap < 1 then
      'A cap is at least 1.'
    when per_holder_limit not between 1 and cap then
      'A limit per holder is from 1 to the cap.'
    when closes_at <= greatest(opens_at, clock_timestamp()) then
      'An edition closes after it opens, and not in the past.'
    when not isfinite(opens_at) or not isfinite(closes_at) then
      'A window has real bounds; leave one out for none.'
  end;
end
$$;
comment on function press_private.edition_problem is 'What is wrong with the terms of a new edition, as a sentence; null when nothing is.';
revoke all on function press_private.edition_problem from public;
--! EndIncluded press_private/edition_problem.sql
--! Included press/create_edition.sql
/* Prepares an edition. Everything is checked here by name, so that no constraint has to speak to people. */
create or replace function press.create_edition(
    slug text, title text, cap integer, per_holder_limit integer default null, draw_mode press.draw_mode default 'none',
    opens_at timestamptz default null, closes_at timestamptz default null)
  returns press.editions
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_edition  press.editions;
begin
  perform press_private.require_running();
  perform press_private.require_operator();
  perform press_private.refuse('INVALID_INPUT', p.problem)
  from press_private.edition_problem(
    create_edition.slug, create_edition.title, create_edition.cap, create_edition.per_holder_limit,
    create_edition.opens_at, create_edition.closes_at) p (problem)
  where p.problem is not null;

  insert into press.editions (slug, title, cap, per_holder_limit, draw_mode, opens_at, closes_at)
  values (
    create_edition.slug, create_edition.title, create_edition.cap, coalesce(create_edition.per_holder_limit, create_edition.cap),
    coalesce(create_edition.draw_mode, 'none'), create_edition.opens_at, create_edition.closes_at)
  on conflict on constraint editions_slug_key do nothing
  returning * into v_edition;

  if v_edition.id is null then
    perform press_private.refuse('INVALID_INPUT', 'There is an edition of this slug already.');
  end if;
  return v_edition;
exception
  when serialization_failure then
    perform press_private.refuse('RETRY');
    return null;  -- never reached, but plpgsql_check cannot know
end
$$;
comment on function press.create_edition is 'Prepares an edition as a draft. cap: how many tickets there can ever be; per_holder_limit: how many one holder can have (null: no limit but the cap); opens_at, closes_at: the window in which it issues, once opened (null: no bound). Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT, RETRY.';
revoke all on function press.create_edition from public;
grant execute on function press.create_edition to press_anonymous, press_holder, press_operator;
--! EndIncluded press/create_edition.sql
--! Included press/open_edition.sql
/* From here on the terms are fixed, and the ledger has them. Locks: the edition. Asked twice it answers the same. */
create or replace function press.open_edition(edition_slug text)
  returns press.editions
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_edition  press.editions;
begin
  perform press_private.require_running();
  perform press_private.lock_edition(press_private.visible_edition_id(open_edition.edition_slug, press_private.require_operator()));
  perform press_private.require_running();

  update press.editions e set status = 'open', opened_at = clock_timestamp()
  where e.slug = open_edition.edition_slug and e.status = 'draft'
  returning e.* into v_edition;
  if v_edition.id is not null then
    perform press_private.append_entry('edition.opened', v_edition.id, null, press_private.edition_opened_leaf(v_edition));
    return v_edition;
  end if;

  select e.* into strict v_edition from press.editions e where e.slug = open_edition.edition_slug;
  if v_edition.status <> 'open' then
    perform press_private.refuse('EDITION_NOT_OPEN', 'It has closed; a closed edition is never opened again.');
  end if;
  return v_edition;
end
$$;
comment on function press.open_edition is 'Opens a draft: it issues from now on, or from its opens_at. An open edition stays as it is. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, EDITION_NOT_FOUND, EDITION_NOT_OPEN (it has closed), LOCK_TIMEOUT, RETRY.';
revoke all on function press.open_edition from public;
grant execute on function press.open_edition to press_anonymous, press_holder, press_operator;
--! EndIncluded press/open_edition.sql
--! Included press_private/close_edition_by_id.sql
/* Closes under the edition's lock: whoever issues has either committed before, or will see that it is closed. Its entry for the ledger waits until
   its tickets are signed: press_worker.record_closed_edition. */
create or replace function press_private.close_edition_by_id(edition_id integer)
  returns press.editions
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  v_edition  press.editions;
begin
  perform press_private.lock_edition(close_edition_by_id.edition_id);
  perform press_private.require_running();

  update press.editions e set status = 'closed', closed_at = clock_timestamp()
  where e.id = close_edition_by_id.edition_id and e.status = 'open';
  insert into press_private.closings_to_record (edition_id) select close_edition_by_id.edition_id where found;

  select e.* into strict v_edition from press.editions e where e.id = close_edition_by_id.edition_id;
  if v_edition.status = 'draft' then
    perform press_private.refuse('EDITION_NOT_OPEN', 'It is a draft that was not opened yet.');
  end if;
  return v_edition;
end
$$;
comment on function press_private.close_edition_by_id is 'Closes the edition, or leaves it closed. Refuses: PRESS_STOPPED, EDITION_NOT_OPEN (it is a draft), LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.close_edition_by_id from public;
--! EndIncluded press_private/close_edition_by_id.sql
--! Included press/close_edition.sql
create or replace function press.close_edition(edition_slug text)
  returns press.editions
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform press_private.require_running();
  return press_private.close_edition_by_id(
    press_private.visible_edition_id(close_edition.edition_slug, press_private.require_operator()));
end
$$;
comment on function press.close_edition is 'Closes an edition: it issues nothing more, for ever. A closed edition stays as it is. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, EDITION_NOT_FOUND, EDITION_NOT_OPEN (it is a draft), LOCK_TIMEOUT, RETRY.';
revoke all on function press.close_edition from public;
grant execute on function press.close_edition to press_anonymous, press_holder, press_operator;
--! EndIncluded press/close_edition.sql
--! Included press_worker/due_editions.sql
create or replace function press_worker.due_editions()
  returns setof integer
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select e.id from press.editions e where e.status = 'open' and e.closes_at <= clock_timestamp() and press_private.stop_reason() is null order by e.id;
end
$$;
comment on function press_worker.due_editions is 'The ids of the open editions whose closes_at has passed, to be closed one by one; none while the press is stopped.';
revoke all on function press_worker.due_editions from public;
grant execute on function press_worker.due_editions to press_worker;
--! EndIncluded press_worker/due_editions.sql
--! Included press_worker/close_due_edition.sql
/* The window of an edition is judged by the guard at every issue, so nothing depends on this being punctual: it lets the status say so.
   One edition a transaction, so that one that is busy keeps no other waiting. Locks: the edition. */
create or replace function press_worker.close_due_edition(edition_id integer)
  returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  if close_due_edition.edition_id not in (select d.id from press_worker.due_editions() d (id)) or press_private.stop_reason() is not null then
    return false;
  end if;
  perform press_private.close_edition_by_id(close_due_edition.edition_id);
  return true;
end
$$;
comment on function press_worker.close_due_edition is 'Closes the edition if its closes_at has passed, and tells whether it did; not while the press is stopped. Refuses: PRESS_STOPPED, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.close_due_edition from public;
grant execute on function press_worker.close_due_edition to press_worker;
--! EndIncluded press_worker/close_due_edition.sql
--! Included press/editions_remaining_count.sql
/* Runs as the owner, because people who may not see each other's tickets may know how many are left. */
create or replace function press.editions_remaining_count(edition press.editions)
  returns integer
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return edition.cap - press_private.issued_count(edition.id);
end
$$;
comment on function press.editions_remaining_count is 'How many tickets of the edition are left.';
revoke all on function press.editions_remaining_count from public;
grant execute on function press.editions_remaining_count to press_anonymous, press_holder, press_operator, press_auditor;
--! EndIncluded press/editions_remaining_count.sql
--! Included press/editions_is_open.sql
create or replace function press.editions_is_open(edition press.editions)
  returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return press_private.edition_closed_reason(edition, clock_timestamp()) is null;
end
$$;
comment on function press.editions_is_open is 'Whether the edition issues now: it was opened, and the moment is within its window.';
revoke all on function press.editions_is_open from public;
grant execute on function press.editions_is_open to press_anonymous, press_holder, press_operator, press_auditor;
--! EndIncluded press/editions_is_open.sql

-- Verifying signatures: begin with the last
--! Included press_private/ed25519_prime.sql
/* A function, and not a literal in each of those that compute with it: the planner puts the number in its place. */
create or replace function press_private.ed25519_prime()
  returns numeric
  language sql immutable parallel safe
  return 57896044618658097711785492504343953926634992332820282019728792003956564819949;
comment on function press_private.ed25519_prime is 'p = 2^255 - 19: coordinates of Ed25519 are numbers modulo p (RFC 8032, 5.1).';
revoke all on function press_private.ed25519_prime from public;
--! EndIncluded press_private/ed25519_prime.sql
--! Included press_private/ed25519_order.sql
/* The curve has 8 L points: L multiples of the base point, and each of them plus one of eight points of small order. */
create or replace function press_private.ed25519_order()
  returns numeric
  language sql immutable parallel safe
  return 7237005577332262213973186563042994240857116359379907606001950938285454250989;
comment on function press_private.ed25519_order is 'L = 2^252 + 27742317777372353535851937790883648493, a prime: the order of the base point of Ed25519 (RFC 8032, 5.1).';
revoke all on function press_private.ed25519_order from public;
--! EndIncluded press_private/ed25519_order.sql
--! Included press_private/little_endian.sql
/* Bytes to a number. PostgreSQL 15 reads no hexadecimal numerals and reverses no bytea; four bytes at a time are an eighth of the work of one. */
create or replace function press_private.little_endian(bytes bytea)
  returns numeric
  language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  v_number  numeric := 0;
begin
  for v_at in reverse length(bytes) - 4 .. 0 by 4 loop
    -- These operators have one precedence, from left to right, so this is Horner's rule.
    v_number := v_number * 4294967296
      + (get_byte(bytes, v_at + 3)::bigint << 8 | get_byte(bytes, v_at + 2) << 8 | get_byte(bytes, v_at + 1) << 8 | get_byte(bytes, v_at));
  end loop;
  return v_number;
end
$$;
comment on function press_private.little_endian is 'The number whose bytes, least significant first, these are. Their count is a multiple of four.';
revoke all on function press_private.little_endian from public;
--! EndIncluded press_private/little_endian.sql
--! Included press_private/big_endian.sql
/* A number to bytes, seven at a time, because a bigint holds seven whatever they are. */
create or replace function press_private.big_endian(number numeric)
  returns bytea
  language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  v_rest      numeric := number;
  v_quotient  numeric;
  v_bytes     bytea := ''::bytea;
begin
  for v_part in 1 .. 5 loop
    v_quotient := div(v_rest, 72057594037927936);  -- 2^56
    v_bytes := substr(int8send((v_rest - v_quotient * 72057594037927936)::bigint), 2) || v_bytes;
    v_rest := v_quotient;
  end loop;
  return substr(v_bytes, 4);
end
$$;
comment on function press_private.big_endian is 'The 32 bytes, most significant first, of a number from 0 to below 2^256.';
revoke all on function press_private.big_endian from public;
--! EndIncluded press_private/big_endian.sql
--! Included press_private/ed25519_inverse.sql
/* The extended Euclidean algorithm: a third of the time of z^(p-2). It keeps a = u*z and b = v*z modulo p, and takes the nearest quotient,
   which makes a third fewer steps than the largest; a and b change places instead of being moved. */
create or replace function press_private.ed25519_inverse(z numeric)
  returns numeric
  language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  a           numeric := press_private.ed25519_prime();
  b           numeric := z % a;
  u           numeric := 0;
  v           numeric := 1;
  v_quotient  numeric;
begin
  while b <> 0 loop
    v_quotient := round(a / b);
    a := a - v_quotient * b;
    u := u - v_quotient * v;
    if a = 0 then
      return v * b;  -- b is 1 or -1
    end if;
    v_quotient := round(b / a);
    b := b - v_quotient * a;
    v := v - v_quotient * u;
  end loop;
  return u * a;
end
$$;
comment on function press_private.ed25519_inverse is 'The residue with z * inverse = 1 modulo p; it may be negative. Of 0, which has none, 0.';
revoke all on function press_private.ed25519_inverse from public;
--! EndIncluded press_private/ed25519_inverse.sql
--! Included press_private/ed25519_root_power.sql
/* (p-5)/8 = 2^252 - 3 = (2^250 - 1) * 4 + 1. With n one-bits as exponent, z^(2^n - 1), one gets twice as many by
   z^(2^2n - 1) = (z^(2^n - 1))^(2^n) * z^(2^n - 1), and one more by squaring and multiplying by z. So n grows as the binary digits of 250 say. */
create or replace function press_private.ed25519_root_power(z numeric)
  returns numeric
  language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  p           constant numeric := press_private.ed25519_prime();
  v_power     numeric := z;  -- z^(2^n - 1)
  n           integer := 1;
  v_squared   numeric;
  v_has_more  boolean;
begin
  foreach v_has_more in array '{t, t, t, t, f, t, f}'::boolean[] loop  -- 250 = 11111010 in binary, after its first digit
    v_squared := v_power;
    for i in 1 .. n loop
      v_squared := v_squared * v_squared % p;
    end loop;
    v_power := v_squared * v_power % p;
    n := 2 * n;
    if v_has_more then
      v_power := v_power * v_power % p * z % p;
      n := n + 1;
    end if;
  end loop;
  v_power := v_power * v_power % p;
  return v_power * v_power % p * z % p;
end
$$;
comment on function press_private.ed25519_root_power is 'z^((p-5)/8) modulo p, from which square roots modulo p are made (RFC 8032, 5.1.3).';
revoke all on function press_private.ed25519_root_power from public;
--! EndIncluded press_private/ed25519_root_power.sql
--! Included press_private/ed25519_decode.sql
/* RFC 8032, 5.1.3: y is given, and x^2 = u/v with u = y^2 - 1 and v = d*y^2 + 1. A candidate for the root is
   x = u * v^3 * (u * v^7)^((p-5)/8); then v*x^2 is u (take x), or -u (take x * sqrt(-1)), or there is no root and no such point.
   Only canonical encodings are accepted: y below p, and no negative zero. */
create or replace function press_private.ed25519_decode(encoding numeric)
  returns press_private.ed25519_point_record
  language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  p        constant numeric := press_private.ed25519_prime();
  d        constant numeric := 37095705934669439343138083508754565189542113879843219016388785533085940283555;  -- -121665/121666
  v_sign   constant numeric := div(encoding, p + 19);  -- bit 255
  y        constant numeric := encoding - v_sign * (p + 19);
  u        constant numeric := (y * y - 1) % p;
  v        constant numeric := (y * y % p * d + 1) % p;
  w        numeric := u * v % p * v % p * v % p;
  x        numeric;
  v_check  numeric;
begin
  if y >= p then
    return null;
  end if;

  x := w * press_private.ed25519_root_power(w * v % p * v % p * v % p * v % p) % p;
  v_check := v * x % p * x % p;
  if (v_check + u) % p = 0 then
    x := x * 19681161376707505956807079304988542015446066515923890162744021073123829784752 % p;  -- sqrt(-1) = 2^((p-1)/4)
  elsif (v_check - u) % p <> 0 then
    return null;
  end if;

  x := (x + p) % p;
  if x = 0 and v_sign = 1 then
    return null;
  elsif x % 2 <> v_sign then
    x := p - x;
  end if;
  return (x, y, 1, x * y % p)::press_private.ed25519_point_record;
end
$$;
comment on function press_private.ed25519_decode is 'The point whose 32-byte encoding, read as a little-endian number, this is. Null: the encoding is not canonical, or no point has it.';
revoke all on function press_private.ed25519_decode from public;
--! EndIncluded press_private/ed25519_decode.sql
--! Included press_private/ed25519_encode.sql
/* RFC 8032, 5.1.2. A number and not bytes, because it is only ever compared. */
create or replace function press_private.ed25519_encode(point press_private.ed25519_point_record)
  returns numeric
  language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  p            constant numeric := press_private.ed25519_prime();
  v_z_inverse  constant numeric := press_private.ed25519_inverse(point.z);
  x            constant numeric := (point.x * v_z_inverse % p + p) % p;
  y            constant numeric := (point.y * v_z_inverse % p + p) % p;
begin
  return y + (x % 2) * (p + 19);  -- the parity of x is bit 255
end
$$;
comment on function press_private.ed25519_encode is 'The one canonical encoding of a point: its 32 bytes read as a little-endian number.';
revoke all on function press_private.ed25519_encode from public;
--! EndIncluded press_private/ed25519_encode.sql
--! Included press_private/ed25519_is_small_order.sql
/* Eight points have an order that divides 8, with five values of y: 1 (order 1), -1 (order 2), 0 (order 4), and the two y of order 8, where
   d*y^4 + 2*y^2 = 1. A key or an R among them would prove nothing: one signature would serve for many messages or keys. */
create or replace function press_private.ed25519_is_small_order(encoding numeric)
  returns boolean
  language sql immutable parallel safe
  return encoding % 57896044618658097711785492504343953926634992332820282019728792003956564819968 in (  -- 2^255: without the sign of x
    0, 1, 57896044618658097711785492504343953926634992332820282019728792003956564819948,
    2707385501144840649318225287225658788936804267575313519463743609750303402022,
    55188659117513257062467267217118295137698188065244968500265048394206261417927);
comment on function press_private.ed25519_is_small_order is 'Whether a canonical encoding, as a little-endian number, is that of a point whose order is 1, 2, 4 or 8, whatever the sign of its x.';
revoke all on function press_private.ed25519_is_small_order from public;
--! EndIncluded press_private/ed25519_is_small_order.sql
--! Included press_private/ed25519_multiply.sql
/* A multiple of any point, with the scalar in signed base 16: one hexadecimal digit after the other, multiply what there is by 16 (four
   doublings) and add the digit's multiple of the point. Digits from -8 to 7 need eight multiples only, for a point is negated by negating x
   and t; adding 8 to every digit of the scalar beforehand, with carries, makes plain digits that are greater by 8.

   Formulas: Hisil, Wong, Carter, Dawson, "Twisted Edwards Curves Revisited" (2008), 3.1 and 3.3 with a = -1: addition in 8 multiplications,
   complete, so that no case is special, and doubling in 7 or, where t is wanted, 8. Written out and not called: a call costs as much as a
   multiplication. Residues may be negative, which costs nothing; sums are left to the reduction of the next product. */
create or replace function press_private.ed25519_multiply(point press_private.ed25519_point_record, scalar numeric)
  returns press_private.ed25519_point_record
  language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  p         constant numeric := press_private.ed25519_prime();
  d2        constant numeric := 16295367250680780974490674513165176452449235426866156013048779062215315747161;  -- 2*d
  -- 0x8888…88 more: 8 more in each digit.
  v_digits  constant bytea := press_private.big_endian(scalar + 61755780926568637559237858671300217521743991821674967487710711470887002474632);
  v_digit   integer;
  -- Of the multiples 1 to 8: y - x, y + x, 2z and 2dt.
  v_y_minus_x numeric[];  v_y_plus_x numeric[];  v_z2 numeric[];  v_t2d numeric[];
  x numeric;  y numeric;  z numeric;  t numeric;
  a numeric;  b numeric;  c numeric;  d numeric;  e numeric;  f numeric;  g numeric;  h numeric;
begin
  x := 0;  y := 1;  z := 1;  t := 0;
  for i in 1 .. 8 loop
    a := (y - x) * (point.y - point.x) % p;
    b := (y + x) * (point.y + point.x) % p;
    c := t * point.t % p * d2 % p;
    d := 2 * z * point.z % p;
    e := b - a;  f := d - c;  g := d + c;  h := b + a;
    x := e * f % p;  y := g * h % p;  z := f * g % p;  t := e * h % p;
    v_y_minus_x[i] := y - x;  v_y_plus_x[i] := y + x;  v_z2[i] := 2 * z;  v_t2d[i] := t * d2 % p;
  end loop;

  x := 0;  y := 1;  z := 1;  t := 0;
  for i in 0 .. 63 loop
    for j in 1 .. 4 loop
      a := x * x % p;
      b := y * y % p;
      e := 2 * x * y % p;
      g := b - a;  f := g - 2 * z * z % p;  h := - a - b;
      x := e * f % p;  y := g * h % p;  z := f * g % p;
    end loop;
    v_digit := (get_byte(v_digits, i / 2) >> (4 - i % 2 * 4) & 15) - 8;
    continue when v_digit = 0;
    t := e * h % p;
    if v_digit > 0 then
      a := (y - x) * v_y_minus_x[v_digit] % p;  b := (y + x) * v_y_plus_x[v_digit] % p;  c := t * v_t2d[v_digit] % p;
    else
      a := (y - x) * v_y_plus_x[-v_digit] % p;  b := (y + x) * v_y_minus_x[-v_digit] % p;  c := - t * v_t2d[-v_digit] % p;
    end if;
    d := z * v_z2[abs(v_digit)] % p;
    e := b - a;  f := d - c;  g := d + c;  h := b + a;
    x := e * f % p;  y := g * h % p;  z := f * g % p;
  end loop;
  return (x, y, z, e * h % p)::press_private.ed25519_point_record;
end
$$;
comment on function press_private.ed25519_multiply is '[scalar]point, for any point of the curve and a scalar from 0 to below 2^253.';
revoke all on function press_private.ed25519_multiply from public;
--! EndIncluded press_private/ed25519_multiply.sql
--! Included press_private/ed25519_comb.sql
/* For each place, the point and its multiples come one from the other by an addition of that place's point. The 128 of them and the next
   place's point (a doubling of the last) are then made affine by one inversion for all, instead of one each: with the products of the first n
   z, the inverse of the last product times the product before it is the inverse of the last z, and so on down (Montgomery). */
create or replace function press_private.ed25519_comb(point press_private.ed25519_point_record)
  returns table (place smallint, multiple smallint, y_minus_x numeric, y_plus_x numeric, xy2d numeric)
  language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  p         constant numeric := press_private.ed25519_prime();
  d2        constant numeric := 16295367250680780974490674513165176452449235426866156013048779062215315747161;  -- 2*d
  v_x       numeric := point.x;  -- of 256^place * point, affine
  v_y       numeric := point.y;
  v_xs numeric[];  v_ys numeric[];  v_zs numeric[];  v_products numeric[];
  v_inverse numeric;  v_z_inverse numeric;
  x numeric;  y numeric;  z numeric;  t numeric;
  a numeric;  b numeric;  c numeric;  e numeric;  f numeric;  g numeric;  h numeric;
begin
  for v_place in 0 .. 31 loop
    place := v_place;
    multiple := 0;  y_minus_x := 1;  y_plus_x := 1;  xy2d := 0;
    return next;
    y_minus_x := v_y - v_x;  y_plus_x := v_y + v_x;  xy2d := v_x * v_y % p * d2 % p;
    x := 0;  y := 1;  z := 1;  t := 0;
    v_products[0] := 1;
    for i in 1 .. 129 loop
      if i <= 128 then
        a := (y - x) * y_minus_x % p;  b := (y + x) * y_plus_x % p;  c := t * xy2d % p;
        e := b - a;  f := 2 * z - c;  g := 2 * z + c;  h := b + a;
      else
        a := x * x % p;  b := y * y % p;
        e := 2 * x * y % p;  g := b - a;  f := g - 2 * z * z % p;  h := - a - b;
      end if;
      x := e * f % p;  y := g * h % p;  z := f * g % p;  t := e * h % p;
      v_xs[i] := x;  v_ys[i] := y;  v_zs[i] := z;  v_products[i] := v_products[i - 1] * z % p;
    end loop;

    v_inverse := press_private.ed25519_inverse(v_products[129]);
    for i in reverse 129 .. 1 loop
      v_z_inverse := v_inverse * v_products[i - 1] % p;
      v_inverse := v_inverse * v_zs[i] % p;
      x := v_xs[i] * v_z_inverse % p;  y := v_ys[i] * v_z_inverse % p;
      if i = 129 then
        v_x := x;  v_y := y;
      else
        multiple := i;  y_minus_x := (y - x + p) % p;  y_plus_x := (y + x + p) % p;  xy2d := x * y % p * d2 % p;
        return next;
      end if;
    end loop;
  end loop;
end
$$;
comment on function press_private.ed25519_comb is 'The comb of an affine point (z = 1): its multiples by 0 to 128 times each power of 256 up to the 31st, as press_private.ed25519_comb_points has them.';
revoke all on function press_private.ed25519_comb from public;
--! EndIncluded press_private/ed25519_comb.sql
--! Included press_private/ed25519_add_from_comb.sql
/* A multiple of a point that has a comb, without a doubling: the scalar in signed base 256 has 32 digits from -128 to 127, and the comb has
   every digit's multiple in its place. Adding 128 to every digit of the scalar beforehand, with carries, makes plain bytes that are greater
   by 128. A negative digit's point is that of the positive one with x negated: y - x and y + x change places.

   The formula is that of press_private.ed25519_multiply with z = 1 for the added point, 7 multiplications; the order of the points is all
   the same. */
create or replace function press_private.ed25519_add_from_comb(start press_private.ed25519_point_record, comb_id integer, scalar numeric)
  returns press_private.ed25519_point_record
  language plpgsql stable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  p         constant numeric := press_private.ed25519_prime();
  -- 0x8080…80 more: 128 more in each byte.
  v_digits  constant bytea := press_private.big_endian(scalar + 58123087930888129467517984631811969432229639361576439988433610796128943505536);
  x numeric := start.x;  y numeric := start.y;  z numeric := start.z;  t numeric := start.t;
  v_point record;
  v_count integer := 0;
  a numeric;  b numeric;  c numeric;  e numeric;  f numeric;  g numeric;  h numeric;
begin
  for v_point in
    select case when get_byte(v_digits, 31 - c.place) < 128 then c.y_plus_x else c.y_minus_x end as y_minus_x,
           case when get_byte(v_digits, 31 - c.place) < 128 then c.y_minus_x else c.y_plus_x end as y_plus_x,
           case when get_byte(v_digits, 31 - c.place) < 128 then - c.xy2d else c.xy2d end as xy2d
    from press_private.ed25519_comb_points c
    where c.id = any (array(select ed25519_add_from_comb.comb_id * 8192 + place * 256 + abs(get_byte(v_digits, 31 - place) - 128)
                            from generate_series(0, 31) place))
  loop
    a := (y - x) * v_point.y_minus_x % p;
    b := (y + x) * v_point.y_plus_x % p;
    c := t * v_point.xy2d % p;
    e := b - a;  f := 2 * z - c;  g := 2 * z + c;  h := b + a;
    x := e * f % p;  y := g * h % p;  z := f * g % p;  t := e * h % p;
    v_count := v_count + 1;
  end loop;
  if v_count <> 32 then
    raise exception 'The comb % of press_private.ed25519_comb_points is incomplete.', comb_id
      using hint = 'Restore the table; select press_private.faulty_ed25519_combs() names every comb that is not as its key says.';
  end if;
  return (x, y, z, t)::press_private.ed25519_point_record;
end
$$;
comment on function press_private.ed25519_add_from_comb is 'start + [scalar]P for the point P of the comb and a scalar from 0 to below 2^253.';
revoke all on function press_private.ed25519_add_from_comb from public;
--! EndIncluded press_private/ed25519_add_from_comb.sql
--! Included press_private/build_ed25519_comb.sql
/* Called when a key is registered, and by the migration for the base point. It takes a tenth of a second and 0.9 MB, once a key.
   [L]A = O leaves the multiples of the base point: with a component of small order in the key, its owner could make signatures that some
   libraries accept and others refuse. Several may build one comb at once: the first one's row makes the others wait for its commit. */
create or replace function press_private.build_ed25519_comb(public_key bytea)
  returns boolean
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_point    press_private.ed25519_point_record;
  v_comb_id  integer;
begin
  if exists (select from press_private.ed25519_combs c where c.public_key = build_ed25519_comb.public_key) then
    return true;
  end if;
  v_point := press_private.ed25519_decode(press_private.little_endian(build_ed25519_comb.public_key));
  if v_point is null or v_point.x = 0
     or press_private.ed25519_encode(press_private.ed25519_multiply(v_point, press_private.ed25519_order())) <> 1 then
    return false;
  end if;

  insert into press_private.ed25519_combs (public_key) values (build_ed25519_comb.public_key)
  on conflict on constraint ed25519_combs_public_key_key do nothing
  returning id into v_comb_id;
  if v_comb_id is not null then
    insert into press_private.ed25519_comb_points
    select v_comb_id, c.place, c.multiple, c.y_minus_x, c.y_plus_x, c.xy2d from press_private.ed25519_comb(v_point) c;
  end if;
  return true;
end
$$;
comment on function press_private.build_ed25519_comb is 'Makes the comb of a public key of 32 bytes, so that press.ed25519_verify is fast for it. False, and nothing done: the bytes are not the canonical encoding of a point of prime order, so no honest key.';
revoke all on function press_private.build_ed25519_comb from public;
--! EndIncluded press_private/build_ed25519_comb.sql
--! Included press_private/faulty_ed25519_combs.sql
/* For the audit: a comb is derived, and whoever changed it could have a forged signature verify. Takes a tenth of a second a key. */
create or replace function press_private.faulty_ed25519_combs()
  returns setof bytea
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
    select k.public_key
    from press_private.ed25519_combs k
    where exists (
      select from press_private.ed25519_comb(press_private.ed25519_decode(press_private.little_endian(k.public_key))) c
      full join (select * from press_private.ed25519_comb_points s where s.comb_id = k.id) s using (place, multiple)
      where (c.y_minus_x, c.y_plus_x, c.xy2d) is distinct from (s.y_minus_x, s.y_plus_x, s.xy2d));
end
$$;
comment on function press_private.faulty_ed25519_combs is 'The keys whose comb is not what press_private.ed25519_comb makes of the key. None, unless somebody changed the tables.';
revoke all on function press_private.faulty_ed25519_combs from public;
--! EndIncluded press_private/faulty_ed25519_combs.sql
--! Included press/ed25519_verify.sql
/* Verifies an Ed25519 signature (RFC 8032) with nothing but sha512 and numeric. Begin to read here:

   A point of the curve -x^2 + y^2 = 1 + d*x^2*y^2 modulo p = 2^255 - 19 is written as y and the parity of x: 32 bytes. The base point B has the
   prime order L. The key A is [a]B for the secret a; a signature is R = [r]B and S = r + h*a modulo L, where h is SHA-512(R || A || message)
   modulo L. Whoever does not know a cannot find an S, and everybody can check that [S]B = R + [h]A, here as [S]B - [h]A = R.

   - Points are kept as (x, y, z, t) with x/z, y/z and t = x*y/z, so that adding them needs no division; one inversion at the end gives the
     encoding to compare with R. That comparison also refuses an R that is not canonical or not on the curve.
   - [S]B takes 32 additions from the comb of B: press_private.ed25519_add_from_comb. So does [h]A if the key is registered, as [L - h]A,
     because A has order L then. For any other key press_private.ed25519_multiply takes 252 doublings, four times as long.
   - The time is that of some 450 multiplications of 255-bit numbers with their reductions modulo p, 0.6 microseconds each on PostgreSQL 18;
     15 to 17 divide more slowly and take twice as long.

   The rule is the intersection of those of the common libraries (the SDK's verifyEd25519 has the same): S < L; A and R canonical and not of
   small order; the equation without multiplying by the cofactor 8. */
create or replace function press.ed25519_verify(public_key bytea, message bytea, signature bytea)
  returns boolean
  language plpgsql stable parallel safe security definer set search_path = pg_catalog, pg_temp as $$
declare
  L          constant numeric := press_private.ed25519_order();
  v_r        numeric;
  v_s        numeric;
  v_h        numeric;
  v_comb_id  integer;
  v_a        numeric;
  v_sum      press_private.ed25519_point_record := (0, 1, 1, 0);
begin
  -- False and not null, which a CHECK would let pass.
  if coalesce(length(ed25519_verify.public_key) <> 32 or length(signature) <> 64 or message is null, true) then
    return false;
  end if;
  v_r := press_private.little_endian(substr(signature, 1, 32));
  v_s := press_private.little_endian(substr(signature, 33));
  if v_s >= L or press_private.ed25519_is_small_order(v_r) then
    return false;
  end if;
  v_h := press_private.little_endian(sha512(substr(signature, 1, 32) || ed25519_verify.public_key || message)) % L;

  select c.id into v_comb_id from press_private.ed25519_combs c where c.public_key = ed25519_verify.public_key;
  if v_comb_id is not null then
    v_sum := press_private.ed25519_add_from_comb(v_sum, v_comb_id, L - v_h);
  else
    v_a := press_private.little_endian(ed25519_verify.public_key);
    v_sum := press_private.ed25519_decode(v_a);
    if v_sum is null or press_private.ed25519_is_small_order(v_a) then
      return false;
    end if;
    v_sum.x := - v_sum.x;
    v_sum.t := - v_sum.t;
    v_sum := press_private.ed25519_multiply(v_sum, v_h);
  end if;
  v_sum := press_private.ed25519_add_from_comb(v_sum, 0, v_s);
  return press_private.ed25519_encode(v_sum) = v_r;
end
$$;
comment on function press.ed25519_verify is 'Whether the 64 bytes of the signature are an Ed25519 signature of the message under the public key of 32 bytes, by the rule that all common libraries agree on. False for anything else: other lengths, nulls, keys of small order, encodings that are not canonical.';
revoke all on function press.ed25519_verify from public;
grant execute on function press.ed25519_verify to press_anonymous, press_holder, press_operator, press_auditor;
--! EndIncluded press/ed25519_verify.sql

-- Signing
--! Included press_private/active_signing_key.sql
create or replace function press_private.active_signing_key(key_id text, purpose text)
  returns press.signing_keys
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_key  press.signing_keys;
begin
  select k.* into v_key from press.signing_keys k
  where k.key_id = active_signing_key.key_id and k.purpose = active_signing_key.purpose and k.retired_at is null;
  if v_key.key_id is null then
    perform press_private.refuse('UNKNOWN_KEY');
  end if;
  return v_key;
end
$$;
comment on function press_private.active_signing_key is 'The key, if it is in use for the purpose. Refuses: UNKNOWN_KEY.';
revoke all on function press_private.active_signing_key from public;
--! EndIncluded press_private/active_signing_key.sql
--! Included press_private/ticket_envelope.sql
/* The envelope is made here and nowhere else: the worker signs what this returns without a signature, and sends back the signature alone.
   The canonical JSON (RFC 8785) of a flat object is its members in the order of their names without white space. For strings to_json
   writes the same as JSON.stringify for every character that a text can hold; numbers here are integers. */
create or replace function press_private.ticket_envelope(
    edition text, key_id text, recipient text, ticket_id uuid, ticket_number integer, issued_at timestamptz, signature text default null)
  returns text
  language sql stable
begin atomic
  select '{"edition":' || to_json(ticket_envelope.edition)
      || ',"key_id":"' || ticket_envelope.key_id
      || '","recipient":' || to_json(ticket_envelope.recipient)
      || coalesce(',"signature":"' || ticket_envelope.signature || '"', '')
      || ',"ticket_id":"' || ticket_envelope.ticket_id
      || '","ticket_number":' || ticket_envelope.ticket_number
      || ',"timestamp":"' || press_private.rfc3339(ticket_envelope.issued_at)
      || '","type":"golden-press/ticket/v1"}';
end;
comment on function press_private.ticket_envelope is 'The canonical text of a ticket''s envelope; without a signature, the bytes that are signed.';
revoke all on function press_private.ticket_envelope from public;
--! EndIncluded press_private/ticket_envelope.sql
--! Included press_private/signed_envelopes.sql
create or replace function press_private.signed_envelopes(key_id text, ticket_ids uuid[], signatures text[])
  returns table (ticket_id uuid, envelope text)
  language sql stable
begin atomic
  select u.ticket_id,
    press_private.ticket_envelope(e.slug, signed_envelopes.key_id, h.subject, t.id, t.ticket_number, t.issued_at, u.signature)
  from unnest(signed_envelopes.ticket_ids, signed_envelopes.signatures) u (ticket_id, signature)
  left join press.tickets t on t.id = u.ticket_id
  left join press.editions e on e.id = t.edition_id
  left join press.holders h on h.id = t.holder_id;
end;
comment on function press_private.signed_envelopes is 'The envelope of each ticket with the signature given for it; null where there is no such ticket.';
revoke all on function press_private.signed_envelopes from public;
--! EndIncluded press_private/signed_envelopes.sql
--! Included press_worker/register_signing_key.sql
/* Called by every worker when it starts, also while the press is stopped: nothing is signed by it. A key that was retired stays so. */
create or replace function press_worker.register_signing_key(public_key text, purpose text)
  returns press.signing_keys
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_key_id  text;
  v_key     press.signing_keys;
begin
  if coalesce(register_signing_key.public_key collate "C" !~ '^[0-9a-f]{64}$', true) then
    perform press_private.refuse('INVALID_INPUT', 'A public key is 64 lower-case hex characters.');
  end if;
  if (register_signing_key.purpose in ('ticket', 'checkpoint')) is not true then
    perform press_private.refuse('INVALID_INPUT', 'The purpose of a key is ticket or checkpoint.');
  end if;
  if not press_private.build_ed25519_comb(decode(register_signing_key.public_key, 'hex')) then
    perform press_private.refuse('INVALID_INPUT', 'These 32 bytes are no Ed25519 public key: they encode no point, or one that is not of prime order.');
  end if;
  v_key_id := left(encode(sha256(decode(register_signing_key.public_key, 'hex')), 'hex'), 16);

  insert into press.signing_keys (key_id, public_key, purpose, activated_at)
  values (v_key_id, register_signing_key.public_key, register_signing_key.purpose, clock_timestamp())
  on conflict do nothing  -- whichever of its two keys another worker was quicker with
  returning * into v_key;

  if v_key.key_id is not null then
    perform press_private.append_entry('key.activated', null, null, press_private.key_leaf(v_key, 'key.activated'));
    return v_key;
  end if;
  select k.* into v_key from press.signing_keys k where k.key_id = v_key_id;
  if v_key.purpose <> register_signing_key.purpose then
    perform press_private.refuse('INVALID_INPUT', format('This key is registered for %ss; a key never serves for two purposes.', v_key.purpose));
  end if;
  return press_private.active_signing_key(v_key_id, register_signing_key.purpose);
end
$$;
comment on function press_worker.register_signing_key is 'Makes the public key (64 lower-case hex characters) known and in use for its purpose, ticket or checkpoint; known already, it stays as it is. Refuses: INVALID_INPUT, UNKNOWN_KEY (it was retired).';
revoke all on function press_worker.register_signing_key from public;
grant execute on function press_worker.register_signing_key to press_worker;
--! EndIncluded press_worker/register_signing_key.sql
--! Included press_worker/retire_signing_key.sql
/* What the key signed before verifies for ever; what it had claimed goes to another key when the claim runs out. Also while the press is stopped:
   a stolen key must not wait. */
create or replace function press_worker.retire_signing_key(key_id text)
  returns press.signing_keys
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_key  press.signing_keys;
begin
  update press.signing_keys k set retired_at = greatest(clock_timestamp(), k.activated_at)  -- a clock may have been set back
  where k.key_id = retire_signing_key.key_id and k.retired_at is null
  returning k.* into v_key;
  if v_key.key_id is not null then
    perform press_private.append_entry('key.retired', null, null, press_private.key_leaf(v_key, 'key.retired'));
    return v_key;
  end if;

  select k.* into v_key from press.signing_keys k where k.key_id = retire_signing_key.key_id;
  if v_key.key_id is null then
    perform press_private.refuse('UNKNOWN_KEY');
  end if;
  return v_key;
end
$$;
comment on function press_worker.retire_signing_key is 'Takes the key out of use: nothing is signed with it any more. A retired key stays as it is. Refuses: UNKNOWN_KEY.';
revoke all on function press_worker.retire_signing_key from public;
grant execute on function press_worker.retire_signing_key to press_worker;
--! EndIncluded press_worker/retire_signing_key.sql
--! Included press_worker/tickets_to_sign.sql
/* Hands out pending tickets, oldest first, under a lease that also fixes the key: so the bytes are decided before anything is signed, and a
   worker that died or slept is replaced when its lease has run out. No lock is held while signing. Of two workers that reach for the same
   tickets at once, one locks and claims each, and the other passes over it; what was signed meanwhile is seen to be so when it is locked.
   Plans are kept to index lookups, as in the core: what is made while a table is small must hold when it is not. */
create or replace function press_worker.tickets_to_sign(key_id text, batch_size integer, lease_seconds integer)
  returns table (ticket_id uuid, payload text)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
begin
  perform press_private.require_running();
  if (tickets_to_sign.batch_size between 1 and 10000 and tickets_to_sign.lease_seconds between 1 and 3600) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A batch is 1 to 10000 tickets, a lease 1 to 3600 seconds.');
  end if;
  perform press_private.active_signing_key(tickets_to_sign.key_id, 'ticket');

  return query
  with claimed as (
    insert into press_private.signing_claims as c (edition_id, ticket_number, ticket_id, key_id, claimed_until)
    select t.edition_id, t.ticket_number, t.id, tickets_to_sign.key_id,
           clock_timestamp() + make_interval(secs => tickets_to_sign.lease_seconds)
    from press.tickets t
    where t.status = 'pending'
      and not exists (
        select from press_private.signing_claims o
        where o.edition_id = t.edition_id and o.ticket_number = t.ticket_number and o.claimed_until > clock_timestamp())
    order by t.issued_at
    limit tickets_to_sign.batch_size
    for no key update of t skip locked
    on conflict on constraint signing_claims_pkey
    do update set key_id = excluded.key_id, claimed_until = excluded.claimed_until where c.claimed_until <= clock_timestamp()
    returning c.edition_id, c.ticket_number
  )
  select t.id, press_private.ticket_envelope(e.slug, tickets_to_sign.key_id, h.subject, t.id, t.ticket_number, t.issued_at)
  from claimed c
  join press.tickets t on t.edition_id = c.edition_id and t.ticket_number = c.ticket_number
  join press.editions e on e.id = t.edition_id
  join press.holders h on h.id = t.holder_id;
end
$$;
comment on function press_worker.tickets_to_sign is 'Claims up to batch_size (1 to 10000) pending tickets for lease_seconds (1 to 3600) under the key, and returns the exact bytes to sign for each. Refuses: PRESS_STOPPED, INVALID_INPUT, UNKNOWN_KEY.';
revoke all on function press_worker.tickets_to_sign from public;
grant execute on function press_worker.tickets_to_sign to press_worker;
--! EndIncluded press_worker/tickets_to_sign.sql
--! Included press_worker/attach_signatures.sql
/* Stores signatures, and drops the tickets' entries into the ledger's inbox. The envelope is put together here from the ticket's own row, so a
   worker can add a signature and nothing else. The same signature twice is fine (a worker that died after the commit left its job to another);
   any other finds the ticket signed, or claimed by another key, and is refused without harm to the rest of the batch. Locks: the tickets, by
   id. A crash before the commit leaves them pending, to be claimed again when the lease has run out. */
create or replace function press_worker.attach_signatures(key_id text, ticket_ids uuid[], signatures text[])
  returns table (ticket_id uuid, outcome text)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  set lock_timeout = '5s' set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
  set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_ids        uuid[];
  v_envelopes  text[];
  v_attached   uuid[];
begin
  perform press_private.require_running();
  perform press_private.active_signing_key(attach_signatures.key_id, 'ticket');
  if cardinality(attach_signatures.ticket_ids) is distinct from cardinality(attach_signatures.signatures)
     or exists (select from unnest(attach_signatures.signatures) s where coalesce(s collate "C" !~ '^[0-9a-f]{128}$', true)) then
    perform press_private.refuse('INVALID_INPUT', 'There is one signature of 128 lower-case hex characters for each ticket.');
  end if;

  perform from press.tickets t where t.id = any (attach_signatures.ticket_ids) order by t.id for no key update;
  select array_agg(s.ticket_id), array_agg(s.envelope) into v_ids, v_envelopes
  from press_private.signed_envelopes(attach_signatures.key_id, attach_signatures.ticket_ids, attach_signatures.signatures) s;

  with attached as (
    update press.tickets t set status = 'signed', envelope = s.envelope
    from unnest(v_ids, v_envelopes) s (ticket_id, envelope)
    join press_private.signing_claims c on c.ticket_id = s.ticket_id and c.key_id = attach_signatures.key_id
    where t.id = s.ticket_id and c.edition_id = t.edition_id and c.ticket_number = t.ticket_number and t.status = 'pending'
    returning t as ticket
  ), recorded as (
    insert into press_private.ledger_inbox (type, edition_id, ticket_number, leaf)
    select 'ticket.issued', (a.ticket).edition_id, (a.ticket).ticket_number, press_private.ticket_issued_leaf(a.ticket, e.slug, clock_timestamp())
    from attached a join press.editions e on e.id = (a.ticket).edition_id
    order by (a.ticket).edition_id, (a.ticket).ticket_number
  )
  select coalesce(array_agg((a.ticket).id), '{}') into v_attached from attached a;

  delete from press_private.signing_claims c
  using press.tickets t
  where t.id = any (v_attached) and c.edition_id = t.edition_id and c.ticket_number = t.ticket_number;

  if v_attached <> '{}' then
    perform pg_notify('press_signed', '');  -- a hint that wakes whoever waits; it says nothing
  end if;

  return query
  select s.ticket_id,
    case when t.id is null or t.envelope is distinct from s.envelope then 'refused' when s.ticket_id = any (v_attached) then 'attached' else 'repeated' end
  from unnest(v_ids, v_envelopes) s (ticket_id, envelope)
  left join press.tickets t on t.id = s.ticket_id;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
end
$$;
comment on function press_worker.attach_signatures is 'Stores the signatures (128 lower-case hex characters each) of tickets claimed under the key. outcome: attached; repeated (the same was there); refused (another is there, the claim went to another key, or there is no such ticket). Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, UNKNOWN_KEY.';
revoke all on function press_worker.attach_signatures from public;
grant execute on function press_worker.attach_signatures to press_worker;
--! EndIncluded press_worker/attach_signatures.sql
--! Included press_gateway/request_signing.sql
/* A wake-up, called after the issuing transaction has committed and once for many tickets: adding a job sends a NOTIFY, for which
   PostgreSQL makes committing transactions queue. If it is never called, or a job is lost, workers find the
   pending tickets by looking; one job waits at a time, however long no worker runs. */
create or replace function press_gateway.request_signing()
  returns void
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform graphile_worker.add_job('tickets__sign', job_key => 'tickets__sign', max_attempts => 1);
end
$$;
comment on function press_gateway.request_signing is 'Wakes a worker to sign what is pending.';
revoke all on function press_gateway.request_signing from public;
grant execute on function press_gateway.request_signing to press_gateway;
--! EndIncluded press_gateway/request_signing.sql
--! Included press_gateway/read_envelopes.sql
/* For clients who wait for the envelope of the ticket that they were just issued: one question for all of them. */
create or replace function press_gateway.read_envelopes(ticket_ids uuid[])
  returns table (ticket_id uuid, envelope text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select t.id, t.envelope from press.tickets t where t.id = any (read_envelopes.ticket_ids) and t.envelope is not null;
end
$$;
comment on function press_gateway.read_envelopes is 'The envelopes of those of the tickets that are signed by now.';
revoke all on function press_gateway.read_envelopes from public;
grant execute on function press_gateway.read_envelopes to press_gateway;
--! EndIncluded press_gateway/read_envelopes.sql

-- The ledger: its tree, places, proofs and checkpoints
--! Included press_private/leaf_hash.sql
/* Not immutable, because convert_to is not: PostgreSQL inlines only what is as it says. */
create or replace function press_private.leaf_hash(leaf text)
  returns bytea
  language sql stable
begin atomic
  select sha256('\x00'::bytea || convert_to(leaf_hash.leaf, 'UTF8'));
end;
comment on function press_private.leaf_hash is 'The hash of an entry as a leaf of the tree (RFC 6962, 2.1).';
revoke all on function press_private.leaf_hash from public;
--! EndIncluded press_private/leaf_hash.sql
--! Included press_private/node_hash.sql
create or replace function press_private.node_hash(left_hash bytea, right_hash bytea)
  returns bytea
  language sql immutable
begin atomic
  select sha256('\x01'::bytea || node_hash.left_hash || node_hash.right_hash);
end;
comment on function press_private.node_hash is 'The hash of an inner node of the tree, from those of its children (RFC 6962, 2.1).';
revoke all on function press_private.node_hash from public;
--! EndIncluded press_private/node_hash.sql
--! Included press_private/subtree_hashes.sql
/* The tree of RFC 6962 cut into complete subtrees: the index-th of those with 2^level leaves has its leaves from index * 2^level on. Their
   hashes never change, so they are kept: those of single leaves with the entries. Inlined into its callers' plans (it has no SET), which
   are generic: with the level known PostgreSQL would leave one table out, and take that for a reason to plan every call anew. */
create or replace function press_private.subtree_hashes(level integer, first_index bigint, last_index bigint)
  returns table (index bigint, hash bytea)
  language sql stable
begin atomic
  select e.place, e.leaf_hash from press.ledger_entries e
  where subtree_hashes.level = 0 and e.place between subtree_hashes.first_index and subtree_hashes.last_index
  union all
  select n.index, n.hash from press_private.ledger_nodes n
  where n.level = subtree_hashes.level and n.index between subtree_hashes.first_index and subtree_hashes.last_index;
end;
comment on function press_private.subtree_hashes is 'The hashes of the complete subtrees with 2^level leaves, from the first index to the last.';
revoke all on function press_private.subtree_hashes from public;
--! EndIncluded press_private/subtree_hashes.sql
--! Included press_private/extend_tree.sql
/* A level at a time, from the bottom: the new pairs of the level below are the new nodes of this one. lag() reads the new range once, where
   a join of left and right children would read it twice. */
create or replace function press_private.extend_tree(old_size bigint, new_size bigint)
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  v_first  bigint;
  v_end    bigint;
begin
  for v_level in 1 .. 62 loop
    v_first := extend_tree.old_size >> v_level;
    v_end := extend_tree.new_size >> v_level;
    exit when v_first = v_end;

    insert into press_private.ledger_nodes (level, index, hash)
    select v_level, c.index >> 1, press_private.node_hash(c.left_hash, c.hash)
    from (
      select s.index, s.hash, lag(s.hash) over (order by s.index) as left_hash
      from press_private.subtree_hashes(v_level - 1, 2 * v_first, 2 * v_end - 1) s
    ) c
    where c.index & 1 = 1;
  end loop;
end
$$;
comment on function press_private.extend_tree is 'Makes the nodes that are complete in the tree of the new size and were not in that of the old one. The entries are there already.';
revoke all on function press_private.extend_tree from public;
--! EndIncluded press_private/extend_tree.sql
--! Included press_worker/editions_to_record.sql
/* Asked at every look, also while a long backlog is signed: one lookup an edition that waits. */
create or replace function press_worker.editions_to_record()
  returns setof integer
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  return query
  select q.edition_id from press_private.closings_to_record q
  left join press.tickets t on t.edition_id = q.edition_id and t.ticket_number = q.awaited_number
  where (t.envelope is not null or q.awaited_number is null) and press_private.stop_reason() is null
  order by q.edition_id;
end
$$;
comment on function press_worker.editions_to_record is 'The ids of the closed editions whose tickets may all be signed by now, to be given to press_worker.record_closed_edition one by one; none while the press is stopped.';
revoke all on function press_worker.editions_to_record from public;
grant execute on function press_worker.editions_to_record to press_worker;
--! EndIncluded press_worker/editions_to_record.sql
--! Included press_worker/record_closed_edition.sql
/* edition.closed freezes which tickets there are, by what was signed, so it waits for the last signature: closing an edition only queues it. A
   look begins at the last number, since tickets are signed oldest first, and remembers where it ended: no ticket above that number will ever
   be pending again, and all looks together read each ticket once. One edition a transaction, so that one that fails keeps no other waiting.
   "No envelope" is said for "pending", because its index is that of the whole backlog. Locks: the queued row, unless another worker has it. */
create or replace function press_worker.record_closed_edition(edition_id integer)
  returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
declare
  v_closing  press_private.closings_to_record;
  v_awaited  integer;
begin
  select q.* into v_closing from press_private.closings_to_record q where q.edition_id = record_closed_edition.edition_id for update skip locked;
  if v_closing.edition_id is null or press_private.stop_reason() is not null then
    return false;
  end if;

  select t.ticket_number into v_awaited from press.tickets t
  where t.edition_id = v_closing.edition_id and t.ticket_number <= coalesce(v_closing.awaited_number, t.cap) and t.envelope is null
  order by t.ticket_number desc limit 1;
  if v_awaited is not null then
    update press_private.closings_to_record q set awaited_number = v_awaited
    where q.edition_id = v_closing.edition_id and q.awaited_number is distinct from v_awaited;
    return false;
  end if;

  perform press_private.append_entry('edition.closed', e.id, null, press_private.edition_closed_leaf(e))
  from press.editions e where e.id = v_closing.edition_id;
  delete from press_private.closings_to_record q where q.edition_id = v_closing.edition_id;
  return true;
end
$$;
comment on function press_worker.record_closed_edition is 'Drops edition.closed into the ledger''s inbox if the edition is closed, its tickets are all signed, and that was not done yet; tells whether it did. Not while the press is stopped.';
revoke all on function press_worker.record_closed_edition from public;
grant execute on function press_worker.record_closed_edition to press_worker;
--! EndIncluded press_worker/record_closed_edition.sql
--! Included press_worker/integrate_ledger.sql
/* Gives places to what is in the inbox, and extends the tree: one transaction, so that a crash at any point leaves all of it or nothing.
   Locks: the head of the ledger. Whoever has it is the one integrator; others find it locked and go away. It keeps no cursor: every row of
   the inbox that it sees is one without a place, also of a transaction that had a lower id and committed late.
   Plans are kept to index lookups, also those of what is called from here: what is made while the tables are small must hold when they are not. */
create or replace function press_worker.integrate_ledger(batch_size integer)
  returns bigint
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_old_size  bigint;
  v_last_id   bigint;
  v_count     bigint;
begin
  if (integrate_ledger.batch_size between 1 and 100000) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A batch is 1 to 100000 entries.');
  end if;
  if not exists (select from press_private.ledger_inbox) or press_private.stop_reason() is not null then
    return 0;
  end if;
  select h.tree_size into v_old_size from press_private.ledger_head h for no key update skip locked;
  if v_old_size is null then
    return 0;
  end if;

  -- Statements from here on see all that earlier integrators did.
  select max(n.id) into v_last_id from (
    select i.id from press_private.ledger_inbox i order by i.id limit integrate_ledger.batch_size) n;

  with taken as (
    delete from press_private.ledger_inbox i where i.id <= v_last_id returning i.*
  )
  insert into press.ledger_entries (place, type, edition_id, ticket_number, leaf, leaf_hash)
  select v_old_size + row_number() over (order by t.id) - 1, t.type, t.edition_id, t.ticket_number, t.leaf, press_private.leaf_hash(t.leaf)
  from taken t;
  get diagnostics v_count = row_count;

  perform press_private.extend_tree(v_old_size, v_old_size + v_count);
  update press_private.ledger_head h set tree_size = v_old_size + v_count where v_count > 0;
  return v_count;
end
$$;
comment on function press_worker.integrate_ledger is 'Gives the next places of the ledger to the oldest entries of the inbox, about batch_size (1 to 100000) of them, and says to how many. 0: nothing waits, or another worker is at it, or the press is stopped. Refuses: INVALID_INPUT.';
revoke all on function press_worker.integrate_ledger from public;
grant execute on function press_worker.integrate_ledger to press_worker;
--! EndIncluded press_worker/integrate_ledger.sql
--! Included press_private/partial_root.sql
/* What is right of the last complete subtree of a level is smaller ones, at most one of each size, in falling order: the binary 1s of
   tree_size. Their common root is folded from the right. */
create or replace function press_private.partial_root(level integer, tree_size bigint)
  returns bytea
  language plpgsql stable set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_root  bytea;
  v_left  bytea;
begin
  for v_left in
    select (select h.hash from press_private.subtree_hashes(l.level, (partial_root.tree_size >> l.level) - 1, (partial_root.tree_size >> l.level) - 1) h)
    from generate_series(0, partial_root.level - 1) l (level)
    where (partial_root.tree_size >> l.level) & 1 = 1
    order by l.level
  loop
    v_root := coalesce(press_private.node_hash(v_left, v_root), v_left);
  end loop;
  return v_root;
end
$$;
comment on function press_private.partial_root is 'The root over the leaves of the tree that are right of its last complete subtree with 2^level leaves; null where there are none.';
revoke all on function press_private.partial_root from public;
--! EndIncluded press_private/partial_root.sql
--! Included press_private/tree_root.sql
create or replace function press_private.tree_root(tree_size bigint)
  returns bytea
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return coalesce(press_private.partial_root(63, tree_root.tree_size), sha256(''));
end
$$;
comment on function press_private.tree_root is 'The root of the Merkle tree over the first tree_size entries of the ledger (RFC 6962, 2.1), which has at least so many.';
revoke all on function press_private.tree_root from public;
--! EndIncluded press_private/tree_root.sql
--! Included press_private/sibling_path.sql
/* From a node up to the root, its neighbour at every level: it may be complete, or the partial one at the right edge, or there is none and
   the node goes up alone. Inclusion and consistency proofs are both such paths. */
create or replace function press_private.sibling_path(level integer, index bigint, tree_size bigint)
  returns bytea[]
  language plpgsql stable set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
begin
  return (
    select coalesce(array_agg(
      case when (s.index + 1) << s.level <= sibling_path.tree_size
        then (select h.hash from press_private.subtree_hashes(s.level, s.index, s.index) h)
        else press_private.partial_root(s.level, sibling_path.tree_size) end
      order by s.level), '{}')
    from (
      select l.level, (sibling_path.index >> (l.level - sibling_path.level)) # 1 as index
      from generate_series(sibling_path.level, 61) l (level)
    ) s
    where s.index << s.level < sibling_path.tree_size
  );
end
$$;
comment on function press_private.sibling_path is 'The hashes that lead from a complete subtree, the index-th with 2^level leaves, to the root of the tree of that size.';
revoke all on function press_private.sibling_path from public;
--! EndIncluded press_private/sibling_path.sql
--! Included press_private/inclusion_path.sql
create or replace function press_private.inclusion_path(place bigint, tree_size bigint)
  returns bytea[]
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return press_private.sibling_path(0, inclusion_path.place, inclusion_path.tree_size);
end
$$;
comment on function press_private.inclusion_path is 'The proof that the entry at the place is among the first tree_size ones (RFC 9162, 2.1.3): the siblings from its leaf up to the root.';
revoke all on function press_private.inclusion_path from public;
--! EndIncluded press_private/inclusion_path.sql
--! Included press_private/consistency_path.sql
/* Begins at the last complete subtree of the older tree: its hash, unless it is the whole older tree, whose root the verifier knows. The way from
   there to the newer root passes everything else that the older root was made of. */
create or replace function press_private.consistency_path(old_size bigint, new_size bigint)
  returns bytea[]
  language plpgsql stable set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_level  integer := 0;
  v_index  bigint;
begin
  if consistency_path.old_size = consistency_path.new_size then
    return '{}'::bytea[];
  end if;
  while (consistency_path.old_size >> v_level) & 1 = 0 loop
    v_level := v_level + 1;
  end loop;
  v_index := (consistency_path.old_size >> v_level) - 1;
  return array(select h.hash from press_private.subtree_hashes(v_level, v_index, v_index) h where v_index > 0)
      || press_private.sibling_path(v_level, v_index, consistency_path.new_size);
end
$$;
comment on function press_private.consistency_path is 'The proof that the tree of the older size (at least 1) is the beginning of that of the newer one (RFC 9162, 2.1.4).';
revoke all on function press_private.consistency_path from public;
--! EndIncluded press_private/consistency_path.sql
--! Included press_private/root_of_inclusion.sql
/* The verifier's side of an inclusion proof (RFC 9162, 2.1.3.2): v_index and v_last are those of the node that was reached, and of the last one on
   its level. */
create or replace function press_private.root_of_inclusion(leaf_hash bytea, place bigint, tree_size bigint, path bytea[])
  returns bytea
  language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  v_hash     bytea := root_of_inclusion.leaf_hash;
  v_index    bigint := root_of_inclusion.place;
  v_last     bigint := root_of_inclusion.tree_size - 1;
  v_sibling  bytea;
begin
  if (v_index between 0 and v_last and octet_length(v_hash) = 32 and root_of_inclusion.path is not null) is not true then
    return null;
  end if;
  foreach v_sibling in array root_of_inclusion.path loop
    if v_last = 0 or octet_length(v_sibling) is distinct from 32 then
      return null;
    end if;
    if v_index & 1 = 1 or v_index = v_last then
      v_hash := press_private.node_hash(v_sibling, v_hash);
      while v_index & 1 = 0 and v_index > 0 loop  -- the last node of a level goes up alone
        v_index := v_index >> 1;
        v_last := v_last >> 1;
      end loop;
    else
      v_hash := press_private.node_hash(v_hash, v_sibling);
    end if;
    v_index := v_index >> 1;
    v_last := v_last >> 1;
  end loop;
  return case when v_last = 0 then v_hash end;
end
$$;
comment on function press_private.root_of_inclusion is 'The root of the tree that the path proves the leaf to be in, to compare with a checkpoint''s. Null where the path is not one of that place in a tree of that size.';
revoke all on function press_private.root_of_inclusion from public;
--! EndIncluded press_private/root_of_inclusion.sql
--! Included press_private/require_tree.sql
create or replace function press_private.require_tree(tree_size bigint)
  returns void
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  perform press_private.refuse('INVALID_INPUT', format('The ledger has %s entries.', h.tree_size))
  from press_private.ledger_head h where h.tree_size < require_tree.tree_size;
end
$$;
comment on function press_private.require_tree is 'Refuses: INVALID_INPUT (the ledger has fewer entries).';
revoke all on function press_private.require_tree from public;
--! EndIncluded press_private/require_tree.sql
--! Included press_private/base64_of_all.sql
create or replace function press_private.base64_of_all(hashes bytea[])
  returns text[]
  language sql immutable
begin atomic
  select coalesce(array_agg(encode(u.hash, 'base64') order by u.index), '{}') from unnest(base64_of_all.hashes) with ordinality u (hash, index);
end;
comment on function press_private.base64_of_all is 'Each hash in Base64, in the same order.';
revoke all on function press_private.base64_of_all from public;
--! EndIncluded press_private/base64_of_all.sql
--! Included press/ledger_inclusion_proof.sql
create or replace function press.ledger_inclusion_proof(place bigint, tree_size bigint)
  returns text[]
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  if (ledger_inclusion_proof.place between 0 and ledger_inclusion_proof.tree_size - 1) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A place is from 0 to below the size of the tree.');
  end if;
  perform press_private.require_tree(ledger_inclusion_proof.tree_size);
  return press_private.base64_of_all(press_private.inclusion_path(ledger_inclusion_proof.place, ledger_inclusion_proof.tree_size));
end
$$;
comment on function press.ledger_inclusion_proof is 'The proof that the entry at the place is in the ledger as it was when it had tree_size entries: hashes in Base64 (RFC 9162, 2.1.3). Refuses: INVALID_INPUT.';
revoke all on function press.ledger_inclusion_proof from public;
grant execute on function press.ledger_inclusion_proof to press_anonymous, press_holder, press_operator, press_auditor;
--! EndIncluded press/ledger_inclusion_proof.sql
--! Included press/ledger_consistency_proof.sql
create or replace function press.ledger_consistency_proof(old_size bigint, new_size bigint)
  returns text[]
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  if (ledger_consistency_proof.old_size between 1 and ledger_consistency_proof.new_size) is not true then
    perform press_private.refuse('INVALID_INPUT', 'The older size is from 1 to the newer one.');
  end if;
  perform press_private.require_tree(ledger_consistency_proof.new_size);
  return press_private.base64_of_all(press_private.consistency_path(ledger_consistency_proof.old_size, ledger_consistency_proof.new_size));
end
$$;
comment on function press.ledger_consistency_proof is 'The proof that the ledger with old_size entries is the beginning of the ledger with new_size: hashes in Base64 (RFC 9162, 2.1.4). Refuses: INVALID_INPUT.';
revoke all on function press.ledger_consistency_proof from public;
grant execute on function press.ledger_consistency_proof to press_anonymous, press_holder, press_operator, press_auditor;
--! EndIncluded press/ledger_consistency_proof.sql
--! Included press_worker/ledger_root.sql
create or replace function press_worker.ledger_root(tree_size bigint)
  returns bytea
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return (select press_private.tree_root(ledger_root.tree_size) from press_private.ledger_head h
          where ledger_root.tree_size between 0 and h.tree_size);
end
$$;
comment on function press_worker.ledger_root is 'The root of the tree over the first tree_size entries of the ledger; null if it has fewer.';
revoke all on function press_worker.ledger_root from public;
grant execute on function press_worker.ledger_root to press_worker;
--! EndIncluded press_worker/ledger_root.sql
--! Included press_worker/consistency_path.sql
/* The worker verifies it before it signs: its key does not depend on what the database says of itself. */
create or replace function press_worker.consistency_path(old_size bigint, new_size bigint)
  returns bytea[]
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return (select press_private.consistency_path(consistency_path.old_size, consistency_path.new_size) from press_private.ledger_head h
          where consistency_path.old_size between 1 and consistency_path.new_size and consistency_path.new_size <= h.tree_size);
end
$$;
comment on function press_worker.consistency_path is 'The proof that the ledger with old_size (at least 1) entries is the beginning of the ledger with new_size (RFC 9162, 2.1.4); null if there are no such sizes.';
revoke all on function press_worker.consistency_path from public;
grant execute on function press_worker.consistency_path to press_worker;
--! EndIncluded press_worker/consistency_path.sql
--! Included press_worker/latest_checkpoint.sql
create or replace function press_worker.latest_checkpoint()
  returns press.checkpoints
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_checkpoint  press.checkpoints;
begin
  select c.* into v_checkpoint from press.checkpoints c order by c.tree_size desc limit 1;
  return v_checkpoint;
end
$$;
comment on function press_worker.latest_checkpoint is 'The checkpoint of the largest tree; nulls before the first.';
revoke all on function press_worker.latest_checkpoint from public;
grant execute on function press_worker.latest_checkpoint to press_worker;
--! EndIncluded press_worker/latest_checkpoint.sql
--! Included press_worker/checkpoint_to_sign.sql
create or replace function press_worker.checkpoint_to_sign()
  returns table (tree_size bigint, root_hash bytea)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select h.tree_size, press_private.tree_root(h.tree_size) from press_private.ledger_head h
  where h.tree_size > coalesce((select max(c.tree_size) from press.checkpoints c), 0) and press_private.stop_reason() is null;
end
$$;
comment on function press_worker.checkpoint_to_sign is 'The size and root of the ledger, if it has grown since its last checkpoint and the press runs; else no row.';
revoke all on function press_worker.checkpoint_to_sign from public;
grant execute on function press_worker.checkpoint_to_sign to press_worker;
--! EndIncluded press_worker/checkpoint_to_sign.sql
--! Included press_private/ledger_origin.sql
create or replace function press_private.ledger_origin()
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return coalesce(
    (select a.origin from press_private.ledger_adoptions a order by a.id desc limit 1),
    (select split_part(c.note, E'\n', 1) from press.checkpoints c order by c.tree_size limit 1));
end
$$;
comment on function press_private.ledger_origin is 'The name of the ledger in its checkpoints: as it was adopted, else as in the first one; null before that.';
revoke all on function press_private.ledger_origin from public;
--! EndIncluded press_private/ledger_origin.sql
--! Included press_private/checkpoint_signature.sql
/* A checkpoint as this press writes it (C2SP tlog-checkpoint and signed-note): three lines, an empty one, and one signature line under the name
   of the origin. A note is only taken apart here; what it says was composed from the tree. */
create or replace function press_private.checkpoint_signature(note text, body text, origin text, public_key bytea)
  returns bytea
  language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  v_start   text := checkpoint_signature.body || E'\n— ' || checkpoint_signature.origin || ' ';
  v_base64  text := rtrim(substr(checkpoint_signature.note, length(v_start) + 1), E'\n');
  v_key_id  bytea := substr(sha256(convert_to(checkpoint_signature.origin || E'\n\x01', 'UTF8') || checkpoint_signature.public_key), 1, 4);
  v_blob    bytea;
begin
  -- The key id and 64 bytes, in the one form that Base64 has for them.
  if v_base64 !~ '^[A-Za-z0-9+/]{91}=$' or checkpoint_signature.note <> v_start || v_base64 || E'\n' then
    return null;
  end if;
  v_blob := decode(v_base64, 'base64');
  if substr(v_blob, 1, 4) <> v_key_id or replace(encode(v_blob, 'base64'), E'\n', '') <> v_base64 then
    return null;
  end if;
  return substr(v_blob, 5);
end
$$;
comment on function press_private.checkpoint_signature is 'The signature in a note that has exactly this body and one signature line, by this key under the name of the origin; null for any other note.';
revoke all on function press_private.checkpoint_signature from public;
--! EndIncluded press_private/checkpoint_signature.sql
--! Included press_worker/publish_checkpoint.sql
/* The worker signs outside, and this believes nothing of what it brings: the note must say what the tree is, under a signature that verifies.
   Several workers may publish, also out of order; every checkpoint is of the one tree. A crash before the commit leaves nothing, and the next look
   signs again. */
create or replace function press_worker.publish_checkpoint(key_id text, tree_size bigint, root_hash bytea, note text)
  returns press.checkpoints
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_key         press.signing_keys;
  v_origin      text := split_part(publish_checkpoint.note, E'\n', 1);
  v_body        text;
  v_checkpoint  press.checkpoints;
begin
  perform press_private.require_running();
  if (publish_checkpoint.tree_size >= 1
      and press_worker.ledger_root(publish_checkpoint.tree_size) = publish_checkpoint.root_hash) is not true then
    perform press_private.refuse('INVALID_INPUT', 'This is not the root of the ledger at this size.');
  end if;
  if v_origin is null or v_origin <> coalesce(press_private.ledger_origin(), v_origin) then
    perform press_private.refuse('INVALID_INPUT', format('The origin of this ledger is %s.', press_private.ledger_origin()));
  end if;
  v_key := press_private.active_signing_key(publish_checkpoint.key_id, 'checkpoint');
  v_body := format(E'%s\n%s\n%s\n', v_origin, publish_checkpoint.tree_size, encode(publish_checkpoint.root_hash, 'base64'));
  if not press.ed25519_verify(decode(v_key.public_key, 'hex'), convert_to(v_body, 'UTF8'),
      press_private.checkpoint_signature(publish_checkpoint.note, v_body, v_origin, decode(v_key.public_key, 'hex'))) then
    perform press_private.refuse('INVALID_INPUT', 'The note is not that size and root under a signature of the key.');
  end if;

  insert into press.checkpoints (tree_size, root_hash, key_id, note)
  values (publish_checkpoint.tree_size, publish_checkpoint.root_hash, publish_checkpoint.key_id, publish_checkpoint.note)
  on conflict on constraint checkpoints_pkey do nothing
  returning * into v_checkpoint;

  if v_checkpoint.tree_size is null then
    select c.* into strict v_checkpoint from press.checkpoints c where c.tree_size = publish_checkpoint.tree_size;
    if v_checkpoint.note <> publish_checkpoint.note then
      perform press_private.refuse('INVALID_INPUT', 'Another checkpoint of this size was published.');
    end if;
    return v_checkpoint;
  end if;
  perform pg_notify('press_ledger', '');  -- a hint that wakes whoever waits; it says nothing
  return v_checkpoint;
end
$$;
comment on function press_worker.publish_checkpoint is 'Publishes a signed checkpoint (C2SP tlog-checkpoint) of the ledger; the same again is fine. Refuses: PRESS_STOPPED, INVALID_INPUT, UNKNOWN_KEY.';
revoke all on function press_worker.publish_checkpoint from public;
grant execute on function press_worker.publish_checkpoint to press_worker;
--! EndIncluded press_worker/publish_checkpoint.sql

-- Stopping and starting
--! Included press_private/set_press_state.sql
create or replace function press_private.set_press_state(is_stopped boolean, reason text, changed_by text)
  returns boolean
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  if not press_private.is_one_line(set_press_state.reason, 500) then
    perform press_private.refuse('INVALID_INPUT', 'A reason has 1 to 500 characters, none of them a control character.');
  end if;
  if (press_private.stop_reason() is not null) = set_press_state.is_stopped then
    return false;
  end if;
  insert into press_private.press_state (is_stopped, reason, changed_by)
  values (set_press_state.is_stopped, set_press_state.reason, set_press_state.changed_by);
  return true;
end
$$;
comment on function press_private.set_press_state is 'Stops or starts the press, and tells whether that changed anything. Refuses: INVALID_INPUT.';
revoke all on function press_private.set_press_state from public;
--! EndIncluded press_private/set_press_state.sql
--! Included press_worker/stop_press.sql
/* Called when the ledger is not the one whose checkpoint is kept outside, as after a restored backup: what is issued now might have been issued
   already, to others. Only an operator starts the press again: press.start_press. */
create or replace function press_worker.stop_press(reason text)
  returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  return press_private.set_press_state(true, stop_press.reason, 'login:' || session_user);
end
$$;
comment on function press_worker.stop_press is 'Stops the press, with a reason (1 to 500 characters) that everybody can read: nothing is issued, signed or changed any more. False: it was stopped already, and the first reason stays. Refuses: INVALID_INPUT.';
revoke all on function press_worker.stop_press from public;
grant execute on function press_worker.stop_press to press_worker;
--! EndIncluded press_worker/stop_press.sql
--! Included press_worker/adopt_ledger.sql
/* After a restored backup there may be checkpoints out there of entries that are here no more. Whoever goes on then does it under another name
   (or, with an empty store, says that it is the same ledger), so that nobody is shown two histories of one. */
create or replace function press_worker.adopt_ledger(origin text, reason text)
  returns void
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  if coalesce(adopt_ledger.origin !~ '^[^[:space:][:cntrl:]+]{1,200}$', true) then
    perform press_private.refuse('INVALID_INPUT', 'An origin has 1 to 200 characters, none of them a space, a plus or a control character.');
  end if;
  if not press_private.is_one_line(adopt_ledger.reason, 500) then
    perform press_private.refuse('INVALID_INPUT', 'A reason has 1 to 500 characters, none of them a control character.');
  end if;
  if adopt_ledger.origin <> press_private.ledger_origin() and (
      exists (select from press_private.ledger_adoptions a where a.origin = adopt_ledger.origin)
      or adopt_ledger.origin = (select split_part(c.note, E'\n', 1) from press.checkpoints c order by c.tree_size limit 1)) then
    perform press_private.refuse('INVALID_INPUT', 'The ledger had this name before, and may have been published under it with other entries.');
  end if;
  insert into press_private.ledger_adoptions (origin, reason, tree_size)
  select adopt_ledger.origin, adopt_ledger.reason, h.tree_size from press_private.ledger_head h;
end
$$;
comment on function press_worker.adopt_ledger is 'From now on the ledger''s checkpoints have this origin, which is the present one or was never one before. Refuses: INVALID_INPUT.';
revoke all on function press_worker.adopt_ledger from public;
grant execute on function press_worker.adopt_ledger to press_worker;
--! EndIncluded press_worker/adopt_ledger.sql
--! Included press/start_press.sql
create or replace function press.start_press(reason text)
  returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  return press_private.set_press_state(false, start_press.reason, press_private.issuer_label(press_private.require_operator()));
end
$$;
comment on function press.start_press is 'Starts a press that was stopped: press_stop_reason tells why it was. reason (1 to 500 characters): why it may run again; it is kept. False: the press was running. Refuses: NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT.';
revoke all on function press.start_press from public;
grant execute on function press.start_press to press_anonymous, press_holder, press_operator;
--! EndIncluded press/start_press.sql
--! Included press/press_stop_reason.sql
create or replace function press.press_stop_reason()
  returns text
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return press_private.stop_reason();
end
$$;
comment on function press.press_stop_reason is 'Why the press is stopped, so that every request to change something is refused; null while it runs.';
revoke all on function press.press_stop_reason from public;
grant execute on function press.press_stop_reason to press_anonymous, press_holder, press_operator, press_auditor;
--! EndIncluded press/press_stop_reason.sql

-- Holding and proving
--! Included press/current_holder.sql
create or replace function press.current_holder()
  returns press.holders
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_holder  press.holders;
begin
  select h.* into v_holder from press.holders h where h.id = press_hidden.current_holder_id();
  return v_holder;
end
$$;
comment on function press.current_holder is 'The caller as a holder; null for a caller who is none, or not known yet: asking for a first ticket makes known.';
revoke all on function press.current_holder from public;
grant execute on function press.current_holder to press_anonymous, press_holder, press_operator;
--! EndIncluded press/current_holder.sql
--! Included press_private/issued_entry.sql
create or replace function press_private.issued_entry(ticket press.tickets)
  returns press.ledger_entries
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_entry  press.ledger_entries;
begin
  select e.* into v_entry from press.ledger_entries e
  where e.edition_id = ticket.edition_id and e.ticket_number = ticket.ticket_number and e.type = 'ticket.issued';
  return v_entry;
end
$$;
comment on function press_private.issued_entry is 'The ticket''s ticket.issued in the ledger; nulls while it has no place there.';
revoke all on function press_private.issued_entry from public;
--! EndIncluded press_private/issued_entry.sql
--! Included press/tickets_ledger_place.sql
create or replace function press.tickets_ledger_place(ticket press.tickets)
  returns bigint
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return (press_private.issued_entry(ticket)).place;
end
$$;
comment on function press.tickets_ledger_place is 'The place of the ticket''s ticket.issued in the ledger, from 0; null while it has none.';
revoke all on function press.tickets_ledger_place from public;
grant execute on function press.tickets_ledger_place to press_anonymous, press_holder, press_operator, press_auditor;
--! EndIncluded press/tickets_ledger_place.sql
--! Included press_private/covering_checkpoint.sql
create or replace function press_private.covering_checkpoint(place bigint)
  returns press.checkpoints
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_checkpoint  press.checkpoints;
begin
  select c.* into v_checkpoint from press.checkpoints c
  where c.tree_size > covering_checkpoint.place order by c.tree_size desc limit 1;
  return v_checkpoint;
end
$$;
comment on function press_private.covering_checkpoint is 'The last checkpoint, if it covers the place; else nulls.';
revoke all on function press_private.covering_checkpoint from public;
--! EndIncluded press_private/covering_checkpoint.sql
--! Included press_private/proof_head.sql
create or replace function press_private.proof_head(entry press.ledger_entries)
  returns text
  language sql stable
begin atomic
  select E'c2sp.org/tlog-proof@v1\nextra ' || replace(encode(convert_to((entry).leaf, 'UTF8'), 'base64'), E'\n', '')
      || E'\nindex ' || (entry).place || E'\n';
end;
comment on function press_private.proof_head is 'The lines with which every proof of the entry begins (C2SP tlog-proof): the entry itself and its place.';
revoke all on function press_private.proof_head from public;
--! EndIncluded press_private/proof_head.sql
--! Included press_private/proof_document.sql
create or replace function press_private.proof_document(entry press.ledger_entries, checkpoint press.checkpoints)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return press_private.proof_head(entry)
      || array_to_string(
           press_private.base64_of_all(press_private.inclusion_path(entry.place, checkpoint.tree_size)) || array['', ''], E'\n')
      || checkpoint.note;
end
$$;
comment on function press_private.proof_document is 'The proof that the entry is under the checkpoint, which covers it (C2SP tlog-proof); null where one of them is missing.';
revoke all on function press_private.proof_document from public;
--! EndIncluded press_private/proof_document.sql
--! Included press/tickets_timechain_proof.sql
/* A C2SP tlog-proof: what a holder keeps beside the envelope, so that anybody can see without us that the ticket is in the ledger. */
create or replace function press.tickets_timechain_proof(ticket press.tickets)
  returns text
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_entry  press.ledger_entries := press_private.issued_entry(ticket);
begin
  return press_private.proof_document(v_entry, press_private.covering_checkpoint(v_entry.place));
end
$$;
comment on function press.tickets_timechain_proof is 'The proof that the ticket is in the ledger (C2SP tlog-proof), under the last checkpoint; null until that covers it.';
revoke all on function press.tickets_timechain_proof from public;
grant execute on function press.tickets_timechain_proof to press_anonymous, press_holder, press_operator, press_auditor;
--! EndIncluded press/tickets_timechain_proof.sql
--! Included press/timechain_proof.sql
/* Anybody may have the proof of any ticket: all that is in it is in the public ledger. */
create or replace function press.timechain_proof(ticket_id uuid)
  returns text
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_ticket  press.tickets;
  v_proof   text;
begin
  select t.* into v_ticket from press.tickets t where t.id = timechain_proof.ticket_id;
  if v_ticket.id is null then
    perform press_private.refuse('TICKET_NOT_FOUND');
  end if;
  if v_ticket.status = 'pending' then
    perform press_private.refuse('TICKET_NOT_SIGNED');
  end if;

  v_proof := press.tickets_timechain_proof(v_ticket);
  if v_proof is null then
    perform press_private.refuse('TICKET_NOT_SIGNED', 'It has its envelope, and its entry in the ledger awaits the signature of a checkpoint.');
  end if;
  return v_proof;
end
$$;
comment on function press.timechain_proof is 'The proof that the ticket is in the ledger (C2SP tlog-proof), under the last checkpoint. Refuses: TICKET_NOT_FOUND, TICKET_NOT_SIGNED (also while no checkpoint covers it).';
revoke all on function press.timechain_proof from public;
grant execute on function press.timechain_proof to press_anonymous, press_holder, press_operator, press_auditor;
--! EndIncluded press/timechain_proof.sql

-- The ledger as it is served
--! Included press_private/is_tile_published.sql
/* What no checkpoint covers may still be another tree tomorrow, after a restored backup, so it is not served as a tile, which may be kept for ever.
   In numeric, because asking for a tile that can never be is no error. */
create or replace function press_private.is_tile_published(level integer, index bigint, width integer)
  returns boolean
  language sql stable
begin atomic
  select is_tile_published.level between 0 and 63 and is_tile_published.index >= 0 and is_tile_published.width between 1 and 256
     and (is_tile_published.index::numeric * 256 + is_tile_published.width) * 256::numeric ^ is_tile_published.level
         <= (select max(c.tree_size) from press.checkpoints c);
end;
comment on function press_private.is_tile_published is 'Whether the first width hashes of the tile (C2SP tlog-tiles) are under a published checkpoint. Null, so no, when there is none.';
revoke all on function press_private.is_tile_published from public;
--! EndIncluded press_private/is_tile_published.sql
--! Included press_gateway/ledger_checkpoint.sql
/* The ledger as it stands, for everybody: the gateway asks once for many readers. */
create or replace function press_gateway.ledger_checkpoint()
  returns table (note text, public_key text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select c.note, k.public_key from press.checkpoints c join press.signing_keys k on k.key_id = c.key_id
  order by c.tree_size desc limit 1;
end
$$;
comment on function press_gateway.ledger_checkpoint is 'The latest checkpoint (a signed note, C2SP tlog-checkpoint) with the key that signed it; no row before the first.';
revoke all on function press_gateway.ledger_checkpoint from public;
grant execute on function press_gateway.ledger_checkpoint to press_gateway;
--! EndIncluded press_gateway/ledger_checkpoint.sql
--! Included press_gateway/ledger_tile.sql
/* A tile of 8 levels of the tree is its lowest level: the hashes of 256 neighbours, each the root of a complete subtree. Such a hash
   never changes, so neither does a tile. */
create or replace function press_gateway.ledger_tile(level integer, index bigint, width integer)
  returns bytea
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_first  bigint;
begin
  if press_private.is_tile_published(ledger_tile.level, ledger_tile.index, ledger_tile.width) is not true then
    return null;
  end if;

  v_first := ledger_tile.index * 256;
  return (select string_agg(h.hash, ''::bytea order by h.index)
          from press_private.subtree_hashes(8 * ledger_tile.level, v_first, v_first + ledger_tile.width - 1) h);
end
$$;
comment on function press_gateway.ledger_tile is 'The first width of the 256 hashes of the index-th tile of a level (C2SP tlog-tiles), 32 bytes each; null unless a published checkpoint covers them.';
revoke all on function press_gateway.ledger_tile from public;
grant execute on function press_gateway.ledger_tile to press_gateway;
--! EndIncluded press_gateway/ledger_tile.sql
--! Included press_gateway/ledger_entries.sql
/* The entries beneath the index-th tile of level 0. The length of an entry fits into two bytes by a constraint of the table. */
create or replace function press_gateway.ledger_entries(index bigint, width integer)
  returns bytea
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_first  bigint;
begin
  if press_private.is_tile_published(0, ledger_entries.index, ledger_entries.width) is not true then
    return null;
  end if;

  v_first := ledger_entries.index * 256;
  return (select string_agg(substring(int4send(octet_length(e.leaf)) from 3) || convert_to(e.leaf, 'UTF8'), ''::bytea order by e.place)
          from press.ledger_entries e where e.place between v_first and v_first + ledger_entries.width - 1);
end
$$;
comment on function press_gateway.ledger_entries is 'The first width of the 256 entries of the index-th bundle (C2SP tlog-tiles), each after its length in two bytes; null unless a published checkpoint covers them.';
revoke all on function press_gateway.ledger_entries from public;
grant execute on function press_gateway.ledger_entries to press_gateway;
--! EndIncluded press_gateway/ledger_entries.sql
--! Included press_gateway/ledger_proof.sql
/* For readers of the public ledger; a ticket's own proof is press.timechain_proof. */
create or replace function press_gateway.ledger_proof(place bigint, tree_size bigint)
  returns text
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_entry       press.ledger_entries;
  v_checkpoint  press.checkpoints := press_private.covering_checkpoint(ledger_proof.place);
begin
  if ledger_proof.tree_size is not null then
    select c.* into v_checkpoint from press.checkpoints c where c.tree_size = ledger_proof.tree_size and c.tree_size > ledger_proof.place;
  end if;
  select e.* into v_entry from press.ledger_entries e where e.place = ledger_proof.place;
  return press_private.proof_document(v_entry, v_checkpoint);
end
$$;
comment on function press_gateway.ledger_proof is 'The proof that the entry at the place is in the ledger (C2SP tlog-proof), under the checkpoint of that size, or the last one (null); null when there is no such checkpoint, or it does not cover the place.';
revoke all on function press_gateway.ledger_proof from public;
grant execute on function press_gateway.ledger_proof to press_gateway;
--! EndIncluded press_gateway/ledger_proof.sql

-- Verifying, redeeming and withdrawing
--! Included press_private/read_envelope.sql
/* The canonical form, judged and never repaired: JSON is parsed and written again, member by member, and what is not the same text was written
   otherwise: with other members, twice the same, in another order, with spaces, escapes or numbers of another form. Whatever the parser refuses
   (no JSON, nested too deep, half a surrogate pair, U+0000) is not canonical either. PostgreSQL writes a string as RFC 8785 does. The forms
   of the values are those of the SDK, verifier/envelope.ts. */
create or replace function press_private.read_envelope(envelope text)
  returns press_private.envelope_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_read  press_private.envelope_record;
begin
  if length(read_envelope.envelope) > 65536 then
    return null;
  end if;
  select m.ticket_id::uuid, m.key_id, replace(read_envelope.envelope, ',"signature":"' || m.signature || '"', ''), m.signature
  into v_read
  from json_to_record(read_envelope.envelope::json) m
    (edition text, key_id text, recipient text, signature text, ticket_id text, ticket_number text, "timestamp" text, type text)
  where read_envelope.envelope = format(
      '{"edition":%s,"key_id":%s,"recipient":%s,"signature":%s,"ticket_id":%s,"ticket_number":%s,"timestamp":%s,"type":"golden-press/ticket/v1"}',
      to_json(m.edition), to_json(m.key_id), to_json(m.recipient), to_json(m.signature), to_json(m.ticket_id), m.ticket_number, to_json(m."timestamp"))
    and m.edition collate "C" ~ '^[a-z0-9]+(-[a-z0-9]+)*$'
    and m.key_id collate "C" ~ '^[0-9a-f]{16}$'
    and m.recipient <> ''
    and m.signature collate "C" ~ '^[0-9a-f]{128}$'
    and m.ticket_id collate "C" ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    and m.ticket_number collate "C" ~ '^[1-9][0-9]{0,15}$' and m.ticket_number::bigint < 9007199254740992  -- 2^53
    -- Years have four digits. PostgreSQL knows no year 0000; its days are those of 2000.
    and m."timestamp" collate "C" ~ '^[0-9]{4}-'
    and regexp_replace(m."timestamp", '^0000-', '2000-') = press_private.rfc3339(regexp_replace(m."timestamp", '^0000-', '2000-')::timestamptz);
  return v_read;
exception
  when data_exception or program_limit_exceeded then
    return null;
end
$$;
comment on function press_private.read_envelope is 'The parts of a text that is the canonical form of a signed envelope; null for any other text. Says nothing of whether it is genuine.';
revoke all on function press_private.read_envelope from public;
--! EndIncluded press_private/read_envelope.sql
--! Included press/verify_ticket.sql
/* The whole verdict, for anybody who was shown an envelope. Each part is judged for itself, so that all of them can be seen; the refusal is what
   press.redeem_ticket would answer first. Whose ticket it is is not asked here. */
create or replace function press.verify_ticket(envelope text)
  returns press.ticket_verdict
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_envelope    press_private.envelope_record := press_private.read_envelope(verify_ticket.envelope);
  v_public_key  text;
  v_ticket      press.tickets;
  v_verdict     press.ticket_verdict;
begin
  select k.public_key into v_public_key from press.signing_keys k where k.key_id = v_envelope.key_id and k.purpose = 'ticket';
  select t.* into v_ticket from press.tickets t where t.id = v_envelope.ticket_id;

  v_verdict.ticket_id := v_envelope.ticket_id;
  v_verdict.is_canonical := v_envelope.ticket_id is not null;
  v_verdict.is_key_known := v_public_key is not null;
  v_verdict.is_signature_valid := press.ed25519_verify(
    decode(v_public_key, 'hex'), convert_to(v_envelope.message, 'UTF8'), decode(v_envelope.signature, 'hex'));
  v_verdict.is_ticket_known := coalesce(v_ticket.envelope = verify_ticket.envelope, false);
  if v_verdict.is_ticket_known then
    v_verdict.status := v_ticket.status;
    v_verdict.ledger_place := press.tickets_ledger_place(v_ticket);
    v_verdict.checkpoint_tree_size := (press_private.covering_checkpoint(v_verdict.ledger_place)).tree_size;
  end if;

  v_verdict.refusal := case
    when not v_verdict.is_canonical          then 'NOT_CANONICAL'
    when v_ticket.id is null                 then 'TICKET_NOT_FOUND'
    when v_ticket.status = 'pending'         then 'TICKET_NOT_SIGNED'
    when not v_verdict.is_key_known          then 'UNKNOWN_KEY'
    when not v_verdict.is_signature_valid    then 'SIGNATURE_INVALID'
    when not v_verdict.is_ticket_known       then 'TICKET_NOT_FOUND'  -- signed, but off the books
    when v_ticket.status = 'revoked'         then 'TICKET_REVOKED'
    when v_ticket.status = 'redeemed'        then 'ALREADY_REDEEMED'
  end;
  return v_verdict;
end
$$;
comment on function press.verify_ticket is 'Says of any text whether it is the envelope of a ticket of this press, signed, known, in the ledger, and not used yet. Whoever asks is answered, and nothing is changed. For a verdict that does not rest on what this press says, verify the envelope and its proof offline.';
revoke all on function press.verify_ticket from public;
grant execute on function press.verify_ticket to press_anonymous, press_holder, press_operator, press_auditor;
--! EndIncluded press/verify_ticket.sql
--! Included press_private/require_redeemer.sql
/* A holder who was deactivated redeems nothing, and nothing of theirs is redeemed at the gate. Another holder is not told of it. */
create or replace function press_private.require_redeemer(actor press_hidden.actor_record, ticket_id uuid)
  returns void
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  if actor.kind = 'nobody' then
    perform press_private.refuse('NOT_SIGNED_IN');
  end if;
  perform press_private.refuse('HOLDER_INACTIVE')
  from press.holders h
  where not h.is_active
    and case actor.kind when 'holder' then h.subject = actor.subject
        else h.id = (select t.holder_id from press.tickets t where t.id = require_redeemer.ticket_id) end;
end
$$;
comment on function press_private.require_redeemer is 'Refuses: NOT_SIGNED_IN, HOLDER_INACTIVE (the calling holder; for an operator, the holder of the ticket).';
revoke all on function press_private.require_redeemer from public;
--! EndIncluded press_private/require_redeemer.sql
--! Included press_private/redeemed_under.sql
/* A request under a key is to redeem one ticket: the envelope says which. The proof does not belong to it, because a client that asks again may have
   fetched a newer one. */
create or replace function press_private.redeemed_under(request_key uuid, redeemed_by text, holder_id uuid, envelope text)
  returns press.tickets
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_ticket  press.tickets;
begin
  select t.* into v_ticket
  from press.redemptions r
  join press.tickets t on t.edition_id = r.edition_id and t.ticket_number = r.ticket_number
  where r.request_key = redeemed_under.request_key and r.redeemed_by = redeemed_under.redeemed_by
    and (r.redeemed_by <> 'holder' or r.holder_id = redeemed_under.holder_id);
  if v_ticket.envelope <> redeemed_under.envelope then
    perform press_private.refuse('REQUEST_KEY_REUSED');
  end if;
  return v_ticket;
end
$$;
comment on function press_private.redeemed_under is 'The ticket that this actor redeemed under the key, with this envelope; nulls when nothing was. holder_id: who the actor is, if it is a holder. Refuses: REQUEST_KEY_REUSED (another ticket was).';
revoke all on function press_private.redeemed_under from public;
--! EndIncluded press_private/redeemed_under.sql
--! Included press_private/proof_problem.sql
/* Nothing of the document is believed: it must begin with the lines that the ticket's own entry has, and end with a note that was published, and
   what is between must lead from the one to the other. */
create or replace function press_private.proof_problem(ticket press.tickets, timechain_proof text)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_entry       press.ledger_entries := press_private.issued_entry(ticket);
  v_head        text := press_private.proof_head(v_entry);
  v_rest        text := substr(timechain_proof, length(v_head));  -- from the last line feed of the head on
  v_end         integer := position(E'\n\n' in v_rest);
  v_path        text[] := string_to_array(nullif(substr(v_rest, 2, greatest(v_end - 2, 0)), ''), E'\n');
  v_note        text := substr(v_rest, v_end + 2);
  v_checkpoint  press.checkpoints;
begin
  if v_entry.place is null then
    return 'The ticket has no place in the ledger yet; ask for its proof in a moment.';
  end if;
  if position(format('"envelope_hash":"%s"', press_private.envelope_hash(ticket.envelope)) in v_entry.leaf) = 0 then
    return 'The entry of this ticket in the ledger is of another envelope.';
  end if;
  if not starts_with(timechain_proof, v_head) then
    return format('It does not begin as the proof of this ticket''s entry does, which is at place %s of the ledger.', v_entry.place);
  end if;
  select c.* into v_checkpoint from press.checkpoints c
  where c.tree_size = substring(v_note from E'^[^\n]*\n([1-9][0-9]{0,17})\n')::bigint and c.note = v_note;
  if v_checkpoint.tree_size is null then
    return 'Its checkpoint is not one that this press published.';
  end if;
  if exists (select from unnest(v_path) p where p collate "C" !~ '^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$')  -- 32 bytes, no bit left over
     or press_private.root_of_inclusion(
          press_private.leaf_hash(v_entry.leaf), v_entry.place, v_checkpoint.tree_size,
          array(select decode(p.hash, 'base64') from unnest(v_path) with ordinality p (hash, index) order by p.index))
        is distinct from v_checkpoint.root_hash then
    return 'Its hashes do not lead from the entry to the root of its checkpoint.';
  end if;
  return null;
end
$$;
comment on function press_private.proof_problem is 'Why the document does not prove that the ledger has exactly this ticket under a published checkpoint, as a sentence; null when it does.';
revoke all on function press_private.proof_problem from public;
--! EndIncluded press_private/proof_problem.sql
--! Included press_private/record_redemption.sql
create or replace function press_private.record_redemption(ticket press.tickets, redeemed_by text, label text, request_key uuid)
  returns press.tickets
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_ticket      press.tickets;
  v_redemption  press.redemptions;
begin
  insert into press.redemptions (edition_id, ticket_number, holder_id, redeemed_by, request_key)
  values (ticket.edition_id, ticket.ticket_number, ticket.holder_id, record_redemption.redeemed_by, record_redemption.request_key)
  returning * into v_redemption;

  update press.tickets t set status = 'redeemed' where t.id = ticket.id returning t.* into v_ticket;

  perform press_private.append_entry('ticket.redeemed', e.id, ticket.ticket_number,
    press_private.ticket_redeemed_leaf(v_ticket, e.slug, record_redemption.label, v_redemption.redeemed_at))
  from press.editions e where e.id = ticket.edition_id;
  return v_ticket;
end
$$;
comment on function press_private.record_redemption is 'Writes that the ticket was redeemed, and by whom: redeemed_by as rows name who acted, label as the ledger does. To be called under the edition''s lock.';
revoke all on function press_private.record_redemption from public;
--! EndIncluded press_private/record_redemption.sql
--! Included press/redeem_ticket.sql
/* Uses a ticket up, once. The way of a request from here:
     1. an answer that was given before     press_private.redeemed_under
     2. form, key, signature, status        press.verify_ticket
     3. is it in the ledger?                press_private.proof_problem
     4. is it the caller's?                 its holder's; or an operator stands at the gate, was shown the envelope, and is recorded
     5. one at a time                       press_private.lock_edition                the first layer
     6. is it still there to be used?       its status, read again                    the second layer
     7. write it                            the unique keys of press.redemptions: the third; the ticket's status; the entry of the ledger
   Locks: the operator's row as a holder if it is new, the edition, the ticket. A crash before the commit leaves nothing; after it the ticket is
   redeemed, and asking again under the same key gives the same answer. */
create or replace function press.redeem_ticket(envelope text, timechain_proof text, request_key uuid default null)
  returns press.tickets
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_actor       press_hidden.actor_record := press_hidden.current_actor();
  v_by          text := coalesce(press_private.issuer_label(v_actor), 'holder');
  v_holder_id   uuid := press_hidden.current_holder_id();
  v_verdict     press.ticket_verdict := press.verify_ticket(redeem_ticket.envelope);
  v_problem     text;
  v_label       text;
  v_ticket      press.tickets;
  v_constraint  text;
begin
  perform press_private.require_running();
  perform press_private.require_redeemer(v_actor, v_verdict.ticket_id);
  if redeem_ticket.envelope is null or redeem_ticket.timechain_proof is null then
    perform press_private.refuse('INVALID_INPUT', 'A ticket is redeemed with its envelope and its proof; one of them is missing.');
  end if;
  v_ticket := press_private.redeemed_under(redeem_ticket.request_key, v_by, v_holder_id, redeem_ticket.envelope);
  if v_ticket.id is not null then
    return v_ticket;
  end if;

  perform press_private.refuse(v_verdict.refusal) where v_verdict.refusal not in ('TICKET_REVOKED', 'ALREADY_REDEEMED');
  select t.* into strict v_ticket from press.tickets t where t.id = v_verdict.ticket_id;
  v_problem := press_private.proof_problem(v_ticket, redeem_ticket.timechain_proof);
  perform press_private.refuse('PROOF_INVALID', v_problem) where v_problem is not null;
  perform press_private.refuse('NOT_THE_HOLDER') where v_actor.kind = 'holder' and v_ticket.holder_id is distinct from v_holder_id;

  v_label := press_private.ledger_label(v_actor);
  perform press_private.lock_edition(v_ticket.edition_id);
  perform press_private.require_running();

  -- Statements from here on see all that was committed before the lock was granted.
  select t.* into strict v_ticket from press.tickets t where t.id = v_verdict.ticket_id for update;
  if v_ticket.status = 'redeemed' and (press_private.redeemed_under(redeem_ticket.request_key, v_by, v_holder_id, redeem_ticket.envelope)).id is not null then
    return v_ticket;
  end if;
  perform press_private.refuse(case v_ticket.status when 'revoked' then 'TICKET_REVOKED' else 'ALREADY_REDEEMED' end)
  where v_ticket.status <> 'signed';
  return press_private.record_redemption(v_ticket, v_by, v_label, redeem_ticket.request_key);
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when unique_violation then
    -- Of two requests with one key for two tickets, at once, the second comes here.
    get stacked diagnostics v_constraint = constraint_name;
    perform press_private.refuse(case v_constraint when 'redemptions_request_key' then 'REQUEST_KEY_REUSED' else 'RETRY' end);
    return null;
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.redeem_ticket is 'Uses a ticket up, for its holder, or for an operator who was shown its envelope. timechain_proof: as Ticket.timechainProof gives it. The same request key gives the same answer, for ever. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, HOLDER_INACTIVE, INVALID_INPUT, REQUEST_KEY_REUSED, LOCK_TIMEOUT, RETRY, TICKET_NOT_FOUND, TICKET_NOT_SIGNED, NOT_CANONICAL, UNKNOWN_KEY, SIGNATURE_INVALID, PROOF_INVALID, NOT_THE_HOLDER, TICKET_REVOKED, ALREADY_REDEEMED.';
revoke all on function press.redeem_ticket from public;
grant execute on function press.redeem_ticket to press_anonymous, press_holder, press_operator;
--! EndIncluded press/redeem_ticket.sql
--! Included press/revoke_ticket.sql
/* Withdraws a ticket. Its number and its holder's slot stay taken: five golden tickets exist, ever. Locks: the operator's row as a
   holder if it is new, the edition, the ticket. */
create or replace function press.revoke_ticket(ticket_id uuid, reason text)
  returns press.tickets
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_actor       press_hidden.actor_record;
  v_label       text;
  v_ticket      press.tickets;
  v_revocation  press.revocations;
begin
  perform press_private.require_running();
  v_actor := press_private.require_operator();
  if not press_private.is_one_line(revoke_ticket.reason, 500) then
    perform press_private.refuse('INVALID_INPUT', 'A reason has 1 to 500 characters, none of them a control character.');
  end if;
  v_label := press_private.ledger_label(v_actor);

  select t.* into v_ticket from press.tickets t where t.id = revoke_ticket.ticket_id;
  if v_ticket.id is null then
    perform press_private.refuse('TICKET_NOT_FOUND');
  end if;
  perform press_private.lock_edition(v_ticket.edition_id);
  perform press_private.require_running();

  select t.* into strict v_ticket from press.tickets t where t.id = revoke_ticket.ticket_id for update;
  perform press_private.refuse(case v_ticket.status
    when 'pending' then 'TICKET_NOT_SIGNED' when 'revoked' then 'TICKET_REVOKED' else 'ALREADY_REDEEMED' end)
  where v_ticket.status <> 'signed';

  insert into press.revocations (edition_id, ticket_number, reason, revoked_by)
  values (v_ticket.edition_id, v_ticket.ticket_number, revoke_ticket.reason, press_private.issuer_label(v_actor))
  returning * into v_revocation;

  update press.tickets t set status = 'revoked' where t.id = v_ticket.id returning t.* into v_ticket;
  perform press_private.append_entry('ticket.revoked', e.id, v_ticket.ticket_number,
    press_private.ticket_revoked_leaf(v_ticket, e.slug, v_label, v_revocation.reason, v_revocation.revoked_at))
  from press.editions e where e.id = v_ticket.edition_id;
  return v_ticket;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.revoke_ticket is 'Withdraws a signed ticket. Its number is never given out again. The reason (1 to 500 characters) is published in the ledger, where everybody can read it, for ever: it should name nobody. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT, LOCK_TIMEOUT, RETRY, TICKET_NOT_FOUND, TICKET_NOT_SIGNED, TICKET_REVOKED, ALREADY_REDEEMED.';
revoke all on function press.revoke_ticket from public;
grant execute on function press.revoke_ticket to press_anonymous, press_holder, press_operator;
--! EndIncluded press/revoke_ticket.sql

-- The audit: begin with the last, and with what it checks
--! Included press_private/audit_checks.sql
/* The register of what press.audit checks. Each is a sentence that holds; test/audit/tampering.test.ts breaks every one of them. */
create or replace function press_private.audit_checks()
  returns table (part press.audit_part, "check" text, subject text)
  language sql immutable
begin atomic
  values
    ('editions'::press.audit_part, 'the terms and the status of an edition are possible', 'press.editions'),
    ('editions', 'tickets are numbered from 1 to their count, within the cap', 'press.editions'),
    ('editions', 'what waits to be recorded as closed is closed, not recorded, and awaits its last ticket', 'press_private.closings_to_record'),
    ('tickets', 'a ticket has the terms of its edition, and keeps within them', 'press.tickets'),
    ('tickets', 'a ticket has a holder', 'press.tickets'),
    ('tickets', 'the slots of a holder run from 1 to their count, within the limit', 'press.tickets'),
    ('tickets', 'a request was answered once, whole, and for one holder', 'press.tickets'),
    ('tickets', 'a ticket has an envelope once it is signed, and not before', 'press.tickets'),
    ('tickets', 'a ticket is redeemed or revoked where a row says by whom, and nowhere else', 'press.tickets'),
    ('envelopes', 'an envelope says what the row of its ticket says', 'press.tickets'),
    ('envelopes', 'an envelope names a key that signs tickets', 'press.tickets'),
    ('keys', 'the id of a key is its fingerprint', 'press.signing_keys'),
    ('keys', 'the comb of a key is computed from it', 'press_private.ed25519_combs'),
    ('rows', 'a row is as the press wrote it', 'every sealed row'),
    ('entries', 'places run from 0 without a gap, and the head counts them', 'press.ledger_entries'),
    ('entries', 'an entry tells what the rows say, once', 'press.ledger_entries'),
    ('entries', 'what the rows say happened has its entry', 'every row'),
    ('tree', 'the hash of an entry is computed from it', 'press.ledger_entries'),
    ('tree', 'a node is computed from the entries below it, and every complete subtree has one', 'press_private.ledger_nodes'),
    ('checkpoints', 'a checkpoint has the root of the tree of its size', 'press.checkpoints'),
    ('checkpoints', 'the note of a checkpoint says its size and root, by a key for checkpoints, under a name of the ledger', 'press.checkpoints'),
    ('replay', 'the entries alone tell editions that keep within their caps and limits', 'press.ledger_entries'),
    ('replay', 'the entries alone tell how many tickets each holder has', 'press.holders'),
    ('notes', 'the key of a checkpoint signed it', 'press.checkpoints'),
    ('signatures', 'the key of an envelope signed it', 'press.tickets');
end;
comment on function press_private.audit_checks is 'What press.audit checks, in its order, and where.';
revoke all on function press_private.audit_checks from public;
--! EndIncluded press_private/audit_checks.sql
--! Included press_private/sealed_columns.sql
/* What neither an envelope nor the ledger says is sealed, so that its change shows as well; where a table has few rows, all of them. A migration
   that changes a list makes the seals of the rows that are there. */
create or replace function press_private.sealed_columns()
  returns table (relation text, key text, columns text, condition text)
  language sql immutable
begin atomic
  values
    ('press.editions', 'id',
     'id, slug, title, cap, per_holder_limit, draw_mode, status, opens_at, closes_at, created_at, opened_at, closed_at', 'true'),
    ('press.tickets', 'edition_id, ticket_number', 'edition_id, ticket_number, issued_by, request_key, request_position', 'status <> ''pending'''),
    ('press.revocations', 'edition_id, ticket_number', 'edition_id, ticket_number, reason, is_reason_published, revoked_by, revoked_at', 'true'),
    ('press.redemptions', 'edition_id, ticket_number', 'edition_id, ticket_number, holder_id, redeemed_by, request_key, redeemed_at', 'true'),
    ('press.signing_keys', 'key_id', 'key_id, public_key, purpose, activated_at, retired_at', 'true'),
    ('press.ledger_entries', 'place', 'place, recorded_at', 'true'),
    ('press.checkpoints', 'tree_size', 'tree_size, root_hash, key_id, note, signed_at', 'true'),
    ('press_private.press_state', 'id', 'id, is_stopped, reason, changed_by, changed_at', 'true'),
    ('press_private.ledger_adoptions', 'id', 'id, origin, reason, tree_size, adopted_at', 'true');
end;
comment on function press_private.sealed_columns is 'The tables whose rows are sealed: their key, the columns that a seal is made of, and for which rows there is one.';
revoke all on function press_private.sealed_columns from public;
--! EndIncluded press_private/sealed_columns.sql
--! Included press_private/row_seal.sql
create or replace function press_private.row_seal(relation text, content text)
  returns bytea
  language sql stable
begin atomic
  select sha256(convert_to(row_seal.relation || row_seal.content, 'UTF8'));
end;
comment on function press_private.row_seal is 'The hash of the sealed columns of a row. Times and bytes are written as the session writes them: callers fix TimeZone, DateStyle and bytea_output.';
revoke all on function press_private.row_seal from public;
--! EndIncluded press_private/row_seal.sql
--! Included press_private/tg__seal_rows.sql
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

-- ALWAYS: also in a session that plays replica.
alter table press.tickets                  enable always trigger _500_seal_updated;
alter table press.editions                 enable always trigger _500_seal_inserted;
alter table press.editions                 enable always trigger _500_seal_updated;
alter table press.revocations              enable always trigger _500_seal_inserted;
alter table press.redemptions              enable always trigger _500_seal_inserted;
alter table press.signing_keys             enable always trigger _500_seal_inserted;
alter table press.signing_keys             enable always trigger _500_seal_updated;
alter table press.ledger_entries           enable always trigger _500_seal_inserted;
alter table press.checkpoints              enable always trigger _500_seal_inserted;
alter table press_private.press_state      enable always trigger _500_seal_inserted;
alter table press_private.ledger_adoptions enable always trigger _500_seal_inserted;
--! EndIncluded press_private/tg__seal_rows.sql
--! Included press_private/seal_rows.sql
create or replace function press_private.seal_rows(relation text)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set bytea_output = 'hex' as $$
begin
  execute (
    select format('insert into press_private.row_seals (hash) select press_private.row_seal(%L, row(%s)::text) from %s where %s',
      s.relation, s.columns, s.relation, s.condition)
    from press_private.sealed_columns() s
    where s.relation = seal_rows.relation);
end
$$;
comment on function press_private.seal_rows is 'Makes the seals of the rows that are there: for migrations, when a table comes to be sealed, or other columns of it.';
revoke all on function press_private.seal_rows from public;
--! EndIncluded press_private/seal_rows.sql
--! Included press_private/audit_rows.sql
create or replace function press_private.audit_rows()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set bytea_output = 'hex' as $$
declare
  v_sealed  record;
begin
  for v_sealed in select * from press_private.sealed_columns() loop
    return query execute format($query$
      select 'a row is as the press wrote it', '%1$s ' || row(%2$s)::text, 'It has no seal: it was written or changed by somebody else.'
      from %1$s
      where %4$s and not exists (
        select from press_private.row_seals s where s.hash = press_private.row_seal('%1$s', row(%3$s)::text))
    $query$, v_sealed.relation, v_sealed.key, v_sealed.columns, v_sealed.condition);
  end loop;
end
$$;
comment on function press_private.audit_rows is 'The rows that the press did not write as they are.';
revoke all on function press_private.audit_rows from public;
--! EndIncluded press_private/audit_rows.sql
--! Included press_private/audit_editions.sql
create or replace function press_private.audit_editions()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'the terms and the status of an edition are possible', format('press.editions (%s)', e.id),
    format('It is %s, opened at %s, closed at %s, with a cap of %s and a limit of %s.', e.status, e.opened_at, e.closed_at, e.cap, e.per_holder_limit)
  from press.editions e
  where (e.per_holder_limit between 1 and e.cap
         and (e.opened_at is null) = (e.status = 'draft')
         and (e.closed_at is null) = (e.status in ('draft', 'open'))
         and coalesce(e.closes_at > e.opens_at, true)) is not true;

  return query
  select 'tickets are numbered from 1 to their count, within the cap', format('press.editions (%s)', c.edition_id),
    format('%s tickets have %s numbers from %s to %s; the cap is %s.', c.count, c.numbers, c.lowest, c.highest, e.cap)
  from (
    select t.edition_id, count(*) as count, count(distinct t.ticket_number) as numbers, min(t.ticket_number) as lowest, max(t.ticket_number) as highest
    from press.tickets t group by t.edition_id
  ) c
  left join press.editions e on e.id = c.edition_id
  where (c.lowest = 1 and c.highest = c.count and c.numbers = c.count and c.count <= e.cap) is not true;

  return query
  select 'what waits to be recorded as closed is closed, not recorded, and awaits its last ticket', format('press_private.closings_to_record (%s)', q.edition_id),
    format('The edition is %s, has %s entries edition.closed, and awaits number %s; the last pending ticket is %s.',
      coalesce(e.status::text, 'not there'), c.count, q.awaited_number, p.highest)
  from press_private.closings_to_record q
  left join press.editions e on e.id = q.edition_id
  cross join lateral (
    select count(*) as count
    from (select i.type, i.edition_id from press.ledger_entries i union all select i.type, i.edition_id from press_private.ledger_inbox i) i
    where i.type = 'edition.closed' and i.edition_id = q.edition_id
  ) c
  cross join lateral (
    select max(t.ticket_number) as highest from press.tickets t where t.edition_id = q.edition_id and t.status = 'pending'
  ) p
  where e.closed_at is null or c.count > 0 or q.awaited_number < p.highest;
end
$$;
comment on function press_private.audit_editions is 'What does not hold of editions and the numbers of their tickets.';
revoke all on function press_private.audit_editions from public;
--! EndIncluded press_private/audit_editions.sql
--! Included press_private/audit_tickets.sql
create or replace function press_private.audit_tickets()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select c."check", format('press.tickets (%s,%s)', t.edition_id, t.ticket_number), c.finding
  from press.tickets t
  left join press.editions e on e.id = t.edition_id
  left join press.holders h on h.id = t.holder_id
  cross join lateral (values
    ('a ticket has the terms of its edition, and keeps within them',
     ((t.cap, t.per_holder_limit) = (e.cap, e.per_holder_limit) and e.status <> 'draft'
      and t.ticket_number between 1 and t.cap and t.holder_slot between 1 and t.per_holder_limit),
     format('It has the slot %s of %s and a cap of %s; its edition has %s and %s, and is %s.',
       t.holder_slot, t.per_holder_limit, t.cap, e.per_holder_limit, e.cap, coalesce(e.status::text, 'not there'))),
    ('a ticket has a holder', h.id is not null, format('There is no holder %s.', t.holder_id)),
    ('a ticket has an envelope once it is signed, and not before', (t.envelope is null) = (t.status = 'pending'),
     format('It is %s and has %s.', t.status, case when t.envelope is null then 'none' else 'one' end))
  ) c ("check", holds, finding)
  where c.holds is not true;

  return query
  select c."check", format('press.tickets (%s,%s)', w.edition_id, w.ticket_number), c.finding
  from (
    select t.*,
      row_number() over (partition by t.edition_id, t.holder_id order by t.ticket_number) as holders_turn,
      row_number() over request as requests_turn,
      lag(t.ticket_number) over request as number_before,
      lag(t.holder_id) over request as holder_before
    from press.tickets t
    window request as (partition by t.edition_id, coalesce(t.issued_by, t.holder_id::text), t.request_key order by t.ticket_number)
  ) w
  cross join lateral (values
    ('the slots of a holder run from 1 to their count, within the limit', w.holder_slot = w.holders_turn,
     format('It is the %s. ticket of the holder %s, and has the slot %s.', w.holders_turn, w.holder_id, w.holder_slot)),
    ('a request was answered once, whole, and for one holder',
     case when w.request_key is null then w.request_position is null
     else w.request_position = w.requests_turn and coalesce((w.number_before, w.holder_before) = (w.ticket_number - 1, w.holder_id), w.requests_turn = 1) end,
     format('It is the %s. ticket with the key %s of %s, after number %s, and has the position %s.',
       w.requests_turn, w.request_key, coalesce(w.issued_by, w.holder_id::text), w.number_before, w.request_position))
  ) c ("check", holds, finding)
  where c.holds is not true;
end
$$;
comment on function press_private.audit_tickets is 'What does not hold of the rows of tickets.';
revoke all on function press_private.audit_tickets from public;
--! EndIncluded press_private/audit_tickets.sql
--! Included press_private/audit_endings.sql
create or replace function press_private.audit_endings()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  with endings as (
    select 'press.redemptions' as relation, d.edition_id, d.ticket_number, 'redeemed'::press.ticket_status as status from press.redemptions d
    union all
    select 'press.revocations', v.edition_id, v.ticket_number, 'revoked' from press.revocations v
  ), wrong as (
    select e.relation, t.status, coalesce(e.edition_id, t.edition_id) as edition_id, coalesce(e.ticket_number, t.ticket_number) as ticket_number,
      t.id is not null as is_ticket, e.relation is not null as is_ending
    from endings e
    full join press.tickets t on t.edition_id = e.edition_id and t.ticket_number = e.ticket_number
    where case when e.relation is null then t.status in ('redeemed', 'revoked') else t.status is distinct from e.status end
  )
  select 'a ticket is redeemed or revoked where a row says by whom, and nowhere else', format('%s (%s,%s)', s.relation, w.edition_id, w.ticket_number),
    format('The ticket is %s, and in %s.', coalesce(w.status::text, 'not there'), coalesce(w.relation, 'neither press.redemptions nor press.revocations'))
  from wrong w
  cross join lateral (values ('press.tickets', w.is_ticket), (w.relation, w.is_ending)) s (relation, is_there)
  where s.is_there;
end
$$;
comment on function press_private.audit_endings is 'What does not hold of redemptions and revocations.';
revoke all on function press_private.audit_endings from public;
--! EndIncluded press_private/audit_endings.sql
--! Included press_private/envelope_parts.sql
/* Quicker than press_private.read_envelope, for envelopes that the press itself wrote: inside a string every quote is escaped, so that what follows
   a bare quote is where it seems to be. */
create or replace function press_private.envelope_parts(envelope text)
  returns press_private.envelope_record
  language sql immutable
begin atomic
  select row(null::uuid, left(split_part(envelope_parts.envelope, '","key_id":"', 2), 16),
    replace(envelope_parts.envelope, ',"signature":"' || s.signature || '"', ''), s.signature)::press_private.envelope_record
  from split_part(split_part(envelope_parts.envelope, '","signature":"', 2), '","ticket_id":"', 1) s (signature);
end;
comment on function press_private.envelope_parts is 'The key, the message and the signature of an envelope that the press wrote; of any other text something.';
revoke all on function press_private.envelope_parts from public;
--! EndIncluded press_private/envelope_parts.sql
--! Included press_private/audit_envelopes.sql
create or replace function press_private.audit_envelopes()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select c."check", format('press.tickets (%s,%s)', t.edition_id, t.ticket_number), c.finding
  from press.tickets t
  cross join lateral press_private.envelope_parts(t.envelope) p
  left join press.editions e on e.id = t.edition_id
  left join press.holders h on h.id = t.holder_id
  left join press.signing_keys k on k.key_id = p.key_id and k.purpose = 'ticket'
  cross join lateral (values
    ('an envelope says what the row of its ticket says',
     t.envelope = press_private.ticket_envelope(e.slug, p.key_id, h.subject, t.id, t.ticket_number, t.issued_at, p.signature),
     'It is not what the row, the edition and the holder make of it.'),
    ('an envelope names a key that signs tickets', k.key_id is not null, format('There is no key %s for tickets.', p.key_id))
  ) c ("check", holds, finding)
  where t.envelope is not null and c.holds is not true;
end
$$;
comment on function press_private.audit_envelopes is 'What does not hold of envelopes, but for their signatures.';
revoke all on function press_private.audit_envelopes from public;
--! EndIncluded press_private/audit_envelopes.sql
--! Included press_private/audit_keys.sql
create or replace function press_private.audit_keys()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'the id of a key is its fingerprint', format('press.signing_keys (%s)', k.key_id), format('The public key is %s.', k.public_key)
  from press.signing_keys k
  where case when k.public_key collate "C" ~ '^[0-9a-f]{64}$' then k.key_id <> left(encode(sha256(decode(k.public_key, 'hex')), 'hex'), 16) else true end;

  return query
  select 'the comb of a key is computed from it', format('press_private.ed25519_combs (%s)', c.public_key),
    'Its rows in press_private.ed25519_comb_points are other numbers: signatures would be misjudged.'
  from press_private.faulty_ed25519_combs() c (public_key);
end
$$;
comment on function press_private.audit_keys is 'What does not hold of the public keys.';
revoke all on function press_private.audit_keys from public;
--! EndIncluded press_private/audit_keys.sql
--! Included press_private/recorded_label.sql
create or replace function press_private.recorded_label(label text, holder_id uuid)
  returns text
  language sql stable
begin atomic
  select case
    when recorded_label.label = 'holder' then 'holder:' || recorded_label.holder_id
    when starts_with(recorded_label.label, 'operator:') then 'operator:' || (select h.id from press.holders h where h.subject = substr(recorded_label.label, 10))
    else recorded_label.label end;
end;
comment on function press_private.recorded_label is 'How the ledger names whom a row of press.redemptions or press.revocations names: see press_private.ledger_label. holder_id: of the ticket.';
revoke all on function press_private.recorded_label from public;
--! EndIncluded press_private/recorded_label.sql
--! Included press_private/expected_entries.sql
/* What must be in the ledger, from the rows alone. When a ticket was signed no row says: its leaf is made for some moment, and compared without it. */
create or replace function press_private.expected_entries()
  returns table (subject text, type text, edition_id integer, ticket_number integer, is_moment_known boolean, leaf text)
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
    select format('press.editions (%s)', e.id), x.type, e.id, null::integer, true, x.leaf
    from press.editions e
    cross join lateral (
      select 'edition.opened', press_private.edition_opened_leaf(e) where e.opened_at is not null
      union all
      select 'edition.closed', press_private.edition_closed_leaf(e)
      where e.closed_at is not null and not exists (select from press_private.closings_to_record q where q.edition_id = e.id)
    ) x (type, leaf)
  union all
    select format('press.tickets (%s,%s)', t.edition_id, t.ticket_number), 'ticket.issued', t.edition_id, t.ticket_number, false,
      press_private.ticket_issued_leaf(t, e.slug, 'epoch')
    from press.tickets t join press.editions e on e.id = t.edition_id where t.envelope is not null
  union all
    select format('press.redemptions (%s,%s)', d.edition_id, d.ticket_number), 'ticket.redeemed', d.edition_id, d.ticket_number, true,
      press_private.ticket_redeemed_leaf(t, e.slug, press_private.recorded_label(d.redeemed_by, t.holder_id), d.redeemed_at)
    from press.redemptions d
    join press.tickets t on t.edition_id = d.edition_id and t.ticket_number = d.ticket_number join press.editions e on e.id = d.edition_id
  union all
    select format('press.revocations (%s,%s)', v.edition_id, v.ticket_number), 'ticket.revoked', v.edition_id, v.ticket_number, true,
      press_private.ticket_revoked_leaf(t, e.slug, press_private.recorded_label(v.revoked_by, t.holder_id),
        case when v.is_reason_published then v.reason end, v.revoked_at)
    from press.revocations v
    join press.tickets t on t.edition_id = v.edition_id and t.ticket_number = v.ticket_number join press.editions e on e.id = v.edition_id
  union all
    select format('press.signing_keys (%s)', k.key_id), x.type, null, null, true, press_private.key_leaf(k, x.type)
    from press.signing_keys k
    cross join lateral (select 'key.activated' union all select 'key.retired' where k.retired_at is not null) x (type);
end
$$;
comment on function press_private.expected_entries is 'The entries that the rows say there must be, with or without a place; subject: the row that says so.';
revoke all on function press_private.expected_entries from public;
--! EndIncluded press_private/expected_entries.sql
--! Included press_private/audit_entries.sql
create or replace function press_private.audit_entries()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'places run from 0 without a gap, and the head counts them', format('press.ledger_entries (%s)', p.place),
    format('Before it is place %s.', coalesce(p.place_before::text, 'none'))
  from (select e.place, lag(e.place) over (order by e.place) as place_before from press.ledger_entries e) p
  where p.place is distinct from coalesce(p.place_before + 1, 0);

  return query
  select 'places run from 0 without a gap, and the head counts them', format('press_private.ledger_head (%s)', h.is_only),
    format('It counts %s entries, and there are %s.', h.tree_size, c.count)
  from press_private.ledger_head h
  cross join (select count(*) as count from press.ledger_entries) c
  where (h.is_only and h.tree_size = c.count) is not true;

  -- Every leaf begins with its moment, {"at":"2026-03-01T09:30:00.000Z", of 32 characters; the rest is different in each.
  return query
  select c."check", c.subject, c.finding
  from (
    select format('press.ledger_entries (%s)', e.place) as subject, e.type, e.edition_id, e.ticket_number, e.leaf, substr(e.leaf, 33) as rest
    from press.ledger_entries e
    union all
    select format('press_private.ledger_inbox (%s)', i.id), i.type, i.edition_id, i.ticket_number, i.leaf, substr(i.leaf, 33)
    from press_private.ledger_inbox i
  ) a
  full join (select *, substr(i.leaf, 33) as rest from press_private.expected_entries() i) x on x.rest = a.rest
  cross join lateral (values
    ('an entry tells what the rows say, once', a.subject,
     a.leaf is null or (
       (a.type, a.edition_id, a.ticket_number) is not distinct from (x.type, x.edition_id, x.ticket_number)
       and case when x.is_moment_known then a.leaf = x.leaf else left(a.leaf, 32) collate "C" ~ '^{"at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"$' end),
     format('%s %s %s: %s', a.type, a.edition_id, a.ticket_number, a.leaf)),
    ('what the rows say happened has its entry', x.subject, x.subject is null or a.leaf is not null,
     format('There is no entry %s like this: %s', x.type, x.leaf))
  ) c ("check", subject, holds, finding)
  where c.holds is not true;

  return query
  select 'an entry tells what the rows say, once', format('press.ledger_entries (%s)', max(e.place)), format('Place %s tells the same.', min(e.place))
  from press.ledger_entries e
  group by substr(e.leaf, 33) having count(*) > 1;
end
$$;
comment on function press_private.audit_entries is 'What does not hold between the entries of the ledger and what the rows say happened.';
revoke all on function press_private.audit_entries from public;
--! EndIncluded press_private/audit_entries.sql
--! Included press_private/audit_tree.sql
/* The whole tree again, from the texts of the entries, a level at a time: nothing that was stored is believed. */
create or replace function press_private.audit_tree()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'the hash of an entry is computed from it', format('press.ledger_entries (%s)', e.place), format('It has the hash %s.', e.leaf_hash)
  from press.ledger_entries e
  where e.leaf_hash is distinct from press_private.leaf_hash(e.leaf);

  return query
  with recursive tree (level, index, hash) as (
    select 0, e.place, press_private.leaf_hash(e.leaf) from press.ledger_entries e
    union all
    select p.level + 1, p.index >> 1, press_private.node_hash(p.left_hash, p.hash)
    from (select t.level, t.index, t.hash, lag(t.hash) over (order by t.index) as left_hash from tree t) p
    where p.index & 1 = 1
  )
  select 'a node is computed from the entries below it, and every complete subtree has one',
    format('press_private.ledger_nodes (%s,%s)', coalesce(n.level, t.level), coalesce(n.index, t.index)),
    format('It has the hash %s; computed, it is %s.', coalesce(n.hash::text, '(none)'), coalesce(t.hash::text, '(none)'))
  from press_private.ledger_nodes n
  full join (select i.* from tree i where i.level > 0) t on t.level = n.level and t.index = n.index
  where n.hash is distinct from t.hash;
end
$$;
comment on function press_private.audit_tree is 'What does not hold of the ledger''s Merkle tree.';
revoke all on function press_private.audit_tree from public;
--! EndIncluded press_private/audit_tree.sql
--! Included press_private/checkpoint_facts.sql
create or replace function press_private.checkpoint_facts()
  returns table (tree_size bigint, origin text, body text, public_key bytea, signature bytea)
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select b.tree_size, b.origin, b.body, b.public_key, press_private.checkpoint_signature(b.note, b.body, b.origin, b.public_key)
  from (
    select c.tree_size, c.note, n.origin, decode(k.public_key, 'hex') as public_key,
      format(E'%s\n%s\n%s\n', n.origin, c.tree_size, encode(c.root_hash, 'base64')) as body
    from press.checkpoints c
    cross join lateral split_part(c.note, E'\n', 1) n (origin)
    left join press.signing_keys k on k.key_id = c.key_id and k.purpose = 'checkpoint' and k.public_key collate "C" ~ '^[0-9a-f]{64}$'
  ) b;
end
$$;
comment on function press_private.checkpoint_facts is 'What the note of each checkpoint must say under its own origin, the key that must have signed it (null: none that is known), and the signature in it (null: it does not say that).';
revoke all on function press_private.checkpoint_facts from public;
--! EndIncluded press_private/checkpoint_facts.sql
--! Included press_private/audit_checkpoints.sql
/* Two checkpoints that have the roots of one tree are consistent: this tree is the proof. */
create or replace function press_private.audit_checkpoints()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_tree_size  bigint := (select count(*) from press.ledger_entries);
  -- The name that most of them have, and those that operators had the ledger go on under.
  v_origins    text[] := array(
    select mode() within group (order by split_part(c.note, E'\n', 1)) from press.checkpoints c
    union all
    select a.origin from press_private.ledger_adoptions a);
begin
  return query
  select 'a checkpoint has the root of the tree of its size', format('press.checkpoints (%s)', c.tree_size),
    format('It has the root %s, and there are %s entries.', c.root_hash, v_tree_size)
  from press.checkpoints c
  where c.tree_size > v_tree_size or c.root_hash is distinct from press_private.tree_root(c.tree_size);

  return query
  select 'the note of a checkpoint says its size and root, by a key for checkpoints, under a name of the ledger', format('press.checkpoints (%s)', f.tree_size),
    case when f.public_key is null then 'Its key is none for checkpoints.'
         when f.signature is null then 'Its note says something else, or is not by its key.'
         else format('It has the origin %s.', f.origin) end
  from press_private.checkpoint_facts() f
  where f.signature is null or f.origin <> all (v_origins);
end
$$;
comment on function press_private.audit_checkpoints is 'What does not hold of checkpoints, but for their signatures.';
revoke all on function press_private.audit_checkpoints from public;
--! EndIncluded press_private/audit_checkpoints.sql
--! Included press_private/told_events.sql
/* For a reader who has the leaves and nothing else. In a leaf every quote within a string is escaped, so that what looks like a member is one. */
create or replace function press_private.told_events()
  returns table (subject text, place bigint, type text, edition text, ticket_number numeric, holder text, cap numeric, per_holder_limit numeric, issued_count numeric)
  language sql stable
begin atomic
  select e.subject, e.place, t.type, split_part(split_part(e.leaf, '"edition":"', 2), '"', 1),
    case when t.type like 'ticket.%' then substring(split_part(e.leaf, '"ticket_number":', 2) from '^\d+')::numeric end,
    split_part(split_part(e.leaf, '"holder":"', 2), '"', 1),
    case t.type when 'edition.opened' then substring(split_part(e.leaf, '"cap":', 2) from '^\d+')::numeric end,
    case t.type when 'edition.opened' then substring(split_part(e.leaf, '"per_holder_limit":', 2) from '^\d+')::numeric end,
    case t.type when 'edition.closed' then substring(split_part(e.leaf, '"issued_count":', 2) from '^\d+')::numeric end
  from (
    select format('press.ledger_entries (%s)', l.place) as subject, l.place, l.leaf from press.ledger_entries l
    union all
    select format('press_private.ledger_inbox (%s)', i.id), null, i.leaf from press_private.ledger_inbox i
  ) e
  cross join lateral split_part(split_part(e.leaf, '"type":"', 2), '"', 1) t (type);
end;
comment on function press_private.told_events is 'What the leaves alone tell of editions and tickets; place is null in the inbox.';
revoke all on function press_private.told_events from public;
--! EndIncluded press_private/told_events.sql
--! Included press_private/audit_replay.sql
/* The ledger read as anybody can, in the order of its places, without a look at the rows; then its counts against theirs. */
create or replace function press_private.audit_replay()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  with told as materialized (
    select * from press_private.told_events() t where t.place is not null
  ), opened as (
    select * from told t where t.type = 'edition.opened'
  ), closed as (
    select * from told t where t.type = 'edition.closed'
  ), issued as (
    select t.*, row_number() over (partition by t.edition, t.ticket_number order by t.place) as turn,
      row_number() over (partition by t.edition, t.holder order by t.place) as holders_turn
    from told t where t.type = 'ticket.issued'
  )
  select 'the entries alone tell editions that keep within their caps and limits', i.subject,
    format('Ticket %s of %s, the %s. one of the holder %s; the cap is %s, the limit %s; opened at place %s, closed at place %s.',
      i.ticket_number, i.edition, i.holders_turn, i.holder, o.cap, o.per_holder_limit, o.place, c.place)
  from issued i
  left join opened o on o.edition = i.edition
  left join closed c on c.edition = i.edition
  where (o.place < i.place and i.ticket_number between 1 and o.cap and i.turn = 1 and i.holders_turn <= o.per_holder_limit
         and coalesce(i.place < c.place, true)) is not true
  union all
  select 'the entries alone tell editions that keep within their caps and limits', c.subject,
    format('It counts %s tickets of %s, and %s were issued.', c.issued_count, c.edition, count(i.place))
  from closed c
  left join issued i on i.edition = c.edition
  group by c.subject, c.edition, c.issued_count having c.issued_count is distinct from count(i.place)
  union all
  select 'the entries alone tell editions that keep within their caps and limits', n.subject,
    format('Ticket %s of %s was issued at place %s.', n.ticket_number, n.edition, i.place)
  from (
    select t.*, row_number() over (partition by t.edition, t.ticket_number order by t.place) as turn
    from told t where t.type in ('ticket.redeemed', 'ticket.revoked')
  ) n
  left join issued i on i.edition = n.edition and i.ticket_number = n.ticket_number and i.place < n.place
  where n.turn > 1 or i.place is null;

  return query
  select 'the entries alone tell how many tickets each holder has', format('press.holders (%s)', coalesce(told.holder, rows.holder)),
    format('The entries tell %s of the edition %s, and the rows have %s.', coalesce(told.count, 0), coalesce(told.edition, rows.edition), coalesce(rows.count, 0))
  from (
    select t.edition, t.holder, count(*) as count from press_private.told_events() t where t.type = 'ticket.issued' group by t.edition, t.holder
  ) told
  full join (
    select e.slug as edition, i.holder_id::text as holder, count(*) as count
    from press.tickets i left join press.editions e on e.id = i.edition_id
    where i.envelope is not null group by e.slug, i.holder_id
  ) rows on rows.edition = told.edition and rows.holder = told.holder
  where told.count is distinct from rows.count;
end
$$;
comment on function press_private.audit_replay is 'What does not hold of the ledger alone, and of its counts.';
revoke all on function press_private.audit_replay from public;
--! EndIncluded press_private/audit_replay.sql
--! Included press_private/audit_notes.sql
create or replace function press_private.audit_notes()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'the key of a checkpoint signed it', format('press.checkpoints (%s)', f.tree_size), 'Its key did not sign its note.'
  from press_private.checkpoint_facts() f
  where not press.ed25519_verify(f.public_key, convert_to(f.body, 'UTF8'), f.signature);
end
$$;
comment on function press_private.audit_notes is 'The checkpoints that their keys did not sign.';
revoke all on function press_private.audit_notes from public;
--! EndIncluded press_private/audit_notes.sql
--! Included press_private/audit_signatures.sql
/* A thousand a second at best: what takes the time of an audit. */
create or replace function press_private.audit_signatures()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'the key of an envelope signed it', format('press.tickets (%s,%s)', t.edition_id, t.ticket_number),
    format('The key %s did not.', p.key_id)
  from press.tickets t
  cross join lateral press_private.envelope_parts(t.envelope) p
  left join press.signing_keys k on k.key_id = p.key_id and k.public_key collate "C" ~ '^[0-9a-f]{64}$'
  where t.envelope is not null
    and not press.ed25519_verify(
      decode(k.public_key, 'hex'), convert_to(p.message, 'UTF8'),
      case when p.signature collate "C" ~ '^([0-9a-f]{2})*$' then decode(p.signature, 'hex') end);
end
$$;
comment on function press_private.audit_signatures is 'The envelopes that the keys that they name did not sign.';
revoke all on function press_private.audit_signatures from public;
--! EndIncluded press_private/audit_signatures.sql
--! Included press_private/audit_findings.sql
create or replace function press_private.audit_findings(part press.audit_part)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  case audit_findings.part
    when 'editions'    then return query select * from press_private.audit_editions();
    when 'tickets'     then return query select * from press_private.audit_tickets() union all select * from press_private.audit_endings();
    when 'envelopes'   then return query select * from press_private.audit_envelopes();
    when 'keys'        then return query select * from press_private.audit_keys();
    when 'rows'        then return query select * from press_private.audit_rows();
    when 'entries'     then return query select * from press_private.audit_entries();
    when 'tree'        then return query select * from press_private.audit_tree();
    when 'checkpoints' then return query select * from press_private.audit_checkpoints();
    when 'replay'      then return query select * from press_private.audit_replay();
    when 'notes'       then return query select * from press_private.audit_notes();
    when 'signatures'  then return query select * from press_private.audit_signatures();
  end case;
end
$$;
comment on function press_private.audit_findings is 'What does not hold of a part.';
revoke all on function press_private.audit_findings from public;
--! EndIncluded press_private/audit_findings.sql
--! Included press_private/require_auditor.sql
create or replace function press_private.require_auditor()
  returns void
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  if not pg_has_role(session_user, 'press_auditor', 'usage') then
    perform press_private.require_operator();
  end if;
end
$$;
comment on function press_private.require_auditor is 'Lets operators and the auditor''s login pass. Refuses: NOT_SIGNED_IN, NOT_ALLOWED.';
revoke all on function press_private.require_auditor from public;
--! EndIncluded press_private/require_auditor.sql
--! Included press/audit.sql
/* Computes everything again from the raw rows, and names every row that is not as the others, the ledger and the keys say. Reads only; all of it in
   the snapshot of the calling statement, because every function here is STABLE. Who could change rows could change these functions too: so
   `golden-press audit` also looks from outside, and the checkpoints that others keep are what nobody here can change. */
create or replace function press.audit(check_signatures boolean default true, part press.audit_part default null)
  returns setof press.audit_result
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_part      press.audit_part;
  v_findings  press_private.audit_finding_record[];
begin
  perform press_private.require_auditor();

  foreach v_part in array enum_range(audit.part, audit.part) loop
    continue when v_part in ('notes', 'signatures') and not coalesce(audit.check_signatures, true);
    begin
      v_findings := array(select f from press_private.audit_findings(v_part) f);
      return query
        select c."check", coalesce(f.subject, c.subject), f.subject is null, f.finding
        from press_private.audit_checks() with ordinality c (part, "check", subject, index)
        left join unnest(v_findings) f on f."check" = c."check"
        where c.part = v_part
        order by c.index;
    exception
      when others then  -- a page that cannot be read, a value that cannot be: that is a finding, and the other parts are looked at
        return query select format('all that belongs to %s can be read', v_part), v_part::text, false, sqlerrm;
    end;
  end loop;
end
$$;
comment on function press.audit is 'Checks every promise against the raw rows, for operators and auditors. part: only this one (null: all); check_signatures: also verifies every signature, which takes a second for a thousand. Refuses: NOT_SIGNED_IN, NOT_ALLOWED.';
revoke all on function press.audit from public;
grant execute on function press.audit to press_anonymous, press_holder, press_operator, press_auditor;
--! EndIncluded press/audit.sql

-- What never changes
--! Included press_private/tg__refuse_change.sql
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
--! EndIncluded press_private/tg__refuse_change.sql
--! Included press_private/tg_tickets__guard_identity.sql
/* A ticket is who it was issued as. Only its status moves, forward, and its envelope comes once. */
create or replace function press_private.tg_tickets__guard_identity()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (NEW.id, NEW.edition_id, NEW.ticket_number, NEW.holder_id, NEW.holder_slot, NEW.cap, NEW.per_holder_limit, NEW.issued_at,
      NEW.issued_by, NEW.request_key, NEW.request_position)
    is distinct from
     (OLD.id, OLD.edition_id, OLD.ticket_number, OLD.holder_id, OLD.holder_slot, OLD.cap, OLD.per_holder_limit, OLD.issued_at,
      OLD.issued_by, OLD.request_key, OLD.request_position) then
    perform press_private.refuse('NOT_ALLOWED', 'What a ticket was issued as never changes.');
  end if;

  if OLD.envelope is not null and NEW.envelope is distinct from OLD.envelope then
    perform press_private.refuse('NOT_ALLOWED', 'A signed envelope never changes.');
  end if;

  if NEW.status <> OLD.status and (OLD.status, NEW.status) not in (('pending', 'signed'), ('signed', 'redeemed'), ('signed', 'revoked')) then
    perform press_private.refuse('NOT_ALLOWED', 'A ticket goes from pending to signed, and from signed to redeemed or revoked; never back.');
  end if;

  return NEW;
end
$$;
comment on function press_private.tg_tickets__guard_identity is 'Refuses every change of a ticket but its next status and its first envelope. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_tickets__guard_identity from public;

create or replace trigger _200_guard_identity before update on press.tickets
  for each row execute function press_private.tg_tickets__guard_identity();
alter table press.tickets enable always trigger _200_guard_identity;
--! EndIncluded press_private/tg_tickets__guard_identity.sql
--! Included press_private/tg_editions__guard_terms.sql
/* Once an edition has opened, its terms are a promise. */
create or replace function press_private.tg_editions__guard_terms()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if OLD.status <> 'draft'
     and (NEW.id, NEW.slug, NEW.title, NEW.cap, NEW.per_holder_limit, NEW.draw_mode, NEW.opens_at, NEW.closes_at, NEW.created_at, NEW.opened_at)
       is distinct from
         (OLD.id, OLD.slug, OLD.title, OLD.cap, OLD.per_holder_limit, OLD.draw_mode, OLD.opens_at, OLD.closes_at, OLD.created_at, OLD.opened_at) then
    perform press_private.refuse('NOT_ALLOWED', 'The terms of an edition never change once it has opened.');
  end if;

  if NEW.status <> OLD.status and (OLD.status, NEW.status) not in (('draft', 'open'), ('open', 'closed'), ('closed', 'drawn')) then
    perform press_private.refuse('NOT_ALLOWED', 'An edition goes from draft to open to closed to drawn, never back.');
  end if;

  return NEW;
end
$$;
comment on function press_private.tg_editions__guard_terms is 'Refuses a change of terms after opening, and a status that goes back. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_editions__guard_terms from public;

create or replace trigger _200_guard_terms before update on press.editions
  for each row execute function press_private.tg_editions__guard_terms();
alter table press.editions enable always trigger _200_guard_terms;
--! EndIncluded press_private/tg_editions__guard_terms.sql
--! Included press_private/tg_holders__guard_identity.sql
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
--! EndIncluded press_private/tg_holders__guard_identity.sql
--! Included press_private/tg_signing_keys__guard_history.sql
/* Old envelopes verify against this history, so it only grows: a key comes, and one day it is retired. */
create or replace function press_private.tg_signing_keys__guard_history()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (NEW.key_id, NEW.public_key, NEW.purpose, NEW.activated_at) is distinct from (OLD.key_id, OLD.public_key, OLD.purpose, OLD.activated_at)
     or (OLD.retired_at is not null and NEW.retired_at is distinct from OLD.retired_at) then
    perform press_private.refuse('NOT_ALLOWED', 'A signing key can only be retired, once.');
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_signing_keys__guard_history is 'Refuses every change of a signing key but its retirement. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_signing_keys__guard_history from public;

create or replace trigger _200_guard_history before update on press.signing_keys
  for each row execute function press_private.tg_signing_keys__guard_history();
alter table press.signing_keys enable always trigger _200_guard_history;
--! EndIncluded press_private/tg_signing_keys__guard_history.sql

-- Who may see what
--! Included access/editions.sql
/* Who sees editions: everybody, once they are opened; operators and auditors also drafts.
   Not granted: insert, update, delete. press.create_edition, press.open_edition and press.close_edition do that. */
revoke all on press.editions from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.editions to press_anonymous, press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.editions;
create policy owner_all on press.editions to press_owner using (true) with check (true);
drop policy if exists select_opened on press.editions;
create policy select_opened on press.editions for select to press_anonymous, press_holder using (status <> 'draft');
drop policy if exists select_all on press.editions;
create policy select_all on press.editions for select to press_operator, press_auditor using (true);
--! EndIncluded access/editions.sql
--! Included access/holders.sql
/* Who sees holders: each their own row; operators and auditors all.
   Not granted: insert (issuing makes holders of those who have none), update, delete (holders are never removed). */
revoke all on press.holders from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.holders to press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.holders;
create policy owner_all on press.holders to press_owner using (true) with check (true);
drop policy if exists select_own on press.holders;
create policy select_own on press.holders for select to press_holder using (id = (select press_hidden.current_holder_id()));
drop policy if exists select_all on press.holders;
create policy select_all on press.holders for select to press_operator, press_auditor using (true);
--! EndIncluded access/holders.sql
--! Included access/tickets.sql
/* Who sees tickets: each holder their own; operators and auditors all; who is not signed in, none.
   Not granted: insert (press.issue_ticket does it), update (press_worker.attach_signatures and press.revoke_ticket do it), delete (nobody). */
revoke all on press.tickets from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.tickets to press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.tickets;
create policy owner_all on press.tickets to press_owner using (true) with check (true);
drop policy if exists select_own on press.tickets;
create policy select_own on press.tickets for select to press_holder using (holder_id = (select press_hidden.current_holder_id()));
drop policy if exists select_all on press.tickets;
create policy select_all on press.tickets for select to press_operator, press_auditor using (true);
--! EndIncluded access/tickets.sql
--! Included access/revocations.sql
/* Who sees revocations: each holder those of their own tickets; operators and auditors all.
   Not granted: insert (press.revoke_ticket does it), update, delete (a revocation is final). */
revoke all on press.revocations from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.revocations to press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.revocations;
create policy owner_all on press.revocations to press_owner using (true) with check (true);
drop policy if exists select_own on press.revocations;
create policy select_own on press.revocations for select to press_holder using (exists (
  select from press.tickets t
  where t.edition_id = revocations.edition_id and t.ticket_number = revocations.ticket_number
    and t.holder_id = (select press_hidden.current_holder_id())));
drop policy if exists select_all on press.revocations;
create policy select_all on press.revocations for select to press_operator, press_auditor using (true);
--! EndIncluded access/revocations.sql
--! Included access/redemptions.sql
/* Who sees redemptions: each holder those of their own tickets; operators and auditors all.
   Not granted: insert (press.redeem_ticket does it), update, delete (a redemption is final). */
revoke all on press.redemptions from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.redemptions to press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.redemptions;
create policy owner_all on press.redemptions to press_owner using (true) with check (true);
drop policy if exists select_own on press.redemptions;
create policy select_own on press.redemptions for select to press_holder using (holder_id = (select press_hidden.current_holder_id()));
drop policy if exists select_all on press.redemptions;
create policy select_all on press.redemptions for select to press_operator, press_auditor using (true);
--! EndIncluded access/redemptions.sql
--! Included access/signing_keys.sql
/* Who sees signing keys: everybody; they are public keys. Not granted: insert, update, delete. press_worker.register_signing_key and
   press_worker.retire_signing_key do that. */
revoke all on press.signing_keys from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.signing_keys to press_anonymous, press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.signing_keys;
create policy owner_all on press.signing_keys to press_owner using (true) with check (true);
drop policy if exists select_all on press.signing_keys;
create policy select_all on press.signing_keys for select to press_anonymous, press_holder, press_operator, press_auditor using (true);
--! EndIncluded access/signing_keys.sql
--! Included access/signing_claims.sql
/* Who sees signing claims: auditors. Everybody else meets them through press_worker.tickets_to_sign. */
revoke all on press_private.signing_claims from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.signing_claims to press_auditor;
--! EndIncluded access/signing_claims.sql
--! Included access/ledger_entries.sql
/* Who sees the ledger: everybody, also what no checkpoint covers yet; people appear in it by id, and a database login by its name. Not granted: insert (press_worker.integrate_ledger does it), update, delete (nobody
   does, a trigger refuses). */
revoke all on press.ledger_entries from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.ledger_entries to press_anonymous, press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.ledger_entries;
create policy owner_all on press.ledger_entries to press_owner using (true) with check (true);
drop policy if exists select_all on press.ledger_entries;
create policy select_all on press.ledger_entries for select to press_anonymous, press_holder, press_operator, press_auditor using (true);
--! EndIncluded access/ledger_entries.sql
--! Included access/ledger_inbox.sql
/* Who sees what has no place in the ledger yet: auditors. Not granted: insert (press_private.append_entry and
   press_worker.attach_signatures do it), update, delete (press_worker.integrate_ledger does it, and gives a place). */
revoke all on press_private.ledger_inbox from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.ledger_inbox to press_auditor;
--! EndIncluded access/ledger_inbox.sql
--! Included access/ledger_nodes.sql
/* Who sees the nodes of the tree: auditors. Everybody else meets them in proofs and tiles. Not granted: insert (press_worker.integrate_ledger does
   it), update, delete (nobody does, a trigger refuses). */
revoke all on press_private.ledger_nodes from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.ledger_nodes to press_auditor;
--! EndIncluded access/ledger_nodes.sql
--! Included access/ledger_head.sql
/* Who sees the size of the ledger with no checkpoint yet: auditors. Not granted: insert, update, delete. press_worker.integrate_ledger does the
   second. */
revoke all on press_private.ledger_head from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.ledger_head to press_auditor;
--! EndIncluded access/ledger_head.sql
--! Included access/checkpoints.sql
/* Who sees checkpoints: everybody. Not granted: insert (press_worker.publish_checkpoint does it), update, delete (nobody does, a trigger
   refuses). */
revoke all on press.checkpoints from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.checkpoints to press_anonymous, press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.checkpoints;
create policy owner_all on press.checkpoints to press_owner using (true) with check (true);
drop policy if exists select_all on press.checkpoints;
create policy select_all on press.checkpoints for select to press_anonymous, press_holder, press_operator, press_auditor using (true);
--! EndIncluded access/checkpoints.sql
--! Included access/ledger_adoptions.sql
/* Who sees how the ledger came by its name: auditors. Not granted: insert (press_worker.adopt_ledger does it), update, delete (nobody does, a
   trigger refuses). */
revoke all on press_private.ledger_adoptions from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.ledger_adoptions to press_auditor;
--! EndIncluded access/ledger_adoptions.sql
--! Included access/press_state.sql
/* Who sees every stop and start: auditors. Everybody reads press.press_stop_reason. Not granted: insert (press_worker.stop_press and
   press.start_press do it), update, delete (nobody does, a trigger refuses). */
revoke all on press_private.press_state from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.press_state to press_auditor;
--! EndIncluded access/press_state.sql
--! Included access/closings_to_record.sql
/* Who sees which closings wait for signatures: auditors. Not granted: insert (closing an edition does it), update, delete
   (press_worker.record_closed_edition does it). */
revoke all on press_private.closings_to_record from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.closings_to_record to press_auditor;
--! EndIncluded access/closings_to_record.sql
--! Included access/row_seals.sql
/* Who sees seals: auditors. Not granted: insert (press_private.tg__seal_rows does it), update, delete. */
revoke all on press_private.row_seals from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.row_seals to press_auditor;
--! EndIncluded access/row_seals.sql
--! Included access/ed25519_combs.sql
/* Who sees which keys have combs: auditors. Not granted: insert, update, delete. press_private.build_ed25519_comb does the first; nobody the
   rest, because a comb follows from its key. */
revoke all on press_private.ed25519_combs from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.ed25519_combs to press_auditor;
--! EndIncluded access/ed25519_combs.sql
--! Included access/ed25519_comb_points.sql
/* Who sees the points of combs: auditors. Everybody else meets them through press.ed25519_verify. Not granted: insert, update, delete. A wrong
   point could make a forged signature valid; press_private.faulty_ed25519_combs finds what a superuser changed. */
revoke all on press_private.ed25519_comb_points from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.ed25519_comb_points to press_auditor;
--! EndIncluded access/ed25519_comb_points.sql
--! EndIncluded index.sql

--! split: 9100-ed25519-combs.sql
/* The combs of the base point and of the keys that were registered before there were combs. In a migration, because verifying only reads:
   it also works on a standby and for an auditor. */
select press_private.build_ed25519_comb('\x5866666666666666666666666666666666666666666666666666666666666666');
select press_private.build_ed25519_comb(decode(k.public_key, 'hex')) from press.signing_keys k;

--! split: 9500-earlier-days.sql
/* Tickets, editions and keys of earlier days get their entries, in the order in which they happened. When a ticket was signed is not known:
   after it was issued, which its row says in milliseconds only, after its edition opened, and after its key came into use. An edition closes in the
   ledger after its last ticket; where tickets still await their signatures, press_worker.record_closed_edition does it later. Operators who
   revoked become holders, for an id to be named by. Their reasons are not published: nobody had told them that they would be. */

insert into press.holders (subject)
select distinct substr(r.revoked_by, 10) from press.revocations r where starts_with(r.revoked_by, 'operator:')
order by 1
on conflict on constraint holders_subject_key do nothing;

insert into press_private.closings_to_record (edition_id)
select e.id from press.editions e
where e.closed_at is not null
  and exists (select from press.tickets t where t.edition_id = e.id and t.status = 'pending');

with signed as (
  select t as ticket, e.slug, greatest(t.issued_at, e.opened_at, k.activated_at) as signed_at
  from press.tickets t
  join press.editions e on e.id = t.edition_id
  join press.signing_keys k on k.key_id = t.envelope::jsonb ->> 'key_id'
), last_signed as (
  select (s.ticket).edition_id, max(s.signed_at) as signed_at from signed s group by 1
), events (happened_at, turn, type, edition_id, ticket_number, leaf) as (
  select k.activated_at, 1, 'key.activated', null::integer, null::integer, press_private.key_leaf(k, 'key.activated')
  from press.signing_keys k
  union all
  select e.opened_at, 2, 'edition.opened', e.id, null, press_private.edition_opened_leaf(e)
  from press.editions e where e.opened_at is not null
  union all
  select s.signed_at, 3, 'ticket.issued', (s.ticket).edition_id, (s.ticket).ticket_number,
    press_private.ticket_issued_leaf(s.ticket, s.slug, s.signed_at)
  from signed s
  union all
  select greatest(e.closed_at, e.opened_at, l.signed_at), 4, 'edition.closed', e.id, null, press_private.edition_closed_leaf(e)
  from press.editions e
  left join last_signed l on l.edition_id = e.id
  where e.closed_at is not null and not exists (select from press_private.closings_to_record q where q.edition_id = e.id)
  union all
  select greatest(r.revoked_at, s.signed_at), 5, 'ticket.revoked', r.edition_id, r.ticket_number,
    press_private.ticket_revoked_leaf(s.ticket, s.slug, coalesce('operator:' || h.id, r.revoked_by), null, r.revoked_at)
  from press.revocations r
  join signed s on (s.ticket).edition_id = r.edition_id and (s.ticket).ticket_number = r.ticket_number
  left join press.holders h on r.revoked_by = 'operator:' || h.subject
  union all
  select k.retired_at, 6, 'key.retired', null, null, press_private.key_leaf(k, 'key.retired')
  from press.signing_keys k where k.retired_at is not null
)
insert into press_private.ledger_inbox (type, edition_id, ticket_number, leaf)
select e.type, e.edition_id, e.ticket_number, e.leaf from events e
order by e.happened_at, e.turn, e.edition_id, e.ticket_number;

--! split: 9600-row-seals.sql
/* The seals of the rows that were there before there were seals. */
select press_private.seal_rows(s.relation) from press_private.sealed_columns() s;

--! split: 9900-nobody-came.sql
select press_private.require_nobody_at_work();
drop function press_private.require_nobody_at_work();
