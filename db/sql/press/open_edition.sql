/* From here on the terms are fixed, and the ledger has them. Locks: the edition. Asked twice it answers the same. */
create or replace function press.open_edition(edition_slug text)
  returns press.editions
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_edition  press.editions;
begin
  perform press_private.require_running();
  perform press_private.lock_edition(press_private.visible_edition_id(open_edition.edition_slug, press_private.require_operator()));
  perform press_private.require_running();

  select e.* into strict v_edition from press.editions e where e.slug = open_edition.edition_slug;
  if v_edition.status = 'open' then
    perform press_private.await_standbys();
    return v_edition;
  end if;
  if v_edition.status <> 'draft' then
    perform press_private.refuse('EDITION_NOT_OPEN', 'It has closed; a closed edition is never opened again.');
  end if;
  if v_edition.draw_mode::text = 'sealed' and v_edition.draw_commitment is null then
    perform press_private.refuse('DRAW_NOT_READY', 'The worker has not committed to the secret of its draw yet; try again in a moment.');
  end if;

  update press.editions e set status = 'open', opened_at = clock_timestamp() where e.id = v_edition.id returning e.* into v_edition;
  perform press_private.append_entry('edition.opened', v_edition.id, null, press_private.edition_opened_leaf(v_edition));
  return v_edition;
end
$$;
comment on function press.open_edition is 'Opens a draft: it issues from now on, or from its opens_at. An open edition stays as it is. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, EDITION_NOT_FOUND, EDITION_NOT_OPEN (it has closed), LOCK_TIMEOUT, RETRY, DRAW_NOT_READY (its draw is sealed, and no worker has committed to a secret yet).';
revoke all on function press.open_edition from public;
grant execute on function press.open_edition to press_anonymous, press_holder, press_operator;
