--! Previous: -
--! Hash: sha1:e060dcfc9fa5a2e40a0d8eef0b84fa0effa62306
--! Message: golden ticket

--! split: 0010-plumbing.sql
/* Schemas by audience, the global revoke, and the types that tables and functions share. Everything here belongs to press_owner,
   because migrations run under that role. */

create schema press;
create schema press_hidden;
create schema press_gateway;
create schema press_worker;
create schema press_private;

comment on schema press is 'The tables, views and functions that people use. All of it, and nothing else, is offered over GraphQL.';
comment on schema press_hidden is 'Helpers of policies and views: callable by everybody, offered to nobody.';
comment on schema press_gateway is 'What the gateway calls for many clients at once.';
comment on schema press_worker is 'What the worker calls.';
comment on schema press_private is 'Everything else: the rules, the locks, the refusals.';

-- Only the global form takes EXECUTE from PUBLIC; the per-schema form cannot.
alter default privileges revoke execute on functions from public;

grant usage on schema press to press_anonymous, press_holder, press_operator, press_auditor;
grant usage on schema press_hidden to press_anonymous, press_holder, press_operator, press_auditor;
grant usage on schema press_gateway to press_gateway;
grant usage on schema press_worker to press_worker;
grant usage on schema press_private to press_auditor;

create type press.edition_status as enum ('draft', 'open', 'closed', 'drawn');
comment on type press.edition_status is 'draft: being prepared; open: issuing (within its window); closed: issues nothing more; drawn: closed, and its winner is chosen.';

create type press.ticket_status as enum ('pending', 'signed', 'redeemed', 'revoked');
comment on type press.ticket_status is 'pending: issued, awaits its signature; signed: has its envelope; redeemed: used; revoked: withdrawn by an operator. A number is never given out again.';

create type press.draw_mode as enum ('none', 'random_int');
comment on type press.draw_mode is 'How the winner of an edition is chosen. none: there is no draw; random_int: by the worker''s random number generator, fair if you trust the operator.';

--! split: 0020-records.sql
/* Composite types that functions pass to each other. */

create type press_hidden.actor_record as (kind text, subject text);
comment on type press_hidden.actor_record is 'Who calls. kind: nobody, holder, operator (both by token) or login; subject: the token''s sub, or the login''s name.';

--! split: 1000-editions.sql
/* Editions: what is scarce. The row is the authority for the cap; tickets carry a copy of its terms, tied to it by a foreign key, so that
   plain CHECKs prove both limits. Who may read it: db/sql/access/editions.sql. */

create table press.editions (
  id                integer generated always as identity
                    constraint editions_pkey primary key,
  slug              text not null
                    constraint editions_slug_key unique
                    constraint editions_slug_is_words check (slug collate "C" ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 63),
  title             text not null
                    constraint editions_title_is_one_line check (length(title) between 1 and 200 and title collate "C" !~ '[[:cntrl:]]'),
  cap               integer not null
                    constraint editions_cap_is_positive check (cap >= 1),
  per_holder_limit  integer not null,
  draw_mode         press.draw_mode not null default 'none',
  status            press.edition_status not null default 'draft',
  opens_at          timestamptz,
  closes_at         timestamptz,
  created_at        timestamptz not null default now(),
  opened_at         timestamptz,
  closed_at         timestamptz,
  constraint editions_holder_limit_is_within_cap check (per_holder_limit between 1 and cap),
  constraint editions_window_is_not_empty check (closes_at > opens_at),
  constraint editions_opened_at_tells_status check ((opened_at is null) = (status = 'draft')),
  constraint editions_closed_at_tells_status check ((closed_at is null) = (status in ('draft', 'open'))),
  constraint editions_terms_key unique (id, cap, per_holder_limit)
);
alter table press.editions enable row level security;
alter table press.editions force row level security;

-- Serves press_worker.close_due_editions: the few open editions that will close by themselves.
create index editions_closes_at_idx on press.editions (closes_at) where status = 'open' and closes_at is not null;

comment on table press.editions is 'One scarce thing being issued: a hard cap, a limit per holder, a window, a status.';
comment on column press.editions.slug is 'The name in addresses and envelopes: words of a-z and 0-9, joined by single hyphens.';
comment on column press.editions.title is 'The name for people.';
comment on column press.editions.cap is 'How many tickets there can ever be. Cannot change once the edition has opened.';
comment on column press.editions.per_holder_limit is 'How many tickets one holder can ever have. Cannot change once the edition has opened.';
comment on column press.editions.draw_mode is 'How the winner is chosen, if there is one.';
comment on column press.editions.status is 'draft, open, closed or drawn; moves only forward.';
comment on column press.editions.opens_at is 'Nothing is issued before this moment, by the clock of the database. Null: from when it is opened.';
comment on column press.editions.closes_at is 'Nothing is issued from this moment on, by the clock of the database. Null: until it is closed.';
comment on column press.editions.opened_at is 'When an operator opened it.';
comment on column press.editions.closed_at is 'When it was closed, by an operator or because its window had passed.';
comment on constraint editions_terms_key on press.editions is 'What the foreign key of tickets points at: a ticket can only carry the cap and the limit of its edition.';

--! split: 2000-holders.sql
/* Holders: the people tickets belong to. Identity and holder are one thing. Who may read it: db/sql/access/holders.sql. */

--! Included press_private/time_ordered_uuid.sql
/* The default of ids: new rows go to the right-hand edge of their index, where the pages are in memory, so that issuing is as quick at ten
   million tickets as at a thousand. PostgreSQL 18 has uuidv7(); this is for all versions. */
create or replace function press_private.time_ordered_uuid()
  returns uuid
  language sql volatile
begin atomic
  select (lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || substr(gen_random_uuid()::text, 16))::uuid;
end;
comment on function press_private.time_ordered_uuid is 'A UUID of version 7 (RFC 9562): 48 bits of milliseconds since 1970, then 74 random bits.';
revoke all on function press_private.time_ordered_uuid from public;
--! EndIncluded press_private/time_ordered_uuid.sql

create table press.holders (
  id           uuid not null default press_private.time_ordered_uuid()
               constraint holders_pkey primary key,
  subject      text not null
               constraint holders_subject_key unique
               constraint holders_subject_is_one_line check (length(subject) between 1 and 255 and subject collate "C" !~ '[[:cntrl:]]'),
  trust_level  smallint not null default 0
               constraint holders_trust_level_is_not_negative check (trust_level >= 0),
  is_active    boolean not null default true,
  created_at   timestamptz not null default now()
);
alter table press.holders enable row level security;
alter table press.holders force row level security;

comment on table press.holders is 'A person who can hold tickets.';
comment on column press.holders.id is 'Opaque: says nothing of the person, and stands for them wherever others can read.';
comment on column press.holders.subject is 'The subject (sub) of the person''s verified token; the recipient in their envelopes.';
comment on column press.holders.trust_level is 'How much is known about the person; never lowered by a verification.';
comment on column press.holders.is_active is 'False: is issued nothing more.';

--! split: 3000-tickets.sql
/* Tickets: the third layer against over-issuing. Whatever lock or guard is forgotten, by whomever, these constraints refuse the row:
   a number beyond the cap, a number twice, a holder beyond their limit, terms that are not the edition's. Every unique key and foreign
   key contains edition_id, so that tickets can one day be distributed by edition; the primary key is the one exception. For the same
   reason holder_id has no foreign key: holders are never deleted (a trigger refuses), so it cannot come to point nowhere.
   Who may read it: db/sql/access/tickets.sql. */

create table press.tickets (
  id                uuid not null default press_private.time_ordered_uuid()
                    constraint tickets_pkey primary key,
  edition_id        integer not null,
  ticket_number     integer not null,
  holder_id         uuid not null,
  holder_slot       integer not null,
  cap               integer not null,
  per_holder_limit  integer not null,
  status            press.ticket_status not null default 'pending',
  issued_at         timestamptz(3) not null,
  issued_by         text,
  request_key       uuid,
  request_position  integer,
  envelope          text,
  constraint tickets_number_key unique (edition_id, ticket_number),
  constraint tickets_number_is_within_cap check (ticket_number between 1 and cap),
  constraint tickets_holder_slot_key unique (holder_id, edition_id, holder_slot),  -- in this order it also serves "my tickets"
  constraint tickets_holder_slot_is_within_limit check (holder_slot between 1 and per_holder_limit),
  constraint tickets_terms_are_the_editions foreign key (edition_id, cap, per_holder_limit)
    references press.editions (id, cap, per_holder_limit),
  constraint tickets_request_position_goes_with_key check ((request_key is null) = (request_position is null) and request_position >= 1),
  constraint tickets_envelope_goes_with_status check ((envelope is null) = (status = 'pending'))
);
alter table press.tickets enable row level security;
alter table press.tickets force row level security;

-- Once per actor, edition and key, for every position of the request: the third layer of replay. A holder's own requests …
create unique index tickets_own_request_key on press.tickets (edition_id, holder_id, request_key, request_position)
  where request_key is not null and issued_by is null;
-- … and those of operators, whoever the recipient was.
create unique index tickets_operator_request_key on press.tickets (edition_id, issued_by, request_key, request_position)
  where request_key is not null and issued_by is not null;
-- Serves press_worker.tickets_to_sign: pending tickets are themselves the queue, oldest first.
create index tickets_pending_idx on press.tickets (issued_at) where status = 'pending';
-- Serves ranges of time; rows arrive in this order, so that a few pages of BRIN do.
create index tickets_issued_at_idx on press.tickets using brin (issued_at);

comment on table press.tickets is 'One numbered item of an edition, issued to one holder. Numbers run 1..cap without a gap and are never given out again.';
comment on column press.tickets.ticket_number is 'Its number within the edition.';
comment on column press.tickets.holder_id is 'Whose it is. Cannot change: tickets are not transferable.';
comment on column press.tickets.holder_slot is 'Which of the holder''s tickets of this edition it is: 1..per_holder_limit.';
comment on column press.tickets.cap is 'The cap of its edition, here so that a CHECK can hold the number to it.';
comment on column press.tickets.per_holder_limit is 'The holder limit of its edition, here so that a CHECK can hold the slot to it.';
comment on column press.tickets.status is 'pending, signed, redeemed or revoked; moves only forward.';
comment on column press.tickets.issued_at is 'When it was issued, by the clock of the database, to the millisecond: the timestamp of the envelope.';
comment on column press.tickets.issued_by is 'Who issued it for the holder: operator:SUBJECT or login:NAME. Null: the holder did.';
comment on column press.tickets.request_key is 'The key of the request that it answers, if the request had one.';
comment on column press.tickets.request_position is 'Which ticket of that request it is, from 1.';
comment on column press.tickets.envelope is 'The signed envelope, exactly the bytes to keep. Null until the ticket is signed.';

/* Revocations: why a ticket was withdrawn. One row a ticket at most, never changed. */
create table press.revocations (
  edition_id     integer not null,
  ticket_number  integer not null,
  reason         text not null
                 constraint revocations_reason_is_given check (length(reason) between 1 and 500),
  revoked_by     text not null,
  revoked_at     timestamptz not null default clock_timestamp(),
  constraint revocations_happen_once primary key (edition_id, ticket_number),
  constraint revocations_ticket_fkey foreign key (edition_id, ticket_number) references press.tickets (edition_id, ticket_number)
);
alter table press.revocations enable row level security;
alter table press.revocations force row level security;

comment on table press.revocations is 'Why, when and by whom a ticket was withdrawn.';
comment on column press.revocations.reason is 'The operator''s reason, for people.';
comment on column press.revocations.revoked_by is 'The operator: operator:SUBJECT or login:NAME.';

--! split: 4000-signing.sql
/* Signing: the public keys that sign envelopes, and which worker is at work on which pending ticket. */

create table press.signing_keys (
  key_id        text not null
                constraint signing_keys_pkey primary key,
  public_key    text not null
                constraint signing_keys_public_key_key unique
                constraint signing_keys_public_key_is_hex check (public_key collate "C" ~ '^[0-9a-f]{64}$'),
  activated_at  timestamptz not null default now(),
  retired_at    timestamptz,
  constraint signing_keys_key_id_is_the_fingerprint check (key_id = left(encode(sha256(decode(public_key, 'hex')), 'hex'), 16)),
  constraint signing_keys_are_retired_after_activation check (retired_at >= activated_at)
);
alter table press.signing_keys enable row level security;
alter table press.signing_keys force row level security;

comment on table press.signing_keys is 'Every Ed25519 public key that ever signed envelopes; retired ones stay, so that old envelopes verify for ever.';
comment on column press.signing_keys.key_id is 'The first 16 hex characters of SHA-256 of the 32-byte public key.';
comment on column press.signing_keys.public_key is 'The 32-byte public key as 64 lower-case hex characters.';
comment on column press.signing_keys.retired_at is 'From when on it signs nothing more. Null: in use.';

/* A lease, not a fact: it keeps workers out of each other's way and fixes the key, hence the bytes, before anything is signed. No foreign
   keys, because nothing depends on a lost or left-over claim: press_worker.attach_signatures decides by the ticket itself. */
create table press_private.signing_claims (
  edition_id     integer not null,
  ticket_number  integer not null,
  ticket_id      uuid not null,
  key_id         text not null,
  claimed_until  timestamptz not null,
  constraint signing_claims_pkey primary key (edition_id, ticket_number)
);

comment on table press_private.signing_claims is 'Which pending tickets a worker is signing, under which key, and until when nobody else takes them.';

--! split: 5000-issuing.sql
/* What the issuing functions pass to each other. */

create type press_private.actor_request_record as (actor press_hidden.actor_record, recipient text, quantity integer, request_key uuid);
comment on type press_private.actor_request_record is 'A request as it comes in: who asks, for whom (null: for themselves), how many, under which key (null: none).';

create type press_private.issue_request_record as (holder_id uuid, issued_by text, quantity integer, request_key uuid);
comment on type press_private.issue_request_record is 'A request as the core takes it: for which holder, by whom (null: by the holder), how many (at least 1), under which key.';

create type press_private.issue_facts_record as (holder_id uuid, quantity integer, holder_index integer, key_index integer, held_count integer,
  replayed_number integer, replayed_quantity integer, replayed_holder uuid);
comment on type press_private.issue_facts_record is 'What the guard knows of one request: the holder''s count so far, and what was issued under its key before (replayed_*, null: nothing).';

create type press_private.issue_verdict_record as (first_number integer, first_slot integer, refusal text, refusal_detail text);
comment on type press_private.issue_verdict_record is 'The answer to one request: from which number on its tickets run, and from which slot of the holder (null where they were there before); or the name of a refusal.';

create type press_private.issue_outcome_record as (request_index integer, refusal text, refusal_detail text, ticket press.tickets);
comment on type press_private.issue_outcome_record is 'One row for each ticket of a granted request, or one row for a refused one. request_index counts from 1.';

--! split: 9000-functions.sql
/* Every function, trigger and grant, from the files that are their source. */
--! Included index.sql
/* Table of contents, in the order to read it, which is also the order to load it. Everything here may be applied twice. */

-- Saying no, and who calls
--! Included press_private/refusals.sql
/* The register of refusals, in order of precedence: when two apply, the earlier one is the answer. db/ERRORS.md is its page for people, and
   gateway/refusals.ts its copy for clients; test/sql/laws/refusals.test.sql and test/gateway/refusals.test.ts hold the three together. */
create or replace function press_private.refusals()
  returns table (name text, code text, is_retryable boolean, sentence text, hint text)
  language sql immutable
begin atomic
  values
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
     'Check the ticket''s id.'),
    ('TICKET_NOT_SIGNED',    'PRUNS', false, 'The ticket awaits its signature.',
     'Try again in a moment; if it stays so, see whether a worker is running.'),
    ('UNKNOWN_KEY',          'PRKEY', false, 'The signing key is not known, or is not in use any more.',
     'Register the key first; a retired key stays retired, so make a new one instead.'),
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
   million tickets as at a thousand. PostgreSQL 18 has uuidv7(); this is for all versions. */
create or replace function press_private.time_ordered_uuid()
  returns uuid
  language sql volatile
begin atomic
  select (lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || substr(gen_random_uuid()::text, 16))::uuid;
end;
comment on function press_private.time_ordered_uuid is 'A UUID of version 7 (RFC 9562): 48 bits of milliseconds since 1970, then 74 random bits.';
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
          dense_rank() over (order by coalesce(u.issued_by, u.holder_id::text), u.request_key)::integer end as key_index
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
comment on function press_private.issue_batch is 'Issues, or answers again, or refuses, each request in its order, all in one edition. A quantity is granted whole or not at all. Refuses the whole batch only with LOCK_TIMEOUT or RETRY.';
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
comment on function press_private.issue_for_actors is 'Answers each request with its tickets or its refusal; in no particular order, see request_index. Refuses the whole call only with LOCK_TIMEOUT or RETRY.';
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
comment on function press.issue_ticket is 'Issues the next ticket of an edition to the caller, or to the recipient that an operator names. The same request key gives the same ticket, for ever. Refuses: NOT_SIGNED_IN, NOT_ALLOWED, HOLDER_INACTIVE, INVALID_INPUT, EDITION_NOT_FOUND, REQUEST_KEY_REUSED, EDITION_NOT_OPEN, HOLDER_LIMIT_REACHED, CAP_REACHED, LOCK_TIMEOUT, RETRY.';
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
comment on function press.issue_tickets is 'Issues the next tickets of an edition (quantity: 1 to 1000, all or none) to the caller, or to the recipient that an operator names. The same request key gives the same tickets, for ever. Refuses: NOT_SIGNED_IN, NOT_ALLOWED, HOLDER_INACTIVE, INVALID_INPUT, EDITION_NOT_FOUND, REQUEST_KEY_REUSED, EDITION_NOT_OPEN, HOLDER_LIMIT_REACHED, CAP_REACHED, LOCK_TIMEOUT, RETRY.';
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
comment on function press_gateway.issue_tickets is 'Answers each request (the n-th of every array, indexed from 1) with one row for each of its tickets, by their numbers, or with one for its refusal. A null subject is a client who is not signed in. Refuses the whole call only with LOCK_TIMEOUT or RETRY.';
revoke all on function press_gateway.issue_tickets from public;
grant execute on function press_gateway.issue_tickets to press_gateway;
--! EndIncluded press_gateway/issue_tickets.sql

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
comment on function press.create_edition is 'Prepares an edition as a draft. cap: how many tickets there can ever be; per_holder_limit: how many one holder can have (null: no limit but the cap); opens_at, closes_at: the window in which it issues, once opened (null: no bound). Refuses: NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT, RETRY.';
revoke all on function press.create_edition from public;
grant execute on function press.create_edition to press_anonymous, press_holder, press_operator;
--! EndIncluded press/create_edition.sql
--! Included press/open_edition.sql
/* From here on the terms are fixed. Locks: the edition. Asked twice it answers the same. */
create or replace function press.open_edition(edition_slug text)
  returns press.editions
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_edition  press.editions;
begin
  perform press_private.lock_edition(press_private.visible_edition_id(open_edition.edition_slug, press_private.require_operator()));

  update press.editions e set status = 'open', opened_at = clock_timestamp()
  where e.slug = open_edition.edition_slug and e.status = 'draft';

  select e.* into strict v_edition from press.editions e where e.slug = open_edition.edition_slug;
  if v_edition.status <> 'open' then
    perform press_private.refuse('EDITION_NOT_OPEN', 'It has closed; a closed edition is never opened again.');
  end if;
  return v_edition;
end
$$;
comment on function press.open_edition is 'Opens a draft: it issues from now on, or from its opens_at. An open edition stays as it is. Refuses: NOT_SIGNED_IN, NOT_ALLOWED, EDITION_NOT_FOUND, EDITION_NOT_OPEN (it has closed), LOCK_TIMEOUT, RETRY.';
revoke all on function press.open_edition from public;
grant execute on function press.open_edition to press_anonymous, press_holder, press_operator;
--! EndIncluded press/open_edition.sql
--! Included press_private/close_edition_by_id.sql
/* Closes under the edition's lock: whoever issues has either committed before, or will see that it is closed. */
create or replace function press_private.close_edition_by_id(edition_id integer)
  returns press.editions
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  v_edition  press.editions;
begin
  perform press_private.lock_edition(close_edition_by_id.edition_id);

  update press.editions e set status = 'closed', closed_at = clock_timestamp()
  where e.id = close_edition_by_id.edition_id and e.status = 'open';

  select e.* into strict v_edition from press.editions e where e.id = close_edition_by_id.edition_id;
  if v_edition.status = 'draft' then
    perform press_private.refuse('EDITION_NOT_OPEN', 'It is a draft that was not opened yet.');
  end if;
  return v_edition;
end
$$;
comment on function press_private.close_edition_by_id is 'Closes the edition, or leaves it closed. Refuses: EDITION_NOT_OPEN (it is a draft), LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.close_edition_by_id from public;
--! EndIncluded press_private/close_edition_by_id.sql
--! Included press/close_edition.sql
create or replace function press.close_edition(edition_slug text)
  returns press.editions
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  return press_private.close_edition_by_id(
    press_private.visible_edition_id(close_edition.edition_slug, press_private.require_operator()));
end
$$;
comment on function press.close_edition is 'Closes an edition: it issues nothing more, for ever. A closed edition stays as it is. Refuses: NOT_SIGNED_IN, NOT_ALLOWED, EDITION_NOT_FOUND, EDITION_NOT_OPEN (it is a draft), LOCK_TIMEOUT, RETRY.';
revoke all on function press.close_edition from public;
grant execute on function press.close_edition to press_anonymous, press_holder, press_operator;
--! EndIncluded press/close_edition.sql
--! Included press_worker/due_editions.sql
create or replace function press_worker.due_editions()
  returns setof integer
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select e.id from press.editions e where e.status = 'open' and e.closes_at <= clock_timestamp() order by e.id;
end
$$;
comment on function press_worker.due_editions is 'The ids of the open editions whose closes_at has passed, to be closed one by one.';
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
  if close_due_edition.edition_id not in (select d.id from press_worker.due_editions() d (id)) then
    return false;
  end if;
  perform press_private.close_edition_by_id(close_due_edition.edition_id);
  return true;
end
$$;
comment on function press_worker.close_due_edition is 'Closes the edition if its closes_at has passed, and tells whether it did. Refuses: LOCK_TIMEOUT, RETRY.';
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

-- Signing
--! Included press_private/active_signing_key.sql
create or replace function press_private.active_signing_key(key_id text)
  returns press.signing_keys
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_key  press.signing_keys;
begin
  select k.* into v_key from press.signing_keys k where k.key_id = active_signing_key.key_id and k.retired_at is null;
  if v_key.key_id is null then
    perform press_private.refuse('UNKNOWN_KEY');
  end if;
  return v_key;
end
$$;
comment on function press_private.active_signing_key is 'The key, if it is in use. Refuses: UNKNOWN_KEY.';
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
/* Called by every worker when it starts. A key that was retired stays so. */
create or replace function press_worker.register_signing_key(public_key text)
  returns press.signing_keys
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_key_id  text;
begin
  if coalesce(register_signing_key.public_key collate "C" !~ '^[0-9a-f]{64}$', true) then
    perform press_private.refuse('INVALID_INPUT', 'A public key is 64 lower-case hex characters.');
  end if;
  v_key_id := left(encode(sha256(decode(register_signing_key.public_key, 'hex')), 'hex'), 16);

  insert into press.signing_keys (key_id, public_key) values (v_key_id, register_signing_key.public_key)
  on conflict do nothing;  -- whichever of its two keys another worker was quicker with

  return press_private.active_signing_key(v_key_id);
end
$$;
comment on function press_worker.register_signing_key is 'Makes the public key (64 lower-case hex characters) known and in use; known already, it stays as it is. Refuses: INVALID_INPUT, UNKNOWN_KEY (it was retired).';
revoke all on function press_worker.register_signing_key from public;
grant execute on function press_worker.register_signing_key to press_worker;
--! EndIncluded press_worker/register_signing_key.sql
--! Included press_worker/retire_signing_key.sql
/* What the key signed before verifies for ever; what it had claimed goes to another key when the claim runs out. */
create or replace function press_worker.retire_signing_key(key_id text)
  returns press.signing_keys
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_key  press.signing_keys;
begin
  update press.signing_keys k set retired_at = clock_timestamp() where k.key_id = retire_signing_key.key_id and k.retired_at is null;

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
  if (tickets_to_sign.batch_size between 1 and 10000 and tickets_to_sign.lease_seconds between 1 and 3600) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A batch is 1 to 10000 tickets, a lease 1 to 3600 seconds.');
  end if;
  perform press_private.active_signing_key(tickets_to_sign.key_id);

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
comment on function press_worker.tickets_to_sign is 'Claims up to batch_size (1 to 10000) pending tickets for lease_seconds (1 to 3600) under the key, and returns the exact bytes to sign for each. Refuses: INVALID_INPUT, UNKNOWN_KEY.';
revoke all on function press_worker.tickets_to_sign from public;
grant execute on function press_worker.tickets_to_sign to press_worker;
--! EndIncluded press_worker/tickets_to_sign.sql
--! Included press_worker/attach_signatures.sql
/* Stores signatures. The envelope is put together here from the ticket's own row, so a worker can add a signature and nothing else. The
   same signature twice is fine (a worker that died after the commit left its job to another); any other finds the ticket signed, or
   claimed by another key, and is refused without harm to the rest of the batch. Locks: the tickets, by id. A crash before the commit
   leaves them pending, to be claimed again when the lease has run out. */
create or replace function press_worker.attach_signatures(key_id text, ticket_ids uuid[], signatures text[])
  returns table (ticket_id uuid, outcome text)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  set lock_timeout = '5s' set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  v_attached  uuid[];
begin
  perform press_private.active_signing_key(attach_signatures.key_id);
  if cardinality(attach_signatures.ticket_ids) is distinct from cardinality(attach_signatures.signatures)
     or exists (select from unnest(attach_signatures.signatures) s where coalesce(s collate "C" !~ '^[0-9a-f]{128}$', true)) then
    perform press_private.refuse('INVALID_INPUT', 'There is one signature of 128 lower-case hex characters for each ticket.');
  end if;

  perform from press.tickets t where t.id = any (attach_signatures.ticket_ids) order by t.id for no key update;

  with attached as (
    update press.tickets t set status = 'signed', envelope = s.envelope
    from press_private.signed_envelopes(attach_signatures.key_id, attach_signatures.ticket_ids, attach_signatures.signatures) s
    join press_private.signing_claims c on c.ticket_id = s.ticket_id and c.key_id = attach_signatures.key_id
    where t.id = s.ticket_id and c.edition_id = t.edition_id and c.ticket_number = t.ticket_number and t.status = 'pending'
    returning t.id
  )
  select coalesce(array_agg(a.id), '{}') into v_attached from attached a;

  delete from press_private.signing_claims c
  using press.tickets t
  where t.id = any (v_attached) and c.edition_id = t.edition_id and c.ticket_number = t.ticket_number;

  if v_attached <> '{}' then
    perform pg_notify('press_signed', '');  -- a hint that wakes whoever waits; it says nothing
  end if;

  return query
  select s.ticket_id, case when t.id is null or t.envelope is distinct from s.envelope then 'refused' when s.ticket_id = any (v_attached) then 'attached' else 'repeated' end
  from press_private.signed_envelopes(attach_signatures.key_id, attach_signatures.ticket_ids, attach_signatures.signatures) s
  left join press.tickets t on t.id = s.ticket_id;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
end
$$;
comment on function press_worker.attach_signatures is 'Stores the signatures (128 lower-case hex characters each) of tickets claimed under the key. outcome: attached; repeated (the same was there); refused (another is there, the claim went to another key, or there is no such ticket). Refuses: INVALID_INPUT, UNKNOWN_KEY, LOCK_TIMEOUT.';
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

-- Holding and withdrawing
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
--! Included press/revoke_ticket.sql
/* Withdraws a ticket. Its number and its holder's slot stay taken: five golden tickets exist, ever. Locks: the edition, then the ticket. */
create or replace function press.revoke_ticket(ticket_id uuid, reason text)
  returns press.tickets
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_actor   press_hidden.actor_record := press_private.require_operator();
  v_ticket  press.tickets;
begin
  if not press_private.is_one_line(revoke_ticket.reason, 500) then
    perform press_private.refuse('INVALID_INPUT', 'A reason has 1 to 500 characters, none of them a control character.');
  end if;

  select t.* into v_ticket from press.tickets t where t.id = revoke_ticket.ticket_id;
  if v_ticket.id is null then
    perform press_private.refuse('TICKET_NOT_FOUND');
  end if;
  perform press_private.lock_edition(v_ticket.edition_id);

  select t.* into strict v_ticket from press.tickets t where t.id = revoke_ticket.ticket_id for update;
  perform press_private.refuse(case v_ticket.status
    when 'pending' then 'TICKET_NOT_SIGNED' when 'revoked' then 'TICKET_REVOKED' else 'ALREADY_REDEEMED' end)
  where v_ticket.status <> 'signed';

  insert into press.revocations (edition_id, ticket_number, reason, revoked_by)
  values (v_ticket.edition_id, v_ticket.ticket_number, revoke_ticket.reason, press_private.issuer_label(v_actor));

  update press.tickets t set status = 'revoked' where t.id = v_ticket.id returning t.* into v_ticket;
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
comment on function press.revoke_ticket is 'Withdraws a signed ticket, with a reason (1 to 500 characters) that its holder can read. Its number is never given out again. Refuses: NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT, LOCK_TIMEOUT, RETRY, TICKET_NOT_FOUND, TICKET_NOT_SIGNED, TICKET_REVOKED, ALREADY_REDEEMED.';
revoke all on function press.revoke_ticket from public;
grant execute on function press.revoke_ticket to press_anonymous, press_holder, press_operator;
--! EndIncluded press/revoke_ticket.sql

-- What never changes
--! Included press_private/tg__refuse_change.sql
/* What was issued stays issued: not even the owner or a superuser removes these rows (or changes a revocation) while the triggers are there. */
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
  if (NEW.key_id, NEW.public_key, NEW.activated_at) is distinct from (OLD.key_id, OLD.public_key, OLD.activated_at)
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
--! EndIncluded index.sql
