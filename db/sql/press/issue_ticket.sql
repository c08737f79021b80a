/* Issues one ticket: the main job. The way of a request from here:
     1. who calls?              press_hidden.current_actor
     2. may they, to whom?      press_private.entry_refusal
     3. one at a time           press_private.lock_edition          the first layer
     4. is there one to have?   press_private.judge_issue_request   the second layer
     5. write it                press_private.issue_batch           the third: the constraints of press.tickets
   Locks: the edition, until the caller's transaction ends. A crash before the commit leaves nothing; after it the ticket is there, pending. */
create or replace function press.issue_ticket(edition_slug text, request_key uuid default null, recipient text default null)
  returns press.tickets
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_ticket  press.tickets;
begin
  select t.* into strict v_ticket
  from press_private.issue_for_current_actor(issue_ticket.edition_slug, 1, issue_ticket.request_key, issue_ticket.recipient) t;
  return v_ticket;
end
$$;
comment on function press.issue_ticket is 'Issues the next ticket of an edition to the caller, or to the recipient that an operator names. The same request key gives the same ticket, for ever. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, HOLDER_INACTIVE, INVALID_INPUT, EDITION_NOT_FOUND, REQUEST_KEY_REUSED, EDITION_NOT_OPEN, NOT_ELIGIBLE, HOLDER_LIMIT_REACHED, CAP_REACHED, LOCK_TIMEOUT, RETRY.';
revoke all on function press.issue_ticket from public;
grant execute on function press.issue_ticket to press_anonymous, press_holder, press_operator;
