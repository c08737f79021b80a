--! Previous: sha1:fcaa338846dd97253608790c15fdfd3c0ba89171
--! Hash: sha1:613cfbbd7c7931534ee69498be0c6e243d833eac
--! Message: events

--! split: 3000-events.sql
/* Events: what leaves the press. The ledger is the log of them; this is what is known of the copy of it that a broker has. Nothing depends on it
   being right: the publisher asks the stream. Who may read it: db/sql/access/event_stream.sql. */

create table press_private.event_stream (
  is_only      boolean not null default true
               constraint event_stream_pkey primary key
               constraint event_stream_is_one_row check (is_only),
  publisher    uuid,
  held_until   timestamptz,
  stream_size  bigint
               constraint event_stream_size_is_not_negative check (stream_size >= 0),
  seen_at      timestamptz,
  problem      text
               constraint event_stream_problem_is_short check (length(problem) between 1 and 500),
  constraint event_stream_lease_is_somebodys check ((publisher is null) = (held_until is null)),
  constraint event_stream_size_was_seen check ((stream_size is null) = (seen_at is null))
);
insert into press_private.event_stream default values;
comment on table press_private.event_stream is 'Which worker sends events to the broker and until when no other does (publisher, held_until); how many the stream had when it was last seen (stream_size, seen_at); what was the matter then (problem).';

--! Included press_worker/ledger_events.sql
/* What may leave the press: nothing of which no checkpoint says that it happened. So nothing that was sent is ever taken back. Also while the
   press is stopped: what is published is known. Plans are kept to the index of places, however small the ledger was when they were made. */
create or replace function press_worker.ledger_events(first_place bigint, count integer)
  returns table (place bigint, leaf text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_size  bigint := coalesce((select c.tree_size from press.checkpoints c order by c.tree_size desc limit 1), 0);
begin
  if (ledger_events.first_place >= 0 and ledger_events.count between 1 and 10000) is not true then
    perform press_private.refuse('INVALID_INPUT', 'Places count from 0, and 1 to 10000 entries can be asked for.');
  end if;
  if ledger_events.first_place < v_size then
    return query
    select e.place, e.leaf from press.ledger_entries e
    where e.place >= ledger_events.first_place and e.place < least(v_size, ledger_events.first_place + ledger_events.count)
    order by e.place;
  end if;
end
$$;
comment on function press_worker.ledger_events is 'The entries from the place on that the latest checkpoint covers, in their order, as many as count (1 to 10000). Refuses: INVALID_INPUT.';
revoke all on function press_worker.ledger_events from public;
grant execute on function press_worker.ledger_events to press_worker;
--! EndIncluded press_worker/ledger_events.sql
--! Included press_worker/hold_event_stream.sql
/* A lease keeps workers out of each other's way. Nothing depends on it: the broker takes an event at one place only, whoever brings it.
   Also while the press is stopped. Locks: the one row. */
create or replace function press_worker.hold_event_stream(publisher uuid, lease_seconds integer)
  returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  if (hold_event_stream.publisher is not null and hold_event_stream.lease_seconds between 1 and 3600) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A publisher has an id, a lease 1 to 3600 seconds.');
  end if;
  update press_private.event_stream s
  set publisher = hold_event_stream.publisher, held_until = clock_timestamp() + make_interval(secs => hold_event_stream.lease_seconds)
  where s.publisher is null or s.publisher = hold_event_stream.publisher or s.held_until <= clock_timestamp();
  return found;
end
$$;
comment on function press_worker.hold_event_stream is 'Makes the publisher the one that sends events for lease_seconds (1 to 3600) from now, and tells whether it is: not while another one''s lease runs. Refuses: INVALID_INPUT.';
revoke all on function press_worker.hold_event_stream from public;
grant execute on function press_worker.hold_event_stream to press_worker;
--! EndIncluded press_worker/hold_event_stream.sql
--! Included press_worker/note_event_stream.sql
/* For people and metrics: how far the stream is, and what keeps it from going on. The publisher itself asks the stream. A problem is a broker's
   words, which are made one short line before they come to a terminal. Locks: the one row. */
create or replace function press_worker.note_event_stream(publisher uuid, stream_size bigint, problem text)
  returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  if note_event_stream.stream_size < 0 then
    perform press_private.refuse('INVALID_INPUT', 'A stream has no fewer than 0 events.');
  end if;
  update press_private.event_stream s
  set stream_size = coalesce(note_event_stream.stream_size, s.stream_size),
      seen_at = case when note_event_stream.stream_size is null then s.seen_at else clock_timestamp() end,
      problem = left(nullif(regexp_replace(note_event_stream.problem collate "C", '[[:cntrl:]]+', ' ', 'g'), ''), 500)
  where s.publisher = note_event_stream.publisher and s.held_until > clock_timestamp();
  return found;
end
$$;
comment on function press_worker.note_event_stream is 'Keeps what the publisher saw: how many events the stream has (null: it could not be seen, and the last number stays), and what is the matter (null: nothing). False, and nothing is kept: the publisher has no lease. Refuses: INVALID_INPUT.';
revoke all on function press_worker.note_event_stream from public;
grant execute on function press_worker.note_event_stream to press_worker;
--! EndIncluded press_worker/note_event_stream.sql
--! Included press_worker/release_event_stream.sql
/* So that another worker need not wait for the lease of one that ends in order. Locks: the one row. */
create or replace function press_worker.release_event_stream(publisher uuid)
  returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  update press_private.event_stream s set publisher = null, held_until = null where s.publisher = release_event_stream.publisher;
  return found;
end
$$;
comment on function press_worker.release_event_stream is 'Ends the publisher''s lease, and tells whether it was the last to have one.';
revoke all on function press_worker.release_event_stream from public;
grant execute on function press_worker.release_event_stream to press_worker;
--! EndIncluded press_worker/release_event_stream.sql
--! Included press_worker/event_stream.sql
create or replace function press_worker.event_stream()
  returns table (publisher uuid, held_until timestamptz, stream_size bigint, seen_at timestamptz, problem text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select case when s.held_until > clock_timestamp() then s.publisher end, case when s.held_until > clock_timestamp() then s.held_until end,
    s.stream_size, s.seen_at, s.problem
  from press_private.event_stream s;
end
$$;
comment on function press_worker.event_stream is 'One row: who sends events now, and until when (nulls: nobody, by the clock of the database); how many events the stream had when one of them last saw it, and when that was (nulls: never); and what was the matter then (null: nothing).';
revoke all on function press_worker.event_stream from public;
grant execute on function press_worker.event_stream to press_worker;
--! EndIncluded press_worker/event_stream.sql
--! Included press_gateway/changed_editions.sql
/* One question for all subscribers of a gateway, whenever the ledger has grown. A plan is made for each: what was right while the ledger was
   small would stay in a session that lives for months. */
create or replace function press_gateway.changed_editions(first_place bigint, next_place bigint)
  returns setof integer
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set plan_cache_mode = force_custom_plan set jit = off as $$
begin
  return query
  select distinct e.edition_id from press.ledger_entries e
  where e.place >= changed_editions.first_place and e.place < changed_editions.next_place and e.edition_id is not null;
end
$$;
comment on function press_gateway.changed_editions is 'The ids of the editions that the entries from first_place up to but not including next_place are about, each once.';
revoke all on function press_gateway.changed_editions from public;
grant execute on function press_gateway.changed_editions to press_gateway;
--! EndIncluded press_gateway/changed_editions.sql
--! Included press_gateway/changed_tickets.sql
/* One question for all subscribers of a gateway, whenever the ledger has grown. It reads in proportion to the growth, whatever the subscribers
   hold: "offset 0" keeps the order entry, ticket, holder, each found by its index, and a plan is made for each call, since only an array that is
   known to the planner is hashed. */
create or replace function press_gateway.changed_tickets(first_place bigint, next_place bigint, subjects text[])
  returns table (subject text, ticket_id uuid)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set plan_cache_mode = force_custom_plan set jit = off as $$
begin
  return query
  select distinct h.subject, t.id
  from press.ledger_entries e
  cross join lateral (
    select t.id, t.holder_id from press.tickets t where t.edition_id = e.edition_id and t.ticket_number = e.ticket_number offset 0) t
  cross join lateral (select h.subject from press.holders h where h.id = t.holder_id offset 0) h
  where e.place >= changed_tickets.first_place and e.place < changed_tickets.next_place and h.subject = any (changed_tickets.subjects);
end
$$;
comment on function press_gateway.changed_tickets is 'The tickets of these holders that the entries from first_place up to but not including next_place are about, each once, with the subject of its holder.';
revoke all on function press_gateway.changed_tickets from public;
grant execute on function press_gateway.changed_tickets to press_gateway;
--! EndIncluded press_gateway/changed_tickets.sql
--! Included press_gateway/press_metrics.sql
/* Asked for ever, each second or so: a few index lookups, and never a count over a table. */
create or replace function press_gateway.press_metrics()
  returns table (ledger_size bigint, checkpoint_size bigint, checkpoint_at timestamptz, inbox_waiting bigint, stream_size bigint,
    stream_seen_at timestamptz, is_stream_held boolean, is_stopped boolean, pending_since timestamptz)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  return query
  select h.tree_size, coalesce(c.tree_size, 0), c.signed_at,
    coalesce((select i.id from press_private.ledger_inbox i order by i.id desc limit 1)
           - (select i.id from press_private.ledger_inbox i order by i.id limit 1) + 1, 0),
    s.stream_size, s.seen_at, coalesce(s.held_until > clock_timestamp(), false),
    press_private.stop_reason() is not null,
    (select t.issued_at from press.tickets t where t.status = 'pending' order by t.issued_at limit 1)
  from press_private.ledger_head h
  cross join press_private.event_stream s
  left join lateral (select c.tree_size, c.signed_at from press.checkpoints c order by c.tree_size desc limit 1) c on true;
end
$$;
comment on function press_gateway.press_metrics is 'One row. Entries with a place; under the latest checkpoint, and since when (0 and null before the first); without a place, at most. Events in the stream, when they were last seen (nulls: never), and whether a worker sends them now. Whether the press is stopped. Since when the oldest pending ticket waits (null: none does).';
revoke all on function press_gateway.press_metrics from public;
grant execute on function press_gateway.press_metrics to press_gateway;
--! EndIncluded press_gateway/press_metrics.sql
--! Included access/event_stream.sql
/* Who sees how far the stream of events is: auditors; the worker and the gateway by functions. Not granted: insert (the migration did it),
   update (press_worker.hold_event_stream, note_event_stream and release_event_stream do it), delete. */
revoke all on press_private.event_stream from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.event_stream to press_auditor;
--! EndIncluded access/event_stream.sql

-- An addition to the audit: a closing that awaits a ticket that is not there.
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
    format('The edition is %s, has %s entries edition.closed, and awaits number %s%s; the last pending ticket is %s.',
      coalesce(e.status::text, 'not there'), c.count, q.awaited_number, case when a.is_missing then ', which is not there' end, p.highest)
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
  -- It would be awaited for ever.
  cross join lateral (
    select q.awaited_number is not null and not exists (
      select from press.tickets t where t.edition_id = q.edition_id and t.ticket_number = q.awaited_number) as is_missing
  ) a
  where e.closed_at is null or c.count > 0 or q.awaited_number < p.highest or a.is_missing;
end
$$;
comment on function press_private.audit_editions is 'What does not hold of editions and the numbers of their tickets.';
revoke all on function press_private.audit_editions from public;
--! EndIncluded press_private/audit_editions.sql
