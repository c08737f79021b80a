/* What the runner of interleavings needs in its database, beside the helpers of test/sql: points at which a function stops until it is told to go on, cases to play, the
   invariants of one case, and what became of it. Loaded by press.ts. */

/* Instead of a moment in which the operating system runs somebody else: says that it has stopped, and waits for a lock that the scheduler has, one of six in turn of its
   lane. Without a lane (everybody but the two who are played) nothing stops. */
create function tests.stop() returns void
  language plpgsql volatile security definer set lock_timeout = '60s' as $$
declare
  v_lane  integer := nullif(current_setting('tests.lane', true), '')::integer;
  v_stop  integer;
begin
  if v_lane is null then
    return;
  end if;
  v_stop := coalesce(nullif(current_setting('tests.stop', true), ''), '0')::integer % 6 + 1;
  perform set_config('tests.stop', v_stop::text, false);
  raise notice 'stopped %', v_stop;
  perform pg_advisory_lock_shared(4242, 10 * v_lane + v_stop);
  perform pg_advisory_unlock_shared(4242, 10 * v_lane + v_stop);
end
$$;

/* Editions to play cases in, made by whoever runs the tests: three tickets, one a holder, drawn by random_int. Number 1 is alice's, and unless it is
   to be pending, number 2 dave's. One that demands something has none. */
create function tests.make_cases(first integer, count integer, ticket_count integer, trust_level integer)
  returns table (n integer, edition_id integer)
  language plpgsql volatile as $$
declare
  v_edition  press.editions;
begin
  for v_n in make_cases.first .. make_cases.first + make_cases.count - 1 loop
    perform press.create_edition('case-' || v_n, 'The case ' || v_n, 3, 1, 'random_int', required_trust_level => make_cases.trust_level);
    v_edition := press.open_edition('case-' || v_n);
    perform press.issue_ticket(v_edition.slug, recipient => p || '-' || v_n) from unnest((array['alice', 'dave'])[1 : make_cases.ticket_count]) p;
    n := v_n;
    edition_id := v_edition.id;
    return next;
  end loop;
end
$$;

/* A record that waits, and a coin that pays for it; is_expired: a worker has claimed both, died, and its time is over. */
create function tests.make_record(n integer, is_expired boolean) returns uuid
  language plpgsql volatile as $$
declare
  v_id  uuid := tests.queue_record('rita-' || make_record.n, 'case-' || make_record.n);
begin
  perform tests.fund(1, 1000, 'case-' || make_record.n);
  if make_record.is_expired then
    perform tests.claim(0, 1, 'case-' || make_record.n);
    update press.chain_transactions t set reserved_until = clock_timestamp() from press.publications p where p.id = v_id and t.id = p.transaction_id;
  end if;
  return v_id;
end
$$;

/* The next look of a worker at the record of a case. */
create function tests.claim_rest(n integer) returns void
  language sql volatile as $$ select tests.let_leases_end(); select tests.store(c) from tests.claim(0, 100, 'case-' || claim_rest.n) c $$;

/* The nodes take all that was stored, so that the next case has the queue for itself. */
create function tests.accept_all() returns void
  language sql volatile as $$ select tests.tell(t.id, 'accepted') from press.chain_transactions t where t.state in ('sending', 'unknown') $$;

/* A key that signs nothing that is verified here, with a comb that is empty: a real one takes a tenth of a second, and a case takes a few hundredths. */
create function tests.note_key(public_key text) returns void
  language sql volatile as $$
    insert into press_private.ed25519_combs (public_key) values (decode(note_key.public_key, 'hex')) on conflict do nothing $$;
-- With such a key no signature can be looked at.
create or replace function press_private.audit_signatures(ids uuid[] default null) returns setof press_private.audit_finding_record
  language plpgsql stable as $$ begin end $$;

/* The invariants, I1 to I13 of what is played here, for the rows of one case: a sentence for each that is broken. */
create function tests.broken_invariants(edition_id integer, attestation_ids uuid[], wallet_script text, record_id uuid)
  returns setof text
  language plpgsql stable set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
begin
  return query
  with edition as (
    select e.* from press.editions e where e.id = broken_invariants.edition_id
  ), ticket as (
    select t.* from press.tickets t where t.edition_id = broken_invariants.edition_id
  ), draw as (
    select d.* from press.draws d where d.edition_id = broken_invariants.edition_id
  ), entry as materialized (
    select e.place, null::bigint as id, e.type, e.ticket_number from press.ledger_entries e where e.edition_id = broken_invariants.edition_id
    union all
    select null, i.id, i.type, i.ticket_number from press_private.ledger_inbox i where i.edition_id = broken_invariants.edition_id
  ), told as (
    select *, row_number() over (order by place nulls last, id) as turn from entry
  ), expected as (
    select 'edition.opened' as type, null::integer as ticket_number from edition
    union all select 'edition.closed', null from edition e
      where e.closed_at is not null and not exists (select from press_private.closings_to_record q where q.edition_id = e.id)
    union all select 'edition.drawn', null from draw d where d.status = 'drawn'
    union all select 'ticket.issued', t.ticket_number from ticket t where t.status <> 'pending'
    union all select 'ticket.redeemed', r.ticket_number from press.redemptions r where r.edition_id = broken_invariants.edition_id
    union all select 'ticket.revoked', r.ticket_number from press.revocations r where r.edition_id = broken_invariants.edition_id
  ), last_checkpoint as (
    select c.* from press.checkpoints c order by c.tree_size desc limit 1
  )
  select format('I1: the edition of %s has %s tickets, the highest number is %s.', e.cap, n.count, n.highest)
  from edition e, (select count(*), count(distinct ticket_number) as numbers, coalesce(max(ticket_number), 0) as highest, coalesce(min(ticket_number), 1) as lowest from ticket) n
  where n.count > e.cap or (n.count, n.numbers, n.lowest) is distinct from (n.highest::bigint, n.highest::bigint, 1)
  union all
  select format('I2: the holder %s has %s tickets of %s, the highest slot is %s.', t.holder_id, count(*), e.per_holder_limit, max(t.holder_slot))
  from ticket t, edition e group by t.holder_id, e.per_holder_limit having count(*) > e.per_holder_limit or count(*) <> max(t.holder_slot)
  union all
  select format('I3: number %s is %s, with %s redemptions and %s revocations.', t.ticket_number, t.status, r.count, v.count)
  from ticket t
  cross join lateral (select count(*), count(*) filter (where r.holder_id = t.holder_id) as own from press.redemptions r where r.edition_id = t.edition_id and r.ticket_number = t.ticket_number) r
  cross join lateral (select count(*) from press.revocations v where v.edition_id = t.edition_id and v.ticket_number = t.ticket_number) v
  where (r.count, r.own, v.count) is distinct from
    case t.status when 'redeemed' then (1::bigint, 1::bigint, 0::bigint) when 'revoked' then (0::bigint, 0::bigint, 1::bigint) else (0::bigint, 0::bigint, 0::bigint) end
  union all
  select format('I4: the attestation is %s, and has %s credentials; its holder has the trust level %s.', a.status, c.count, h.trust_level)
  from press.attestations a
  join press.holders h on h.id = a.holder_id
  cross join lateral (select count(*), coalesce(max(i.trust_level), 0) as level from press.credentials i where i.attestation_id = a.id) c
  where a.id = any (broken_invariants.attestation_ids) and (c.count <> (a.status = 'verified')::integer or h.trust_level <> c.level)
  union all
  select format('I4, I12: number %s is %s, and its envelope is %s.', t.ticket_number, t.status, coalesce(t.envelope, 'missing'))
  from ticket t
  where (t.status = 'pending') <> (t.envelope is null)
     or (t.envelope is not null and not exists (
       select from press.signing_keys k where k.key_id = t.envelope::json ->> 'key_id' and k.purpose = 'ticket' and k.activated_at <= clock_timestamp()))
  union all
  select format('I5: the draw %s is %s with number %s; the edition is %s.', d.attempt, d.status, d.ticket_number, e.status)
  from draw d, edition e
  left join told c on c.type = 'edition.closed'
  where d.attempt <> 1
     or e.status <> case d.status when 'requested' then 'closed' else 'drawn' end::press.edition_status
     or (d.status = 'requested' and d.ticket_number is not null)
     or (d.status = 'drawn' and (c.place is null or d.ticket_number is distinct from (
       select n from press_private.draw_entries(d.edition_id, c.place, 1) n where n = d.ticket_number)))
  union all
  select 'I5: the edition is drawn, and there is no draw.' from edition e where e.status = 'drawn' and not exists (select from draw)
  union all
  select format('I6: what the rows say happened is told wrong: %s %s, %s times in place of %s.', coalesce(x.type, n.type), coalesce(x.ticket_number, n.ticket_number), coalesce(n.count, 0), coalesce(x.count, 0))
  from (select type, ticket_number, count(*) from expected group by 1, 2) x
  full join (select type, ticket_number, count(*) from told group by 1, 2) n on n.type = x.type and coalesce(n.ticket_number, 0) = coalesce(x.ticket_number, 0)
  where coalesce(x.count, 0) <> coalesce(n.count, 0)
  union all
  select format('I6: %s %s is told before %s %s.', later.type, later.ticket_number, earlier.type, earlier.ticket_number)
  from told earlier join told later on later.turn < earlier.turn
  where earlier.type = 'edition.opened'
     or (earlier.type = 'ticket.issued' and (later.type in ('edition.closed', 'edition.drawn') or later.ticket_number = earlier.ticket_number))
     or (earlier.type = 'edition.closed' and later.type = 'edition.drawn')
  union all
  select format('I6: the closing is told, and number %s is pending.', t.ticket_number)
  from ticket t where t.status = 'pending' and exists (select from told c where c.type = 'edition.closed')
  union all
  select format('I6: the head counts %s entries; the last is at %s, and of the last 20 there are %s.', h.tree_size, n.last, n.count)
  from press_private.ledger_head h
  cross join lateral (select max(e.place) as last, count(*) from press.ledger_entries e where e.place >= h.tree_size - 20) n
  where n.last <> h.tree_size - 1 or n.count <> least(20, h.tree_size)
  union all
  select format('I6: the last checkpoint is of the size %s, and not of this ledger of the size %s.', c.tree_size, h.tree_size)
  from press_private.ledger_head h, last_checkpoint c
  where c.tree_size > h.tree_size or c.root_hash <> press_private.tree_root(c.tree_size)
  union all
  select format('I8: the request %s has %s tickets of %s holders.', t.request_key, count(*), count(distinct t.holder_id))
  from ticket t where t.request_key is not null group by t.request_key
  having count(*) > 1
  union all
  select format('I10: the coin %s is %s, for the transaction %s, which is %s; alive are: %s.', u.id, u.state, u.transaction_id, t.state, i.ids)
  from press.utxos u
  left join press.chain_transactions t on t.id = u.transaction_id
  left join lateral (select array_agg(n.transaction_id order by n.transaction_id) as ids from press_private.chain_inputs n where n.utxo_id = u.id and n.is_live) i on true
  where u.wallet_script = broken_invariants.wallet_script and case u.state
    when 'available' then u.transaction_id is null and i.ids is null
    when 'reserved' then t.state = 'reserved' and i.ids = array[u.transaction_id]
    when 'unknown' then t.state = 'sending' and i.ids = array[u.transaction_id] end is not true
  union all
  select format('I10: %s satoshis in %s coins, of 1000 in 1.', sum(u.satoshis), count(*))
  from press.utxos u where u.wallet_script = broken_invariants.wallet_script having count(*) > 0 and (sum(u.satoshis), count(*)) <> (1000, 1)
  union all
  select format('I10: the record %s is %s, for the transaction %s, which is %s.', p.nonce, p.state, p.transaction_id, t.state)
  from press.publications p
  left join press.chain_transactions t on t.id = p.transaction_id
  where p.id = broken_invariants.record_id and case p.state when 'queued' then t.id is null when 'processing' then t.state in ('reserved', 'sending') end is not true;
end
$$;

/* What there is of a case, without ids and times: the same text whenever the same has happened. */
create function tests.outcome_of(edition_id integer, attestation_ids uuid[], wallet_script text, record_id uuid, key_ids text[])
  returns text
  language plpgsql stable set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
begin
  return concat_ws('; ',
    (select 'edition ' || e.status || case when exists (select from press_private.closings_to_record q where q.edition_id = e.id) then ', to be recorded' else '' end
     from press.editions e where e.id = outcome_of.edition_id),
    (select string_agg(concat(t.ticket_number, ' ', t.status, ' ', split_part(h.subject, '-', 1), ' by ' || split_part(t.issued_by, '-', 1)), ', ' order by t.ticket_number)
     from press.tickets t join press.holders h on h.id = t.holder_id where t.edition_id = outcome_of.edition_id),
    (select string_agg(concat('redeemed ', r.ticket_number, ' by ', split_part(r.redeemed_by, '-', 1)), ', ' order by r.ticket_number) from press.redemptions r where r.edition_id = outcome_of.edition_id),
    (select string_agg(concat('draw ', d.attempt, ' ', d.status, ' ', d.ticket_number), ', ' order by d.attempt) from press.draws d where d.edition_id = outcome_of.edition_id),
    (select 'in the ledger: ' || string_agg(concat(e.type, ' ', e.ticket_number), ', ' order by e.type, e.ticket_number) from press.ledger_entries e where e.edition_id = outcome_of.edition_id),
    (select 'waiting: ' || string_agg(concat(i.type, ' ', i.ticket_number), ', ' order by i.type, i.ticket_number) from press_private.ledger_inbox i where i.edition_id = outcome_of.edition_id),
    (select 'published: ' || count(*) from press.ledger_entries e
     where e.edition_id = outcome_of.edition_id and e.place < (select max(c.tree_size) from press.checkpoints c)),
    (select string_agg(concat('attestation ', a.status, ', trust ', h.trust_level), ', ' order by array_position(outcome_of.attestation_ids, a.id))
     from press.attestations a join press.holders h on h.id = a.holder_id where a.id = any (outcome_of.attestation_ids)),
    (select string_agg('coin ' || u.state, ', ' order by u.id) from press.utxos u where u.wallet_script = outcome_of.wallet_script),
    (select concat('record ', p.state, ' ', p.error_code) from press.publications p where p.id = outcome_of.record_id),
    (select string_agg(concat('key ', array_position(outcome_of.key_ids, k.key_id), case when k.retired_at is null then ' in use' else ' retired' end), ', ' order by array_position(outcome_of.key_ids, k.key_id))
     from press.signing_keys k where k.key_id = any (outcome_of.key_ids)));
end
$$;
