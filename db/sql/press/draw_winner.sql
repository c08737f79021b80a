/* Asks for the draw of an edition, and closes it first. Nothing is chosen here: the worker does that, when every ticket is in the ledger, and
   press_worker.record_draw writes it once. The way of a request from here:
     1. an answer that was given before     press_private.requested_draw
     2. one at a time                       press_private.lock_edition         the first layer
     3. is there a draw already?            read again, under the lock         the second layer
     4. write it                            the keys of press.draws: the third
   Locks: the edition; of a draw by beacon, for a moment, checkpoints against who publishes. A crash before the commit leaves nothing; after it the draw is there, requested. */
create or replace function press.draw_winner(edition_slug text, request_key uuid default null)
  returns press.draws
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_actor    press_hidden.actor_record;
  v_edition  press.editions;
  v_beacon   press_private.beacon_record;
  v_draw     press.draws;
begin
  perform press_private.require_running();
  v_actor := press_private.require_operator();
  select e.* into v_edition from press.editions e where e.slug = draw_winner.edition_slug;
  perform press_private.refuse('INVALID_INPUT', 'This edition has no draw: its mode is none.') where v_edition.draw_mode = 'none';
  v_edition.id := press_private.visible_edition_id(draw_winner.edition_slug, v_actor);
  v_draw := press_private.requested_draw(v_edition.id, v_actor, draw_winner.request_key, null);
  if v_draw.attempt is not null then
    return v_draw;
  end if;
  perform press_private.refuse('EDITION_NOT_OPEN', 'It is a draft that was not opened yet.') where v_edition.status = 'draft';
  perform press_private.hold_operators(array[v_actor.subject]) where v_actor.kind = 'operator';
  perform press_private.lock_edition(v_edition.id);
  perform press_private.require_running();

  -- Statements from here on see all that was committed before the lock was granted.
  v_draw := press_private.requested_draw(v_edition.id, v_actor, draw_winner.request_key, null);
  if v_draw.attempt is not null then
    return v_draw;
  end if;
  perform press_private.refuse('ALREADY_DRAWN') from press.draws d where d.edition_id = v_edition.id and d.attempt = 1;
  if v_edition.draw_mode::text = 'beacon' then
    perform press_private.await_publishers();
    select e.* into strict v_edition from press.editions e where e.id = v_edition.id;
    v_beacon := press_private.beacon_of(v_edition);
    perform press_private.refuse('DRAW_NOT_READY', p.problem)
    from press_private.beacon_problem(v_edition, v_beacon) p (problem) where p.problem is not null;
  end if;
  perform press_private.close_edition_by_id(v_edition.id);

  v_draw.edition_id := v_edition.id;
  v_draw.attempt := 1;
  v_draw.beacon_round := v_beacon.round;
  v_draw.tree_size := v_beacon.tree_size;
  return press_private.request_draw(v_draw, v_actor, draw_winner.request_key);
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when unique_violation or serialization_failure or deadlock_detected then
    -- A caller with an old snapshot does not see the draw that is there; its key does.
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.draw_winner is 'Asks for the winner of an edition, and closes it if it is open. The answer is the draw: requested, and drawn a moment later, when the worker has chosen. The same request key gives the same draw, for ever. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT (the edition has no draw), EDITION_NOT_FOUND, REQUEST_KEY_REUSED, EDITION_NOT_OPEN (it is a draft), LOCK_TIMEOUT, RETRY, ALREADY_DRAWN, DRAW_NOT_READY (its draw is by beacon, and the round has not come).';
revoke all on function press.draw_winner from public;
grant execute on function press.draw_winner to press_anonymous, press_holder, press_operator;
