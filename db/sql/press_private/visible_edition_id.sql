create or replace function press_private.visible_edition_id(edition_slug text, actor press_hidden.actor_record)
  returns integer
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_id  integer;
begin
  select e.id into v_id from press.editions e
  where e.slug = visible_edition_id.edition_slug and (e.status <> 'draft' or actor.kind in ('operator', 'login'));
  if v_id is null then
    perform press_private.refuse('EDITION_NOT_FOUND');
  end if;
  return v_id;
end
$$;
comment on function press_private.visible_edition_id is 'The id of the edition that the actor means; drafts are there for operators only. Refuses: EDITION_NOT_FOUND.';
revoke all on function press_private.visible_edition_id from public;
