/* The end of a draw whose secret or beacon is withheld for good: no winner, never another roll, and everybody sees it. It takes a day, so that nobody is
   quicker with it than a worker that was away. Where the round of a beacon is here everybody knows who wins, and it is drawn. Locks: the edition. Asked twice it answers the same. */
create or replace function press.void_draw(edition_slug text, reason text)
  returns press.draws
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_actor       press_hidden.actor_record;
  v_edition_id  integer;
  v_edition     press.editions;
  v_draw        press.draws;
  v_closed      press.ledger_entries;
begin
  perform press_private.require_running();
  v_actor := press_private.require_operator();
  if not press_private.is_one_line(void_draw.reason, 500) then
    perform press_private.refuse('INVALID_INPUT', 'A reason has 1 to 500 characters, none of them a control character.');
  end if;
  v_edition_id := press_private.visible_edition_id(void_draw.edition_slug, v_actor);
  perform press_private.lock_edition(v_edition_id);
  perform press_private.require_running();

  -- Statements from here on see all that was committed before the lock was granted.
  select d.* into v_draw from press.draws d where d.edition_id = v_edition_id and d.attempt = 1;
  if v_draw.status = 'void' then
    perform press_private.await_standbys();
    return v_draw;
  end if;
  perform press_private.refuse('ALREADY_DRAWN') where v_draw.status = 'drawn';
  select e.* into strict v_edition from press.editions e where e.id = v_edition_id;
  v_closed := press_private.closed_entry(v_edition_id);
  perform press_private.refuse('DRAW_NOT_READY', case
    when v_draw.attempt is null then 'Nobody has asked for its draw.'
    when v_closed.place is null then 'Its closing is not in the ledger yet.'
    else format('A draw can be given up a day after it was asked for: at %s.', press_private.rfc3339(v_draw.requested_at + interval '24 hours')) end)
  where (v_closed.place is not null and v_draw.requested_at <= clock_timestamp() - interval '24 hours') is not true;
  perform press_private.refuse('DRAW_NOT_READY', format('Round %s of its beacon is here, so a worker will draw it; look whether one runs.', v_draw.beacon_round))
  where press_private.known_entropy(v_draw, v_edition) is not null;

  return press_private.decide_draw(v_draw, 'void', v_closed, press_private.draw_entries_count(v_closed, 1), null, null, void_draw.reason);
end
$$;
comment on function press.void_draw is 'Gives a draw up that was asked for 24 hours ago or longer, and is not decided, because what it needs is withheld. The edition is drawn then, without a winner, for ever: never with another roll. An issuer can give up a draw whose result it knows (it holds the secret of a sealed draw, and can keep its workers from a round that is public), and everybody sees that it did. The reason (1 to 500 characters) is published in the ledger, where everybody can read it, for ever: it should name nobody. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT, EDITION_NOT_FOUND, LOCK_TIMEOUT, RETRY, ALREADY_DRAWN, DRAW_NOT_READY (the day has not passed, the closing is not in the ledger yet, or the round of its beacon is archived, so that it will be drawn).';
revoke all on function press.void_draw from public;
grant execute on function press.void_draw to press_anonymous, press_holder, press_operator;
