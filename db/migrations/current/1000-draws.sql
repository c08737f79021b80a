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
