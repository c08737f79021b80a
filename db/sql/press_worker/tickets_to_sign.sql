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
