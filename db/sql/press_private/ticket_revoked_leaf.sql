create or replace function press_private.ticket_revoked_leaf(ticket press.tickets, edition text, revoked_by text, reason text, revoked_at timestamptz)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339(ticket_revoked_leaf.revoked_at)
      || '","by":' || to_json(ticket_revoked_leaf.revoked_by)
      || ',"edition":"' || ticket_revoked_leaf.edition
      || '","reason":' || coalesce(to_json(ticket_revoked_leaf.reason)::text, 'null')
      || ',"ticket_id":"' || (ticket).id
      || '","ticket_number":' || (ticket).ticket_number
      || ',"type":"ticket.revoked"}';
end;
comment on function press_private.ticket_revoked_leaf is 'The leaf of a ticket that was revoked. edition: its slug; revoked_by: see press_private.ledger_label; reason: null where it is not published.';
revoke all on function press_private.ticket_revoked_leaf from public;
