create or replace function press_private.issue_for_current_actor(edition_slug text, quantity integer, request_key uuid, recipient text)
  returns setof press.tickets
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  v_outcome  press_private.issue_outcome_record;
begin
  for v_outcome in
    select o.* from press_private.issue_for_actors(
      issue_for_current_actor.edition_slug,
      array[row(press_hidden.current_actor(), issue_for_current_actor.recipient, issue_for_current_actor.quantity,
                issue_for_current_actor.request_key)::press_private.actor_request_record]) o
    order by (o.ticket).ticket_number
  loop
    if v_outcome.refusal is not null then
      perform press_private.refuse(v_outcome.refusal, v_outcome.refusal_detail);
    end if;
    return next v_outcome.ticket;
  end loop;
end
$$;
comment on function press_private.issue_for_current_actor is 'One request of whoever calls: its tickets, or its refusal as an error.';
revoke all on function press_private.issue_for_current_actor from public;
