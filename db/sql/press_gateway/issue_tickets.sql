/* Many clients' requests for one edition in one transaction. The gateway has verified each client's token and says here who each one is:
   that is why only its login may call this, and why it is not SECURITY INVOKER under anybody's role. The answer has the
   tickets themselves, so that the gateway need not come back for them. */
create or replace function press_gateway.issue_tickets(
    edition_slug text, subjects text[], are_operators boolean[], recipients text[], quantities integer[], request_keys uuid[])
  returns table (request_index integer, refusal_code text, refusal_message text, refusal_detail text, refusal_hint text, ticket press.tickets)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_requests  press_private.actor_request_record[];
begin
  select array_agg(
    row(row(case when u.subject is null then 'nobody' when u.is_operator then 'operator' else 'holder' end, u.subject)::press_hidden.actor_record,
        u.recipient, u.quantity, u.request_key)::press_private.actor_request_record
    order by u.index)
  into v_requests
  from unnest(issue_tickets.subjects, issue_tickets.are_operators, issue_tickets.recipients, issue_tickets.quantities, issue_tickets.request_keys)
    with ordinality u (subject, is_operator, recipient, quantity, request_key, index);

  return query
  select o.request_index, r.code, r.name || ': ' || r.sentence, o.refusal_detail, r.hint, o.ticket
  from press_private.issue_for_actors(issue_tickets.edition_slug, v_requests) o
  left join press_private.refusals() r on r.name = o.refusal
  order by o.request_index, (o.ticket).ticket_number;
end
$$;
comment on function press_gateway.issue_tickets is 'Answers each request (the n-th of every array, indexed from 1) with one row for each of its tickets, by their numbers, or with one for its refusal. A null subject is a client who is not signed in. Refuses the whole call only with PRESS_STOPPED, LOCK_TIMEOUT or RETRY (to be called at READ COMMITTED).';
revoke all on function press_gateway.issue_tickets from public;
grant execute on function press_gateway.issue_tickets to press_gateway;
