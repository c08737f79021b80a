/* Issues several tickets, all or none; otherwise as press.issue_ticket, which tells the way of a request. */
create or replace function press.issue_tickets(edition_slug text, quantity integer, request_key uuid default null, recipient text default null)
  returns setof press.tickets
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select t.* from press_private.issue_for_current_actor(
    issue_tickets.edition_slug, issue_tickets.quantity, issue_tickets.request_key, issue_tickets.recipient) t;
end
$$;
comment on function press.issue_tickets is 'Issues the next tickets of an edition (quantity: 1 to 1000, all or none) to the caller, or to the recipient that an operator names. The same request key gives the same tickets, for ever. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, HOLDER_INACTIVE, INVALID_INPUT, EDITION_NOT_FOUND, REQUEST_KEY_REUSED, EDITION_NOT_OPEN, NOT_ELIGIBLE, HOLDER_LIMIT_REACHED, CAP_REACHED, LOCK_TIMEOUT, RETRY.';
revoke all on function press.issue_tickets from public;
grant execute on function press.issue_tickets to press_anonymous, press_holder, press_operator;
