--! Previous: sha1:e758d97aebf75de37bd237d87eda94294f3491a7
--! Hash: sha1:d394ba6ab207b637e21325f877e0caaf0a54596f
--! Message: hardening

--! split: 1-current.sql
-- Enter migration here

--! split: 3000-invariants.sql
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

--! Included press_private/is_fault_of_server.sql
/* No connection, something that is not there while a migration is under way, others in the way, no memory or no space, a shutdown: the same query may be answered a moment later. */
create or replace function press_private.is_fault_of_server(code text)
  returns boolean
  language sql immutable
begin atomic
  select left(is_fault_of_server.code, 2) in ('08', '0A', '25', '40', '42', '53', '55', '57', '58');
end;
comment on function press_private.is_fault_of_server is 'Whether an error with this SQLSTATE says something of the server, and nothing of what is stored.';
revoke all on function press_private.is_fault_of_server from public;
--! EndIncluded press_private/is_fault_of_server.sql
--! Included press_private/audit_editions.sql
/* Of all editions; or of the tickets with these ids: each follows the number before it and is the only one with its own, which said of every ticket is
   what is said of the editions, and costs no count. */
create or replace function press_private.audit_editions(ticket_ids uuid[] default null)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  if audit_editions.ticket_ids is not null then
    return query
    select 'tickets are numbered from 1 to their count, within the cap', format('press.tickets (%s,%s)', t.edition_id, t.ticket_number),
      case when b.id is null and t.ticket_number <> 1 then 'There is no ticket with the number before it.' else format('Others have its number, or it is none within the cap of %s.', t.cap) end
    from press.tickets t
    left join press.tickets b on b.edition_id = t.edition_id and b.ticket_number = t.ticket_number - 1
    where t.id = any (audit_editions.ticket_ids)
      and ((b.id is not null or t.ticket_number = 1) and t.ticket_number between 1 and t.cap
           and not exists (select from press.tickets d where d.edition_id = t.edition_id and d.ticket_number = t.ticket_number and d.id <> t.id)) is not true;
    return;
  end if;

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
comment on function press_private.audit_editions is 'What does not hold of editions and the numbers of their tickets: of all (null), or of the numbers of the tickets with the ids.';
revoke all on function press_private.audit_editions from public;
--! EndIncluded press_private/audit_editions.sql
--! Included press_private/audit_draws.sql
/* Computing a draw again reads every entry of its edition. One edition after the other, so that an entry that cannot be read is a finding of its own edition. */
create or replace function press_private.audit_draws(edition_ids bigint[] default null, recomputed_ids bigint[] default null)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_edition_id  integer;
begin
  for v_edition_id in
    select e.edition_id from press.ledger_entries e where e.type in ('edition.drawn', 'winner.replaced') and audit_draws.edition_ids is null
    union
    -- Of those that have changed a look has time for 20,000 tickets.
    select d.edition_id from press.draws d
    where d.status <> 'requested' and d.edition_id = any (audit_draws.recomputed_ids)
      and not exists (select from press.tickets t where t.edition_id = d.edition_id and t.ticket_number > 20000)
    order by 1
  loop
    begin
      return query
      select 'the entries alone give every winner that was drawn', format('press.draws (%s,%s)', v_edition_id, r.attempt),
        coalesce(r.finding, format('The entry has the winner %s, and the row %s.', r.recorded_number, d.ticket_number))
      from press_private.recomputed_draws(v_edition_id) r
      left join press.draws d on d.edition_id = v_edition_id and d.attempt = r.attempt
      where r.agrees is not true or d.ticket_number is distinct from r.recorded_number;
    exception
      when others then  -- a leaf that is none
        if press_private.is_fault_of_server(sqlstate) then
          raise;
        end if;
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
  where (audit_draws.edition_ids is null or d.edition_id = any (audit_draws.edition_ids)) and (q.requested_by is not null and case when d.attempt = 1 then e.status = case when d.status = 'requested' then 'closed' else 'drawn' end::press.edition_status else e.status = 'drawn' end
         and press_private.is_beacon_of(d, e)) is not true
  union all
  select 'a draw was asked for, and is decided where its edition is drawn, by the first checkpoint that covers the closing',
    format('press_private.draw_requests (%s,%s)', q.edition_id, q.attempt), format('It is there %s times, or for no draw.', count(*))
  from press_private.draw_requests q
  where audit_draws.edition_ids is null or q.edition_id = any (audit_draws.edition_ids)
  group by q.edition_id, q.attempt
  having count(*) > 1 or not exists (select from press.draws d where d.edition_id = q.edition_id and d.attempt = q.attempt)
  union all
  select 'a draw was asked for, and is decided where its edition is drawn, by the first checkpoint that covers the closing', format('press.editions (%s)', e.id), 'It is drawn, and there is no draw.'
  from press.editions e
  where (audit_draws.edition_ids is null or e.id = any (audit_draws.edition_ids)) and e.status = 'drawn'
    and not exists (select from press.draws d where d.edition_id = e.id and d.attempt = 1);
end
$$;
comment on function press_private.audit_draws is 'What does not hold of draws: of the editions with the ids, of which some with up to 20,000 tickets are computed again from the ledger, or of all (nulls).';
revoke all on function press_private.audit_draws from public;
--! EndIncluded press_private/audit_draws.sql
--! Included press_private/audit_tickets.sql
/* Of the tickets with these ids, or of all. That slots and requests have no gap is said of each ticket and the one before it, so that it can be said
   of a few: what holds of every ticket holds of the whole. */
create or replace function press_private.audit_tickets(ids uuid[] default null)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select c."check", format('press.tickets (%s,%s)', t.edition_id, t.ticket_number), c.finding
  from press.tickets t
  left join press.editions e on e.id = t.edition_id
  left join press.holders h on h.id = t.holder_id
  left join press_private.erased_envelopes x on x.edition_id = t.edition_id and x.ticket_number = t.ticket_number
  cross join lateral (values
    ('a ticket has the terms of its edition, and keeps within them',
     ((t.cap, t.per_holder_limit) = (e.cap, e.per_holder_limit) and e.status <> 'draft'
      and t.ticket_number between 1 and t.cap and t.holder_slot between 1 and t.per_holder_limit),
     format('It has the slot %s of %s and a cap of %s; its edition has %s and %s, and is %s.',
       t.holder_slot, t.per_holder_limit, t.cap, e.per_holder_limit, e.cap, coalesce(e.status::text, 'not there'))),
    ('a ticket has a holder', h.id is not null, format('There is no holder %s.', t.holder_id)),
    ('a ticket has an envelope, or the hash of one that was removed, once it is signed, and not before',
     case when t.status = 'pending' then t.envelope is null and x.envelope_hash is null else (t.envelope is null) = (x.envelope_hash is not null) end,
     format('It is %s and has %s, and %s in press_private.erased_envelopes.', t.status,
       case when t.envelope is null then 'none' else 'one' end, case when x.envelope_hash is null then 'none' else 'one' end))
  ) c ("check", holds, finding)
  where (audit_tickets.ids is null or t.id = any (audit_tickets.ids)) and c.holds is not true;

  return query
  select c."check", format('press.tickets (%s,%s)', t.edition_id, t.ticket_number), c.finding
  from press.tickets t
  left join press.tickets b on b.edition_id = t.edition_id and b.ticket_number = t.ticket_number - 1
  left join press.tickets s on s.holder_id = t.holder_id and s.edition_id = t.edition_id and s.holder_slot = t.holder_slot - 1
  cross join lateral (
    select b.request_key = t.request_key and coalesce(b.issued_by, b.holder_id::text) = coalesce(t.issued_by, t.holder_id::text)) r (is_continued)
  cross join lateral (values
    ('the slots of a holder run from 1 to their count, within the limit',
     (t.holder_slot = 1 or s.ticket_number < t.ticket_number) and not exists (
       select from press.tickets d where d.holder_id = t.holder_id and d.edition_id = t.edition_id and d.holder_slot = t.holder_slot and d.id <> t.id),
     format('It has the slot %s of the holder %s, and the one before it is that of number %s.', t.holder_slot, t.holder_id, s.ticket_number)),
    ('a request was answered once, whole, and for one holder',
     case when t.request_key is null then t.request_position is null
     else case t.request_position when 1 then r.is_continued is not true else r.is_continued and b.holder_id = t.holder_id and b.request_position = t.request_position - 1 end
      and not exists (
        select from press_private.tickets_of_request(t.edition_id, t.holder_id, t.issued_by, t.request_key) d
        where d.request_position = t.request_position and d.id <> t.id) end,
     format('It has the position %s under the key %s of %s, after one with the position %s under the key %s.',
       t.request_position, t.request_key, coalesce(t.issued_by, t.holder_id::text), b.request_position, b.request_key))
  ) c ("check", holds, finding)
  where (audit_tickets.ids is null or t.id = any (audit_tickets.ids)) and c.holds is not true;
end
$$;
comment on function press_private.audit_tickets is 'What does not hold of the rows of tickets: of those with the ids, or of all (null).';
revoke all on function press_private.audit_tickets from public;
--! EndIncluded press_private/audit_tickets.sql
--! Included press_private/audit_endings.sql
create or replace function press_private.audit_endings(ids uuid[] default null)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  with endings as (
    select 'press.redemptions' as relation, d.edition_id, d.ticket_number, 'redeemed'::press.ticket_status as status, d.holder_id
    from press.redemptions d where audit_endings.ids is null
    union all
    select 'press.revocations', v.edition_id, v.ticket_number, 'revoked', null from press.revocations v where audit_endings.ids is null
    union all
    select 'press.redemptions', d.edition_id, d.ticket_number, 'redeemed', d.holder_id
    from press.tickets t join press.redemptions d on d.edition_id = t.edition_id and d.ticket_number = t.ticket_number where t.id = any (audit_endings.ids)
    union all
    select 'press.revocations', v.edition_id, v.ticket_number, 'revoked', null
    from press.tickets t join press.revocations v on v.edition_id = t.edition_id and v.ticket_number = t.ticket_number where t.id = any (audit_endings.ids)
  ), wrong as (
    select e.relation, t.status, coalesce(e.edition_id, t.edition_id) as edition_id, coalesce(e.ticket_number, t.ticket_number) as ticket_number,
      t.id is not null as is_ticket, e.relation is not null as is_ending
    from endings e
    full join (select * from press.tickets i where audit_endings.ids is null or i.id = any (audit_endings.ids)) t
      on t.edition_id = e.edition_id and t.ticket_number = e.ticket_number
    where case when e.relation is null then t.status in ('redeemed', 'revoked') else t.status is distinct from e.status or t.holder_id <> e.holder_id end
  )
  select 'a ticket is redeemed or revoked where a row says by whom, and nowhere else', format('%s (%s,%s)', s.relation, w.edition_id, w.ticket_number),
    format('The ticket is %s, and in %s.', coalesce(w.status::text, 'not there'), coalesce(w.relation, 'neither press.redemptions nor press.revocations'))
  from wrong w
  cross join lateral (values ('press.tickets', w.is_ticket), (w.relation, w.is_ending)) s (relation, is_there)
  where s.is_there;
end
$$;
comment on function press_private.audit_endings is 'What does not hold of redemptions and revocations: of the tickets with the ids, or of all (null).';
revoke all on function press_private.audit_endings from public;
--! EndIncluded press_private/audit_endings.sql
--! Included press_private/audit_envelopes.sql
create or replace function press_private.audit_envelopes(ids uuid[] default null)
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
     t.envelope = press_private.ticket_envelope(e.slug, p.key_id, press_private.envelope_recipient(h), t.id, t.ticket_number, t.issued_at, p.signature)
     -- Signed while its holder was forgotten, who has returned since.
     or t.envelope = press_private.ticket_envelope(e.slug, p.key_id, 'erased:' || h.id, t.id, t.ticket_number, t.issued_at, p.signature),
     'It is not what the row, the edition and the holder make of it.'),
    ('an envelope names a key that signs tickets', k.key_id is not null, format('There is no key %s for tickets.', p.key_id))
  ) c ("check", holds, finding)
  where (audit_envelopes.ids is null or t.id = any (audit_envelopes.ids)) and t.envelope is not null and c.holds is not true;
end
$$;
comment on function press_private.audit_envelopes is 'What does not hold of envelopes, but for their signatures: of the tickets with the ids, or of all (null).';
revoke all on function press_private.audit_envelopes from public;
--! EndIncluded press_private/audit_envelopes.sql
--! Included press_private/audit_credentials.sql
/* Whoever issues and where it serves is in the document itself, and in no row. */
create or replace function press_private.audit_credentials(attestation_ids uuid[] default null)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select f."check", format('press.credentials (%s)', c.id), f.finding
  from press.credentials c
  left join press_private.credential_payloads p on p.credential_id = c.id
  left join lateral press_private.read_credential(c.document) r on true
  left join press.signing_keys k on k.key_id = r.key_id and k.purpose = 'credential'
  cross join lateral (values
    ('a credential says what its row says, and what was stored before it was signed',
     (r.unsigned_document, r.proof_options, r.key_id) = (p.unsigned_document, p.proof_options, p.key_id)
     and r.unsigned_document = press_private.unsigned_credential(c,
       substring(r.unsigned_document from '"issuer":"([^"]*)"'), substring(r.unsigned_document from '"statusListCredential":"([^"]*)/credentials/status/[0-9]+"')),
     'It is not what the row makes of it.'),
    ('a credential names a key that signs credentials', k.key_id is not null, format('There is no key %s for credentials.', r.key_id))
  ) f ("check", holds, finding)
  where (audit_credentials.attestation_ids is null or c.attestation_id = any (audit_credentials.attestation_ids)) and c.document is not null and f.holds is not true
  union all
  select 'a credential says what its row says, and what was stored before it was signed', format('press.credentials (%s)', c.id),
    format('It is %s and has %s document.', c.status, case when c.document is null then 'no' else 'a' end)
  from press.credentials c
  where (audit_credentials.attestation_ids is null or c.attestation_id = any (audit_credentials.attestation_ids)) and c.status = case when c.document is null then 'signed' else 'pending' end::press.credential_status;
end
$$;
comment on function press_private.audit_credentials is 'What does not hold of the documents of credentials, but for their signatures: of those of the attestations, or of all (null).';
revoke all on function press_private.audit_credentials from public;
--! EndIncluded press_private/audit_credentials.sql
--! Included press_private/audit_attestations.sql
create or replace function press_private.audit_attestations(ids uuid[] default null)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  -- What one proof has given is looked at together.
  v_proof_digests  text[] := array(select distinct a.proof_digest from press.attestations a where a.id = any (audit_attestations.ids));
begin
  return query
  select 'an attestation is verified if and only if it has its one credential', format('press.attestations (%s)', coalesce(a.id, c.attestation_id)),
    format('It is %s, and has %s credentials, of the kind %s and the holder %s.', coalesce(a.status::text, 'not there'), coalesce(c.count, 0), c.kind, c.holder_id)
  from (select * from press.attestations i where audit_attestations.ids is null or i.id = any (audit_attestations.ids)) a
  full join (
    select i.attestation_id, count(*) as count, min(i.kind) as kind, min(i.holder_id::text) as holder_id, bool_and(i.trust_level = press_private.trust_level_of(i.kind)) as is_level_right
    from press.credentials i where audit_attestations.ids is null or i.attestation_id = any (audit_attestations.ids) group by i.attestation_id
  ) c on c.attestation_id = a.id
  where case when c.count is null then a.status = 'verified'
        else (a.status = 'verified' and c.count = 1 and c.kind = a.kind and c.holder_id = a.holder_id::text and c.is_level_right) is not true end;

  return query
  select 'a decision is the one that its facts and its rules give', format('press.attestations (%s)', a.id),
    format('It is %s with the violations %s; made again, it has %s.', a.status, a.violations, r.violations)
  from press.attestations a
  cross join lateral press_private.replayed_violations(a) r (violations)
  -- Where the facts are gone, their holder was forgotten: the seal tells whether the press removed them.
  where (audit_attestations.ids is null or a.id = any (audit_attestations.ids)) and a.decided_at is not null and case when a.facts is null then (a.status = 'verified') <> (a.violations = '{}')
        else (r.violations = a.violations and (a.status = 'verified') = (a.violations = '{}')) is not true end;

  return query
  select 'evidence is kept until it was checked, and no longer', format('press_private.attestation_work (%s)', coalesce(w.attestation_id, a.id)),
    format('The attestation is %s, and its evidence is %s.', coalesce(a.status::text, 'not there'), case when w.attestation_id is null then 'not there' else 'there' end)
  from (select * from press_private.attestation_work i where audit_attestations.ids is null or i.attestation_id = any (audit_attestations.ids)) w
  full join (select * from press.attestations i where audit_attestations.ids is null or i.id = any (audit_attestations.ids)) a on a.id = w.attestation_id
  where (a.status = 'submitted') is distinct from (w.attestation_id is not null);

  return query
  select 'a proof is one holder''s, and gives one valid credential at a time', format('press.attestations (%s)', p.id),
    format('It was decided at %s; before it, %s has proved the same, with a credential until %s.', p.decided_at, p.earlier_holder_id, p.earlier_valid_until)
  from (
    select a.id, a.holder_id, a.decided_at, a.renewed_id, lag(a.id) over w as earlier_id, lag(a.holder_id) over w as earlier_holder_id, lag(c.valid_until) over w as earlier_valid_until
    from (
      select i.* from press.attestations i where i.status = 'verified' and audit_attestations.ids is null
      union all
      -- offset 0: each proof is looked up, also when the planner believes that there are few.
      select i.* from unnest(v_proof_digests) d (proof_digest)
      cross join lateral (select * from press.attestations v where v.proof_digest = d.proof_digest and v.status = 'verified' offset 0) i
    ) a
    left join press.credentials c on c.attestation_id = a.id
    window w as (partition by a.proof_digest order by a.decided_at, a.id)
  ) p
  where p.renewed_id is distinct from p.earlier_id
     or (p.earlier_id is not null and (p.holder_id = p.earlier_holder_id and press_private.has_expired(p.earlier_id, p.decided_at)) is not true);

  return query
  select 'rules are named by the hash of their thresholds, and an operator put them in force', format('press.rule_sets (%s)', r.id),
    format('It has the hash %s, and was put in force by %s.', r.rule_set_hash, coalesce(q.requested_by, 'nobody'))
  from press.rule_sets r
  left join press_private.rule_set_requests q on q.rule_set_id = r.id
  where audit_attestations.ids is null and ((q.rule_set_id is null and r.id > (select min(f.id) from press.rule_sets f)) or r.rule_set_hash is distinct from press_private.envelope_hash(
    press_private.rule_set_document(r.repository_age_days, r.repository_size_kb, r.account_age_days, r.checks_per_hour)));
end
$$;
comment on function press_private.audit_attestations is 'What does not hold of attestations and the rules that they were decided under: of the attestations with the ids, or of all, and of the rules (null).';
revoke all on function press_private.audit_attestations from public;
--! EndIncluded press_private/audit_attestations.sql
--! Included press_private/audit_pool.sql
/* The coins and what has become of them: the rows, compared with those of the transactions that have them. Of a few coins no sum is made: that
   each transaction pays what its coins have, and leaves a coin for it, says press_private.audit_transactions. */
create or replace function press_private.audit_pool(ids bigint[] default null)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'what was paid to the pool is there, or went as fees, in satoshis and in coins', format('press.utxos (%s)', s.wallet_script),
    format('Funded and not lost: %s; the fees of transactions that the chain took: %s; unspent: %s.', s.funded, s.fees, s.unspent)
  from (
    select u.wallet_script,
      sum(u.satoshis) filter (where u.from_transaction_id is null and u.state <> 'dirty') as funded,
      coalesce((select sum(t.fee_satoshis) from press.chain_transactions t where t.state in ('accepted', 'mined') and t.wallet_script = u.wallet_script), 0) as fees,
      coalesce(sum(u.satoshis) filter (where u.state in ('available', 'reserved', 'unknown')), 0) as unspent,
      -- A change that somebody else spent was paid, and is lost.
      coalesce(sum(u.satoshis) filter (where u.from_transaction_id is not null and u.state = 'dirty'
        and exists (select from press.chain_transactions t where t.id = u.from_transaction_id and t.state in ('accepted', 'mined'))), 0) as lost
    from press.utxos u where audit_pool.ids is null
    group by u.wallet_script
  ) s
  where coalesce(s.funded, 0) - s.lost - s.fees <> s.unspent;

  return query
  select 'a coin is spent by one transaction that is alive', format('press.utxos (%s)', u.id),
    format('It is %s, its transaction is %s, and these are alive: %s.', u.state, u.transaction_id, i.transaction_ids)
  from press.utxos u
  left join press.chain_transactions t on t.id = u.transaction_id
  left join lateral (
    select array_agg(n.transaction_id order by n.transaction_id) as transaction_ids from press_private.chain_inputs n where n.utxo_id = u.id and n.is_live) i on true
  where (audit_pool.ids is null or u.id = any (audit_pool.ids)) and (case u.state
          when 'reserved' then t.state = 'reserved' and i.transaction_ids = array[u.transaction_id]
          when 'unknown'  then t.state in ('reserved', 'sending', 'unknown') and (t.state <> 'reserved' or t.replaces_id is not null) and i.transaction_ids = array[u.transaction_id]
          when 'spent'    then t.state in ('accepted', 'mined') and t.txid = u.spent_by_txid and i.transaction_ids = array[u.transaction_id]
          else u.transaction_id is null and i.transaction_ids is null end is not true
     or (u.state = 'spent') <> (u.spent_by_txid is not null) or (u.state = 'dirty') <> (u.dirty_reason is not null))
  union all
  select 'a coin is spent by one transaction that is alive', format('press.utxos (%s)', n.utxo_id),
    format('It is not there, and transaction %s, which is alive, has it.', n.transaction_id)
  from press_private.chain_inputs n
  where (audit_pool.ids is null or n.utxo_id = any (audit_pool.ids)) and n.is_live and not exists (select from press.utxos u where u.id = n.utxo_id);
end
$$;
comment on function press_private.audit_pool is 'What does not hold of coins and of who has them: of the coins with the ids, or of all and their sum (null).';
revoke all on function press_private.audit_pool from public;
--! EndIncluded press_private/audit_pool.sql
--! Included press_private/audit_transactions.sql
/* Every stored transaction is read byte for byte; what it spends and pays is compared with the rows. */
create or replace function press_private.audit_transactions(ids bigint[] default null)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'a stored transaction is what its rows say', format('press.chain_transactions (%s)', t.id), coalesce(
    b.problem,
    case when i.satoshis is distinct from t.fee_satoshis + t.change_satoshis + t.split_count * t.split_satoshis then 'Its coins do not pay its outputs and its fee.' end,
    format('It has not what one has that is %s, or takes the place of one that spends no coin of it.', t.state))
  from press.chain_transactions t
  cross join lateral (
    select array(select c.publication_id from press_private.chain_outputs c where c.transaction_id = t.id order by c.output_index) as publication_ids) o
  cross join lateral (
    select sum(u.satoshis) as satoshis, bool_and(u.wallet_script = t.wallet_script and u.txid collate "C" ~ '^[0-9a-f]{64}$') as are_its
    from press_private.chain_inputs i join press.utxos u on u.id = i.utxo_id where i.transaction_id = t.id) i
  cross join lateral (
    -- In this order: what is no script cannot be compared with bytes.
    select case when i.are_its is not true then 'Its coins are none of its wallet.'
                when press_private.txid_of(t.raw) is distinct from t.txid then 'Its txid is not that of its bytes.'
                else press_private.raw_transaction_problem(t, t.raw, o.publication_ids) end as problem) b
  where (audit_transactions.ids is null or t.id = any (audit_transactions.ids)) and t.raw is not null
    and (b.problem is null
         and i.satoshis = t.fee_satoshis + t.change_satoshis + t.split_count * t.split_satoshis
         and t.state not in ('reserved', 'released') and t.stored_at is not null and t.is_split = (t.split_count > 0) and t.is_split = (t.split_satoshis > 0)
         and (t.state = 'mined') = (t.block_hash is not null) and (t.block_hash is null) = (t.block_height is null)
         and (t.state not in ('accepted', 'mined') or (t.accepted_at is not null and t.may_be_out))
         and t.has_checkpoint = exists (select from press.publications p where p.id = any (o.publication_ids) and p.kind = 'checkpoint')
         and (t.replaces_id is null or t.replaces_id < t.id and exists (
           select from press_private.chain_inputs n join press_private.chain_inputs r on r.utxo_id = n.utxo_id
           where n.transaction_id = t.id and r.transaction_id = t.replaces_id))) is not true
  union all
  select 'a stored transaction is what its rows say', format('press.chain_transactions (%s)', r.transaction_id), 'Rows say what it spends or publishes, and it is not there.'
  from (select i.transaction_id from press_private.chain_inputs i union select o.transaction_id from press_private.chain_outputs o) r
  where audit_transactions.ids is null and not exists (select from press.chain_transactions t where t.id = r.transaction_id);

  return query
  select 'what a transaction pays to the wallet is a coin once the nodes have it, and not before', format('press.chain_transactions (%s)', t.id),
    format('It is %s, and has %s coins with %s satoshis in the pool, that are not given up.', t.state, c.count, c.satoshis)
  from press.chain_transactions t
  cross join lateral (
    select count(*) as count, coalesce(sum(u.satoshis), 0) as satoshis
    from press.utxos u where u.from_transaction_id = t.id and u.txid = t.txid
      and (u.state <> 'dirty' or t.state in ('accepted', 'mined'))) c
  where (audit_transactions.ids is null or t.id = any (audit_transactions.ids)) and (c.count, c.satoshis) is distinct from (
    case when t.state in ('accepted', 'mined') then (t.split_count + (t.change_satoshis > 0)::integer)::bigint else 0 end,
    case when t.state in ('accepted', 'mined') then (t.split_count * t.split_satoshis + t.change_satoshis)::numeric else 0 end);
end
$$;
comment on function press_private.audit_transactions is 'What does not hold of stored transactions, and of what they spend and pay: of those with the ids, or of all (null).';
revoke all on function press_private.audit_transactions from public;
--! EndIncluded press_private/audit_transactions.sql
--! Included press_private/audit_outputs.sql
create or replace function press_private.audit_outputs(publication_ids uuid[] default null)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'a publication is as far as its transaction', format('press.publications (%s)', p.id),
    format('It is %s, output %s of transaction %s, which is %s; it waits for transaction %s.', p.state, p.output_index, p.transaction_id, coalesce(t.state::text, 'none'), p.after_transaction_id)
  from press.publications p
  left join press.chain_transactions t on t.id = p.transaction_id
  left join press_private.chain_outputs o on o.transaction_id = p.transaction_id and o.publication_id = p.id
  left join press.chain_transactions a on a.id = p.after_transaction_id
  where (audit_outputs.publication_ids is null or p.id = any (audit_outputs.publication_ids)) and case p.state
          when 'queued'     then p.transaction_id is null and (a.id is null or a.state in ('reserved', 'sending', 'unknown', 'accepted'))
          when 'processing' then t.state = 'reserved' or (t.state = 'sending' and o.output_index = p.output_index)
          when 'unknown'    then t.state = 'unknown' and o.output_index = p.output_index
          when 'sent'       then t.state in ('accepted', 'mined') and o.output_index = p.output_index and o.sent_at = p.sent_at
          when 'failed'     then p.error_code is not null and (p.transaction_id is null or t.state = 'rejected') end is not true;

  return query
  select 'a publication stands on the chain once', format('press.publications (%s)', o.publication_id),
    format('It is in the transactions %s.', array_agg(t.txid order by t.id))
  from press_private.chain_outputs o
  join press.chain_transactions t on t.id = o.transaction_id and t.state in ('accepted', 'mined')
  where audit_outputs.publication_ids is null or o.publication_id = any (audit_outputs.publication_ids)
  group by o.publication_id
  having count(*) > 1;
end
$$;
comment on function press_private.audit_outputs is 'What does not hold between publications and the transactions that carry them: of the publications with the ids, or of all (null).';
revoke all on function press_private.audit_outputs from public;
--! EndIncluded press_private/audit_outputs.sql
--! Included press_private/expected_entries.sql
/* What must be in the ledger, from the rows alone. When a ticket or a credential was signed no row says: its leaf is
   made for some moment, and compared without it. */
create or replace function press_private.expected_entries(ticket_ids uuid[] default null, drawn_ids bigint[] default null)
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
    where expected_entries.ticket_ids is null
  union all
    select format('press.tickets (%s,%s)', t.edition_id, t.ticket_number), 'ticket.issued', t.edition_id, t.ticket_number, false,
      press_private.ticket_issued_leaf(t, e.slug, coalesce(x.envelope_hash, press_private.envelope_hash(t.envelope)), 'epoch')
    from press.tickets t join press.editions e on e.id = t.edition_id
    left join press_private.erased_envelopes x on x.edition_id = t.edition_id and x.ticket_number = t.ticket_number
    where t.status <> 'pending' and (expected_entries.ticket_ids is null or t.id = any (expected_entries.ticket_ids))
  union all
    select format('press.redemptions (%s,%s)', d.edition_id, d.ticket_number), 'ticket.redeemed', d.edition_id, d.ticket_number, true,
      press_private.ticket_redeemed_leaf(t, e.slug, press_private.recorded_label(d.redeemed_by, t.holder_id), d.redeemed_at)
    from press.redemptions d
    join press.tickets t on t.edition_id = d.edition_id and t.ticket_number = d.ticket_number join press.editions e on e.id = d.edition_id
    where expected_entries.ticket_ids is null or t.id = any (expected_entries.ticket_ids)
  union all
    select format('press.revocations (%s,%s)', v.edition_id, v.ticket_number), 'ticket.revoked', v.edition_id, v.ticket_number, true,
      press_private.ticket_revoked_leaf(t, e.slug, press_private.recorded_label(v.revoked_by, t.holder_id),
        case when v.is_reason_published then v.reason end, v.revoked_at)
    from press.revocations v
    join press.tickets t on t.edition_id = v.edition_id and t.ticket_number = v.ticket_number join press.editions e on e.id = v.edition_id
    where expected_entries.ticket_ids is null or t.id = any (expected_entries.ticket_ids)
  union all
    select format('press.draws (%s,%s)', d.edition_id, d.attempt), case d.attempt when 1 then 'edition.drawn' else 'winner.replaced' end, e.id, null, true,
      press_private.draw_leaf(d, e)
    from press.draws d join press.editions e on e.id = d.edition_id 
    where d.status <> 'requested' and (expected_entries.ticket_ids is null or d.edition_id = any (expected_entries.drawn_ids))
  union all
    select format('press.beacon_rounds (%s,%s)', r.chain_hash, r.round), 'beacon.archived', null, null, true, press_private.beacon_archived_leaf(r)
    from press.beacon_rounds r where expected_entries.ticket_ids is null
  union all
    select format('press.attestations (%s)', a.id), 'attestation.decided', null, null, true, press_private.attestation_decided_leaf(a, r.rule_set_hash)
    from press.attestations a join press.rule_sets r on r.id = a.rule_set_id where expected_entries.ticket_ids is null
  union all
    select format('press.credentials (%s)', c.id), x.type, null, null, x.is_moment_known, press_private.credential_leaf(c, x.type, x.at)
    from press.credentials c
    cross join lateral (
      select 'credential.issued', false, 'epoch'::timestamptz where c.document is not null
      union all
      select 'credential.revoked', true, c.revoked_at where c.status = 'revoked'
    ) x (type, is_moment_known, at)
    where expected_entries.ticket_ids is null
  union all
    select format('press.publications (%s)', p.id), 'publication.sent', null, null, true, press_private.publication_sent_leaf(p, t.txid, o.sent_at)
    from press_private.chain_outputs o
    join press.publications p on p.id = o.publication_id join press.chain_transactions t on t.id = o.transaction_id where o.sent_at is not null and expected_entries.ticket_ids is null
  union all
    select format('press.signing_keys (%s)', k.key_id), x.type, null, null, true, press_private.key_leaf(k, x.type)
    from press.signing_keys k
    cross join lateral (select 'key.activated' union all select 'key.retired' where k.retired_at is not null
      union all select 'key.revoked' where k.revoked_at is not null) x (type)
    where expected_entries.ticket_ids is null;
end
$$;
comment on function press_private.expected_entries is 'The entries that the rows say there must be, with or without a place; subject: the row that says so. All of them (nulls), or those of the tickets and of the draws of the editions with the ids.';
revoke all on function press_private.expected_entries from public;
--! EndIncluded press_private/expected_entries.sql
--! Included press_private/audit_entries.sql
create or replace function press_private.audit_entries(ticket_ids uuid[] default null, drawn_ids bigint[] default null)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'places run from 0 without a gap, and the head counts them', format('press.ledger_entries (%s)', p.place),
    format('Before it is place %s.', coalesce(p.place_before::text, 'none'))
  from (select e.place, lag(e.place) over (order by e.place) as place_before from press.ledger_entries e where audit_entries.ticket_ids is null) p
  where p.place is distinct from coalesce(p.place_before + 1, 0);

  return query
  select 'places run from 0 without a gap, and the head counts them', format('press_private.ledger_head (%s)', h.is_only),
    format('It counts %s entries, and there are %s.', h.tree_size, c.count)
  from press_private.ledger_head h
  cross join (
    select case when audit_entries.ticket_ids is null then (select count(*) from press.ledger_entries)
           else (select coalesce(max(e.place) + 1, 0) from press.ledger_entries e) end as count) c
  where (h.is_only and h.tree_size = c.count) is not true;

  -- Every leaf begins with its moment, {"at":"2026-03-01T09:30:00.000Z", of 32 characters; the rest is different in each.
  return query
  select c."check", c.subject, c.finding
  from (select i.*, case when audit_entries.ticket_ids is null then 1 else row_number() over (partition by i.rest order by i.subject collate "C") end as turn from (
    select format('press.ledger_entries (%s)', e.place) as subject, e.type, e.edition_id, e.ticket_number, e.leaf, substr(e.leaf, 33) as rest
    from press.ledger_entries e where audit_entries.ticket_ids is null
    union all
    select format('press_private.ledger_inbox (%s)', i.id), i.type, i.edition_id, i.ticket_number, i.leaf, substr(i.leaf, 33)
    from press_private.ledger_inbox i where audit_entries.ticket_ids is null
    union all
    select format('press.ledger_entries (%s)', e.place), e.type, e.edition_id, e.ticket_number, e.leaf, substr(e.leaf, 33)
    from press.tickets t join press.ledger_entries e on e.edition_id = t.edition_id and e.ticket_number = t.ticket_number
    where t.id = any (audit_entries.ticket_ids)
    union all
    -- The inbox has no index by ticket, and may be long: offset 0 keeps the planner from reading it once for each.
    select format('press_private.ledger_inbox (%s)', i.id), i.type, i.edition_id, i.ticket_number, i.leaf, substr(i.leaf, 33)
    from (select * from press_private.ledger_inbox r where audit_entries.ticket_ids <> '{}' offset 0) i
    cross join lateral (
      select from press.tickets t
      where t.edition_id = i.edition_id and t.ticket_number = i.ticket_number and t.id = any (audit_entries.ticket_ids) offset 0) t
    union all
    select format('press.ledger_entries (%s)', e.place), e.type, e.edition_id, e.ticket_number, e.leaf, substr(e.leaf, 33)
    from press.ledger_entries e where e.type = 'edition.drawn' and e.ticket_number is null and e.edition_id = any (audit_entries.drawn_ids)
    union all
    -- There are few of them; of the edition there are as many entries as tickets: offset 0 keeps the planner from reading these.
    select format('press.ledger_entries (%s)', e.place), e.type, e.edition_id, e.ticket_number, e.leaf, substr(e.leaf, 33)
    from (select * from press.ledger_entries r where r.type = 'winner.replaced' and audit_entries.drawn_ids is not null offset 0) e where e.edition_id = any (audit_entries.drawn_ids)
    union all
    select format('press_private.ledger_inbox (%s)', i.id), i.type, i.edition_id, i.ticket_number, i.leaf, substr(i.leaf, 33)
    from press_private.ledger_inbox i where i.type in ('edition.drawn', 'winner.replaced') and i.edition_id = any (audit_entries.drawn_ids)
  ) i) a
  full join (select *, substr(i.leaf, 33) as rest from press_private.expected_entries(audit_entries.ticket_ids, audit_entries.drawn_ids) i) x on x.rest = a.rest
  cross join lateral (values
    ('an entry tells what the rows say, once', a.subject,
     a.leaf is null or (
       a.turn = 1 and (a.type, a.edition_id, a.ticket_number) is not distinct from (x.type, x.edition_id, x.ticket_number)
       and case when x.is_moment_known then a.leaf = x.leaf else left(a.leaf, 32) collate "C" ~ '^{"at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"$' end),
     format('%s %s %s: %s', a.type, a.edition_id, a.ticket_number, a.leaf)),
    ('what the rows say happened has its entry', x.subject, x.subject is null or a.leaf is not null,
     format('There is no entry %s like this: %s', x.type, x.leaf))
  ) c ("check", subject, holds, finding)
  where c.holds is not true;

  return query
  select 'an entry tells what the rows say, once', format('press.ledger_entries (%s)', max(e.place)), format('Place %s tells the same.', min(e.place))
  from press.ledger_entries e where audit_entries.ticket_ids is null
  group by substr(e.leaf, 33) having count(*) > 1;
end
$$;
comment on function press_private.audit_entries is 'What does not hold between the entries of the ledger and what the rows say happened: all of it (nulls), or what is about the tickets, and about draws of the editions, with the ids.';
revoke all on function press_private.audit_entries from public;
--! EndIncluded press_private/audit_entries.sql
--! Included press_private/audit_checkpoints.sql
/* Two checkpoints that have the roots of one tree are consistent: this tree is the proof. */
create or replace function press_private.audit_checkpoints(tree_sizes bigint[] default null)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_tree_size  bigint := case when audit_checkpoints.tree_sizes is null then (select count(*) from press.ledger_entries)
                         else (select coalesce(max(e.place) + 1, 0) from press.ledger_entries e) end;
  -- The name that most of them have, and those that operators had the ledger go on under.
  v_origins    text[] := array(
    select mode() within group (order by split_part(c.note, E'\n', 1)) from press.checkpoints c where audit_checkpoints.tree_sizes is null
    union all
    select a.origin from press_private.ledger_adoptions a);
begin
  return query
  select 'a checkpoint has the root of the tree of its size', format('press.checkpoints (%s)', c.tree_size),
    format('It has the root %s, and there are %s entries.', c.root_hash, v_tree_size)
  from press.checkpoints c
  where (audit_checkpoints.tree_sizes is null or c.tree_size = any (audit_checkpoints.tree_sizes))
    and (c.tree_size > v_tree_size or c.root_hash is distinct from press_private.tree_root(c.tree_size));

  return query
  select 'the note of a checkpoint says its size and root, by a key for checkpoints, under a name of the ledger', format('press.checkpoints (%s)', f.tree_size),
    case when f.public_key is null then 'Its key is none for checkpoints.'
         when f.signature is null then 'Its note says something else, or is not by its key.'
         else format('It has the origin %s.', f.origin) end
  from press_private.checkpoint_facts() f
  where audit_checkpoints.tree_sizes is null and (f.signature is null or f.origin <> all (v_origins));
end
$$;
comment on function press_private.audit_checkpoints is 'What does not hold of checkpoints, but for their signatures: of the roots of those with the sizes, or of all, and of their notes (null).';
revoke all on function press_private.audit_checkpoints from public;
--! EndIncluded press_private/audit_checkpoints.sql
--! Included press_private/audit_signatures.sql
/* A thousand a second at best: what takes the time of an audit. */
create or replace function press_private.audit_signatures(ids uuid[] default null)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'the key of an envelope signed it', format('press.tickets (%s,%s)', t.edition_id, t.ticket_number),
    format('The key %s did not.', p.key_id)
  from press.tickets t
  cross join lateral press_private.envelope_parts(t.envelope) p
  left join press.signing_keys k on k.key_id = p.key_id and k.public_key collate "C" ~ '^[0-9a-f]{64}$'
  where (audit_signatures.ids is null or t.id = any (audit_signatures.ids)) and t.envelope is not null
    and not press.ed25519_verify(
      decode(k.public_key, 'hex'), convert_to(p.message, 'UTF8'),
      case when p.signature collate "C" ~ '^([0-9a-f]{2})*$' then decode(p.signature, 'hex') end);

  return query
  select 'the key of a credential, or of a status list, signed it', d.subject, 'The key that it names did not.'
  from (
    select format('press.credentials (%s)', c.id), c.document from press.credentials c where c.document is not null and audit_signatures.ids is null
    union all
    select format('press_private.status_lists (%s)', s.list), s.document from press_private.status_lists s where audit_signatures.ids is null
  ) d (subject, document)
  where not press_private.is_credential_genuine(d.document);
end
$$;
comment on function press_private.audit_signatures is 'The envelopes, credentials and status lists that the keys that they name did not sign; or the envelopes of the tickets with the ids.';
revoke all on function press_private.audit_signatures from public;
--! EndIncluded press_private/audit_signatures.sql

--! Included press_private/invariant_checks.sql
/* The register of press.invariants: which promise each check belongs to. Those that the audit has too are its sentences, and its functions make them.
   Where no query can tell, looked_at_by says who does. I14 is about time: that something waits for long is no reason to stop those who do not. Nor is what
   the chain has twice: blocks that contradict each other bring it about, and whoever answers for the nodes could. */
create or replace function press_private.invariant_checks()
  returns table (invariant text, "check" text, subject text, is_stopping boolean, looked_at_by text, remedy text)
  language sql immutable
begin atomic
  select c.invariant, c."check", c.subject, c.is_stopping, c.looked_at_by, r.remedy
  from (values
    ('I1',  'tickets are numbered from 1 to their count, within the cap', 'press.tickets', true, null),
    ('I1',  'a ticket has the terms of its edition, and keeps within them', 'press.tickets', true, null),
    ('I2',  'the slots of a holder run from 1 to their count, within the limit', 'press.tickets', true, null),
    ('I3',  'a ticket is redeemed or revoked where a row says by whom, and nowhere else', 'press.tickets', true, null),
    ('I4',  'an attestation is verified if and only if it has its one credential', 'press.attestations', true, null),
    ('I4',  'a proof is one holder''s, and gives one valid credential at a time', 'press.attestations', true, null),
    ('I4',  'a credential says what its row says, and what was stored before it was signed', 'press.credentials', true, null),
    ('I5',  'a draw was asked for, and is decided where its edition is drawn, by the first checkpoint that covers the closing', 'press.draws', true, null),
    ('I5',  'the entries alone give every winner that was drawn', 'press.draws', true, null),
    ('I6',  'places run from 0 without a gap, and the head counts them', 'press.ledger_entries', true, null),
    ('I6',  'the hash of an entry is computed from it', 'press.ledger_entries', true, null),
    ('I6',  'a node is computed from the two below it', 'press_private.ledger_nodes', true, null),
    ('I6',  'a checkpoint has the root of the tree of its size', 'press.checkpoints', true, null),
    ('I7',  'what was acknowledged is there, and what was refused is not', 'clients', null,
     'Only who was answered knows the answer: test/crash compares what its clients wrote down with the rows, and request_outcome tells a client.'),
    ('I8',  'a request was answered once, whole, and for one holder', 'press.tickets', true, null),
    ('I9',  'the stream has no event that no checkpoint covers', 'press_private.event_stream', true, null),
    ('I9',  'the stream has every event once, in order', 'the broker', null,
     'Only the broker has the stream: the worker reads all of it again every hour and compares it with the ledger (worker/events/reconciler.ts), and test/events what consumers did.'),
    ('I10', 'a coin is spent by one transaction that is alive', 'press.utxos', true, null),
    ('I10', 'a stored transaction is what its rows say', 'press.chain_transactions', true, null),
    ('I10', 'what a transaction pays to the wallet is a coin once the nodes have it, and not before', 'press.chain_transactions', true, null),
    ('I10', 'a publication is as far as its transaction', 'press.publications', true, null),
    ('I10', 'a publication stands on the chain once', 'press.publications', false, null),
    ('I11', 'nobody but functions of the press changes its rows, and what holds them to the rules is in place', 'the catalogue', true, null),
    ('I11', 'every right is the declared one', 'the catalogue', null,
     'What is declared stands in test/sql/laws/rights.test.sql, which holds it against the catalogue; gateway and worker refuse to start with more (db/loginRights.ts).'),
    ('I12', 'a ticket has an envelope, or the hash of one that was removed, once it is signed, and not before', 'press.tickets', true, null),
    ('I12', 'what the rows say happened has its entry', 'press.tickets', true, null),
    ('I12', 'an entry tells what the rows say, once', 'press.ledger_entries', true, null),
    ('I12', 'what is stored can be read', 'every row', true, null),
    ('I13', 'an envelope says what the row of its ticket says', 'press.tickets', true, null),
    ('I13', 'an envelope names a key that signs tickets', 'press.tickets', true, null),
    ('I13', 'the key of an envelope signed it', 'press.tickets', true, null),
    ('I14', 'nothing waits for longer than it should', 'what waits', false, null)
  ) c (invariant, "check", subject, is_stopping, looked_at_by)
  join (values
    ('I1',  'Do not start the press. See which of the tickets were signed (press.audit, part tickets), revoke what was issued beyond the cap, and find who wrote to press.tickets beside the press.', true),
    ('I2',  'Do not start the press. Revoke what the holder has beyond the limit, and find who wrote to press.tickets beside the press.', true),
    ('I3',  'Do not start the press. Ask at the gate who was let in with the ticket, and find who wrote to press.redemptions beside the press.', true),
    ('I4',  'Do not start the press. Revoke the credential (press.revoke_credential), and find who wrote to press.attestations or press.credentials.', true),
    ('I5',  'Do not start the press, and announce no winner: compute the draw again (press.recompute_draw), here and from a copy of the ledger.', true),
    ('I6',  'Do not start the press. Compare with the checkpoints that others keep, run golden-press audit, and restore a backup whose ledger they confirm.', true),
    ('I7',  'Ask for the outcome of the request by its key (request_outcome).', true),
    ('I8',  'Do not start the press. See both answers to the key (request_outcome), and revoke the tickets of the second.', true),
    ('I9',  'Do not start the press before it is certain that this database is the latest: a restored backup is behind its stream.', true),
    ('I10', 'Do not start the press, and stop every worker with a wallet: run golden-press audit, and look at the coins on the chain before anything is sent.', true),
    ('I10', 'Look at both transactions on the chain: blocks have contradicted each other, or who answered for the nodes was wrong. Nothing has to be undone.', false),
    ('I11', 'Put back what the finding names; then run golden-press audit, because rows may have been changed meanwhile.', true),
    ('I12', 'Do not start the press. Run golden-press audit; if a worker''s key may have signed what is not here, retire it.', true),
    ('I13', 'Do not start the press. Run golden-press audit, and restore the row from a backup: the envelope that its holder has is the authority.', true),
    ('I14', 'See whether a worker runs, and what it says in its log; nothing is lost, and nothing has to be undone.', false)
  ) r (invariant, remedy, is_stopping) on r.invariant = c.invariant and r.is_stopping = coalesce(c.is_stopping, r.is_stopping);
end;
comment on function press_private.invariant_checks is 'What press.invariants checks, in its order: for which promise, where, whether the press is stopped when it does not hold, who looks where no query can (null: the press), and what to do.';
revoke all on function press_private.invariant_checks from public;
--! EndIncluded press_private/invariant_checks.sql
--! Included press_private/tg__note_changes.sql
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
--! EndIncluded press_private/tg__note_changes.sql
--! Included press_private/changed_keys.sql
/* What was noted, under the given ids; and what needs no note: the newest pending tickets, the entries that have got places, and the latest
   checkpoint. Entries get places from one integrator at a time, so no place comes late. */
create or replace function press_private.changed_keys(change_ids bigint[], ledger_size bigint)
  returns setof press_private.row_key_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select c.relation, k.id, null::bigint
  from press_private.changed_rows c cross join lateral unnest(c.ids) k (id) where c.id = any (changed_keys.change_ids)
  union all
  select c.relation, null, k.number
  from press_private.changed_rows c cross join lateral unnest(c.numbers) k (number) where c.id = any (changed_keys.change_ids)
  union all
  (select 'signatures', t.id, null
   from press.tickets t
   where t.envelope is not null and t.id = any (array(
     select k.id from press_private.changed_rows c cross join lateral unnest(c.ids) k (id)
     where c.id = any (changed_keys.change_ids) and c.relation = 'press.tickets'))
   order by random() limit 5)
  union all
  select 'press.tickets', p.id, null
  from (select t.id from press.tickets t where t.status = 'pending' order by t.issued_at desc limit 1000) p
  union all
  select 'press.ledger_entries', null, p.place
  from press_private.last_look l cross join lateral generate_series(l.ledger_size, changed_keys.ledger_size - 1) p (place)
  union all
  -- A draw can be computed again when its entry has a place.
  select 'press.draws', null, e.edition_id
  from press_private.last_look l
  join press.ledger_entries e on e.place between l.ledger_size and changed_keys.ledger_size - 1
  where e.type in ('edition.drawn', 'winner.replaced')
  union all
  select 'press.checkpoints', null, p.tree_size
  from (select c.tree_size from press.checkpoints c order by c.tree_size desc limit 10) p;
end
$$;
comment on function press_private.changed_keys is 'The rows that have changed since the last look: those that were noted under the ids, the entries below ledger_size, and those that show it themselves.';
revoke all on function press_private.changed_keys from public;
--! EndIncluded press_private/changed_keys.sql
--! Included press_private/keys_to_look_at_again.sql
/* So that also what somebody changed beside the press is seen in the end, and in a small press at once: a few rows of each table, from where the
   last look ended; from the beginning when it has come to the end. Entries of the ledger have their places for keys. */
create or replace function press_private.keys_to_look_at_again(row_count integer default null)
  returns setof press_private.row_key_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select l.relation, k.id, k.number
  from press_private.looked_rows l
  cross join lateral (select coalesce(keys_to_look_at_again.row_count, l.row_count) as row_count) n
  cross join lateral (
    (select t.id, null::bigint as number from press.tickets t
     where l.relation = 'press.tickets' and t.id > coalesce(l.last_id, '00000000-0000-0000-0000-000000000000') order by t.id limit n.row_count)
    union all
    (select a.id, null from press.attestations a
     where l.relation = 'press.attestations' and a.id > coalesce(l.last_id, '00000000-0000-0000-0000-000000000000') order by a.id limit n.row_count)
    union all
    (select p.id, null from press.publications p
     where l.relation = 'press.publications' and p.id > coalesce(l.last_id, '00000000-0000-0000-0000-000000000000') order by p.id limit n.row_count)
    union all
    (select null, e.id from press.editions e
     where l.relation = 'press.editions' and e.id > coalesce(l.last_number, 0) order by e.id limit n.row_count)
    union all
    (select null, t.id from press.chain_transactions t
     where l.relation = 'press.chain_transactions' and t.id > coalesce(l.last_number, 0) order by t.id limit n.row_count)
    union all
    (select null, u.id from press.utxos u
     where l.relation = 'press.utxos' and u.id > coalesce(l.last_number, 0) order by u.id limit n.row_count)
    union all
    -- Of the ledger the places, so that one that is missing is missed.
    (select null, p.place from press_private.ledger_head h
     cross join lateral generate_series(coalesce(l.last_number + 1, 0), least(h.tree_size, coalesce(l.last_number + 1, 0) + n.row_count) - 1) p (place)
     where l.relation = 'press.ledger_entries')
    union all
    (select null, c.tree_size from press.checkpoints c
     where l.relation = 'press.checkpoints' and c.tree_size > coalesce(l.last_number, 0) order by c.tree_size limit n.row_count)
  ) k;
end
$$;
comment on function press_private.keys_to_look_at_again is 'The next row_count rows of each table (null: as many as the table has in a look), whether they changed or not.';
revoke all on function press_private.keys_to_look_at_again from public;
--! EndIncluded press_private/keys_to_look_at_again.sql
--! Included press_private/doubted_keys.sql
/* What did not hold is looked at every time, so that it is forgotten when it holds again. What a finding is about is in its words. */
create or replace function press_private.doubted_keys()
  returns setof press_private.row_key_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  with doubted as materialized (
    select split_part(v.subject, ' ', 1) as relation, v."check" = 'the key of an envelope signed it' as is_signature,
      case when k.parts[1] collate "C" ~ '^\d{1,18}$' then k.parts[1]::bigint end as number,
      case when k.parts[2] collate "C" ~ '^\d{1,18}$' then k.parts[2]::bigint end as second,
      case when k.parts[1] collate "C" ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then k.parts[1]::uuid end as id
    from press_private.violations v
    cross join lateral string_to_array(substring(v.subject from '\((.*)\)$'), ',') k (parts)
  )
  select 'press.tickets', t.id, null::bigint
  from doubted d join press.tickets t on t.edition_id = d.number and t.ticket_number = d.second
  where d.relation in ('press.tickets', 'press.redemptions', 'press.revocations')
  union all
  select 'signatures', t.id, null
  from doubted d join press.tickets t on t.edition_id = d.number and t.ticket_number = d.second where d.is_signature
  union all
  select 'press.attestations', coalesce(c.attestation_id, d.id), null
  from doubted d left join press.credentials c on d.relation = 'press.credentials' and c.id = d.id
  where d.relation in ('press.attestations', 'press.credentials', 'press_private.attestation_work')
  union all
  select d.relation, d.id, null from doubted d where d.relation in ('press.publications', 'press.tickets') and d.id is not null
  union all
  select 'press.draws', null, d.number from doubted d where d.relation in ('press.editions', 'press.draws', 'press_private.draw_requests')
  union all
  select d.relation, null, d.number from doubted d where d.relation in ('press.chain_transactions', 'press.utxos', 'press.ledger_entries', 'press.checkpoints')
  union all
  -- A node is looked at with the last entry below it.
  select 'press.ledger_entries', null, ((d.second + 1) << d.number::integer) - 1 from doubted d where d.relation = 'press_private.ledger_nodes' and d.number < 63
  union all
  -- An entry tells of a ticket, or of the draw of an edition.
  select case when t.id is null then 'press.draws' else 'press.tickets' end, t.id, case when t.id is null then e.edition_id end
  from (
    select i.edition_id, i.ticket_number from doubted d join press.ledger_entries i on i.place = d.number where d.relation = 'press.ledger_entries'
    union all
    select i.edition_id, i.ticket_number from doubted d join press_private.ledger_inbox i on i.id = d.number where d.relation = 'press_private.ledger_inbox'
    union all
    -- What has left the inbox has one of the places that were given since.
    select i.edition_id, i.ticket_number
    from press_private.last_look l join press.ledger_entries i on i.place between l.ledger_size and l.ledger_size + 4999
    where exists (
      select from doubted d where d.relation = 'press_private.ledger_inbox' and not exists (select from press_private.ledger_inbox o where o.id = d.number))
  ) e
  left join press.tickets t on t.edition_id = e.edition_id and t.ticket_number = e.ticket_number
  where e.edition_id is not null;
end
$$;
comment on function press_private.doubted_keys is 'The rows that something did not hold of at the last look.';
revoke all on function press_private.doubted_keys from public;
--! EndIncluded press_private/doubted_keys.sql
--! Included press_private/audit_places.sql
/* Of these places of the ledger: the entry is there, is about a ticket that is there, and has its hash; and the nodes that it completes are computed from
   the two below each. Said of every place this is what press_private.audit_tree says of the whole. */
create or replace function press_private.audit_places(places bigint[])
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_indexes  bigint[] := audit_places.places;
begin
  return query
  select c."check", format('press.ledger_entries (%s)', p.place), c.finding
  from unnest(audit_places.places) p (place)
  left join press.ledger_entries e on e.place = p.place
  left join press.tickets t on t.edition_id = e.edition_id and t.ticket_number = e.ticket_number
  cross join lateral (values
    ('places run from 0 without a gap, and the head counts them', e.place is not null, 'It is not there.'),
    ('the hash of an entry is computed from it', e.place is null or e.leaf_hash = press_private.leaf_hash(e.leaf), format('It has the hash %s.', e.leaf_hash)),
    ('an entry tells what the rows say, once', e.ticket_number is null or t.id is not null, format('There is no ticket %s of the edition %s.', e.ticket_number, e.edition_id))
  ) c ("check", holds, finding)
  where c.holds is not true;

  for v_level in 1 .. 62 loop
    -- The nodes of this level that are complete with the last leaf of one of the level below.
    v_indexes := array(select i >> 1 from unnest(v_indexes) i where i & 1 = 1);
    exit when v_indexes = '{}';

    return query
    select 'a node is computed from the two below it', format('press_private.ledger_nodes (%s,%s)', v_level, n.index),
      format('It has the hash %s; computed, it is %s.', coalesce(s.hash::text, '(none)'), coalesce(c.hash::text, '(none)'))
    from unnest(v_indexes) n (index)
    left join press_private.ledger_nodes s on s.level = v_level and s.index = n.index
    cross join lateral (
      select press_private.node_hash(
        (select h.hash from press_private.subtree_hashes(v_level - 1, 2 * n.index, 2 * n.index) h),
        (select h.hash from press_private.subtree_hashes(v_level - 1, 2 * n.index + 1, 2 * n.index + 1) h)) as hash
    ) c
    where s.hash is distinct from c.hash;
  end loop;
end
$$;
comment on function press_private.audit_places is 'What does not hold of the entries at these places, and of the nodes that they complete.';
revoke all on function press_private.audit_places from public;
--! EndIncluded press_private/audit_places.sql
--! Included press_private/audit_guards.sql
/* The catalogue, which is as large as the press has tables and functions, however much it issues. What others add, such as a trigger or an
   index of their own, a table, or a function that runs with its caller's rights, is theirs: a DBA who keeps a copy beside stops no sale. What was dropped shows in the rows
   that it would have refused, and in `golden-press migrate`, which compares. */
create or replace function press_private.audit_guards()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  with tables as materialized (
    select c.oid, n.nspname, format('%I.%I', n.nspname, c.relname) as name, c.relacl, c.relowner, c.relrowsecurity and c.relforcerowsecurity as is_guarded
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('press', 'press_hidden', 'press_gateway', 'press_worker', 'press_private') and c.relkind in ('r', 'p')
      and (c.relowner::regrole::text = 'press_owner' or exists (
        select from pg_trigger r join pg_proc p on p.oid = r.tgfoid join pg_namespace o on o.oid = p.pronamespace
        where r.tgrelid = c.oid and o.nspname = 'press_private'))
  )
  select 'nobody but functions of the press changes its rows, and what holds them to the rules is in place', f.subject, f.finding
  from (
    select t.name, format('%s may %s.', case when g.grantee = 0 then 'Everybody' else g.grantee::regrole::text end, g.privilege_type)
    from tables t cross join lateral aclexplode(t.relacl) g
    where g.grantee <> t.relowner and g.privilege_type not in ('SELECT', 'MAINTAIN')
    union all
    select t.name, format('%s may %s (%s).', case when g.grantee = 0 then 'Everybody' else g.grantee::regrole::text end, g.privilege_type, a.attname)
    from tables t join pg_attribute a on a.attrelid = t.oid and a.attacl is not null cross join lateral aclexplode(a.attacl) g
    where g.grantee <> t.relowner and g.privilege_type not in ('SELECT', 'MAINTAIN')
    union all
    select t.name, format('It belongs to %s.', t.relowner::regrole) from tables t where t.relowner::regrole::text <> 'press_owner'
    union all
    select t.name, 'Its row-level security is off.' from tables t where t.nspname = 'press' and not t.is_guarded
    union all
    select t.name, format('The trigger %s is off, or not always on.', r.tgname)
    from tables t
    join pg_trigger r on r.tgrelid = t.oid
    join pg_proc p on p.oid = r.tgfoid
    join pg_namespace n on n.oid = p.pronamespace
    where r.tgenabled <> case when n.nspname = 'press_private' then 'A' else 'O' end and (r.tgisinternal or n.nspname = 'press_private')
    union all
    -- One that is being built, beside those that hold, is no constraint's.
    select t.name, format('The index %s is not valid.', k.conindid::regclass)
    from tables t join pg_constraint k on k.conrelid = t.oid and k.contype in ('p', 'u') join pg_index i on i.indexrelid = k.conindid where not i.indisvalid
    union all
    select format('%I.%I', n.nspname, p.proname), 'Everybody may execute it.'
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g
    where n.nspname in ('press', 'press_hidden', 'press_gateway', 'press_worker', 'press_private') and g.grantee = 0
      and (p.proowner::regrole::text = 'press_owner' or p.prosecdef)
  ) f (subject, finding);
end
$$;
comment on function press_private.audit_guards is 'What does not hold of rights, owners, row-level security, triggers, and the indexes of keys.';
revoke all on function press_private.audit_guards from public;
--! EndIncluded press_private/audit_guards.sql
--! Included press_private/audit_waiting.sql
/* Of each queue the one that has waited longest. A draw by beacon waits for its round, evidence for its provider, and a transaction for a block: how long is
   not the press's to say. While the press is stopped everything waits. */
create or replace function press_private.audit_waiting(overdue_seconds integer)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_checkpoint_size  bigint := (select coalesce(max(c.tree_size), 0) from press.checkpoints c);
begin
  return query
  select 'the stream has no event that no checkpoint covers', 'press_private.event_stream',
    format('It has %s events, and the latest checkpoint covers %s entries.', s.stream_size, v_checkpoint_size)
  from press_private.event_stream s where s.stream_size > v_checkpoint_size;

  if press_private.stop_reason() is not null then
    return;
  end if;
  return query
  select 'nothing waits for longer than it should', w.subject, format('It waits %s, since %s.', w.what, press_private.rfc3339(w.since))
  from (
    (select format('press.tickets (%s,%s)', t.edition_id, t.ticket_number), 'to be signed', t.issued_at
     from press.tickets t where t.status = 'pending' order by t.issued_at limit 1)
    union all
    (select format('press_private.ledger_inbox (%s)', i.id), 'for its place in the ledger', press_private.moment_of(substr(i.leaf, 8, 24))
     from press_private.ledger_inbox i order by i.id limit 1)
    union all
    (select format('press.ledger_entries (%s)', e.place), 'for a checkpoint', e.recorded_at from press.ledger_entries e where e.place = v_checkpoint_size)
    union all
    (select format('press.draws (%s,%s)', d.edition_id, d.attempt), 'to be drawn', d.requested_at
     from press.draws d join press.editions e on e.id = d.edition_id
     where d.status = 'requested' and e.draw_mode <> 'beacon' order by d.requested_at limit 1)
    union all
    (select format('press_private.closings_to_record (%s)', q.edition_id), 'to be recorded as closed', e.closed_at
     from press_private.closings_to_record q join press.editions e on e.id = q.edition_id order by e.closed_at limit 1)
    union all
    (select format('press.credentials (%s)', c.id), 'to be signed', c.valid_from
     from press.credentials c where c.status = 'pending' order by c.valid_from limit 1)
    union all
    (select format('press.publications (%s)', p.id), 'for a transaction', p.submitted_at
     from press.publications p where p.state = 'queued' and p.sent_at is null and p.after_transaction_id is null order by p.submitted_at limit 1)
    union all
    (select format('press.chain_transactions (%s)', x.id), 'for an answer', x.stored_at
     from press.chain_transactions x where x.state in ('sending', 'unknown') order by x.stored_at limit 1)
  ) w (subject, what, since)
  where w.since < clock_timestamp() - make_interval(secs => audit_waiting.overdue_seconds);
end
$$;
comment on function press_private.audit_waiting is 'What is ahead of what it follows, and what has waited for more than overdue_seconds for what the press itself does.';
revoke all on function press_private.audit_waiting from public;
--! EndIncluded press_private/audit_waiting.sql
--! Included press_private/broken_rows.sql
/* Of one table at a time, so that what cannot be read is a matter of its own table. Of what is no table there are no keys. */
create or replace function press_private.broken_rows(relation text, keys press_private.row_key_record[], overdue_seconds integer)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_ids      uuid[]   := array(select k.id from unnest(broken_rows.keys) k);
  v_numbers  bigint[] := array(select k.number from unnest(broken_rows.keys) k);
begin
  case broken_rows.relation
    when 'the catalogue' then
      return query select * from press_private.audit_guards();
    when 'what waits' then
      return query select * from press_private.audit_waiting(broken_rows.overdue_seconds);
    when 'press_private.ledger_head' then
      return query select * from press_private.audit_entries('{}', '{}');
    when 'press.tickets' then
      return query select * from press_private.audit_editions(v_ids) union all select * from press_private.audit_tickets(v_ids)
        union all select * from press_private.audit_endings(v_ids) union all select * from press_private.audit_envelopes(v_ids)
        union all select * from press_private.audit_entries(v_ids, '{}');
    when 'signatures' then
      return query select * from press_private.audit_signatures(v_ids);
    when 'press.attestations' then
      return query select * from press_private.audit_attestations(v_ids) union all select * from press_private.audit_credentials(v_ids);
    when 'press.editions' then
      return query select * from press_private.audit_draws(v_numbers, '{}') union all select * from press_private.audit_entries('{}', v_numbers);
    when 'press.draws' then
      return query select * from press_private.audit_draws(v_numbers, v_numbers) union all select * from press_private.audit_entries('{}', v_numbers);
    when 'press.publications' then
      return query select * from press_private.audit_outputs(v_ids);
    when 'press.chain_transactions' then
      return query select * from press_private.audit_transactions(v_numbers);
    when 'press.utxos' then
      return query select * from press_private.audit_pool(v_numbers);
    when 'press.ledger_entries' then
      return query select * from press_private.audit_places(v_numbers);
    when 'press.checkpoints' then
      return query select * from press_private.audit_checkpoints(v_numbers);
  end case;
end
$$;
comment on function press_private.broken_rows is 'What does not hold of the rows of one table with these keys; or of the catalogue, of what waits, or of the head of the ledger.';
revoke all on function press_private.broken_rows from public;
--! EndIncluded press_private/broken_rows.sql
--! Included press_private/broken_promises.sql
/* All of it sees one moment, that of the calling statement, because every function here is STABLE; and a promise holds at every moment, whatever transactions
   are under way. What cannot be read is a finding, and hides nothing: where looking at some rows fails, half of them are looked at, and so on to the row that is
   at fault. Only when it is the server that fails, or a migration that is under way, the look does, and the next one begins where this one did.
   Signatures are verified of a few, because it takes a millisecond each: of some that have changed, of any, and of those that had none that is genuine. */
create or replace function press_private.broken_promises(keys press_private.row_key_record[], overdue_seconds integer)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_tickets     uuid[]  := array(select k.id from unnest(broken_promises.keys) k where k.relation = 'press.tickets');
  v_signatures  uuid[]  := array(select k.id from unnest(broken_promises.keys) k where k.relation = 'signatures');
  v_relation    text;
  v_keys        press_private.row_key_record[];
  v_found       press_private.audit_finding_record[];
  v_from        integer;
  v_ends        integer[];
  v_faults      integer := 0;
begin
  for v_relation, v_keys in
    select k.relation, array_agg((k.relation, k.id, k.number)::press_private.row_key_record)
    from (
      select * from unnest(broken_promises.keys)
      union
      select n, null, null from unnest(array['the catalogue', 'what waits', 'press_private.ledger_head']) n
      union
      (select 'signatures', t.id, null from press.tickets t
       where t.id = any (v_tickets) and t.id <> all (v_signatures) and t.envelope is not null
       order by random() limit greatest(5, 10 - cardinality(v_signatures)))
    ) k
    group by k.relation
  loop
    v_from := 1;
    v_ends := array[cardinality(v_keys)];
    while v_ends <> '{}' loop
      begin
        v_found := array(select f from press_private.broken_rows(v_relation, v_keys[v_from : v_ends[cardinality(v_ends)]], broken_promises.overdue_seconds) f);
      exception
        when others then
          if press_private.is_fault_of_server(sqlstate) then
            raise;
          end if;
          if v_from < v_ends[cardinality(v_ends)] and v_faults < 10 then
            v_ends := v_ends || (v_from + v_ends[cardinality(v_ends)]) / 2;
            continue;
          end if;
          v_faults := v_faults + 1;
          v_found := array[('what is stored can be read',
            concat(case v_relation when 'signatures' then 'press.tickets' else v_relation end, ' (' || coalesce(v_keys[v_from].id::text, v_keys[v_from].number::text) || ')'),
            sqlerrm)::press_private.audit_finding_record];
      end;
      return query select * from unnest(v_found);
      v_from := v_ends[cardinality(v_ends)] + 1;
      v_ends := trim_array(v_ends, 1);
    end loop;
  end loop;
end
$$;
comment on function press_private.broken_promises is 'What does not hold of the rows with these keys, of the catalogue, and of what waits. More than press.invariants promises: some checks of the audit are among it that no promise needs.';
revoke all on function press_private.broken_promises from public;
--! EndIncluded press_private/broken_promises.sql
--! Included press_private/stop_for_violations.sql
/* In the transaction of the look that found them, so that nothing is issued after what was found is known, whoever looked and whatever dies then. What
   was known when an operator started the press again is no reason to stop it once more. */
create or replace function press_private.stop_for_violations(findings press_private.audit_finding_record[])
  returns boolean
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_reason  text := (
    select format('%s is broken: it does not hold that %s. %s: %s', c.invariant, c."check", f.subject, f.finding)
    from unnest(stop_for_violations.findings) with ordinality f ("check", subject, finding, index)
    join press_private.invariant_checks() c on c."check" = f."check" and c.is_stopping
    order by f.index limit 1);
begin
  if v_reason is null then
    return false;
  end if;
  return press_private.set_press_state(true, left(regexp_replace(v_reason, '[[:cntrl:]]+', ' ', 'g'), 500), 'login:' || session_user);
end
$$;
comment on function press_private.stop_for_violations is 'Stops the press if one of these findings breaks a promise that it is stopped for, and tells whether that changed anything.';
revoke all on function press_private.stop_for_violations from public;
--! EndIncluded press_private/stop_for_violations.sql
--! Included press_private/look_at_changes.sql
/* Takes away what was noted and looks at it: at a row whose transaction commits later, the next look does, because it was not seen and not taken away. A
   look that fails has taken nothing. Where nothing may be written it looks all the same, and leaves everything to the next look.
   Locks: the one row of the last look. Every plan is made for the rows that are looked at, and kept to index lookups: the same functions audit all rows. */
create or replace function press_private.look_at_changes(overdue_seconds integer)
  returns setof press_private.audit_finding_record
  language plpgsql volatile set search_path = pg_catalog, pg_temp
  set lock_timeout = '5s' set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_custom_plan set jit = off as $$
declare
  v_is_read_only  boolean := current_setting('transaction_read_only')::boolean;
  v_ledger_size   bigint;
  v_change_ids    bigint[];
  v_again         press_private.row_key_record[];
  v_keys          press_private.row_key_record[];
  v_found         press_private.audit_finding_record[];
  v_new           press_private.audit_finding_record[];
begin
  if not v_is_read_only then
    perform from press_private.last_look l for no key update;
  end if;
  -- Statements from here on see all that earlier looks did.
  select least(h.tree_size, l.ledger_size + 5000) into v_ledger_size from press_private.ledger_head h cross join press_private.last_look l;
  -- As much as a look has time for: what is more is there for the next one.
  v_change_ids := array(
    select c.id
    from (
      select o.id, o.cost, sum(o.cost) over (order by o.id) as cost_so_far
      from (select i.id, i.cost from press_private.changed_rows i order by i.id limit 1000) o
    ) c
    where c.cost_so_far - c.cost < 5000);
  v_again := array(select k from press_private.keys_to_look_at_again() k);
  v_keys := array(
    select k from press_private.changed_keys(v_change_ids, v_ledger_size) k union all select k from unnest(v_again) k union all select k from press_private.doubted_keys() k);
  v_found := array(
    select distinct f from press_private.broken_promises(v_keys, look_at_changes.overdue_seconds) f
    where exists (select from press_private.invariant_checks() c where c."check" = f."check"));
  if not v_is_read_only then
    delete from press_private.changed_rows c where c.id = any (v_change_ids);
    update press_private.looked_rows l set last_id = a.id, last_number = a.number
    from press_private.looked_rows o
    left join (
      -- Fewer than were asked for: the next look begins with the first again.
      select k.relation, count(*) as count, (array_agg(k.id order by k.id desc))[1] as id, max(k.number) as number from unnest(v_again) k group by k.relation
    ) a on a.relation = o.relation and a.count = o.row_count
    where l.relation = o.relation and (l.last_id, l.last_number) is distinct from (a.id, a.number);
    update press_private.last_look l set looked_at = clock_timestamp(), ledger_size = v_ledger_size;
    delete from press_private.violations v where not exists (select from unnest(v_found) f where f."check" = v."check" and f.subject = v.subject);
    -- More than a thousand of one kind nobody reads, and each is looked at every time; but however many there are of one, another stops the press.
    with added as (
      insert into press_private.violations ("check", subject, finding)
      select n."check", n.subject, n.finding
      from (
        select d.*, row_number() over (partition by d."check" order by d.subject) + (select count(*) from press_private.violations v where v."check" = d."check") as index
        from (
          select distinct on (f."check", f.subject) f."check", f.subject, f.finding
          from unnest(v_found) f
          where not exists (select from press_private.violations v where v."check" = f."check" and v.subject = f.subject)
          order by f."check", f.subject) d
      ) n
      where n.index <= 1000
      order by n."check", n.subject
      returning "check", subject, finding
    )
    select array_agg((a."check", a.subject, a.finding)::press_private.audit_finding_record) into v_new from added a;
    perform press_private.stop_for_violations(v_new);
  end if;
  return query select * from unnest(v_found);
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_private.look_at_changes is 'Looks at what has changed since the last look, and at a few of all other rows; returns what does not hold, keeps it, and stops the press for it. Refuses: LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.look_at_changes from public;
--! EndIncluded press_private/look_at_changes.sql
--! Included press/invariants.sql
/* For tests while they run, and for people: a worker looks each second by itself. Whoever looks takes away what was noted, so that everybody sees what
   anybody found: it is kept, and the press is stopped for it. An auditor's login, and a standby, only read: they see what waits to be looked at as well. */
create or replace function press.invariants(overdue_seconds integer default 600)
  returns setof press.invariant_result
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_found  press_private.audit_finding_record[];
begin
  perform press_private.require_auditor();
  if (invariants.overdue_seconds >= 1) is not true then
    perform press_private.refuse('INVALID_INPUT', 'What waits is overdue after a second or more.');
  end if;
  v_found := array(select f from press_private.look_at_changes(invariants.overdue_seconds) f);

  return query
  select c.invariant, c."check", coalesce(f.subject, c.subject), case when c.looked_at_by is null then f.subject is null end,
    coalesce(f.finding, c.looked_at_by), c.remedy, v.found_at
  from press_private.invariant_checks() with ordinality c (invariant, "check", subject, is_stopping, looked_at_by, remedy, index)
  left join unnest(v_found) f on f."check" = c."check"
  left join press_private.violations v on v."check" = f."check" and v.subject = f.subject
  order by c.index;
end
$$;
comment on function press.invariants is 'Looks at what has changed since somebody looked last, and tells of each promise (I1 to I14) whether it holds, for operators and auditors. What does not hold stops the press, unless it is only late: overdue_seconds (1 or more) after it should have been done. Refuses: NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press.invariants from public;
grant execute on function press.invariants to press_anonymous, press_holder, press_operator, press_auditor;
--! EndIncluded press/invariants.sql
--! Included press_worker/watch_invariants.sql
/* What each worker asks each second: where another one has looked a moment ago, it hears what that one found. Also while the press is stopped: what is under way then is looked at too. Locks: the one row of the last look. */
create or replace function press_worker.watch_invariants(overdue_seconds integer, rest_milliseconds integer default 0)
  returns table (invariant text, promise text, subject text, finding text, is_stopping boolean, remedy text)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  if (watch_invariants.overdue_seconds >= 1 and watch_invariants.rest_milliseconds >= 0) is not true then
    perform press_private.refuse('INVALID_INPUT', 'What waits is overdue after a second or more, and a rest is no time or some.');
  end if;
  -- Not one that is to come: a clock that was put back does not end the looks.
  if not exists (
    select from press_private.last_look l
    where clock_timestamp() - l.looked_at between interval '0 s' and make_interval(secs => watch_invariants.rest_milliseconds / 1000.0)
  ) then
    perform press_private.look_at_changes(watch_invariants.overdue_seconds);
  end if;
  return query
  select c.invariant, c."check", v.subject, v.finding, c.is_stopping, c.remedy
  from press_private.violations v join press_private.invariant_checks() c on c."check" = v."check"
  order by v.id;
end
$$;
comment on function press_worker.watch_invariants is 'Looks at what has changed since somebody looked last, unless somebody did less than rest_milliseconds (0 or more) ago, and returns every promise that does not hold; the press was stopped for those that are stopping, when they were found first. Refuses: INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.watch_invariants from public;
grant execute on function press_worker.watch_invariants to press_worker;
--! EndIncluded press_worker/watch_invariants.sql
--! Included press_gateway/press_metrics.sql
/* Asked for ever, each second or so: a few index lookups, and never a count over a table, but for the coins that are not spent. */
create or replace function press_gateway.press_metrics()
  returns table (ledger_size bigint, checkpoint_size bigint, checkpoint_at timestamptz, inbox_waiting bigint, stream_size bigint,
    stream_seen_at timestamptz, is_stream_held boolean, is_stopped boolean, pending_since timestamptz,
    pool jsonb, publications_queued_since timestamptz, transactions_unknown_since timestamptz, looked_at timestamptz, violations jsonb)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  return query
  select h.tree_size, coalesce(c.tree_size, 0), c.signed_at,
    coalesce((select i.id from press_private.ledger_inbox i order by i.id desc limit 1)
           - (select i.id from press_private.ledger_inbox i order by i.id limit 1) + 1, 0),
    s.stream_size, s.seen_at, coalesce(s.held_until > clock_timestamp(), false),
    press_private.stop_reason() is not null,
    (select t.issued_at from press.tickets t where t.status = 'pending' order by t.issued_at limit 1),
    -- Coins that were spent are more each day, and nobody has to act on them.
    (select jsonb_object_agg(p.state, jsonb_build_object('count', p.count, 'satoshis', p.satoshis))
     from (select u.state, count(*) as count, sum(u.satoshis) as satoshis from press.utxos u where u.spent_by_txid is null group by u.state) p),
    (select p.submitted_at from press.publications p where p.state = 'queued' and p.sent_at is null order by p.submitted_at limit 1),
    (select x.stored_at from press.chain_transactions x where x.state in ('sending', 'unknown') order by x.stored_at limit 1),
    l.looked_at,
    (select jsonb_object_agg(b.invariant, b.count)
     from (select i.invariant, count(v.id) as count from press_private.invariant_checks() i left join press_private.violations v on v."check" = i."check"
           where i.looked_at_by is null
           group by i.invariant) b)
  from press_private.ledger_head h
  cross join press_private.event_stream s
  cross join press_private.last_look l
  left join lateral (select c.tree_size, c.signed_at from press.checkpoints c order by c.tree_size desc limit 1) c on true;
end
$$;
comment on function press_gateway.press_metrics is 'One row. Entries with a place; under the latest checkpoint, and since when (0 and null before the first); without a place, at most. Events in the stream, when they were last seen (nulls: never), and whether a worker sends them now. Whether the press is stopped. Since when the oldest pending ticket waits (null: none does). The coins that are not spent, by state: {"available":{"count","satoshis"},…}; null: there are none. Since when the oldest queued publication waits, and since when a transaction was stored whose fate is not known (nulls: there is none). When somebody looked last whether every promise holds (null: never), and how many findings there are against each of those that the press looks at itself: {"I1":0,…}.';
revoke all on function press_gateway.press_metrics from public;
grant execute on function press_gateway.press_metrics to press_gateway;
--! EndIncluded press_gateway/press_metrics.sql
--! Included access/changed_rows.sql
/* Who sees which rows were not looked at yet: auditors. Not granted: insert (press_private.tg__note_changes does it), update, delete
   (press_private.look_at_changes does it). */
revoke all on press_private.changed_rows from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.changed_rows to press_auditor;
--! EndIncluded access/changed_rows.sql
--! Included access/looked_rows.sql
/* Who sees how far the looks over all rows are: auditors. Not granted: insert (the migration did it), update (press_private.look_at_changes does
   it), delete. */
revoke all on press_private.looked_rows from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.looked_rows to press_auditor;
--! EndIncluded access/looked_rows.sql
--! Included access/last_look.sql
/* Who sees when the press was looked at last: auditors; the gateway by a function. Not granted: insert (the migration did it), update
   (press_private.look_at_changes does it), delete (nobody does, a trigger refuses). */
revoke all on press_private.last_look from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.last_look to press_auditor;
--! EndIncluded access/last_look.sql
--! Included access/violations.sql
/* Who sees what did not hold: auditors; operators by press.invariants. Not granted: insert, update, delete (press_private.look_at_changes does
   all of it). */
revoke all on press_private.violations from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press_private.violations to press_auditor;
--! EndIncluded access/violations.sql

--! split: 4000-standbys.sql
/* An answer about what somebody else committed waits for the synchronous standbys, as a commit does. */
--! Included press_private/await_standbys.sql
/* A commit waits for the synchronous standbys before anybody sees what it wrote; but a wait that was cancelled, and a server that was restarted
   meanwhile, let it be seen before. What somebody else committed is therefore answered with only after this: it writes, behind all that was seen, and
   so the commit of whoever calls waits, too. Without synchronous standbys nothing is written. */
create or replace function press_private.await_standbys()
  returns boolean
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  if current_setting('synchronous_standby_names') = '' then
    return false;
  end if;
  perform pg_logical_emit_message(true, 'golden-press', '');  -- of nobody, for nobody: it only has to be written
  return true;
end
$$;
comment on function press_private.await_standbys is 'Has the commit of this transaction wait for the synchronous standbys, although it may write nothing else. False: there are none.';
revoke all on function press_private.await_standbys from public;
--! EndIncluded press_private/await_standbys.sql
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
    perform press_private.await_standbys();
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
  from unnest(issue_batch.requests, v_verdicts) r (holder_id, issued_by, quantity, request_key, ineligibility, first_number, first_slot, refusal, refusal_detail)
  cross join lateral generate_series(1, r.quantity) p (position)
  where r.first_slot is not null;

  -- Tickets that were there already.
  perform press_private.await_standbys()
  where exists (
    select from unnest(v_verdicts) v (first_number, first_slot, refusal, refusal_detail) where v.first_slot is null and v.refusal is null);

  return query
  select r.index::integer, r.refusal, r.refusal_detail, t.ticket
  from unnest(issue_batch.requests, v_verdicts) with ordinality
    r (holder_id, issued_by, quantity, request_key, ineligibility, first_number, first_slot, refusal, refusal_detail, index)
  left join lateral (
    select i as ticket from press.tickets i
    where i.edition_id = v_edition.id and i.ticket_number between r.first_number and r.first_number + r.quantity - 1
    order by i.ticket_number) t on true;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when unique_violation or not_null_violation or serialization_failure or deadlock_detected then
    -- A caller with a stale snapshot: the third layer caught what its guard could not see. Or one who holds locks of earlier calls. Or a holder who was
    -- forgotten or deactivated on the way here.
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_private.issue_batch is 'Issues, or answers again, or refuses, each request in its order, all in one edition. A quantity is granted whole or not at all. Refuses the whole batch only with PRESS_STOPPED, LOCK_TIMEOUT or RETRY.';
revoke all on function press_private.issue_batch from public;
--! EndIncluded press_private/issue_batch.sql
--! Included press_private/redeemed_under.sql
/* A request under a key is to redeem one ticket: the envelope says which. The proof does not belong to it, because a client that asks again may have
   fetched a newer one. */
create or replace function press_private.redeemed_under(request_key uuid, redeemed_by text, holder_id uuid, envelope text)
  returns press.tickets
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_ticket  press.tickets;
begin
  select t.* into v_ticket
  from press.redemptions r
  join press.tickets t on t.edition_id = r.edition_id and t.ticket_number = r.ticket_number
  where r.request_key = redeemed_under.request_key and r.redeemed_by = redeemed_under.redeemed_by
    and (r.redeemed_by <> 'holder' or r.holder_id = redeemed_under.holder_id);
  if press_private.tickets_envelope_hash(v_ticket) <> press_private.envelope_hash(redeemed_under.envelope) then
    perform press_private.refuse('REQUEST_KEY_REUSED');
  end if;
  perform press_private.await_standbys() where v_ticket.id is not null;
  return v_ticket;
end
$$;
comment on function press_private.redeemed_under is 'The ticket that this actor redeemed under the key, with this envelope; nulls when nothing was. holder_id: who the actor is, if it is a holder. Refuses: REQUEST_KEY_REUSED (another ticket was).';
revoke all on function press_private.redeemed_under from public;
--! EndIncluded press_private/redeemed_under.sql
--! Included press_private/requested_draw.sql
/* A request under a key is for one attempt: the draw, or the replacement of a winner for one reason. */
create or replace function press_private.requested_draw(edition_id integer, actor press_hidden.actor_record, request_key uuid, reason text)
  returns press.draws
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
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
  perform press_private.await_standbys() where v_draw.attempt is not null;
  return v_draw;
end
$$;
comment on function press_private.requested_draw is 'The draw that the operator asked for under the key; nulls when none was. reason: of a replacement; null: of a draw. Refuses: REQUEST_KEY_REUSED (something else was asked for).';
revoke all on function press_private.requested_draw from public;
--! EndIncluded press_private/requested_draw.sql
--! Included press_private/set_press_state.sql
create or replace function press_private.set_press_state(is_stopped boolean, reason text, changed_by text)
  returns boolean
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  if not press_private.is_one_line(set_press_state.reason, 500) then
    perform press_private.refuse('INVALID_INPUT', 'A reason has 1 to 500 characters, none of them a control character.');
  end if;
  if (press_private.stop_reason() is not null) = set_press_state.is_stopped then
    perform press_private.await_standbys();
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
--! Included press_private/submitted_under.sql
create or replace function press_private.submitted_under(request_key uuid, submitted_by text, holder_id uuid, kind press.attestation_kind, evidence_digest text)
  returns press.attestations
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_attestation  press.attestations;
begin
  select a.* into v_attestation
  from press.attestations a
  where a.holder_id = submitted_under.holder_id and coalesce(a.submitted_by, '') = coalesce(submitted_under.submitted_by, '')
    and a.request_key = submitted_under.request_key;
  if (v_attestation.kind, v_attestation.evidence_digest) <> (submitted_under.kind, submitted_under.evidence_digest) then
    perform press_private.refuse('REQUEST_KEY_REUSED');
  end if;
  perform press_private.await_standbys() where v_attestation.id is not null;
  return v_attestation;
end
$$;
comment on function press_private.submitted_under is 'The attestation that this actor submitted for the holder under the key; nulls when none was. Refuses: REQUEST_KEY_REUSED (other evidence was).';
revoke all on function press_private.submitted_under from public;
--! EndIncluded press_private/submitted_under.sql
--! Included press_worker/await_standbys.sql
create or replace function press_worker.await_standbys()
  returns boolean
  language sql volatile security definer set search_path = pg_catalog, pg_temp
begin atomic
  select press_private.await_standbys();
end;
comment on function press_worker.await_standbys is 'When it has answered, the synchronous standbys have all that was seen in this transaction. False: there are none.';
revoke all on function press_worker.await_standbys from public;
grant execute on function press_worker.await_standbys to press_worker;
--! EndIncluded press_worker/await_standbys.sql
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
    perform press_private.await_standbys();
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
    perform press_private.await_standbys();
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

--! split: 4500-stopped.sql
/* Whoever has waited for a lock looks again whether the press was stopped meanwhile. */
--! Included press/fund_pool.sql
/* Adds a coin that somebody paid to the wallet. Nobody here can look at the chain, so it is believed; a coin that is not there makes its first transaction fail, and goes dirty. */
create or replace function press.fund_pool(txid text, output_index bigint, satoshis bigint, wallet_script text)
  returns press.utxos
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_actor  press_hidden.actor_record;
  v_coin   press.utxos;
begin
  perform press_private.require_running();
  v_actor := press_private.require_operator();
  if (fund_pool.txid collate "C" ~ '^[0-9a-f]{64}$' and fund_pool.output_index between 0 and 4294967295) is not true then
    perform press_private.refuse('INVALID_INPUT', 'An output is named by a txid of 64 lower-case hex characters and its index.');
  end if;
  if (fund_pool.satoshis between 1 and 2100000000000000) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A coin has 1 to 2100000000000000 satoshis.');
  end if;
  if (fund_pool.wallet_script collate "C" ~ '^76a914[0-9a-f]{40}88ac$') is not true then
    perform press_private.refuse('INVALID_INPUT', 'The wallet''s script is P2PKH in lower-case hex: 76a914, 20 bytes, 88ac.');
  end if;

  perform press_private.refuse('INVALID_INPUT', 'A transaction of the press pays it: it comes into the pool by itself, when the nodes have that.')
  where exists (select from press.chain_transactions t where t.txid = fund_pool.txid)
    and not exists (select from press.utxos u where u.txid = fund_pool.txid and u.output_index = fund_pool.output_index);

  perform press_private.hold_operators(array[v_actor.subject]) where v_actor.kind = 'operator';
  perform press_private.require_running();
  insert into press.utxos (txid, output_index, satoshis, wallet_script, funded_by)
  values (fund_pool.txid, fund_pool.output_index, fund_pool.satoshis, fund_pool.wallet_script, press_private.issuer_label(v_actor))
  on conflict on constraint utxos_outpoint_key do nothing;
  perform press_private.await_standbys() where not found;
  select u.* into strict v_coin from press.utxos u where u.txid = fund_pool.txid and u.output_index = fund_pool.output_index;
  if (v_coin.satoshis, v_coin.wallet_script) <> (fund_pool.satoshis, fund_pool.wallet_script) then
    perform press_private.refuse('INVALID_INPUT', format('The pool has this output already, with %s satoshis for %s.', v_coin.satoshis, v_coin.wallet_script));
  end if;
  return v_coin;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.fund_pool is 'Adds an output that pays the wallet to the pool that publishing is paid from, or returns it when it is there. txid, output_index: which output; satoshis: what it pays; wallet_script: whom, the script of the output in hex. Operators only. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT (also: it is there with other satoshis or another script), LOCK_TIMEOUT, RETRY.';
revoke all on function press.fund_pool from public;
grant execute on function press.fund_pool to press_anonymous, press_holder, press_operator;
--! EndIncluded press/fund_pool.sql
--! Included press/release_utxo.sql
/* For an operator who has looked at the chain and found a coin there that the press gave up. What a named transaction has spent stays spent, and what a transaction that was
   given up would have paid does not exist until that one is seen after all. */
create or replace function press.release_utxo(txid text, output_index bigint, reason text)
  returns press.utxos
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_actor  press_hidden.actor_record;
  v_coin   press.utxos;
begin
  perform press_private.require_running();
  v_actor := press_private.require_operator();
  if not press_private.is_one_line(release_utxo.reason, 500) then
    perform press_private.refuse('INVALID_INPUT', 'A reason has 1 to 500 characters, none of them a control character.');
  end if;
  perform press_private.hold_operators(array[v_actor.subject]) where v_actor.kind = 'operator';
  select u.* into v_coin from press.utxos u where u.txid = release_utxo.txid and u.output_index = release_utxo.output_index for no key update;
  perform press_private.require_running();
  perform press_private.refuse('INVALID_INPUT', p.problem)
  from (values (case
    when v_coin.id is null then 'The pool has no such output.'
    when v_coin.state <> 'dirty' then format('It is %s, not dirty.', v_coin.state)
    when v_coin.competing_txid is not null then format('Transaction %s has spent it.', v_coin.competing_txid)
    when exists (select from press.chain_transactions t where t.id = v_coin.from_transaction_id and t.state not in ('accepted', 'mined')) then
      'The transaction that would have paid it was given up: when that is seen on the chain, the coin returns by itself.' end)) p (problem)
  where p.problem is not null;

  update press.utxos u
  set state = 'available', dirty_reason = null, released_by = press_private.issuer_label(v_actor), release_reason = release_utxo.reason
  where u.id = v_coin.id
  returning u.* into v_coin;
  return v_coin;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.release_utxo is 'Returns a dirty coin to the pool, when no transaction is known that has spent it. reason (1 to 500 characters): how you know; it is kept. Operators only. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT (also: there is no such coin, it is not dirty, a known transaction has spent it, or the one that pays it was given up), LOCK_TIMEOUT, RETRY.';
revoke all on function press.release_utxo from public;
grant execute on function press.release_utxo to press_anonymous, press_holder, press_operator;
--! EndIncluded press/release_utxo.sql

--! split: 5000-keys.sql
/* A key that is taken out of use is out of use: whoever stores what it has signed holds it meanwhile. And a key that was stolen is revoked: what it signs is worth nothing but
   for what is in the ledger. */

alter table press.signing_keys
  add column revoked_at         timestamptz,
  add column revoked_by         text,
  add column revocation_reason  text
             constraint signing_keys_revocation_reason_is_short check (length(revocation_reason) between 1 and 500),
  add constraint signing_keys_are_revoked_after_retirement check (revoked_at is null or revoked_at >= retired_at and retired_at is not null),
  add constraint signing_keys_are_revoked_by_somebody_for_a_reason check (num_nonnulls(revoked_at, revoked_by, revocation_reason) in (0, 3));
comment on column press.signing_keys.revoked_at is 'From when on it is known that somebody else has it: its signature alone says nothing, whenever it was made. Null: it is trusted.';
comment on column press.signing_keys.revoked_by is 'Who said so, as in the ledger: operator:ID, an opaque id, or login:NAME.';
comment on column press.signing_keys.revocation_reason is 'Why, for everybody.';
alter type press.ticket_verdict add attribute is_key_revoked boolean;
comment on column press.ticket_verdict.is_key_revoked is 'Somebody else has that key: the signature says nothing, and that the ticket is known and in the ledger says everything. Null: the key is not known.';

--! Included press_private/active_signing_key.sql
/* Locks: the key, shared, until the transaction ends. So whoever takes a key out of use waits until everything that was stored under it is committed, and whoever
   comes later finds it gone: nothing is stored under a key after its retirement. */
create or replace function press_private.active_signing_key(key_id text, purpose text)
  returns press.signing_keys
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_key  press.signing_keys;
begin
  select k.* into v_key from press.signing_keys k
  where k.key_id = active_signing_key.key_id and k.purpose = active_signing_key.purpose and k.retired_at is null
  for share;
  if v_key.key_id is null then
    select k.* into v_key from press.signing_keys k where k.key_id = active_signing_key.key_id;
    perform press_private.refuse('UNKNOWN_KEY', case
      when v_key.revoked_at is not null then format('The key %s was revoked: %s', v_key.key_id, v_key.revocation_reason)
      when v_key.retired_at is not null then format('The key %s was retired.', v_key.key_id) end);
  end if;
  return v_key;
end
$$;
comment on function press_private.active_signing_key is 'The key, if it is in use for the purpose; it stays so until the transaction ends. Refuses: UNKNOWN_KEY.';
revoke all on function press_private.active_signing_key from public;
--! EndIncluded press_private/active_signing_key.sql
--! Included press_private/key_leaf.sql
create or replace function press_private.key_leaf(key press.signing_keys, type text)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339(
           case key_leaf.type when 'key.activated' then (key).activated_at when 'key.retired' then (key).retired_at else (key).revoked_at end)
      || case when key_leaf.type = 'key.revoked' then '","by":' || to_json((key).revoked_by) || ',"key_id":"' else '","key_id":"' end || (key).key_id
      || '","public_key":"' || (key).public_key
      || '","purpose":"' || (key).purpose
      || case when key_leaf.type = 'key.revoked' then '","reason":' || to_json((key).revocation_reason) || ',"type":"' else '","type":"' end
      || key_leaf.type || '"}';
end;
comment on function press_private.key_leaf is 'The leaf of a key that came into use, went out of it, or is in the hands of somebody else. type: key.activated, key.retired or key.revoked.';
revoke all on function press_private.key_leaf from public;
--! EndIncluded press_private/key_leaf.sql
--! Included press_private/tg_signing_keys__guard_history.sql
/* Old envelopes verify against this history, so it only grows: a key comes, one day it is retired, and it may turn out that somebody else has it. */
create or replace function press_private.tg_signing_keys__guard_history()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (NEW.key_id, NEW.public_key, NEW.purpose, NEW.activated_at) is distinct from (OLD.key_id, OLD.public_key, OLD.purpose, OLD.activated_at)
     or (OLD.retired_at is not null and NEW.retired_at is distinct from OLD.retired_at)
     or (OLD.revoked_at is not null
         and (NEW.revoked_at, NEW.revoked_by, NEW.revocation_reason) is distinct from (OLD.revoked_at, OLD.revoked_by, OLD.revocation_reason)) then
    perform press_private.refuse('NOT_ALLOWED', 'A signing key can only be retired, once, and revoked, once.');
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_signing_keys__guard_history is 'Refuses every change of a signing key but its retirement and its revocation. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_signing_keys__guard_history from public;

create or replace trigger _200_guard_history before update on press.signing_keys
  for each row execute function press_private.tg_signing_keys__guard_history();
alter table press.signing_keys enable always trigger _200_guard_history;
--! EndIncluded press_private/tg_signing_keys__guard_history.sql
--! Included press_private/retire_key.sql
/* Locks: the key, against those who store what it has signed; so its entries in the ledger are behind all of theirs. */
create or replace function press_private.retire_key(key_id text)
  returns press.signing_keys
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_key  press.signing_keys;
begin
  select k.* into v_key from press.signing_keys k where k.key_id = retire_key.key_id for no key update;
  if v_key.key_id is null then
    perform press_private.refuse('UNKNOWN_KEY');
  end if;
  if v_key.retired_at is null then
    update press.signing_keys k set retired_at = greatest(clock_timestamp(), k.activated_at)  -- a clock may have been set back
    where k.key_id = retire_key.key_id
    returning k.* into v_key;
    perform press_private.append_entry('key.retired', null, null, press_private.key_leaf(v_key, 'key.retired'));
  end if;
  return v_key;
end
$$;
comment on function press_private.retire_key is 'Takes the key out of use, and keeps others from it until the transaction ends. A retired key stays as it is. Refuses: UNKNOWN_KEY.';
revoke all on function press_private.retire_key from public;
--! EndIncluded press_private/retire_key.sql
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
  if (register_signing_key.purpose in ('ticket', 'checkpoint', 'credential')) is not true then
    perform press_private.refuse('INVALID_INPUT', 'The purpose of a key is ticket, checkpoint or credential.');
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
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_worker.register_signing_key is 'Makes the public key (64 lower-case hex characters) known and in use for its purpose, ticket, checkpoint or credential; known already, it stays as it is. Refuses: INVALID_INPUT, LOCK_TIMEOUT, RETRY, UNKNOWN_KEY (it was retired).';
revoke all on function press_worker.register_signing_key from public;
grant execute on function press_worker.register_signing_key to press_worker;
--! EndIncluded press_worker/register_signing_key.sql
--! Included press_worker/retire_signing_key.sql
/* What the key signed before verifies for ever; what it had claimed goes to another key when the claim runs out. Also while the press is stopped:
   a stolen key must not wait. */
create or replace function press_worker.retire_signing_key(key_id text)
  returns press.signing_keys
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  return press_private.retire_key(retire_signing_key.key_id);
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_worker.retire_signing_key is 'Takes the key out of use: nothing is signed with it any more. A retired key stays as it is. Refuses: LOCK_TIMEOUT, RETRY, UNKNOWN_KEY.';
revoke all on function press_worker.retire_signing_key from public;
grant execute on function press_worker.retire_signing_key to press_worker;
--! EndIncluded press_worker/retire_signing_key.sql
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
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_worker.publish_checkpoint is 'Publishes a signed checkpoint (C2SP tlog-checkpoint) of the ledger; the same again is fine. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY, UNKNOWN_KEY.';
revoke all on function press_worker.publish_checkpoint from public;
grant execute on function press_worker.publish_checkpoint to press_worker;
--! EndIncluded press_worker/publish_checkpoint.sql
--! Included press_worker/credentials_to_sign.sql
/* Hands out pending credentials, oldest first, with the bytes to sign. They are stored before anybody sees them, and are the same ever after: whoever signs, however
   often and after whatever death, signs one document. Only when their key was retired are they written anew, for the key that asks; while it is in use no other
   key has them. Of two workers that reach for the same credentials at once, one locks and claims each, and the other passes over it.
   A credential that somebody planted, of an attestation that is not verified, is signed for nobody. */
create or replace function press_worker.credentials_to_sign(key_id text, issuer text, base_url text, batch_size integer, lease_seconds integer)
  returns table (credential_id uuid, unsigned_document text, proof_options text)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  v_now  timestamptz := clock_timestamp();
begin
  perform press_private.require_running();
  if (credentials_to_sign.batch_size between 1 and 1000 and credentials_to_sign.lease_seconds between 1 and 3600) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A batch is 1 to 1000 credentials, a lease 1 to 3600 seconds.');
  end if;
  if (credentials_to_sign.issuer collate "C" ~ '^did:[a-z0-9]+:[A-Za-z0-9._:%-]{1,200}$'
      and credentials_to_sign.base_url collate "C" ~ '^https?://[A-Za-z0-9._~:/%\[\]-]{0,200}[A-Za-z0-9\]]$') is not true then
    perform press_private.refuse('INVALID_INPUT', 'The issuer is a DID, such as did:web:press.example.org; the base URL is one without a slash at its end.');
  end if;
  perform press_private.active_signing_key(credentials_to_sign.key_id, 'credential');

  return query
  insert into press_private.credential_payloads as p (credential_id, key_id, unsigned_document, proof_options, claimed_until)
  select d.id, credentials_to_sign.key_id,
    press_private.unsigned_credential(d, credentials_to_sign.issuer, credentials_to_sign.base_url),
    press_private.proof_options(credentials_to_sign.issuer, credentials_to_sign.key_id, v_now),
    v_now + make_interval(secs => credentials_to_sign.lease_seconds)
  from (
    select c.*
    from press.credentials c
    where c.status = 'pending' and exists (select from press.attestations a where a.id = c.attestation_id and a.status = 'verified') and not exists (
      select from press_private.credential_payloads o
      where o.credential_id = c.id and (press_private.claim_holds(o.claimed_until) or o.key_id <> credentials_to_sign.key_id and exists (
        select from press.signing_keys k where k.key_id = o.key_id and k.retired_at is null)))
    order by c.valid_from
    limit credentials_to_sign.batch_size
    for no key update of c skip locked
  ) d
  on conflict on constraint credential_payloads_pkey
  do update set
    key_id = excluded.key_id,
    unsigned_document = case when p.key_id = excluded.key_id then p.unsigned_document else excluded.unsigned_document end,
    proof_options = case when p.key_id = excluded.key_id then p.proof_options else excluded.proof_options end,
    claimed_until = excluded.claimed_until
  where not press_private.claim_holds(p.claimed_until)
  returning p.credential_id, p.unsigned_document, p.proof_options;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_worker.credentials_to_sign is 'Claims up to batch_size (1 to 1000) pending credentials for lease_seconds (1 to 3600) under the key, and returns what is signed of each: SHA-256 of the proof''s options and SHA-256 of the document, one after the other. issuer: the DID of the press; base_url: where it serves, without a slash at the end. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY, UNKNOWN_KEY.';
revoke all on function press_worker.credentials_to_sign from public;
grant execute on function press_worker.credentials_to_sign to press_worker;
--! EndIncluded press_worker/credentials_to_sign.sql
--! Included press/revoke_signing_key.sql
/* For the night in which a key is stolen. Whoever has it signs whatever they like, with any date, so its signature alone says nothing any more, of any ticket. What tells an
   honest ticket from the thief's is the ledger: nothing that the key signs gets into it from here on, because this waits for whoever stores under the key and its
   entry comes behind theirs. So tickets that are there stay good, and are redeemed with their proofs as ever. Also while the press is stopped: a stolen key must not wait.
   Locks: the key; then the operator's row as a holder. */
create or replace function press.revoke_signing_key(key_id text, reason text)
  returns press.signing_keys
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_actor  press_hidden.actor_record := press_private.require_operator();
  v_key    press.signing_keys;
  v_label  text;
begin
  if not press_private.is_one_line(revoke_signing_key.reason, 500) then
    perform press_private.refuse('INVALID_INPUT', 'A reason has 1 to 500 characters, none of them a control character.');
  end if;
  v_key := press_private.retire_key(revoke_signing_key.key_id);
  if v_key.revoked_at is null then
    v_label := press_private.ledger_label(v_actor);
    update press.signing_keys k
    set revoked_at = greatest(clock_timestamp(), k.retired_at), revoked_by = v_label, revocation_reason = revoke_signing_key.reason
    where k.key_id = v_key.key_id
    returning k.* into v_key;
    perform press_private.append_entry('key.revoked', null, null, press_private.key_leaf(v_key, 'key.revoked'));
  end if;
  return v_key;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.revoke_signing_key is 'Says of a key of the press that somebody else has it: it is retired, and its signature alone is worth nothing any more, of whatever it signed and whenever. Tickets that are in the ledger stay good, and are redeemed with their proofs; the key is left out of what is published to verify by signature alone. For ever: one that was revoked stays as it is. The reason (1 to 500 characters) is published in the ledger, where everybody can read it: it should name nobody. Refuses: NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT, LOCK_TIMEOUT, RETRY, UNKNOWN_KEY.';
revoke all on function press.revoke_signing_key from public;
grant execute on function press.revoke_signing_key to press_anonymous, press_holder, press_operator;
--! EndIncluded press/revoke_signing_key.sql
--! Included press/verify_ticket.sql
/* The whole verdict, for anybody who was shown an envelope. Each part is judged for itself, so that all of them can be seen; the refusal is what
   press.redeem_ticket would answer first. Whose ticket it is is not asked here. */
create or replace function press.verify_ticket(envelope text)
  returns press.ticket_verdict
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_envelope    press_private.envelope_record := press_private.read_envelope(verify_ticket.envelope);
  v_key         press.signing_keys;
  v_ticket      press.tickets;
  v_verdict     press.ticket_verdict;
begin
  select k.* into v_key from press.signing_keys k where k.key_id = v_envelope.key_id and k.purpose = 'ticket';
  select t.* into v_ticket from press.tickets t where t.id = v_envelope.ticket_id;

  v_verdict.ticket_id := v_envelope.ticket_id;
  v_verdict.is_canonical := v_envelope.ticket_id is not null;
  v_verdict.is_key_known := v_key.key_id is not null;
  v_verdict.is_key_revoked := case when v_verdict.is_key_known then v_key.revoked_at is not null end;
  v_verdict.is_signature_valid := press.ed25519_verify(
    decode(v_key.public_key, 'hex'), convert_to(v_envelope.message, 'UTF8'), decode(v_envelope.signature, 'hex'));
  v_verdict.is_ticket_known := coalesce(
    press_private.tickets_envelope_hash(v_ticket) = press_private.envelope_hash(verify_ticket.envelope), false);
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
--! Included press_private/sealed_columns.sql
/* What neither an envelope nor the ledger says is sealed, so that its change shows as well; where a table has few rows, all of them. A migration
   that changes a list makes the seals of the rows that are there. Who a holder is has no seal: a hash of it would be left when they are forgotten. So
   would one of what was found about them, or of a reason that names them: of those the hash is keyed. */
create or replace function press_private.sealed_columns()
  returns table (relation text, key text, columns text, condition text)
  language sql immutable
begin atomic
  values
    ('press.editions', 'id',
     'id, slug, title, cap, per_holder_limit, draw_mode, status, opens_at, closes_at, created_at, opened_at, closed_at, draw_commitment, draw_delay_seconds, beacon_chain_hash, required_trust_level, required_kind', 'true'),
    -- When it was issued the envelope says, while there is one.
    ('press.tickets', 'edition_id, ticket_number',
     'edition_id, ticket_number, issued_by, request_key, case when envelope is null then concat_ws('' issued '', request_position, issued_at) else request_position::text end', 'status <> ''pending'''),
    ('press.revocations', 'edition_id, ticket_number', 'edition_id, ticket_number, press_private.keyed_hash(''reason'', reason), is_reason_published, revoked_by, revoked_at', 'true'),
    ('press.redemptions', 'edition_id, ticket_number', 'edition_id, ticket_number, holder_id, redeemed_by, request_key, redeemed_at', 'true'),
    ('press.draws', 'edition_id, attempt',
     'edition_id, attempt, status, requested_at, replaced_number, reason, entries_count, entries_hash, entropy, beacon_round, tree_size, ticket_number, drawn_at', 'true'),
    ('press_private.draw_requests', 'edition_id, attempt', 'edition_id, attempt, requested_by, request_key', 'true'),
    ('press.beacon_chains', 'chain_hash', 'chain_hash, public_key, genesis_at, period_seconds', 'true'),
    ('press.beacon_rounds', 'chain_hash, round', 'chain_hash, round, signature, archived_at', 'true'),
    ('press.utxos', 'id', 'id, txid, output_index, wallet_script, satoshis, from_transaction_id, funded_by, released_by, case when release_reason is not null then press_private.keyed_hash(''reason'', release_reason) end, created_at', 'true'),
    ('press.signing_keys', 'key_id', 'key_id, public_key, purpose, activated_at, retired_at, revoked_at, revoked_by, revocation_reason', 'true'),
    ('press.ledger_entries', 'place', 'place, recorded_at', 'true'),
    ('press.checkpoints', 'tree_size', 'tree_size, root_hash, key_id, note, signed_at', 'true'),
    ('press.attestations', 'id',
     'id, holder_id, kind, status, evidence_digest, submitted_at, submitted_by, request_key, address_checks, decided_at, rule_set_id, press_private.keyed_hash(''facts'', facts::text), violations, proof_digest, renewed_id', 'true'),
    ('press.credentials', 'id',
     'id, attestation_id, holder_id, kind, trust_level, status, status_list, status_index, valid_from, valid_until, document, revoked_at, revoked_by, press_private.keyed_hash(''reason'', reason)', 'true'),
    ('press.publishing_keys', 'id',
     'id, holder_id, public_key, press_private.keyed_hash(''possession'', possession_signature), verified_at, records_per_hour, registered_at, registered_by, revoked_at, revoked_by, press_private.keyed_hash(''reason'', revocation_reason)', 'true'),
    ('press.publications', 'id',
     'id, kind, state, key_id, holder_id, submitted_by, nonce, expires_at, payload_hash, payload is null, signature, checkpoint_size, transaction_id, output_index, error_code, error_detail, submitted_at, sent_at', 'state in (''sent'', ''failed'')'),
    ('press.rule_sets', 'id',
     'id, rule_set_hash, repository_age_days, repository_size_kb, account_age_days, checks_per_hour, activated_at', 'true'),
    ('press_private.rule_set_requests', 'rule_set_id', 'rule_set_id, requested_by', 'true'),
    ('press_private.hashing_key', 'is_only', 'is_only, key, inner_key, outer_key', 'true'),
    ('press_private.erased_holders', 'holder_id', 'holder_id, subject_hash, erased_at', 'true'),
    ('press_private.erased_envelopes', 'edition_id, ticket_number', 'edition_id, ticket_number, envelope_hash', 'true'),
    ('press_private.press_state', 'id', 'id, is_stopped, reason, changed_by, changed_at', 'true'),
    ('press_private.ledger_adoptions', 'id', 'id, origin, reason, tree_size, adopted_at', 'true');
end;
comment on function press_private.sealed_columns is 'The tables whose rows are sealed: their key, the columns that a seal is made of, and for which rows there is one.';
revoke all on function press_private.sealed_columns from public;
--! EndIncluded press_private/sealed_columns.sql
--! Included access/signing_keys.sql
/* Who sees signing keys: everybody; they are public keys. Not granted: insert, update, delete. press_worker.register_signing_key,
   press_worker.retire_signing_key and press.revoke_signing_key do that. */
revoke all on press.signing_keys from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.signing_keys to press_anonymous, press_holder, press_operator, press_auditor;

drop policy if exists owner_all on press.signing_keys;
create policy owner_all on press.signing_keys to press_owner using (true) with check (true);
drop policy if exists select_all on press.signing_keys;
create policy select_all on press.signing_keys for select to press_anonymous, press_holder, press_operator, press_auditor using (true);
--! EndIncluded access/signing_keys.sql
-- Of the columns that there are now.
select press_private.seal_rows('press.signing_keys');

--! split: 6000-erased-tickets.sql
/* Of a ticket whose envelope was removed with its holder's name nothing said any more when it was issued: its seal does now. Those that have a seal over the list
   before get one over the list of today; one that was changed beside the press has none, and stays without. */
set local timezone = 'UTC';
set local datestyle = 'ISO';
insert into press_private.row_seals (hash)
select press_private.row_seal('press.tickets',
  row(t.edition_id, t.ticket_number, t.issued_by, t.request_key, concat_ws(' issued ', t.request_position, t.issued_at))::text)
from press_private.erased_envelopes x
join press.tickets t on t.edition_id = x.edition_id and t.ticket_number = x.ticket_number
where exists (
  select from press_private.row_seals s
  where s.hash = press_private.row_seal('press.tickets', row(t.edition_id, t.ticket_number, t.issued_by, t.request_key, t.request_position)::text));
set local timezone = default;
set local datestyle = default;

--! split: 7000-clocks.sql
--! Included press_private/claim_holds.sql
/* A claim lasts an hour at most. One that would end later than that was made before the clock of the database was set back, and would else hold until the clock
   is again where it was; a minute is left for clocks that are corrected. */
create or replace function press_private.claim_holds(claimed_until timestamptz)
  returns boolean
  language sql volatile
begin atomic
  select claim_holds.claimed_until > clock_timestamp() and claim_holds.claimed_until <= clock_timestamp() + interval '61 minutes';
end;
comment on function press_private.claim_holds is 'Whether a claim (a lease, of 3600 seconds at most) that ends then still keeps others out.';
revoke all on function press_private.claim_holds from public;
--! EndIncluded press_private/claim_holds.sql
--! Included press_private/release_reservations.sql
/* Those that replace another transaction keep their coins, because that one may be out: they are handed out again instead. */
create or replace function press_private.release_reservations()
  returns integer
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_now    timestamptz := clock_timestamp();  -- an index serves what does not change within a statement
  v_ids    bigint[];
begin
  -- No reservation lasts for more than an hour, unless the clock was set back meanwhile.
  if exists (select from press.chain_transactions t where t.state = 'reserved' and t.reserved_until > v_now + interval '61 minutes') then
    update press.chain_transactions t set reserved_until = v_now
    where t.id in (
      select o.id from press.chain_transactions o where o.state = 'reserved' and o.reserved_until > v_now + interval '61 minutes'
      order by o.id for no key update skip locked);
  end if;

  v_ids := array(
    select t.id from press.chain_transactions t
    where t.state = 'reserved' and t.reserved_until <= v_now and t.replaces_id is null
    order by t.reserved_until
    limit 1000
    for no key update of t skip locked);
  if v_ids <> '{}' then
    perform press_private.release_transaction(id) from unnest(v_ids) id;
    set constraints press._200_guard_transaction immediate;  -- see press_private.tg_publications__guard_transaction
    set constraints press._200_guard_transaction deferred;
  end if;
  return cardinality(v_ids);
end
$$;
comment on function press_private.release_reservations is 'Releases up to 1000 reservations whose time is over; how many.';
revoke all on function press_private.release_reservations from public;
--! EndIncluded press_private/release_reservations.sql
--! Included press_worker/attestations_to_verify.sql
/* Hands out undecided attestations under a lease, those that have waited longest first. No lock is held while a worker asks the outside world; two workers that look
   at the same attestation do no harm, because press_worker.verify_attestation decides once. What it would refuse, because something was planted, is handed to nobody. */
create or replace function press_worker.attestations_to_verify(kinds press.attestation_kind[], batch_size integer, lease_seconds integer)
  returns table (attestation_id uuid, kind press.attestation_kind, evidence text, nonce text, submitted_at timestamptz, tries integer)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  v_now  timestamptz := clock_timestamp();  -- an index serves what does not change within a statement
begin
  perform press_private.require_running();
  if (attestations_to_verify.batch_size between 1 and 1000 and attestations_to_verify.lease_seconds between 1 and 3600) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A batch is 1 to 1000 attestations, a lease 1 to 3600 seconds.');
  end if;

  -- Nothing waits for more than a day, unless the clock was set back meanwhile.
  if exists (select from press_private.attestation_work w where w.kind = any (attestations_to_verify.kinds) and w.try_at > v_now + interval '25 hours') then
    update press_private.attestation_work w set try_at = v_now
    where w.attestation_id in (
      select o.attestation_id from press_private.attestation_work o where o.kind = any (attestations_to_verify.kinds) and o.try_at > v_now + interval '25 hours'
      order by o.attestation_id for no key update skip locked);
  end if;

  return query
  with due as (
    select w.attestation_id
    from press_private.attestation_work w
    where w.try_at <= v_now and w.kind = any (attestations_to_verify.kinds)
      and exists (select from press.attestations a where a.id = w.attestation_id and a.status = 'submitted')
      and not exists (select from press.credentials i where i.attestation_id = w.attestation_id)
    order by w.try_at
    limit attestations_to_verify.batch_size
    for no key update of w skip locked
  ), claimed as (
    update press_private.attestation_work w
    set try_at = v_now + make_interval(secs => attestations_to_verify.lease_seconds), tries = w.tries + 1
    from due d
    where w.attestation_id = d.attestation_id
    returning w.*
  )
  select a.id, a.kind, c.evidence, c.nonce, a.submitted_at::timestamptz, c.tries
  from claimed c
  join press.attestations a on a.id = c.attestation_id;
end
$$;
comment on function press_worker.attestations_to_verify is 'Claims up to batch_size (1 to 1000) undecided attestations of the kinds for lease_seconds (1 to 3600), and returns what there is to check: the evidence, the number that it has to name (null: its holder has none that was valid when it was submitted), when it was submitted, by which its times are judged, and how often it was handed out, this time included. Refuses: PRESS_STOPPED, INVALID_INPUT.';
revoke all on function press_worker.attestations_to_verify from public;
grant execute on function press_worker.attestations_to_verify to press_worker;
--! EndIncluded press_worker/attestations_to_verify.sql
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
  where s.publisher is null or s.publisher = hold_event_stream.publisher or not press_private.claim_holds(s.held_until);
  return found;
end
$$;
comment on function press_worker.hold_event_stream is 'Makes the publisher the one that sends events for lease_seconds (1 to 3600) from now, and tells whether it is: not while another one''s lease runs. Refuses: INVALID_INPUT.';
revoke all on function press_worker.hold_event_stream from public;
grant execute on function press_worker.hold_event_stream to press_worker;
--! EndIncluded press_worker/hold_event_stream.sql
--! Included press_worker/tickets_to_sign.sql
/* Hands out pending tickets, oldest first, under a lease that also fixes the key: so the bytes are decided before anything is signed, and a
   worker that died or slept is replaced when its lease has run out. No lock is held while signing. Of two workers that reach for the same
   tickets at once, one locks and claims each, and the other passes over it; what was signed meanwhile is seen to be so when it is locked.
   It waits for nobody but for who forgets a person, so that no payload with their name is handed out meanwhile.
   Plans are kept to index lookups, as in the core: what is made while a table is small must hold when it is not. */
create or replace function press_worker.tickets_to_sign(key_id text, batch_size integer, lease_seconds integer)
  returns table (ticket_id uuid, payload text)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  set lock_timeout = '5s' set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
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
        where o.edition_id = t.edition_id and o.ticket_number = t.ticket_number and press_private.claim_holds(o.claimed_until))
    order by t.issued_at
    limit tickets_to_sign.batch_size
    for no key update of t skip locked
    on conflict on constraint signing_claims_pkey
    do update set key_id = excluded.key_id, claimed_until = excluded.claimed_until where not press_private.claim_holds(c.claimed_until)
    returning c.edition_id, c.ticket_number
  )
  select t.id, press_private.ticket_envelope(e.slug, tickets_to_sign.key_id, press_private.envelope_recipient(h), t.id, t.ticket_number, t.issued_at)
  from claimed c
  join press.tickets t on t.edition_id = c.edition_id and t.ticket_number = c.ticket_number
  join press.editions e on e.id = t.edition_id
  join press.holders h on h.id = t.holder_id;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
end
$$;
comment on function press_worker.tickets_to_sign is 'Claims up to batch_size (1 to 10000) pending tickets for lease_seconds (1 to 3600) under the key, and returns the exact bytes to sign for each. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, UNKNOWN_KEY.';
revoke all on function press_worker.tickets_to_sign from public;
grant execute on function press_worker.tickets_to_sign to press_worker;
--! EndIncluded press_worker/tickets_to_sign.sql
--! Included press_worker/transactions_to_send.sql
/* Hands out the bytes of transactions whose fate is not known, and of accepted ones that the nodes have lost: always those that were stored. Whoever had one before and did not
   answer may still have it, and may send it tomorrow: from then on only what cannot be mined any more is given up. */
create or replace function press_worker.transactions_to_send(batch_size integer, attempt_seconds integer)
  returns table (transaction_id bigint, attempt integer, txid text, raw text, state press.chain_transaction_state, competing_txid text)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  v_now  timestamptz := clock_timestamp();  -- an index serves what does not change within a statement
begin
  perform press_private.require_running();
  if (batch_size between 1 and 1000 and attempt_seconds between 1 and 3600) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A batch is 1 to 1000 transactions, an attempt 1 to 3600 seconds.');
  end if;

  -- Nothing waits for more than an hour, unless the clock was set back meanwhile.
  if exists (select from press.chain_transactions t where t.state in ('sending', 'unknown', 'accepted') and t.retry_at is not null and t.retry_at > v_now + interval '61 minutes') then
    update press.chain_transactions t set retry_at = v_now
    where t.id in (
      select o.id from press.chain_transactions o
      where o.state in ('sending', 'unknown', 'accepted') and o.retry_at is not null and o.retry_at > v_now + interval '61 minutes'
      order by o.id for no key update skip locked);
  end if;

  return query
  with due as (
    select t.id from press.chain_transactions t
    where t.state in ('sending', 'unknown', 'accepted') and t.retry_at is not null and t.retry_at <= v_now
    order by t.retry_at
    limit transactions_to_send.batch_size
    for no key update of t skip locked
  ), claimed as (
    update press.chain_transactions t
    set attempts = t.attempts + 1, may_be_out = t.may_be_out or t.answered_attempt < t.attempts, retry_at = v_now + make_interval(secs => transactions_to_send.attempt_seconds)
    from due d
    where t.id = d.id
    returning t.*
  )
  select c.id, c.attempts, c.txid, encode(c.raw, 'hex'), c.state, c.competing_txid from claimed c
  order by c.id;  -- a transaction is made when those that it spends were accepted
end
$$;
comment on function press_worker.transactions_to_send is 'Up to batch_size (1 to 1000) stored transactions to be sent again, parents before children, each for attempt_seconds (1 to 3600): what is answered later counts only if it was accepted. raw: hex. competing_txid: which other one was said to spend a coin of it. Refuses: PRESS_STOPPED, INVALID_INPUT.';
revoke all on function press_worker.transactions_to_send from public;
grant execute on function press_worker.transactions_to_send to press_worker;
--! EndIncluded press_worker/transactions_to_send.sql

--! split: 8000-pool.sql
/* What is left of coins that were spent again and again does not count as coins; and whoever looks whether there are enough reads no other transactions. */
create index chain_transactions_rejected_split_idx on press.chain_transactions (wallet_script, updated_at) where is_split and state = 'rejected';
--! Included press_worker/split_to_make.sql
/* Refills the pool before it runs low, from the largest coin that there is. One split at a time, by a key: two would split the same shortage twice. What is split is at most
   half as deep as a coin may be, so that its parts can be spent before a block comes. Coins are spent until next to nothing is left of them, and what is left stays available: it
   does not count, else the pool would be full of it one day, and never be refilled again. */
create or replace function press_worker.split_to_make(
    wallet_script text, low_count integer, target_count integer, satoshis_each bigint, fee_satoshis_per_kb integer, reserve_seconds integer, dust_satoshis integer default 1)
  returns setof press_private.unsigned_transaction_record
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_bitmapscan = off
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_now        timestamptz := clock_timestamp();  -- an index serves what does not change within a statement
  v_terms      press.chain_transactions;
  v_available  integer;
  v_coin       press.utxos;
  v_id         bigint;
begin
  perform press_private.require_running();
  perform press_private.require_wallet_terms(wallet_script, fee_satoshis_per_kb, dust_satoshis, reserve_seconds);
  if (low_count between 1 and target_count and target_count <= 10000 and satoshis_each between dust_satoshis and 100000000) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A pool is low at 1 coin or more, its target is not below that and up to 10000, and a coin has from dust to 100000000 satoshis.');
  end if;
  perform press_private.release_reservations();
  select count(*) into v_available from (
    select from press.utxos u
    where u.state = 'available' and u.depth < 20 and u.wallet_script = split_to_make.wallet_script and u.satoshis >= least(satoshis_each, fee_satoshis_per_kb)
    limit split_to_make.target_count) a;
  if v_available >= low_count
     or exists (select from press.chain_transactions t where t.is_split and t.state in ('reserved', 'sending', 'unknown'))
     or exists (
       select from press.chain_transactions t
       where t.is_split and t.state = 'rejected' and t.wallet_script = split_to_make.wallet_script and t.updated_at > v_now - interval '10 minutes') then
    return;
  end if;

  select u.* into v_coin from press.utxos u
  where u.state = 'available' and u.depth < 10 and u.wallet_script = split_to_make.wallet_script
  order by u.satoshis desc, u.id desc limit 1 for no key update of u skip locked;
  v_terms.wallet_script := split_to_make.wallet_script;
  v_terms.fee_satoshis_per_kb := split_to_make.fee_satoshis_per_kb;
  v_terms.dust_satoshis := split_to_make.dust_satoshis;
  v_terms.reserved_until := v_now + make_interval(secs => reserve_seconds);
  v_terms.is_split := true;
  v_terms.split_satoshis := satoshis_each;
  -- A part costs itself and 34 bytes; what all share is taken for 200.
  v_terms.split_count := least(target_count - v_available, 2500,
    floor((v_coin.satoshis - 0.2 * fee_satoshis_per_kb) / (satoshis_each + 0.034 * fee_satoshis_per_kb)))::integer;
  if v_coin.id is not null and v_terms.split_count >= 2 then
    v_id := press_private.reserve_transaction(v_terms, '{}', 34 * v_terms.split_count, array[v_coin.id]);
    return query select * from press_private.unsigned_transactions(array[v_id]);
  end if;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure or deadlock_detected or unique_violation then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_worker.split_to_make is 'When fewer than low_count coins of the wallet are available that pay for a kilobyte, or have satoshis_each, and no split is being made: reserves the largest coin and returns the transaction that makes up to target_count (10000) of them, satoshis_each, as press_worker.publications_to_send does. Nothing when there is nothing to split. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.split_to_make from public;
grant execute on function press_worker.split_to_make to press_worker;
--! EndIncluded press_worker/split_to_make.sql

--! split: 8500-indexes.sql
/* Whoever forgets a person asks all these whether they acted as an operator, while nothing is signed. */
create index attestations_submitted_by_idx on press.attestations (submitted_by) where submitted_by is not null;
create index credentials_revoked_by_idx on press.credentials (revoked_by) where revoked_by is not null;
-- Partial, as all of these are: what has a whole index GraphQL offers to filter and order by.
create index revocations_revoked_by_idx on press.revocations (revoked_by) where revoked_by is not null;
create index publishing_keys_registered_by_idx on press.publishing_keys (registered_by) where registered_by is not null;
create index publishing_keys_revoked_by_idx on press.publishing_keys (revoked_by) where revoked_by is not null;
--! Included press_private/is_forgotten_operator.sql
/* Nobody who is here by name has acted when they are forgotten, and acting makes known again: press_private.hold_operators. Rows that came from elsewhere, as when a part was
   restored, can say otherwise, and the name in them is what the person wanted forgotten. Names that an index has are read one by one, however many rows they have. */
create or replace function press_private.is_forgotten_operator(holder_id uuid)
  returns boolean
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  return exists (
    with recursive issuers (label) as (
      select min(t.issued_by) from press.tickets t where t.issued_by is not null
      union all
      select (select min(t.issued_by) from press.tickets t where t.issued_by > i.label) from issuers i where i.label is not null),
    redeemers (label) as (
      select min(r.redeemed_by) from press.redemptions r where r.redeemed_by <> 'holder'
      union all
      select (select min(n.redeemed_by) from press.redemptions n where n.redeemed_by <> 'holder' and n.redeemed_by > r.label) from redeemers r where r.label is not null)
    select from (
      select i.label from issuers i
      union select r.label from redeemers r
      union select r.revoked_by from press.revocations r
      union select r.requested_by from press_private.draw_requests r
      union select s.changed_by from press_private.press_state s
      union select r.requested_by from press_private.rule_set_requests r
      union select a.submitted_by from press.attestations a where a.submitted_by is not null
      union select c.revoked_by from press.credentials c where c.revoked_by is not null
      union select k.registered_by from press.publishing_keys k where k.registered_by is not null
      union select k.revoked_by from press.publishing_keys k where k.revoked_by is not null
      union select p.submitted_by from press.publications p where p.submitted_by is not null
      union select u.funded_by from press.utxos u where u.funded_by is not null
      union select u.released_by from press.utxos u where u.released_by is not null) o
    join press_private.erased_holders e on e.subject_hash = press_private.keyed_hash('subject', substr(o.label, 10))
    where starts_with(o.label, 'operator:') and e.holder_id = is_forgotten_operator.holder_id);
end
$$;
comment on function press_private.is_forgotten_operator is 'Whether any row says that this holder, who was forgotten, acted as an operator.';
revoke all on function press_private.is_forgotten_operator from public;
--! EndIncluded press_private/is_forgotten_operator.sql

/* What workers ask for several times a second, of tables that grow. */
create index publishing_keys_unverified_idx on press.publishing_keys (id) where verified_at is null and revoked_at is null;
create index editions_uncommitted_idx on press.editions (id) where status = 'draft' and draw_commitment is null;
