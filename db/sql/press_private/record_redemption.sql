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
