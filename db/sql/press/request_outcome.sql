/* For a caller who lost the answer (a timeout, a cancel, a dead connection): what became of the request? */
create or replace function press.request_outcome(edition_slug text, request_key uuid)
  returns setof press.tickets
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_actor       press_hidden.actor_record := press_hidden.current_actor();
  v_edition_id  integer;
begin
  if v_actor.kind = 'nobody' then
    perform press_private.refuse('NOT_SIGNED_IN');
  end if;
  if request_outcome.request_key is null then
    perform press_private.refuse('INVALID_INPUT', 'The request key is missing.');
  end if;

  v_edition_id := press_private.visible_edition_id(request_outcome.edition_slug, v_actor);

  return query
  select t.*
  from press_private.tickets_of_request(
    v_edition_id, press_hidden.current_holder_id(), press_private.issuer_label(v_actor), request_outcome.request_key) t
  order by t.ticket_number;
end
$$;
comment on function press.request_outcome is 'The tickets that the caller''s request under this key was answered with. Empty: nothing was committed under it so far; to be certain, send the request again with the same key. Refuses: NOT_SIGNED_IN, INVALID_INPUT, EDITION_NOT_FOUND.';
revoke all on function press.request_outcome from public;
grant execute on function press.request_outcome to press_anonymous, press_holder, press_operator;
