--! Previous: sha1:613cfbbd7c7931534ee69498be0c6e243d833eac
--! Hash: sha1:2d13d5cd96887fa624571632836a9b40d65a0535
--! Message: draws

--! split: 1000-draws.sql
/* Draws: choosing the winner of an edition, once. The two new modes cannot be named as values of the type before this migration has committed,
   so whatever is parsed when it is made (checks, indexes, parsed bodies) compares the mode as text. Who may read what: db/sql/access/. */

alter type press.draw_mode add value 'sealed';
alter type press.draw_mode add value 'beacon';
comment on type press.draw_mode is 'How the winner of an edition is chosen. none: there is no draw; random_int: by the worker''s random number generator, fair if you trust the operator; sealed: by a secret that is committed to before the edition opens, which excludes a second roll; beacon: by a public source of randomness after the closing, which nobody knows before; that the closing came first is the issuer''s word, which a checkpoint proves that somebody kept from before the round.';

create type press.draw_status as enum ('requested', 'drawn', 'void');
comment on type press.draw_status is 'requested: awaits the worker; drawn: decided; void: given up without a winner, because what it needs was withheld.';

create type press.draw_recomputation as (
  attempt            integer,
  mode               press.draw_mode,
  is_recomputable    boolean,
  recorded_number    integer,
  recomputed_number  integer,
  agrees             boolean,
  finding            text
);
comment on type press.draw_recomputation is 'One draw, computed again from the entries of the ledger alone.';
comment on column press.draw_recomputation.attempt is '1: the draw; 2, 3 …: the replacements of its winner.';
comment on column press.draw_recomputation.mode is 'The mode that the edition was opened with.';
comment on column press.draw_recomputation.is_recomputable is 'Whether its winner follows from public data.';
comment on column press.draw_recomputation.recorded_number is 'The winner that the ledger has; null: none.';
comment on column press.draw_recomputation.recomputed_number is 'The winner that its inputs give; null: none, or not recomputable.';
comment on column press.draw_recomputation.agrees is 'Whether nothing in the ledger contradicts what is recorded.';
comment on column press.draw_recomputation.finding is 'What contradicts it, or why it is not recomputable; null where there is nothing to say.';

create type press.sale_point as (issued_at timestamptz, issued_count integer);
comment on type press.sale_point is 'A moment of a sale.';
comment on column press.sale_point.issued_at is 'When the ticket of that number was issued.';
comment on column press.sale_point.issued_count is 'How many tickets had been issued then.';

create type press_private.beacon_record as (closed_place bigint, tree_size bigint, checkpoint_at timestamptz, round bigint, due_at timestamptz);
comment on type press_private.beacon_record is 'What decides the round of a beacon: the place of edition.closed, the first published checkpoint that covers it and when it was signed, the round, and when that is due. Nulls from where on nothing is known yet.';

create table press.beacon_chains (
  chain_hash      text not null
                  constraint beacon_chains_pkey primary key
                  constraint beacon_chains_chain_hash_is_hex check (chain_hash collate "C" ~ '^[0-9a-f]{64}$'),
  public_key      text not null
                  constraint beacon_chains_public_key_is_hex check (public_key collate "C" ~ '^[0-9a-f]{192}$'),
  genesis_at      timestamptz not null
                  constraint beacon_chains_begin_at_a_whole_second check (isfinite(genesis_at) and genesis_at = date_trunc('second', genesis_at)),
  period_seconds  integer not null
                  constraint beacon_chains_period_is_positive check (period_seconds >= 1)
);
-- Before there are policies, without which not even the owner writes.
insert into press.beacon_chains (chain_hash, public_key, genesis_at, period_seconds) values (
  '52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971',
  '83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a',
  '2023-08-23T15:09:27Z', 3);

alter table press.beacon_chains enable row level security;
alter table press.beacon_chains force row level security;

comment on table press.beacon_chains is 'Public sources of randomness that a draw can rest on: drand chains of the scheme bls-unchained-g1-rfc9380. The first is drand''s quicknet.';
comment on column press.beacon_chains.chain_hash is 'The name of the chain: a hash of its parameters, 64 hex characters.';
comment on column press.beacon_chains.public_key is 'Verifies the signatures of its rounds: a point of BLS12-381 G2, 192 hex characters.';
comment on column press.beacon_chains.genesis_at is 'When its round 1 was due.';
comment on column press.beacon_chains.period_seconds is 'The seconds from one round to the next.';

create table press.beacon_rounds (
  chain_hash   text not null
               constraint beacon_rounds_chain_fkey references press.beacon_chains,
  round        bigint not null
               constraint beacon_rounds_count_from_1 check (round >= 1),
  signature    text not null
               constraint beacon_rounds_signature_is_hex check (signature collate "C" ~ '^[0-9a-f]{96}$'),
  archived_at  timestamptz not null default clock_timestamp(),
  constraint beacon_rounds_pkey primary key (chain_hash, round)
);
alter table press.beacon_rounds enable row level security;
alter table press.beacon_rounds force row level security;

comment on table press.beacon_rounds is 'The rounds that draws rest on, kept here and in the ledger for whoever recomputes them when the beacon is gone.';
comment on column press.beacon_rounds.chain_hash is 'The chain that it is a round of.';
comment on column press.beacon_rounds.round is 'Its number: round n is due (n - 1) periods after the chain''s genesis.';
comment on column press.beacon_rounds.signature is 'The beacon''s signature of the round, 96 hex characters: the randomness.';
comment on column press.beacon_rounds.archived_at is 'When the worker had verified it, and brought it here.';

alter table press.editions add column draw_commitment text
  constraint editions_draw_commitment_is_a_hash check (draw_commitment collate "C" ~ '^[0-9a-f]{64}$');
alter table press.editions add column draw_delay_seconds integer
  constraint editions_draw_delay_is_a_week_at_most check (draw_delay_seconds between 1 and 604800);
alter table press.editions add column beacon_chain_hash text
  constraint editions_beacon_chain_fkey references press.beacon_chains;
alter table press.editions
  add constraint editions_beacon_has_all_its_terms check (
    (draw_mode::text = 'beacon') = (draw_delay_seconds is not null) and (draw_mode::text = 'beacon') = (beacon_chain_hash is not null)
    and (draw_mode::text <> 'beacon' or closes_at is not null)),
  add constraint editions_sealed_opens_with_its_commitment check (
    case when draw_mode::text = 'sealed' then status = 'draft' or draw_commitment is not null else draw_commitment is null end);
comment on column press.editions.draw_commitment is 'Of a sealed draw: SHA-256 of the secret that decides it, in hex. Null until the worker has committed to one.';
comment on column press.editions.draw_delay_seconds is 'Of a draw by beacon: how long after the checkpoint that covers the closing its round is due, at least.';
comment on column press.editions.beacon_chain_hash is 'Of a draw by beacon: the chain whose round decides it.';

-- Finds the first checkpoint after a moment, however many there are.
create index checkpoints_signed_at_idx on press.checkpoints (signed_at);

/* One result a draw, also for whoever forgets the lock and the guard: there is one first attempt (the primary key), each winner is replaced
   once at most, and only a winner is. */
create table press.draws (
  edition_id       integer not null
                   constraint draws_edition_fkey references press.editions,
  attempt          integer not null
                   constraint draws_attempts_count_from_1 check (attempt >= 1),
  status           press.draw_status not null default 'requested',
  requested_at     timestamptz not null default clock_timestamp(),
  replaced_number  integer,
  reason           text
                   constraint draws_reason_is_one_line check (length(reason) between 1 and 500 and reason collate "C" !~ '[[:cntrl:]]'),
  entries_count    integer
                   constraint draws_entries_count_is_not_negative check (entries_count >= 0),
  entries_hash     text
                   constraint draws_entries_hash_is_hex check (entries_hash collate "C" ~ '^[0-9a-f]{64}$'),
  entropy          text
                   constraint draws_entropy_is_hex check (entropy collate "C" ~ '^([0-9a-f]{64}|[0-9a-f]{96})$'),
  beacon_round     bigint,
  tree_size        bigint,
  ticket_number    integer,
  drawn_at         timestamptz,
  constraint draws_have_one_result primary key (edition_id, attempt),
  constraint draws_nobody_wins_twice unique (edition_id, ticket_number),
  constraint draws_winner_is_a_ticket foreign key (edition_id, ticket_number) references press.tickets (edition_id, ticket_number),
  constraint draws_winner_is_replaced_once unique (edition_id, replaced_number),
  constraint draws_only_a_winner_is_replaced foreign key (edition_id, replaced_number) references press.draws (edition_id, ticket_number),
  constraint draws_replacements_name_whom_they_replace check ((attempt = 1) = (replaced_number is null)),
  constraint draws_reason_goes_with_replacements_and_void_draws check ((reason is null) = (attempt = 1 and status <> 'void')),
  constraint draws_void_is_the_first_attempt check (status <> 'void' or attempt = 1),
  constraint draws_result_comes_with_its_inputs check (
    (status = 'requested') = (drawn_at is null) and (drawn_at is null) = (entries_count is null) and (drawn_at is null) = (entries_hash is null)),
  constraint draws_winner_is_there_only_when_drawn check (
    case when status = 'drawn' then (ticket_number is null) = (entries_count = 0) else ticket_number is null and entropy is null end),
  constraint draws_beacon_has_a_round_and_a_checkpoint check ((beacon_round is null) = (tree_size is null))
);
alter table press.draws enable row level security;
alter table press.draws force row level security;

-- Serves press_worker.draws_to_make: the few draws that await the worker.
create index draws_requested_idx on press.draws (edition_id, attempt) where status = 'requested';

comment on table press.draws is 'The draw of an edition, and the replacements of its winner. Nothing of a winner is here before it is drawn.';
comment on column press.draws.attempt is '1: the draw; 2, 3 …: the replacements of its winner.';
comment on column press.draws.status is 'requested, drawn or void; once it is not requested, nothing changes any more.';
comment on column press.draws.requested_at is 'When an operator asked for it.';
comment on column press.draws.replaced_number is 'Of a replacement: the winner who was disqualified.';
comment on column press.draws.reason is 'Why the winner was disqualified, or why the draw is void.';
comment on column press.draws.entries_count is 'How many tickets were drawn from: those of entries_hash without the ones revoked before the closing and the winners replaced since.';
comment on column press.draws.entries_hash is 'The tickets that were issued: see edition.closed in the ledger.';
comment on column press.draws.entropy is 'What decided, in hex: of a sealed draw its secret, of a draw by beacon the signature of the round. Null of random_int.';
comment on column press.draws.beacon_round is 'Of a draw by beacon: the round that decides.';
comment on column press.draws.tree_size is 'Of a draw by beacon: the size of the checkpoint from which the delay counts, the first that covers the closing.';
comment on column press.draws.ticket_number is 'The winner. Null: not drawn yet, or there were no tickets, or the draw is void.';
comment on column press.draws.drawn_at is 'When it was decided, or given up.';

create table press_private.draw_requests (
  edition_id    integer not null,
  attempt       integer not null,
  requested_by  text not null,
  request_key   uuid,
  constraint draw_requests_pkey primary key (edition_id, attempt),
  constraint draw_requests_draw_fkey foreign key (edition_id, attempt) references press.draws (edition_id, attempt),
  constraint draw_requests_request_key unique (edition_id, requested_by, request_key)
);
comment on table press_private.draw_requests is 'Which operator asked for each draw (operator:SUBJECT or login:NAME), and under which key: that request has this draw for its answer for ever.';

-- It takes the terms of a draw by beacon now.
drop function press.create_edition(text, text, integer, integer, press.draw_mode, timestamptz, timestamptz);

--! split: 9000-functions.sql
/* Every function, trigger and grant that is new or has changed, from the files that are their source. */
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
     'A ticket is redeemed once, and cannot be revoked afterwards.'),
    ('ALREADY_DRAWN',        'PRDRN', false, 'The edition was drawn already, or its draw was asked for.',
     'See its draws; a winner can be replaced (replace_winner), for a reason that everybody reads.'),
    ('DRAW_NOT_READY',       'PRNDR', false, 'It is too early for this draw.',
     'Try again when the time that the detail names has come; if nothing changes, see whether a worker is running.');
end;
comment on function press_private.refusals is 'Every refusal: its name, its SQLSTATE, whether the same request may succeed later, a sentence for people, and what to do next.';
revoke all on function press_private.refusals from public;
--! EndIncluded press_private/refusals.sql
--! Included press_private/edition_opened_leaf.sql
/* The leaves of the ledger are made by the functions *_leaf, as envelopes are by press_private.ticket_envelope: the canonical JSON of an
   object is its members in the order of their names, without white space. This one is the edition's manifest: its terms, as promised. What came
   with a later mode of drawing is a member only where that is the mode, so that older leaves are made again as they were. */
create or replace function press_private.edition_opened_leaf(edition press.editions)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339((edition).opened_at)
      || '"' || coalesce((
           select ',"beacon_chain_hash":"' || c.chain_hash
               || '","beacon_genesis_at":"' || press_private.rfc3339(c.genesis_at)
               || '","beacon_period_seconds":' || c.period_seconds
               || ',"beacon_public_key":"' || c.public_key || '"'
           from press.beacon_chains c where c.chain_hash = (edition).beacon_chain_hash), '')
      || ',"cap":' || (edition).cap
      || ',"closes_at":' || coalesce('"' || press_private.rfc3339((edition).closes_at) || '"', 'null')
      || coalesce(',"draw_commitment":"' || (edition).draw_commitment || '"', '')
      || coalesce(',"draw_delay_seconds":' || (edition).draw_delay_seconds, '')
      || ',"draw_mode":"' || (edition).draw_mode
      || '","edition":"' || (edition).slug
      || '","opens_at":' || coalesce('"' || press_private.rfc3339((edition).opens_at) || '"', 'null')
      || ',"per_holder_limit":' || (edition).per_holder_limit
      || ',"rule_set_hash":null,"type":"edition.opened"}';
end;
comment on function press_private.edition_opened_leaf is 'The leaf of an edition that was opened: its manifest.';
revoke all on function press_private.edition_opened_leaf from public;
--! EndIncluded press_private/edition_opened_leaf.sql
--! Included press_private/beacon_archived_leaf.sql
create or replace function press_private.beacon_archived_leaf(round press.beacon_rounds)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339((round).archived_at)
      || '","chain_hash":"' || (round).chain_hash
      || '","round":' || (round).round
      || ',"signature":"' || (round).signature
      || '","type":"beacon.archived"}';
end;
comment on function press_private.beacon_archived_leaf is 'The leaf of a round of a beacon that was archived.';
revoke all on function press_private.beacon_archived_leaf from public;
--! EndIncluded press_private/beacon_archived_leaf.sql
--! Included press_private/draw_leaf.sql
/* Everything that the winner follows from, so that whoever has the ledger recomputes it. A void draw has no winner to follow from anything. */
create or replace function press_private.draw_leaf(draw press.draws, edition press.editions)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339((draw).drawn_at) || '"'
      || case when (draw).attempt > 1 then ',"attempt":' || (draw).attempt else '' end
      || ',"edition":"' || (edition).slug
      || '","inputs":{'
      || case when i.is_beacon then '"checkpoint_at":"' || press_private.rfc3339(
           (select c.signed_at from press.checkpoints c where c.tree_size = (draw).tree_size)) || '",' else '' end
      || '"entries_count":' || (draw).entries_count || ',"entries_hash":"' || (draw).entries_hash || '"'
      || case when i.is_beacon then ',"round":' || (draw).beacon_round || ',"signature":"' || (draw).entropy || '","tree_size":' || (draw).tree_size
              when (draw).entropy is not null then ',"secret":"' || (draw).entropy || '"' else '' end
      || '},"mode":"' || (edition).draw_mode
      || '","reason":' || coalesce(to_json((draw).reason)::text, 'null')
      || case when (draw).attempt > 1 then ',"replaced_number":' || (draw).replaced_number else '' end
      || ',"ticket_number":' || coalesce((draw).ticket_number::text, 'null')
      || ',"type":"' || case when (draw).attempt > 1 then 'winner.replaced' else 'edition.drawn' end || '"}'
  from (select (edition).draw_mode::text = 'beacon' and (draw).status = 'drawn' as is_beacon) i;
end;
comment on function press_private.draw_leaf is 'The leaf of a draw that was decided or given up: edition.drawn, or winner.replaced of a later attempt.';
revoke all on function press_private.draw_leaf from public;
--! EndIncluded press_private/draw_leaf.sql
--! Included press_private/edition_problem.sql
/* The ledger writes years in four digits. */
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
    when least(opens_at, closes_at) < '0001-01-01T00:00:00Z' or greatest(opens_at, closes_at) >= '10000-01-01T00:00:00Z' then
      'A window has bounds in the years 1 to 9999; leave one out for none.'
  end;
end
$$;
comment on function press_private.edition_problem is 'What is wrong with the terms of a new edition, as a sentence; null when nothing is.';
revoke all on function press_private.edition_problem from public;
--! EndIncluded press_private/edition_problem.sql
--! Included press_private/draw_terms_problem.sql
create or replace function press_private.draw_terms_problem(
    draw_mode text, closes_at timestamptz, draw_delay_seconds integer, beacon_chain_hash text)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return case
    when draw_mode <> 'beacon' and (draw_delay_seconds is not null or beacon_chain_hash is not null) then
      'A delay and a chain are terms of a draw by beacon.'
    when draw_mode = 'beacon' and closes_at is null then
      'An edition with a draw by beacon says when it closes.'
    when draw_delay_seconds not between 1 and 604800 then
      'The delay of a draw by beacon is from 1 second to 604800 (a week).'
    when not exists (select from press.beacon_chains c where c.chain_hash = draw_terms_problem.beacon_chain_hash) and beacon_chain_hash is not null then
      'There is no beacon chain of this hash here.'
  end;
end
$$;
comment on function press_private.draw_terms_problem is 'What is wrong with the terms of a draw, as a sentence; null when nothing is. Nulls: the defaults.';
revoke all on function press_private.draw_terms_problem from public;
--! EndIncluded press_private/draw_terms_problem.sql
--! Included press/create_edition.sql
/* Prepares an edition. Everything is checked here by name, so that no constraint has to speak to people. */
create or replace function press.create_edition(
    slug text, title text, cap integer, per_holder_limit integer default null, draw_mode press.draw_mode default 'none',
    opens_at timestamptz default null, closes_at timestamptz default null,
    draw_delay_seconds integer default null, beacon_chain_hash text default null)
  returns press.editions
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_draw_mode  press.draw_mode := coalesce(create_edition.draw_mode, 'none');
  v_is_beacon  boolean := v_draw_mode::text = 'beacon';
  v_edition    press.editions;
begin
  perform press_private.require_running();
  perform press_private.require_operator();
  perform press_private.refuse('INVALID_INPUT', p.problem)
  from coalesce(
    press_private.edition_problem(
      create_edition.slug, create_edition.title, create_edition.cap, create_edition.per_holder_limit,
      create_edition.opens_at, create_edition.closes_at),
    press_private.draw_terms_problem(
      v_draw_mode::text, create_edition.closes_at, create_edition.draw_delay_seconds, create_edition.beacon_chain_hash)) p (problem)
  where p.problem is not null;

  insert into press.editions (
    slug, title, cap, per_holder_limit, draw_mode, opens_at, closes_at, draw_delay_seconds, beacon_chain_hash)
  values (
    create_edition.slug, create_edition.title, create_edition.cap, coalesce(create_edition.per_holder_limit, create_edition.cap),
    v_draw_mode, create_edition.opens_at, create_edition.closes_at,
    coalesce(create_edition.draw_delay_seconds, case when v_is_beacon then 60 end),
    -- drand's quicknet, which the migration brought.
    coalesce(create_edition.beacon_chain_hash, case when v_is_beacon then '52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971' end))
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
comment on function press.create_edition is 'Prepares an edition as a draft. cap: how many tickets there can ever be; per_holder_limit: how many one holder can have (null: no limit but the cap); draw_mode: how its winner is chosen; opens_at, closes_at: the window in which it issues, once opened (null: no bound; a draw by beacon needs closes_at). Of a draw by beacon alone: draw_delay_seconds, how long after the closing is recorded its round is due, at least (1 to 604800; null: 60); beacon_chain_hash, which chain (null: drand''s quicknet). Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT, RETRY.';
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

  select e.* into strict v_edition from press.editions e where e.slug = open_edition.edition_slug;
  if v_edition.status = 'open' then
    return v_edition;
  end if;
  if v_edition.status <> 'draft' then
    perform press_private.refuse('EDITION_NOT_OPEN', 'It has closed; a closed edition is never opened again.');
  end if;
  if v_edition.draw_mode::text = 'sealed' and v_edition.draw_commitment is null then
    perform press_private.refuse('DRAW_NOT_READY', 'The worker has not committed to the secret of its draw yet; try again in a moment.');
  end if;

  update press.editions e set status = 'open', opened_at = clock_timestamp() where e.id = v_edition.id returning e.* into v_edition;
  perform press_private.append_entry('edition.opened', v_edition.id, null, press_private.edition_opened_leaf(v_edition));
  return v_edition;
end
$$;
comment on function press.open_edition is 'Opens a draft: it issues from now on, or from its opens_at. An open edition stays as it is. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, EDITION_NOT_FOUND, EDITION_NOT_OPEN (it has closed), LOCK_TIMEOUT, RETRY, DRAW_NOT_READY (its draw is sealed, and no worker has committed to a secret yet).';
revoke all on function press.open_edition from public;
grant execute on function press.open_edition to press_anonymous, press_holder, press_operator;
--! EndIncluded press/open_edition.sql
--! Included press_private/close_edition_by_id.sql
/* Closes under the edition's lock: whoever issues has either committed before, or will see that it is closed. Its entry for the ledger waits until
   its tickets are signed: press_worker.record_closed_edition. Where a beacon decides, the moment of closing was promised: whoever could choose it
   could choose the round. */
create or replace function press_private.close_edition_by_id(edition_id integer)
  returns press.editions
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  v_edition  press.editions;
begin
  perform press_private.lock_edition(close_edition_by_id.edition_id);
  perform press_private.require_running();

  select e.* into strict v_edition from press.editions e where e.id = close_edition_by_id.edition_id;
  if v_edition.status = 'draft' then
    perform press_private.refuse('EDITION_NOT_OPEN', 'It is a draft that was not opened yet.');
  end if;
  if v_edition.status <> 'open' then
    return v_edition;
  end if;
  if v_edition.draw_mode::text = 'beacon' and v_edition.closes_at > clock_timestamp() then
    perform press_private.refuse('DRAW_NOT_READY', format('Its draw is by beacon, so it closes at %s and not earlier.', press_private.rfc3339(v_edition.closes_at)));
  end if;

  update press.editions e set status = 'closed', closed_at = clock_timestamp() where e.id = v_edition.id returning e.* into v_edition;
  insert into press_private.closings_to_record (edition_id) values (v_edition.id);
  return v_edition;
end
$$;
comment on function press_private.close_edition_by_id is 'Closes the edition, or leaves it closed. Refuses: PRESS_STOPPED, EDITION_NOT_OPEN (it is a draft), LOCK_TIMEOUT, RETRY, DRAW_NOT_READY (its draw is by beacon, and its closes_at has not come).';
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
comment on function press.close_edition is 'Closes an edition: it issues nothing more, for ever. A closed edition stays as it is. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, EDITION_NOT_FOUND, EDITION_NOT_OPEN (it is a draft), LOCK_TIMEOUT, RETRY, DRAW_NOT_READY (its draw is by beacon, and its closes_at has not come).';
revoke all on function press.close_edition from public;
grant execute on function press.close_edition to press_anonymous, press_holder, press_operator;
--! EndIncluded press/close_edition.sql
--! Included press/sales_over_time.sql
/* Numbers are given out in the order of issue, so the n-th ticket was issued when n were: a lookup a point, whatever the size of the edition. */
create or replace function press.sales_over_time(edition_slug text, points integer default 100)
  returns setof press.sale_point
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_actor       press_hidden.actor_record := press_private.require_operator();
  v_edition_id  integer;
  v_count       bigint;
begin
  if (sales_over_time.points between 1 and 1000) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A sale is told in 1 to 1000 points.');
  end if;
  v_edition_id := press_private.visible_edition_id(sales_over_time.edition_slug, v_actor);
  v_count := press_private.issued_count(v_edition_id);

  return query
  select t.issued_at::timestamptz, t.ticket_number
  from (select distinct (n.step * v_count + sales_over_time.points - 1) / sales_over_time.points as number
        from generate_series(1, sales_over_time.points) n (step) where v_count > 0) n
  cross join lateral (
    select t.issued_at, t.ticket_number from press.tickets t where t.edition_id = v_edition_id and t.ticket_number = n.number offset 0) t
  order by t.ticket_number;
end
$$;
comment on function press.sales_over_time is 'How many tickets of an edition had been issued when, for operators: points (1 to 1000) moments at even steps of the count, or as many as there are tickets; the last is the latest ticket. Refuses: NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT, EDITION_NOT_FOUND.';
revoke all on function press.sales_over_time from public;
grant execute on function press.sales_over_time to press_anonymous, press_holder, press_operator;
--! EndIncluded press/sales_over_time.sql
--! Included press_private/closed_entry.sql
create or replace function press_private.closed_entry(edition_id integer)
  returns press.ledger_entries
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_entry  press.ledger_entries;
begin
  select e.* into v_entry from press.ledger_entries e
  where e.edition_id = closed_entry.edition_id and e.ticket_number is null and e.type = 'edition.closed';
  return v_entry;
end
$$;
comment on function press_private.closed_entry is 'The entry edition.closed of the edition; nulls until it has its place.';
revoke all on function press_private.closed_entry from public;
--! EndIncluded press_private/closed_entry.sql
--! Included press_private/draw_entries.sql
/* Who is drawn from is decided by the order of the ledger, where edition.closed has one place for ever: a revocation that comes after it changes
   nothing, whenever it was asked for. To be inlined (it has no SET). */
create or replace function press_private.draw_entries(edition_id integer, closed_place bigint, attempt integer)
  returns setof integer
  language sql stable
begin atomic
  select e.ticket_number from press.ledger_entries e
  where e.edition_id = draw_entries.edition_id and e.type = 'ticket.issued' and e.ticket_number is not null and e.place < draw_entries.closed_place
    and not exists (
      select from press.ledger_entries r
      where r.edition_id = draw_entries.edition_id and r.ticket_number = e.ticket_number and r.type = 'ticket.revoked' and r.place < draw_entries.closed_place)
    and not exists (
      select from press.draws d
      where d.edition_id = draw_entries.edition_id and d.attempt < draw_entries.attempt and d.ticket_number = e.ticket_number)
  order by e.ticket_number;
end;
comment on function press_private.draw_entries is 'The numbers of the tickets that an attempt draws from, in their order: issued and not revoked before the closing, and not the winner of an earlier attempt.';
revoke all on function press_private.draw_entries from public;
--! EndIncluded press_private/draw_entries.sql
--! Included press_private/draw_entries_count.sql
/* Counted without going over them, because it is asked at every look of every worker: what the closing says were issued, less what was taken away. */
create or replace function press_private.draw_entries_count(closed press.ledger_entries, attempt integer)
  returns integer
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  return (closed.leaf::jsonb ->> 'issued_count')::integer
    - (select count(*) from press.revocations v
       where v.edition_id = closed.edition_id and exists (
         select from press.ledger_entries r
         where r.edition_id = v.edition_id and r.ticket_number = v.ticket_number and r.type = 'ticket.revoked' and r.place < closed.place))
    - (select count(d.ticket_number) from press.draws d where d.edition_id = closed.edition_id and d.attempt < draw_entries_count.attempt);
end
$$;
comment on function press_private.draw_entries_count is 'How many tickets press_private.draw_entries has for an attempt. closed: the entry edition.closed.';
revoke all on function press_private.draw_entries_count from public;
--! EndIncluded press_private/draw_entries_count.sql
--! Included press_private/known_entropy.sql
/* A secret that was revealed is everybody's, so that a replacement needs no worker that has the key. */
create or replace function press_private.known_entropy(draw press.draws, edition press.editions)
  returns text
  language sql stable
begin atomic
  select case (edition).draw_mode::text
    when 'sealed' then (select d.entropy from press.draws d where d.edition_id = (draw).edition_id and d.attempt = 1 and (draw).attempt > 1)
    when 'beacon' then (
      select r.signature from press.beacon_rounds r where r.chain_hash = (edition).beacon_chain_hash and r.round = (draw).beacon_round)
  end;
end;
comment on function press_private.known_entropy is 'What decides a draw, where the database has it: of a replacement of a sealed draw the secret that the draw revealed, of a beacon the round that is archived; otherwise null.';
revoke all on function press_private.known_entropy from public;
--! EndIncluded press_private/known_entropy.sql
--! Included press_private/beacon_round.sql
create or replace function press_private.beacon_round(genesis_at timestamptz, period_seconds integer, checkpoint_at timestamptz, delay_seconds integer)
  returns bigint
  language sql immutable
begin atomic
  select greatest(1, 1 + ceil(
    (extract(epoch from beacon_round.checkpoint_at) + beacon_round.delay_seconds - extract(epoch from beacon_round.genesis_at)) / nullif(beacon_round.period_seconds, 0)))::bigint
  where beacon_round.checkpoint_at is not null and beacon_round.period_seconds <> 0;
end;
comment on function press_private.beacon_round is 'The first round that is due delay_seconds or more after the checkpoint; null without a checkpoint, and of what is no chain, because its rounds have no time between them.';
revoke all on function press_private.beacon_round from public;
--! EndIncluded press_private/beacon_round.sql
--! Included press_private/beacon_of.sql
/* The round is fixed by what nobody can put off: the first published checkpoint that covers the closing, by when it was signed, since a slow worker may
   publish a smaller one later. One that a clock put back dates before the closing does not count. Plans are kept to indexes, however small the ledger was when they were made. */
create or replace function press_private.beacon_of(edition press.editions)
  returns press_private.beacon_record
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_beacon  press_private.beacon_record;
  v_closed  press.ledger_entries := press_private.closed_entry(edition.id);
  v_chain   press.beacon_chains;
begin
  select c.* into v_chain from press.beacon_chains c where c.chain_hash = edition.beacon_chain_hash;
  v_beacon.closed_place := v_closed.place;
  select c.tree_size, date_trunc('milliseconds', c.signed_at) into v_beacon.tree_size, v_beacon.checkpoint_at
  from press.checkpoints c
  where c.signed_at >= greatest(v_closed.recorded_at, edition.closed_at) and c.tree_size > v_closed.place
  order by c.signed_at, c.tree_size limit 1;
  v_beacon.round := press_private.beacon_round(v_chain.genesis_at, v_chain.period_seconds, v_beacon.checkpoint_at, edition.draw_delay_seconds);
  v_beacon.due_at := v_chain.genesis_at + (v_beacon.round - 1) * make_interval(secs => v_chain.period_seconds);
  return v_beacon;
end
$$;
comment on function press_private.beacon_of is 'Which round of its beacon decides the draw of the edition, and when that is due; nulls from where on nothing is known yet.';
revoke all on function press_private.beacon_of from public;
--! EndIncluded press_private/beacon_of.sql
--! Included press_private/is_beacon_of.sql
/* By a clock that was put back, a checkpoint can be signed after the draw was asked for, and before the one that it counts from; and a slow worker can
   publish a smaller one. What is both smaller and earlier was there first. */
create or replace function press_private.is_beacon_of(draw press.draws, edition press.editions)
  returns boolean
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_closed  press.ledger_entries := press_private.closed_entry(edition.id);
  v_from    timestamptz := greatest(v_closed.recorded_at, edition.closed_at);
begin
  if edition.beacon_chain_hash is null then
    return draw.beacon_round is null and draw.tree_size is null;
  end if;
  return exists (
    select from press.checkpoints c
    join press.beacon_chains n on n.chain_hash = edition.beacon_chain_hash
    where c.tree_size = draw.tree_size and c.tree_size > v_closed.place and c.signed_at >= v_from
      and draw.beacon_round = press_private.beacon_round(
        n.genesis_at, n.period_seconds, date_trunc('milliseconds', c.signed_at), edition.draw_delay_seconds)
      and not exists (
        select from press.checkpoints f
        where f.signed_at >= v_from and f.signed_at < c.signed_at and f.tree_size > v_closed.place and f.tree_size < c.tree_size));
end
$$;
comment on function press_private.is_beacon_of is 'Whether the round of a draw is the one that follows from the first checkpoint that covers the closing; of another mode, that it has none.';
revoke all on function press_private.is_beacon_of from public;
--! EndIncluded press_private/is_beacon_of.sql
--! Included press_private/await_publishers.sql
/* A checkpoint is dated when it is written, and seen when that is committed. Whoever looks for the first one lets those who are writing end: their lock of
   the table conflicts with this one, which is given back at once, so that nobody who publishes waits for the transaction that asks. */
create or replace function press_private.await_publishers()
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
begin
  lock table press.checkpoints in share mode;
  raise exception using errcode = 'PRDUN';  -- what is undone gives its locks back
exception
  when sqlstate 'PRDUN' then
    null;
end
$$;
comment on function press_private.await_publishers is 'Waits until every checkpoint that is being published is there to be seen by the next statement.';
revoke all on function press_private.await_publishers from public;
--! EndIncluded press_private/await_publishers.sql
--! Included press_private/beacon_problem.sql
create or replace function press_private.beacon_problem(edition press.editions, beacon press_private.beacon_record)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return case
    when edition.closes_at > clock_timestamp() then
      format('It closes at %s, and is drawn after that.', press_private.rfc3339(edition.closes_at))
    when beacon.tree_size is null then
      format('Its closing at %s is not under a published checkpoint yet; try again in a moment.', press_private.rfc3339(edition.closes_at))
    when beacon.due_at > clock_timestamp() then
      format('Round %s of its beacon is due at %s.', beacon.round, press_private.rfc3339(beacon.due_at))
  end;
end
$$;
comment on function press_private.beacon_problem is 'Why a draw by beacon has to wait, as a sentence that says until when; null when it has not.';
revoke all on function press_private.beacon_problem from public;
--! EndIncluded press_private/beacon_problem.sql
--! Included press_private/requested_draw.sql
/* A request under a key is for one attempt: the draw, or the replacement of a winner for one reason. */
create or replace function press_private.requested_draw(edition_id integer, actor press_hidden.actor_record, request_key uuid, reason text)
  returns press.draws
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_draw  press.draws;
begin
  select d.* into v_draw
  from press_private.draw_requests r
  join press.draws d on d.edition_id = r.edition_id and d.attempt = r.attempt
  where r.edition_id = requested_draw.edition_id and r.requested_by = press_private.issuer_label(requested_draw.actor)
    and r.request_key = requested_draw.request_key;
  -- The reason of attempt 1 is why it is void, which came later.
  if v_draw.attempt is not null and (case when v_draw.attempt > 1 then v_draw.reason end) is distinct from requested_draw.reason then
    perform press_private.refuse('REQUEST_KEY_REUSED');
  end if;
  return v_draw;
end
$$;
comment on function press_private.requested_draw is 'The draw that the operator asked for under the key; nulls when none was. reason: of a replacement; null: of a draw. Refuses: REQUEST_KEY_REUSED (something else was asked for).';
revoke all on function press_private.requested_draw from public;
--! EndIncluded press_private/requested_draw.sql
--! Included press_private/request_draw.sql
create or replace function press_private.request_draw(draw press.draws, actor press_hidden.actor_record, request_key uuid)
  returns press.draws
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_draw  press.draws;
begin
  insert into press.draws (edition_id, attempt, replaced_number, reason, beacon_round, tree_size)
  values (draw.edition_id, draw.attempt, draw.replaced_number, draw.reason, draw.beacon_round, draw.tree_size)
  returning * into v_draw;
  insert into press_private.draw_requests (edition_id, attempt, requested_by, request_key)
  values (v_draw.edition_id, v_draw.attempt, press_private.issuer_label(request_draw.actor), request_draw.request_key);
  return v_draw;
end
$$;
comment on function press_private.request_draw is 'Writes that an operator asks for an attempt, and under which key. To be called under the edition''s lock.';
revoke all on function press_private.request_draw from public;
--! EndIncluded press_private/request_draw.sql
--! Included press/draw_winner.sql
/* Asks for the draw of an edition, and closes it first. Nothing is chosen here: the worker does that, when every ticket is in the ledger, and
   press_worker.record_draw writes it once. The way of a request from here:
     1. an answer that was given before     press_private.requested_draw
     2. one at a time                       press_private.lock_edition         the first layer
     3. is there a draw already?            read again, under the lock         the second layer
     4. write it                            the keys of press.draws: the third
   Locks: the edition; of a draw by beacon, for a moment, checkpoints against who publishes. A crash before the commit leaves nothing; after it the draw is there, requested. */
create or replace function press.draw_winner(edition_slug text, request_key uuid default null)
  returns press.draws
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_actor    press_hidden.actor_record;
  v_edition  press.editions;
  v_beacon   press_private.beacon_record;
  v_draw     press.draws;
begin
  perform press_private.require_running();
  v_actor := press_private.require_operator();
  select e.* into v_edition from press.editions e where e.slug = draw_winner.edition_slug;
  perform press_private.refuse('INVALID_INPUT', 'This edition has no draw: its mode is none.') where v_edition.draw_mode = 'none';
  v_edition.id := press_private.visible_edition_id(draw_winner.edition_slug, v_actor);
  v_draw := press_private.requested_draw(v_edition.id, v_actor, draw_winner.request_key, null);
  if v_draw.attempt is not null then
    return v_draw;
  end if;
  perform press_private.refuse('EDITION_NOT_OPEN', 'It is a draft that was not opened yet.') where v_edition.status = 'draft';
  perform press_private.lock_edition(v_edition.id);
  perform press_private.require_running();

  -- Statements from here on see all that was committed before the lock was granted.
  v_draw := press_private.requested_draw(v_edition.id, v_actor, draw_winner.request_key, null);
  if v_draw.attempt is not null then
    return v_draw;
  end if;
  perform press_private.refuse('ALREADY_DRAWN') from press.draws d where d.edition_id = v_edition.id and d.attempt = 1;
  if v_edition.draw_mode::text = 'beacon' then
    perform press_private.await_publishers();
    select e.* into strict v_edition from press.editions e where e.id = v_edition.id;
    v_beacon := press_private.beacon_of(v_edition);
    perform press_private.refuse('DRAW_NOT_READY', p.problem)
    from press_private.beacon_problem(v_edition, v_beacon) p (problem) where p.problem is not null;
  end if;
  perform press_private.close_edition_by_id(v_edition.id);

  v_draw.edition_id := v_edition.id;
  v_draw.attempt := 1;
  v_draw.beacon_round := v_beacon.round;
  v_draw.tree_size := v_beacon.tree_size;
  return press_private.request_draw(v_draw, v_actor, draw_winner.request_key);
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when unique_violation or serialization_failure or deadlock_detected then
    -- A caller with an old snapshot does not see the draw that is there; its key does.
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.draw_winner is 'Asks for the winner of an edition, and closes it if it is open. The answer is the draw: requested, and drawn a moment later, when the worker has chosen. The same request key gives the same draw, for ever. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT (the edition has no draw), EDITION_NOT_FOUND, REQUEST_KEY_REUSED, EDITION_NOT_OPEN (it is a draft), LOCK_TIMEOUT, RETRY, ALREADY_DRAWN, DRAW_NOT_READY (its draw is by beacon, and the round has not come).';
revoke all on function press.draw_winner from public;
grant execute on function press.draw_winner to press_anonymous, press_holder, press_operator;
--! EndIncluded press/draw_winner.sql
--! Included press/replace_winner.sql
/* Disqualifies the winner, and asks for another over the rest, by the same rule and with the same inputs. Locks: the edition. */
create or replace function press.replace_winner(edition_slug text, reason text, request_key uuid default null)
  returns press.draws
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_actor       press_hidden.actor_record;
  v_edition_id  integer;
  v_last        press.draws;
  v_draw        press.draws;
begin
  perform press_private.require_running();
  v_actor := press_private.require_operator();
  if not press_private.is_one_line(replace_winner.reason, 500) then
    perform press_private.refuse('INVALID_INPUT', 'A reason has 1 to 500 characters, none of them a control character.');
  end if;
  v_edition_id := press_private.visible_edition_id(replace_winner.edition_slug, v_actor);
  v_draw := press_private.requested_draw(v_edition_id, v_actor, replace_winner.request_key, replace_winner.reason);
  if v_draw.attempt is not null then
    return v_draw;
  end if;
  perform press_private.lock_edition(v_edition_id);
  perform press_private.require_running();

  -- Statements from here on see all that was committed before the lock was granted.
  v_draw := press_private.requested_draw(v_edition_id, v_actor, replace_winner.request_key, replace_winner.reason);
  if v_draw.attempt is not null then
    return v_draw;
  end if;
  select d.* into v_last from press.draws d where d.edition_id = v_edition_id order by d.attempt desc limit 1;
  perform press_private.refuse('INVALID_INPUT', case v_last.status
    when 'void' then 'Its draw is void, and never has a winner.'
    else 'There was no ticket left to draw, and so there is no winner to replace.' end)
  where v_last.status in ('void', 'drawn') and v_last.ticket_number is null;
  perform press_private.refuse('DRAW_NOT_READY', case v_last.status
    when 'requested' then 'The last draw that was asked for is not decided yet.'
    else 'It was not drawn yet.' end)
  where v_last.ticket_number is null;

  v_draw.edition_id := v_edition_id;
  v_draw.attempt := v_last.attempt + 1;
  v_draw.replaced_number := v_last.ticket_number;
  v_draw.reason := replace_winner.reason;
  v_draw.beacon_round := v_last.beacon_round;
  v_draw.tree_size := v_last.tree_size;
  return press_private.request_draw(v_draw, v_actor, replace_winner.request_key);
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when unique_violation or serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.replace_winner is 'Disqualifies the winner of an edition, and asks for another over the tickets that are left. The answer is requested, and drawn a moment later. The reason (1 to 500 characters) is published in the ledger, where everybody can read it, for ever: it should name nobody. The same request key gives the same draw, for ever. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT (also where there never is a winner to replace: the draw is void, or no ticket is left), EDITION_NOT_FOUND, REQUEST_KEY_REUSED, LOCK_TIMEOUT, RETRY, DRAW_NOT_READY (it is not drawn yet, or its last replacement is not).';
revoke all on function press.replace_winner from public;
grant execute on function press.replace_winner to press_anonymous, press_holder, press_operator;
--! EndIncluded press/replace_winner.sql
--! Included press_worker/drafts_to_commit.sql
create or replace function press_worker.drafts_to_commit()
  returns table (edition_id integer, edition text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select e.id, e.slug from press.editions e
  where e.status = 'draft' and e.draw_mode::text = 'sealed' and e.draw_commitment is null and press_private.stop_reason() is null
  order by e.id;
end
$$;
comment on function press_worker.drafts_to_commit is 'The drafts whose sealed draw has no commitment yet, by id and slug, to be given to press_worker.commit_draw one by one; none while the press is stopped.';
revoke all on function press_worker.drafts_to_commit from public;
grant execute on function press_worker.drafts_to_commit to press_worker;
--! EndIncluded press_worker/drafts_to_commit.sql
--! Included press_worker/commit_draw.sql
/* The first commitment stays: of two workers with different keys, one of them makes the draw. Locks: the edition. */
create or replace function press_worker.commit_draw(edition_id integer, commitment text)
  returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform press_private.require_running();
  if coalesce(commit_draw.commitment collate "C" !~ '^[0-9a-f]{64}$', true) then
    perform press_private.refuse('INVALID_INPUT', 'A commitment is 64 lower-case hex characters.');
  end if;
  if not exists (select from press.editions e where e.id = commit_draw.edition_id) then
    return false;
  end if;
  perform press_private.lock_edition(commit_draw.edition_id);
  perform press_private.require_running();

  update press.editions e set draw_commitment = commit_draw.commitment
  where e.id = commit_draw.edition_id and e.status = 'draft' and e.draw_mode::text = 'sealed' and e.draw_commitment is null;
  return found;
end
$$;
comment on function press_worker.commit_draw is 'Commits the sealed draw of a draft to a secret: commitment is SHA-256 of its 32 bytes, in lower-case hex. False: it has one, or is no such draft. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.commit_draw from public;
grant execute on function press_worker.commit_draw to press_worker;
--! EndIncluded press_worker/commit_draw.sql
--! Included press_worker/draws_to_make.sql
/* Asked at every look: a few draws at a time are requested, and only those whose closing has its place are answered, by lookups alone. That edition.closed has its place means
   that every ticket is signed, and has its place before it. */
create or replace function press_worker.draws_to_make()
  returns table (edition_id integer, attempt integer, edition text, mode text, entries_count integer, commitment text,
    chain_hash text, public_key text, round bigint, entropy text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  return query
  select d.edition_id, d.attempt, e.slug, e.draw_mode::text,
    case e.draw_mode when 'random_int' then press_private.draw_entries_count(n.closed, d.attempt) end,
    e.draw_commitment, e.beacon_chain_hash, c.public_key, d.beacon_round, press_private.known_entropy(d, e)
  from press.draws d
  join press.editions e on e.id = d.edition_id
  left join press.beacon_chains c on c.chain_hash = e.beacon_chain_hash
  cross join lateral (select press_private.closed_entry(d.edition_id) as closed) n
  where d.status = 'requested' and (n.closed).place is not null and press_private.stop_reason() is null
  order by d.edition_id, d.attempt;
end
$$;
comment on function press_worker.draws_to_make is 'The draws that were asked for and can be decided now: of random_int how many tickets there are to choose from; of a sealed one the commitment; of one by beacon the chain, its key and the round; and what decides, if that is here already: the round''s signature, or of a replacement the secret that the draw revealed. None while the press is stopped.';
revoke all on function press_worker.draws_to_make from public;
grant execute on function press_worker.draws_to_make to press_worker;
--! EndIncluded press_worker/draws_to_make.sql
--! Included press_worker/rounds_to_fetch.sql
/* Asked at every look: a few draws at a time are requested. Apart from press_worker.draws_to_make, because a draw whose round is here needs no server. */
create or replace function press_worker.rounds_to_fetch()
  returns table (chain_hash text, public_key text, round bigint)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  return query
  select distinct c.chain_hash, c.public_key, d.beacon_round
  from press.draws d
  join press.editions e on e.id = d.edition_id
  join press.beacon_chains c on c.chain_hash = e.beacon_chain_hash
  where d.status = 'requested' and press_private.stop_reason() is null
    and not exists (select from press.beacon_rounds r where r.chain_hash = e.beacon_chain_hash and r.round = d.beacon_round)
  order by 1, 3;
end
$$;
comment on function press_worker.rounds_to_fetch is 'The rounds that draws wait for and nobody has archived yet, with the chain and its key; each once. None while the press is stopped.';
revoke all on function press_worker.rounds_to_fetch from public;
grant execute on function press_worker.rounds_to_fetch to press_worker;
--! EndIncluded press_worker/rounds_to_fetch.sql
--! Included press_worker/archive_beacon_round.sql
/* The worker has verified the signature, which the database cannot (it has no BLS); whoever recomputes the draw does it again. Several workers may
   bring the same round, whose signature is the same whoever asks for it. A round that no draw waits for is refused: the ledger keeps it for ever. */
create or replace function press_worker.archive_beacon_round(chain_hash text, round bigint, signature text)
  returns press.beacon_rounds
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_round  press.beacon_rounds;
begin
  perform press_private.require_running();
  if coalesce(archive_beacon_round.signature collate "C" !~ '^[0-9a-f]{96}$', true) or not exists (
      select from press.beacon_rounds r where r.chain_hash = archive_beacon_round.chain_hash and r.round = archive_beacon_round.round
      union all
      select from press.draws d join press.editions e on e.id = d.edition_id
      where d.status = 'requested' and d.beacon_round = archive_beacon_round.round and e.beacon_chain_hash = archive_beacon_round.chain_hash) then
    perform press_private.refuse('INVALID_INPUT', 'A round is one that a draw waits for, with a signature of 96 lower-case hex characters.');
  end if;

  insert into press.beacon_rounds (chain_hash, round, signature)
  values (archive_beacon_round.chain_hash, archive_beacon_round.round, archive_beacon_round.signature)
  on conflict on constraint beacon_rounds_pkey do nothing
  returning * into v_round;

  if v_round.round is not null then
    perform press_private.append_entry('beacon.archived', null, null, press_private.beacon_archived_leaf(v_round));
    return v_round;
  end if;
  select r.* into strict v_round from press.beacon_rounds r
  where r.chain_hash = archive_beacon_round.chain_hash and r.round = archive_beacon_round.round;
  if v_round.signature <> archive_beacon_round.signature then
    perform press_private.refuse('INVALID_INPUT', 'Another signature of this round is archived.');
  end if;
  return v_round;
end
$$;
comment on function press_worker.archive_beacon_round is 'Keeps the verified signature (96 lower-case hex characters) of a round that a draw waits for, here and in the ledger; the same again is fine. Refuses: PRESS_STOPPED, INVALID_INPUT.';
revoke all on function press_worker.archive_beacon_round from public;
grant execute on function press_worker.archive_beacon_round to press_worker;
--! EndIncluded press_worker/archive_beacon_round.sql
--! Included press_private/draw_seed.sql
create or replace function press_private.draw_seed(mode text, edition text, entries_hash text, entropy text, attempt integer)
  returns bytea
  language sql immutable
begin atomic
  select sha256(convert_to(
    E'golden-press/draw/v1\n' || draw_seed.mode || E'\n' || draw_seed.edition || E'\n' || draw_seed.entries_hash || E'\n'
      || draw_seed.entropy || E'\n' || draw_seed.attempt || E'\n', 'UTF8'));
end;
comment on function press_private.draw_seed is 'The 32 bytes that decide a draw that is sealed or by beacon. edition: its slug; entropy: the secret or the signature of the round, in hex.';
revoke all on function press_private.draw_seed from public;
--! EndIncluded press_private/draw_seed.sql
--! Included press_private/draw_word.sql
create or replace function press_private.draw_word(seed bytea, index bigint)
  returns numeric
  language sql immutable
begin atomic
  select ('x' || encode(substr(h.hash, 1, 4), 'hex'))::bit(32)::bigint * 4294967296::numeric
       + ('x' || encode(substr(h.hash, 5, 4), 'hex'))::bit(32)::bigint
  from (select sha256(draw_word.seed || int8send(draw_word.index)) as hash) h;
end;
comment on function press_private.draw_word is 'The index-th word of a seed, from 0: the first 8 bytes of SHA-256 of the seed and the index (8 bytes), most significant first.';
revoke all on function press_private.draw_word from public;
--! EndIncluded press_private/draw_word.sql
--! Included press_private/sample_index.sql
/* Rejection sampling: of the 2^bits words as many are thrown away as do not fill a whole round of count, and those that are left give each index equally
   often. A remainder alone would give the first indexes once more than the last. */
create or replace function press_private.sample_index(count integer, bits integer, word numeric)
  returns integer
  language sql immutable
begin atomic
  select case when sample_index.word < div(2::numeric ^ sample_index.bits, sample_index.count) * sample_index.count
              then mod(sample_index.word, sample_index.count)::integer end;
end;
comment on function press_private.sample_index is 'The index, from 0 to below count (at least 1), that a word of so many bits chooses; null: none, take the next word.';
revoke all on function press_private.sample_index from public;
--! EndIncluded press_private/sample_index.sql
--! Included press_private/drawn_index.sql
/* Without a seed no word ever chooses one, and there is no index: a ledger that was tampered with may name none. */
create or replace function press_private.drawn_index(seed bytea, count integer)
  returns integer
  language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  v_index  integer;
  v_turn   bigint := 0;
begin
  while v_index is null and drawn_index.seed is not null and drawn_index.count > 0 loop
    v_index := press_private.sample_index(drawn_index.count, 64, press_private.draw_word(drawn_index.seed, v_turn));
    v_turn := v_turn + 1;
  end loop;
  return v_index;
end
$$;
comment on function press_private.drawn_index is 'The index, from 0 to below count, that a seed draws: by its first word that chooses one. Null where count is 0, or there is no seed.';
revoke all on function press_private.drawn_index from public;
--! EndIncluded press_private/drawn_index.sql
--! Included press_private/draw_choice.sql
/* Where the inputs decide, the worker only brings them: the winner is computed here. random_int alone is the worker's word. */
create or replace function press_private.draw_choice(draw press.draws, edition press.editions, entries_count integer, entries_hash text, choice integer, entropy text)
  returns integer
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  case edition.draw_mode::text
    when 'random_int' then
      if draw_choice.entropy is not null or (case when draw_choice.entries_count = 0 then draw_choice.choice is null
          else draw_choice.choice between 0 and draw_choice.entries_count - 1 end) is not true then
        perform press_private.refuse('INVALID_INPUT', format('A choice is one of %s entries, counted from 0; null where there are none.', draw_choice.entries_count));
      end if;
      return draw_choice.choice;
    when 'sealed' then
      if (draw_choice.choice is null and draw_choice.entropy collate "C" ~ '^[0-9a-f]{64}$'
          and encode(sha256(decode(draw_choice.entropy, 'hex')), 'hex') = edition.draw_commitment) is not true then
        perform press_private.refuse('INVALID_INPUT', 'A sealed draw is decided by the secret that the edition committed to, and nothing else.');
      end if;
    else
      if draw_choice.choice is not null then
        perform press_private.refuse('INVALID_INPUT', 'A draw by beacon is decided by the round that is archived, and nothing else.');
      end if;
      perform press_private.refuse('DRAW_NOT_READY', format('Round %s of its beacon is not archived.', draw.beacon_round)) where draw_choice.entropy is null;
  end case;
  return press_private.drawn_index(
    press_private.draw_seed(edition.draw_mode::text, edition.slug, draw_choice.entries_hash, draw_choice.entropy, draw.attempt), draw_choice.entries_count);
end
$$;
comment on function press_private.draw_choice is 'Which of its entries a draw has for its winner, from 0; null: there are none. Refuses: INVALID_INPUT, DRAW_NOT_READY.';
revoke all on function press_private.draw_choice from public;
--! EndIncluded press_private/draw_choice.sql
--! Included press_private/decide_draw.sql
/* The one place that writes a result: the row, the status of the edition, and the entry for the ledger, in the caller's transaction. */
create or replace function press_private.decide_draw(
    draw press.draws, status press.draw_status, closed press.ledger_entries, entries_count integer, ticket_number integer, entropy text, reason text)
  returns press.draws
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_draw     press.draws;
  v_edition  press.editions;
begin
  update press.draws d
  set status = decide_draw.status,
      reason = coalesce(decide_draw.reason, d.reason),
      entries_count = decide_draw.entries_count,
      entries_hash = closed.leaf::jsonb ->> 'entries_hash',
      entropy = decide_draw.entropy,
      ticket_number = decide_draw.ticket_number,
      drawn_at = clock_timestamp()
  where d.edition_id = draw.edition_id and d.attempt = draw.attempt
  returning d.* into v_draw;

  update press.editions e set status = 'drawn' where e.id = v_draw.edition_id and e.status = 'closed';
  select e.* into strict v_edition from press.editions e where e.id = v_draw.edition_id;
  perform press_private.append_entry(
    case v_draw.attempt when 1 then 'edition.drawn' else 'winner.replaced' end, v_edition.id, null, press_private.draw_leaf(v_draw, v_edition));
  return v_draw;
end
$$;
comment on function press_private.decide_draw is 'Writes the result of a draw: drawn, with this winner (null: none) of so many entries, or void. closed: the entry edition.closed. To be called under the edition''s lock.';
revoke all on function press_private.decide_draw from public;
--! EndIncluded press_private/decide_draw.sql
--! Included press_worker/record_draw.sql
/* Persists a result, once: the row, the edition's status and the entry for the ledger, in one transaction. A worker that died before the commit
   leaves the draw requested, and nobody has seen what it chose; one that asks again afterwards hears what is there. Locks: the edition. */
create or replace function press_worker.record_draw(edition_id integer, attempt integer, choice integer, entropy text)
  returns press.draws
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_edition  press.editions;
  v_draw     press.draws;
  v_closed   press.ledger_entries;
  v_entries  integer[];
  v_entropy  text;
  v_choice   integer;
begin
  perform press_private.require_running();
  if not exists (select from press.draws d where d.edition_id = record_draw.edition_id and d.attempt = record_draw.attempt) then
    perform press_private.refuse('INVALID_INPUT', 'Nobody has asked for this draw.');
  end if;
  perform press_private.lock_edition(record_draw.edition_id);
  perform press_private.require_running();

  -- Statements from here on see all that was committed before the lock was granted.
  select d.* into strict v_draw from press.draws d where d.edition_id = record_draw.edition_id and d.attempt = record_draw.attempt;
  if v_draw.status <> 'requested' then
    return v_draw;
  end if;
  select e.* into strict v_edition from press.editions e where e.id = v_draw.edition_id;
  v_closed := press_private.closed_entry(v_draw.edition_id);
  perform press_private.refuse('DRAW_NOT_READY', 'Its closing is not in the ledger yet.') where v_closed.place is null;
  v_entropy := coalesce(case when v_edition.draw_mode::text <> 'beacon' then record_draw.entropy end, press_private.known_entropy(v_draw, v_edition));
  -- The one time that anybody goes over them.
  v_entries := array(select press_private.draw_entries(v_draw.edition_id, v_closed.place, v_draw.attempt));
  v_choice := press_private.draw_choice(
    v_draw, v_edition, cardinality(v_entries), v_closed.leaf::jsonb ->> 'entries_hash', record_draw.choice, v_entropy);

  return press_private.decide_draw(v_draw, 'drawn', v_closed, cardinality(v_entries), v_entries[1 + v_choice], v_entropy, null);
end
$$;
comment on function press_worker.record_draw is 'Decides a draw that was asked for; one that is decided stays as it is. choice: of random_int the index among its entries, from 0 (null: there are none). entropy: of a sealed draw its secret, 64 lower-case hex characters (null of a replacement: the secret that the draw revealed). A beacon decides by the round that is archived, with both of them null. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY, DRAW_NOT_READY (the closing is not in the ledger yet, or the round is not archived).';
revoke all on function press_worker.record_draw from public;
grant execute on function press_worker.record_draw to press_worker;
--! EndIncluded press_worker/record_draw.sql
--! Included press/void_draw.sql
/* The end of a draw whose secret or beacon is withheld for good: no winner, never another roll, and everybody sees it. It takes a day, so that nobody is
   quicker with it than a worker that was away. Where the round of a beacon is here everybody knows who wins, and it is drawn. Locks: the edition. Asked twice it answers the same. */
create or replace function press.void_draw(edition_slug text, reason text)
  returns press.draws
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_actor       press_hidden.actor_record;
  v_edition_id  integer;
  v_edition     press.editions;
  v_draw        press.draws;
  v_closed      press.ledger_entries;
begin
  perform press_private.require_running();
  v_actor := press_private.require_operator();
  if not press_private.is_one_line(void_draw.reason, 500) then
    perform press_private.refuse('INVALID_INPUT', 'A reason has 1 to 500 characters, none of them a control character.');
  end if;
  v_edition_id := press_private.visible_edition_id(void_draw.edition_slug, v_actor);
  perform press_private.lock_edition(v_edition_id);
  perform press_private.require_running();

  -- Statements from here on see all that was committed before the lock was granted.
  select d.* into v_draw from press.draws d where d.edition_id = v_edition_id and d.attempt = 1;
  if v_draw.status = 'void' then
    return v_draw;
  end if;
  perform press_private.refuse('ALREADY_DRAWN') where v_draw.status = 'drawn';
  select e.* into strict v_edition from press.editions e where e.id = v_edition_id;
  v_closed := press_private.closed_entry(v_edition_id);
  perform press_private.refuse('DRAW_NOT_READY', case
    when v_draw.attempt is null then 'Nobody has asked for its draw.'
    when v_closed.place is null then 'Its closing is not in the ledger yet.'
    else format('A draw can be given up a day after it was asked for: at %s.', press_private.rfc3339(v_draw.requested_at + interval '24 hours')) end)
  where (v_closed.place is not null and v_draw.requested_at <= clock_timestamp() - interval '24 hours') is not true;
  perform press_private.refuse('DRAW_NOT_READY', format('Round %s of its beacon is here, so a worker will draw it; look whether one runs.', v_draw.beacon_round))
  where press_private.known_entropy(v_draw, v_edition) is not null;

  return press_private.decide_draw(v_draw, 'void', v_closed, press_private.draw_entries_count(v_closed, 1), null, null, void_draw.reason);
end
$$;
comment on function press.void_draw is 'Gives a draw up that was asked for 24 hours ago or longer, and is not decided, because what it needs is withheld. The edition is drawn then, without a winner, for ever: never with another roll. An issuer can give up a draw whose result it knows (it holds the secret of a sealed draw, and can keep its workers from a round that is public), and everybody sees that it did. The reason (1 to 500 characters) is published in the ledger, where everybody can read it, for ever: it should name nobody. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT, EDITION_NOT_FOUND, LOCK_TIMEOUT, RETRY, ALREADY_DRAWN, DRAW_NOT_READY (the day has not passed, the closing is not in the ledger yet, or the round of its beacon is archived, so that it will be drawn).';
revoke all on function press.void_draw from public;
grant execute on function press.void_draw to press_anonymous, press_holder, press_operator;
--! EndIncluded press/void_draw.sql
--! Included press_private/told_tickets.sql
/* What the leaves say, and not the columns beside them: for whoever recomputes a draw as anybody can who has the ledger and nothing else. */
create or replace function press_private.told_tickets(edition_id integer, closed_place bigint)
  returns table (number integer, envelope_hash text, is_revoked boolean)
  language sql stable
begin atomic
  select (i.leaf::jsonb ->> 'ticket_number')::integer, i.leaf::jsonb ->> 'envelope_hash',
    exists (
      select from press.ledger_entries r
      where r.edition_id = told_tickets.edition_id and r.ticket_number = i.ticket_number and r.type = 'ticket.revoked'
        and r.place < told_tickets.closed_place and r.leaf::jsonb ->> 'ticket_number' = i.leaf::jsonb ->> 'ticket_number')
  from press.ledger_entries i
  where i.edition_id = told_tickets.edition_id and i.type = 'ticket.issued' and i.ticket_number is not null and i.place < told_tickets.closed_place;
end;
comment on function press_private.told_tickets is 'The tickets that the entries of an edition tell of before its closing, and whether they were revoked before it.';
revoke all on function press_private.told_tickets from public;
--! EndIncluded press_private/told_tickets.sql
--! Included press_private/told_edition_problem.sql
create or replace function press_private.told_edition_problem(closed press.ledger_entries, issued_count bigint, entries_hash text)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  return case
    when (told_edition_problem.entries_hash = closed.leaf::jsonb ->> 'entries_hash') is not true then
      'The closing of the edition names other tickets than were issued.'
    when ((closed.leaf::jsonb ->> 'issued_count')::bigint = told_edition_problem.issued_count) is not true then
      format('The closing of the edition counts %s tickets, and %s were issued.', coalesce(closed.leaf::jsonb ->> 'issued_count', 'no'), told_edition_problem.issued_count)
    when exists (select from press.ledger_entries e where e.edition_id = closed.edition_id and e.place > closed.place and e.type = 'ticket.issued') then
      'A ticket was issued after the closing of the edition.'
  end;
end
$$;
comment on function press_private.told_edition_problem is 'What in the ledger contradicts the closing of an edition (closed: its entry), as a sentence; null: nothing. issued_count, entries_hash: by the entries before it.';
revoke all on function press_private.told_edition_problem from public;
--! EndIncluded press_private/told_edition_problem.sql
--! Included press_private/told_beacon_problem.sql
/* Quicknet is written here once more, because a name that everybody trusts must not go with a key that nobody knows. */
create or replace function press_private.told_beacon_problem(inputs jsonb, opened jsonb, closed jsonb, closed_place bigint)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return case
    when opened ->> 'beacon_chain_hash' = '52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971'
         and ((opened ->> 'beacon_public_key', (opened ->> 'beacon_genesis_at')::timestamptz, (opened ->> 'beacon_period_seconds')::integer) = (
           '83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a',
           timestamptz '2023-08-23T15:09:27Z', 3)) is not true then
      'Its beacon is named quicknet, and has another key or other times than quicknet.'
    when ((closed ->> 'at')::timestamptz >= (opened ->> 'closes_at')::timestamptz) is not true then
      'The edition was closed early.'
    when ((inputs ->> 'checkpoint_at')::timestamptz >= (closed ->> 'at')::timestamptz) is not true then
      'The checkpoint that its delay counts from is older than the closing.'
    when ((inputs ->> 'tree_size')::bigint > told_beacon_problem.closed_place) is not true then
      'The checkpoint that its delay counts from does not cover the closing.'
    when ((inputs ->> 'round')::bigint = press_private.beacon_round((opened ->> 'beacon_genesis_at')::timestamptz,
         (opened ->> 'beacon_period_seconds')::integer, (inputs ->> 'checkpoint_at')::timestamptz, (opened ->> 'draw_delay_seconds')::integer)) is not true then
      'Its round is not the first one after the delay.'
    when not exists (
        select from press.ledger_entries e
        where e.type = 'beacon.archived' and e.leaf::jsonb ->> 'chain_hash' = opened ->> 'beacon_chain_hash'
          and e.leaf::jsonb ->> 'round' = inputs ->> 'round' and e.leaf::jsonb ->> 'signature' = inputs ->> 'signature') then
      'The round of its beacon is not in the ledger with this signature.'
  end;
end
$$;
comment on function press_private.told_beacon_problem is 'What in the ledger contradicts the inputs of a draw by beacon, as a sentence; null: nothing. opened, closed: the leaves of its edition.';
revoke all on function press_private.told_beacon_problem from public;
--! EndIncluded press_private/told_beacon_problem.sql
--! Included press_private/told_draw_problem.sql
/* Everything but the winner and the BLS signature of a beacon, for which PostgreSQL has no arithmetic: the SDK checks that. */
create or replace function press_private.told_draw_problem(told jsonb, opened jsonb, closed jsonb, closed_place bigint, entries_count integer, last_number integer)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_inputs   jsonb := told -> 'inputs';
  v_is_void  boolean := (told ->> 'type' = 'edition.drawn' and told ->> 'reason' is not null) is true;
begin
  return case
    when (told ->> 'edition' = opened ->> 'edition') is not true then
      format('It is a draw of %s, and the edition is %s.', coalesce(told ->> 'edition', 'no edition'), opened ->> 'edition')
    when (told ->> 'mode' = opened ->> 'draw_mode') is not true then
      format('It is a draw of the mode %s, and the edition was opened with %s.', coalesce(told ->> 'mode', 'none'), opened ->> 'draw_mode')
    when opened ?| case told ->> 'mode' when 'sealed' then '{beacon_chain_hash,draw_delay_seconds}'::text[]
           when 'beacon' then '{draw_commitment}' else '{beacon_chain_hash,draw_commitment,draw_delay_seconds}' end then
      'The edition was opened with the terms of another mode.'
    when (v_inputs ->> 'entries_hash' = closed ->> 'entries_hash') is not true then
      'It names other entries than the closing of the edition.'
    when ((v_inputs ->> 'entries_count')::integer = told_draw_problem.entries_count) is not true then
      format('It counts %s entries, and there were %s to draw from.', coalesce(v_inputs ->> 'entries_count', 'no'), told_draw_problem.entries_count)
    when (told ->> 'replaced_number')::integer is distinct from told_draw_problem.last_number then
      format('It replaces %s, and the winner was %s.', coalesce(told ->> 'replaced_number', 'nobody'), coalesce(told_draw_problem.last_number::text, 'nobody'))
    when v_is_void and told ->> 'ticket_number' is not null then
      'It is void, and has a winner.'
    when not v_is_void and told ->> 'mode' in ('sealed', 'beacon') and v_inputs ->> case told ->> 'mode' when 'sealed' then 'secret' else 'signature' end is null then
      'It does not say what decided it.'
    when (select array_agg(k.key order by k.key collate "C") from jsonb_object_keys(v_inputs) k (key)) is distinct from
         case when v_is_void then '{entries_count,entries_hash}'::text[] else case told ->> 'mode'
           when 'sealed' then '{entries_count,entries_hash,secret}'::text[]
           when 'beacon' then '{checkpoint_at,entries_count,entries_hash,round,signature,tree_size}'::text[]
           else '{entries_count,entries_hash}'::text[] end end then
      'Its inputs are not those of a draw in this mode.'
    when not v_is_void and told ->> 'mode' = 'sealed' and (case when v_inputs ->> 'secret' collate "C" ~ '^[0-9a-f]{64}$'
           then encode(sha256(decode(v_inputs ->> 'secret', 'hex')), 'hex') = opened ->> 'draw_commitment' end) is not true then
      'Its secret is not the one that the edition committed to.'
    when not v_is_void and told ->> 'mode' = 'beacon' then
      press_private.told_beacon_problem(v_inputs, opened, closed, told_draw_problem.closed_place)
  end;
end
$$;
comment on function press_private.told_draw_problem is 'What in the ledger contradicts the inputs of a draw (told: its leaf), as a sentence; null: nothing. opened, closed: the leaves of its edition; entries_count: how many tickets there were to draw from; last_number: the winner that it replaces.';
revoke all on function press_private.told_draw_problem from public;
--! EndIncluded press_private/told_draw_problem.sql
--! Included press_private/recomputed_draw.sql
create or replace function press_private.recomputed_draw(draw press.draw_recomputation, told jsonb, entries_hash text, entries integer[])
  returns press.draw_recomputation
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_draw     press.draw_recomputation := draw;
  v_is_void  boolean := (told ->> 'type' = 'edition.drawn' and told ->> 'reason' is not null) is true;
  v_entropy  text := told -> 'inputs' ->> case draw.mode::text when 'sealed' then 'secret' when 'beacon' then 'signature' end;
begin
  v_draw.is_recomputable := draw.mode::text in ('sealed', 'beacon') and not v_is_void;
  v_draw.recomputed_number := null;
  if v_draw.is_recomputable then
    v_draw.recomputed_number := recomputed_draw.entries[1 + press_private.drawn_index(
      press_private.draw_seed(draw.mode::text, told ->> 'edition', recomputed_draw.entries_hash, v_entropy, draw.attempt),
      cardinality(recomputed_draw.entries))];
  end if;
  v_draw.finding := coalesce(draw.finding, case
    when v_draw.is_recomputable and v_draw.recomputed_number is distinct from draw.recorded_number then
      format('Its inputs give %s.', coalesce(v_draw.recomputed_number::text, 'no winner'))
    when not v_draw.is_recomputable and not v_is_void and (case when cardinality(recomputed_draw.entries) = 0 then draw.recorded_number is null
        else draw.recorded_number = any (recomputed_draw.entries) end) is not true then
      'Its winner is none of the entries.'
  end);
  v_draw.agrees := v_draw.finding is null;
  v_draw.finding := coalesce(v_draw.finding, case
    when v_is_void then 'not recomputable: it is void, and has no winner'
    when not v_draw.is_recomputable then 'not recomputable: the worker chose by its own random number generator' end);
  return v_draw;
end
$$;
comment on function press_private.recomputed_draw is 'Completes the recomputation of a draw whose inputs were judged (finding): by the winner that they give. told: its leaf; entries: the numbers that it draws from, in their order.';
revoke all on function press_private.recomputed_draw from public;
--! EndIncluded press_private/recomputed_draw.sql
--! Included press_private/recomputed_draws.sql
/* As the SDK does it, from the leaves of one edition in the order of the ledger. It reads every entry of the edition. */
create or replace function press_private.recomputed_draws(edition_id integer)
  returns setof press.draw_recomputation
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_closed   press.ledger_entries := press_private.closed_entry(recomputed_draws.edition_id);
  v_opened   jsonb;
  v_hash     text;
  v_count    bigint;
  v_problem  text;
  v_entries  integer[];
  v_told     jsonb;
  v_first    jsonb;
  v_draw     press.draw_recomputation;
begin
  v_opened := (
    select e.leaf::jsonb from press.ledger_entries e
    where e.edition_id = recomputed_draws.edition_id and e.ticket_number is null and e.type = 'edition.opened');
  select coalesce(array_agg(t.number order by t.number) filter (where not t.is_revoked), '{}'),
    encode(sha256(coalesce(string_agg(convert_to(t.number || ' ' || t.envelope_hash || E'\n', 'UTF8'), ''::bytea order by t.number), '')), 'hex'), count(*)
  into v_entries, v_hash, v_count
  from press_private.told_tickets(recomputed_draws.edition_id, v_closed.place) t;
  v_problem := press_private.told_edition_problem(v_closed, v_count, v_hash);

  for v_told in
    select e.leaf::jsonb from press.ledger_entries e
    where e.edition_id = recomputed_draws.edition_id and e.type in ('edition.drawn', 'winner.replaced') order by e.place
  loop
    v_draw.attempt := coalesce(v_draw.attempt, 0) + 1;
    v_first := coalesce(v_first, v_told);
    begin
      v_draw.mode := (v_opened ->> 'draw_mode')::press.draw_mode;
      v_draw.finding := case
        when v_problem is not null then v_problem
        when coalesce((v_told ->> 'attempt')::integer, 1) <> v_draw.attempt then format('It says to be attempt %s.', coalesce(v_told ->> 'attempt', '1'))
        -- Whoever could name another checkpoint for a replacement could choose its winner.
        when v_told #>> '{inputs,checkpoint_at}' is distinct from v_first #>> '{inputs,checkpoint_at}' then 'Its delay counts from another checkpoint than that of the first draw.'
        else press_private.told_draw_problem(
          v_told, v_opened, v_closed.leaf::jsonb, v_closed.place, cardinality(v_entries), v_draw.recorded_number) end;
      v_draw.recorded_number := (v_told ->> 'ticket_number')::integer;
      v_draw := press_private.recomputed_draw(v_draw, v_told, v_hash, v_entries);
    exception
      when data_exception then  -- a number, a time or a mode that is none
        v_draw := (v_draw.attempt, v_draw.mode, false, null, null, false, 'It cannot be read: ' || sqlerrm);
    end;
    return next v_draw;
    v_entries := array_remove(v_entries, v_draw.recorded_number);
  end loop;
end
$$;
comment on function press_private.recomputed_draws is 'Every draw of the edition that the ledger tells of, computed again from its entries.';
revoke all on function press_private.recomputed_draws from public;
--! EndIncluded press_private/recomputed_draws.sql
--! Included press/recompute_draw.sql
/* Runs as the owner, because everybody may know; and from what everybody may read: the entries of the ledger. */
create or replace function press.recompute_draw(edition_slug text)
  returns setof press.draw_recomputation
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_edition_id  integer := press_private.visible_edition_id(recompute_draw.edition_slug, press_hidden.current_actor());
begin
  return query select r.* from press_private.recomputed_draws(v_edition_id) r order by r.attempt;
  if not found then
    perform press_private.refuse('DRAW_NOT_READY', 'The ledger has no draw of this edition yet.');
  end if;
end
$$;
comment on function press.recompute_draw is 'Computes the draw of an edition again, and the replacements of its winner, from the entries of the ledger alone; the signature of a beacon''s round is for the SDK to check. Not recomputable, and said to be so: random_int, and a draw that is void. Refuses: EDITION_NOT_FOUND, DRAW_NOT_READY (it is not drawn, or not in the ledger yet).';
revoke all on function press.recompute_draw from public;
grant execute on function press.recompute_draw to press_anonymous, press_holder, press_operator, press_auditor;
--! EndIncluded press/recompute_draw.sql
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
    ('editions', 'a draw was asked for, and is decided where its edition is drawn, by the first checkpoint that covers the closing', 'press.draws'),
    ('editions', 'the entries alone give every winner that was drawn', 'press.draws'),
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
     'id, slug, title, cap, per_holder_limit, draw_mode, status, opens_at, closes_at, created_at, opened_at, closed_at, draw_commitment, draw_delay_seconds, beacon_chain_hash', 'true'),
    ('press.tickets', 'edition_id, ticket_number', 'edition_id, ticket_number, issued_by, request_key, request_position', 'status <> ''pending'''),
    ('press.revocations', 'edition_id, ticket_number', 'edition_id, ticket_number, reason, is_reason_published, revoked_by, revoked_at', 'true'),
    ('press.redemptions', 'edition_id, ticket_number', 'edition_id, ticket_number, holder_id, redeemed_by, request_key, redeemed_at', 'true'),
    ('press.draws', 'edition_id, attempt',
     'edition_id, attempt, status, requested_at, replaced_number, reason, entries_count, entries_hash, entropy, beacon_round, tree_size, ticket_number, drawn_at', 'true'),
    ('press_private.draw_requests', 'edition_id, attempt', 'edition_id, attempt, requested_by, request_key', 'true'),
    ('press.beacon_chains', 'chain_hash', 'chain_hash, public_key, genesis_at, period_seconds', 'true'),
    ('press.beacon_rounds', 'chain_hash, round', 'chain_hash, round, signature, archived_at', 'true'),
    ('press.signing_keys', 'key_id', 'key_id, public_key, purpose, activated_at, retired_at', 'true'),
    ('press.ledger_entries', 'place', 'place, recorded_at', 'true'),
    ('press.checkpoints', 'tree_size', 'tree_size, root_hash, key_id, note, signed_at', 'true'),
    ('press_private.press_state', 'id', 'id, is_stopped, reason, changed_by, changed_at', 'true'),
    ('press_private.ledger_adoptions', 'id', 'id, origin, reason, tree_size, adopted_at', 'true');
end;
comment on function press_private.sealed_columns is 'The tables whose rows are sealed: their key, the columns that a seal is made of, and for which rows there is one.';
revoke all on function press_private.sealed_columns from public;
--! EndIncluded press_private/sealed_columns.sql
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
alter table press.draws                    enable always trigger _500_seal_inserted;
alter table press.draws                    enable always trigger _500_seal_updated;
alter table press_private.draw_requests    enable always trigger _500_seal_inserted;
alter table press.beacon_chains            enable always trigger _500_seal_inserted;
alter table press.beacon_rounds            enable always trigger _500_seal_inserted;
--! EndIncluded press_private/tg__seal_rows.sql
--! Included press_private/audit_draws.sql
/* One edition after the other, so that an entry that cannot be read is a finding of its own edition. */
create or replace function press_private.audit_draws()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_edition_id  integer;
begin
  for v_edition_id in select distinct e.edition_id from press.ledger_entries e where e.type in ('edition.drawn', 'winner.replaced') order by 1 loop
    begin
      return query
      select 'the entries alone give every winner that was drawn', format('press.draws (%s,%s)', v_edition_id, r.attempt), r.finding
      from press_private.recomputed_draws(v_edition_id) r where r.agrees is not true;
    exception
      when others then  -- a leaf that is none
        return query select 'the entries alone give every winner that was drawn', format('press.draws (%s)', v_edition_id), sqlerrm;
    end;
  end loop;

  return query
  select 'a draw was asked for, and is decided where its edition is drawn, by the first checkpoint that covers the closing', format('press.draws (%s,%s)', d.edition_id, d.attempt),
    format('It was asked for by %s; it is %s, the edition is %s; its round is %s at the size %s, and should be %s at %s.',
      coalesce(q.requested_by, 'nobody'), d.status, e.status, d.beacon_round, d.tree_size, b.round, b.tree_size)
  from press.draws d
  left join press.editions e on e.id = d.edition_id
  left join press_private.draw_requests q on q.edition_id = d.edition_id and q.attempt = d.attempt
  left join lateral press_private.beacon_of(e) b on e.beacon_chain_hash is not null
  where (q.requested_by is not null and case when d.attempt = 1 then e.status = case when d.status = 'requested' then 'closed' else 'drawn' end::press.edition_status else e.status = 'drawn' end
         and press_private.is_beacon_of(d, e)) is not true
  union all
  select 'a draw was asked for, and is decided where its edition is drawn, by the first checkpoint that covers the closing',
    format('press_private.draw_requests (%s,%s)', q.edition_id, q.attempt), format('It is there %s times, or for no draw.', count(*))
  from press_private.draw_requests q
  group by q.edition_id, q.attempt
  having count(*) > 1 or not exists (select from press.draws d where d.edition_id = q.edition_id and d.attempt = q.attempt)
  union all
  select 'a draw was asked for, and is decided where its edition is drawn, by the first checkpoint that covers the closing', format('press.editions (%s)', e.id), 'It is drawn, and there is no draw.'
  from press.editions e where e.status = 'drawn' and not exists (select from press.draws d where d.edition_id = e.id and d.attempt = 1);
end
$$;
comment on function press_private.audit_draws is 'What does not hold of draws.';
revoke all on function press_private.audit_draws from public;
--! EndIncluded press_private/audit_draws.sql
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
    select format('press.draws (%s,%s)', d.edition_id, d.attempt), case d.attempt when 1 then 'edition.drawn' else 'winner.replaced' end, e.id, null, true,
      press_private.draw_leaf(d, e)
    from press.draws d join press.editions e on e.id = d.edition_id where d.status <> 'requested'
  union all
    select format('press.beacon_rounds (%s,%s)', r.chain_hash, r.round), 'beacon.archived', null, null, true, press_private.beacon_archived_leaf(r)
    from press.beacon_rounds r
  union all
    select format('press.signing_keys (%s)', k.key_id), x.type, null, null, true, press_private.key_leaf(k, x.type)
    from press.signing_keys k
    cross join lateral (select 'key.activated' union all select 'key.retired' where k.retired_at is not null) x (type);
end
$$;
comment on function press_private.expected_entries is 'The entries that the rows say there must be, with or without a place; subject: the row that says so.';
revoke all on function press_private.expected_entries from public;
--! EndIncluded press_private/expected_entries.sql
--! Included press_private/audit_findings.sql
create or replace function press_private.audit_findings(part press.audit_part)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  case audit_findings.part
    when 'editions'    then return query select * from press_private.audit_editions() union all select * from press_private.audit_draws();
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
--! EndIncluded press_private/tg__refuse_change.sql
--! Included press_private/tg_editions__guard_terms.sql
/* Once an edition has opened, its terms are a promise. */
create or replace function press_private.tg_editions__guard_terms()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if OLD.status <> 'draft'
     and (NEW.id, NEW.slug, NEW.title, NEW.cap, NEW.per_holder_limit, NEW.draw_mode, NEW.opens_at, NEW.closes_at, NEW.created_at, NEW.opened_at,
          NEW.draw_commitment, NEW.draw_delay_seconds, NEW.beacon_chain_hash)
       is distinct from
         (OLD.id, OLD.slug, OLD.title, OLD.cap, OLD.per_holder_limit, OLD.draw_mode, OLD.opens_at, OLD.closes_at, OLD.created_at, OLD.opened_at,
          OLD.draw_commitment, OLD.draw_delay_seconds, OLD.beacon_chain_hash) then
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
--! Included press_private/tg_draws__guard_result.sql
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
--! EndIncluded press_private/tg_draws__guard_result.sql
--! Included access/draws.sql
/* Who sees draws: everybody; a draft has none, and a winner is in its row only when it is drawn. Not granted: insert (press.draw_winner and
   press.replace_winner do it), update (press_worker.record_draw and press.void_draw do it, once), delete (nobody does, a trigger refuses). */
revoke all on press.draws from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.draws to press_anonymous, press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.draws;
create policy owner_all on press.draws to press_owner using (true) with check (true);
drop policy if exists select_all on press.draws;
create policy select_all on press.draws for select to press_anonymous, press_holder, press_operator, press_auditor using (true);
--! EndIncluded access/draws.sql
--! Included access/draw_requests.sql
/* Who sees which operator asked for a draw: auditors. Not granted: insert (press.draw_winner and press.replace_winner do it), update, delete (nobody
   does, a trigger refuses). */
revoke all on press_private.draw_requests from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.draw_requests to press_auditor;
--! EndIncluded access/draw_requests.sql
--! Included access/beacon_chains.sql
/* Who sees beacon chains: everybody. Not granted: insert (a migration does it, or who administers the database), update, delete (nobody does, a
   trigger refuses: editions rest on them). */
revoke all on press.beacon_chains from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.beacon_chains to press_anonymous, press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.beacon_chains;
create policy owner_all on press.beacon_chains to press_owner using (true) with check (true);
drop policy if exists select_all on press.beacon_chains;
create policy select_all on press.beacon_chains for select to press_anonymous, press_holder, press_operator, press_auditor using (true);
--! EndIncluded access/beacon_chains.sql
--! Included access/beacon_rounds.sql
/* Who sees the archived rounds of beacons: everybody. Not granted: insert (press_worker.archive_beacon_round does it), update, delete (nobody does, a
   trigger refuses). */
revoke all on press.beacon_rounds from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.beacon_rounds to press_anonymous, press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.beacon_rounds;
create policy owner_all on press.beacon_rounds to press_owner using (true) with check (true);
drop policy if exists select_all on press.beacon_rounds;
create policy select_all on press.beacon_rounds for select to press_anonymous, press_holder, press_operator, press_auditor using (true);
--! EndIncluded access/beacon_rounds.sql

--! split: 9600-row-seals.sql
/* The list of what is sealed of editions has changed. The rows that have a seal over the list before get one over the list of today; one that was
   changed beside the press has none, and stays without. */
set local timezone = 'UTC';
set local datestyle = 'ISO';
insert into press_private.row_seals (hash)
select press_private.row_seal('press.editions', row(e.id, e.slug, e.title, e.cap, e.per_holder_limit, e.draw_mode, e.status, e.opens_at, e.closes_at,
  e.created_at, e.opened_at, e.closed_at, e.draw_commitment, e.draw_delay_seconds, e.beacon_chain_hash)::text)
from press.editions e
where exists (
  select from press_private.row_seals s
  where s.hash = press_private.row_seal('press.editions', row(e.id, e.slug, e.title, e.cap, e.per_holder_limit, e.draw_mode, e.status, e.opens_at,
    e.closes_at, e.created_at, e.opened_at, e.closed_at)::text));
set local timezone = default;
set local datestyle = default;

-- Of the first chain.
select press_private.seal_rows('press.beacon_chains');
