/* Runs as the owner, because everybody may know; and from what everybody may read: the entries of the ledger. */
create or replace function press.recompute_draw(edition_slug text)
  returns setof press.draw_recomputation
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_edition_id  integer := press_private.visible_edition_id(recompute_draw.edition_slug, press_hidden.current_actor());
begin
  return query select r.* from press_private.recomputed_draws(v_edition_id) r order by r.attempt;
  if not found then
    perform press_private.refuse('DRAW_NOT_READY', 'The ledger has no draw of this edition yet.');
  end if;
end
$$;
comment on function press.recompute_draw is 'Computes the draw of an edition again, and the replacements of its winner, from the entries of the ledger alone; the signature of a beacon''s round is for the SDK to check. Not recomputable, and said to be so: random_int, and a draw that is void. Refuses: EDITION_NOT_FOUND, DRAW_NOT_READY (it is not drawn, or not in the ledger yet).';
revoke all on function press.recompute_draw from public;
grant execute on function press.recompute_draw to press_anonymous, press_holder, press_operator, press_auditor;
