create or replace function press_private.request_draw(draw press.draws, actor press_hidden.actor_record, request_key uuid)
  returns press.draws
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_draw  press.draws;
begin
  insert into press.draws (edition_id, attempt, replaced_number, reason, beacon_round, tree_size)
  values (draw.edition_id, draw.attempt, draw.replaced_number, draw.reason, draw.beacon_round, draw.tree_size)
  returning * into v_draw;
  insert into press_private.draw_requests (edition_id, attempt, requested_by, request_key)
  values (v_draw.edition_id, v_draw.attempt, press_private.issuer_label(request_draw.actor), request_draw.request_key);
  return v_draw;
end
$$;
comment on function press_private.request_draw is 'Writes that an operator asks for an attempt, and under which key. To be called under the edition''s lock.';
revoke all on function press_private.request_draw from public;
