create or replace function press_private.ticket_redeemed_leaf(ticket press.tickets, edition text, redeemed_by text, redeemed_at timestamptz)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339(ticket_redeemed_leaf.redeemed_at)
      || '","by":' || to_json(ticket_redeemed_leaf.redeemed_by)
      || ',"edition":"' || ticket_redeemed_leaf.edition
      || '","ticket_id":"' || (ticket).id
      || '","ticket_number":' || (ticket).ticket_number
      || ',"type":"ticket.redeemed"}';
end;
comment on function press_private.ticket_redeemed_leaf is 'The leaf of a ticket that was redeemed. edition: its slug; redeemed_by: see press_private.ledger_label.';
revoke all on function press_private.ticket_redeemed_leaf from public;
