/* Stores signatures, and drops the tickets' entries into the ledger's inbox. The envelope is put together here from the ticket's own row, so a
   worker can add a signature and nothing else. The same signature twice is fine (a worker that died after the commit left its job to another);
   any other finds the ticket signed, or claimed by another key, and is refused without harm to the rest of the batch. Where the recipient has changed
   since the payload was handed out the signature is verified, because it may be of the other one. Locks: the table of claims, against who forgets a
   person meanwhile; the tickets, by id. A crash before the commit leaves them pending, to be claimed again when the lease has run out. */
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

  lock table press_private.signing_claims in row exclusive mode;
  perform from press.tickets t where t.id = any (attach_signatures.ticket_ids) order by t.id for no key update;
  select array_agg(s.ticket_id), array_agg(s.envelope) into v_ids, v_envelopes
  from press_private.signed_envelopes(attach_signatures.key_id, attach_signatures.ticket_ids, attach_signatures.signatures) s;

  with attached as (
    update press.tickets t set status = 'signed', envelope = s.envelope
    from unnest(v_ids, v_envelopes) s (ticket_id, envelope)
    join press_private.signing_claims c on c.ticket_id = s.ticket_id and c.key_id = attach_signatures.key_id
      and case when c.is_doubtful then press_private.is_envelope_genuine(s.envelope) else true end
    where t.id = s.ticket_id and c.edition_id = t.edition_id and c.ticket_number = t.ticket_number and t.status = 'pending'
    returning t as ticket
  ), recorded as (
    insert into press_private.ledger_inbox (type, edition_id, ticket_number, leaf)
    select 'ticket.issued', (a.ticket).edition_id, (a.ticket).ticket_number, 
      press_private.ticket_issued_leaf(a.ticket, e.slug, press_private.envelope_hash((a.ticket).envelope), clock_timestamp())
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
comment on function press_worker.attach_signatures is 'Stores the signatures (128 lower-case hex characters each) of tickets claimed under the key. outcome: attached; repeated (the same was there); refused (another is there, the claim went to another key, its holder was forgotten or has returned meanwhile, or there is no such ticket). Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, UNKNOWN_KEY.';
revoke all on function press_worker.attach_signatures from public;
grant execute on function press_worker.attach_signatures to press_worker;
