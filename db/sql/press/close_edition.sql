create or replace function press.close_edition(edition_slug text)
  returns press.editions
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform press_private.require_running();
  return press_private.close_edition_by_id(
    press_private.visible_edition_id(close_edition.edition_slug, press_private.require_operator()));
end
$$;
comment on function press.close_edition is 'Closes an edition: it issues nothing more, for ever. A closed edition stays as it is. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, EDITION_NOT_FOUND, EDITION_NOT_OPEN (it is a draft), LOCK_TIMEOUT, RETRY, DRAW_NOT_READY (its draw is by beacon, and its closes_at has not come).';
revoke all on function press.close_edition from public;
grant execute on function press.close_edition to press_anonymous, press_holder, press_operator;
