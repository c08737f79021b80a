/* Disqualifies the winner, and asks for another over the rest, by the same rule and with the same inputs. Locks: the edition. */
create or replace function press.replace_winner(edition_slug text, reason text, request_key uuid default null)
  returns press.draws
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_actor       press_hidden.actor_record;
  v_edition_id  integer;
  v_last        press.draws;
  v_draw        press.draws;
begin
  perform press_private.require_running();
  v_actor := press_private.require_operator();
  if not press_private.is_one_line(replace_winner.reason, 500) then
    perform press_private.refuse('INVALID_INPUT', 'A reason has 1 to 500 characters, none of them a control character.');
  end if;
  v_edition_id := press_private.visible_edition_id(replace_winner.edition_slug, v_actor);
  v_draw := press_private.requested_draw(v_edition_id, v_actor, replace_winner.request_key, replace_winner.reason);
  if v_draw.attempt is not null then
    return v_draw;
  end if;
  perform press_private.hold_operators(array[v_actor.subject]) where v_actor.kind = 'operator';
  perform press_private.lock_edition(v_edition_id);
  perform press_private.require_running();

  -- Statements from here on see all that was committed before the lock was granted.
  v_draw := press_private.requested_draw(v_edition_id, v_actor, replace_winner.request_key, replace_winner.reason);
  if v_draw.attempt is not null then
    return v_draw;
  end if;
  select d.* into v_last from press.draws d where d.edition_id = v_edition_id order by d.attempt desc limit 1;
  perform press_private.refuse('INVALID_INPUT', case v_last.status
    when 'void' then 'Its draw is void, and never has a winner.'
    else 'There was no ticket left to draw, and so there is no winner to replace.' end)
  where v_last.status in ('void', 'drawn') and v_last.ticket_number is null;
  perform press_private.refuse('DRAW_NOT_READY', case v_last.status
    when 'requested' then 'The last draw that was asked for is not decided yet.'
    else 'It was not drawn yet.' end)
  where v_last.ticket_number is null;

  v_draw.edition_id := v_edition_id;
  v_draw.attempt := v_last.attempt + 1;
  v_draw.replaced_number := v_last.ticket_number;
  v_draw.reason := replace_winner.reason;
  v_draw.beacon_round := v_last.beacon_round;
  v_draw.tree_size := v_last.tree_size;
  return press_private.request_draw(v_draw, v_actor, replace_winner.request_key);
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when unique_violation or serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.replace_winner is 'Disqualifies the winner of an edition, and asks for another over the tickets that are left. The answer is requested, and drawn a moment later. The reason (1 to 500 characters) is published in the ledger, where everybody can read it, for ever: it should name nobody. The same request key gives the same draw, for ever. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT (also where there never is a winner to replace: the draw is void, or no ticket is left), EDITION_NOT_FOUND, REQUEST_KEY_REUSED, LOCK_TIMEOUT, RETRY, DRAW_NOT_READY (it is not drawn yet, or its last replacement is not).';
revoke all on function press.replace_winner from public;
grant execute on function press.replace_winner to press_anonymous, press_holder, press_operator;
