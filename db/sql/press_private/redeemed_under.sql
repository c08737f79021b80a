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
