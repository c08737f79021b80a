/* A request under a key is for one attempt: the draw, or the replacement of a winner for one reason. */
create or replace function press_private.requested_draw(edition_id integer, actor press_hidden.actor_record, request_key uuid, reason text)
  returns press.draws
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_draw  press.draws;
begin
  select d.* into v_draw
  from press_private.draw_requests r
  join press.draws d on d.edition_id = r.edition_id and d.attempt = r.attempt
  where r.edition_id = requested_draw.edition_id and r.requested_by = press_private.issuer_label(requested_draw.actor)
    and r.request_key = requested_draw.request_key;
  -- The reason of attempt 1 is why it is void, which came later.
  if v_draw.attempt is not null and (case when v_draw.attempt > 1 then v_draw.reason end) is distinct from requested_draw.reason then
    perform press_private.refuse('REQUEST_KEY_REUSED');
  end if;
  perform press_private.await_standbys() where v_draw.attempt is not null;
  return v_draw;
end
$$;
comment on function press_private.requested_draw is 'The draw that the operator asked for under the key; nulls when none was. reason: of a replacement; null: of a draw. Refuses: REQUEST_KEY_REUSED (something else was asked for).';
revoke all on function press_private.requested_draw from public;
