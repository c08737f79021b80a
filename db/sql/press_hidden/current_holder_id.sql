/* For policies, which call it as (select press_hidden.current_holder_id()), once a query and not once a row. */
create or replace function press_hidden.current_holder_id()
  returns uuid
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_actor press_hidden.actor_record := press_hidden.current_actor();
begin
  if v_actor.kind not in ('holder', 'operator') then
    return null;
  end if;
  return (select h.id from press.holders h where h.subject = v_actor.subject);
end
$$;
comment on function press_hidden.current_holder_id is 'The id of the calling holder; null for a caller who is none, or not known yet.';
revoke all on function press_hidden.current_holder_id from public;
grant execute on function press_hidden.current_holder_id to press_anonymous, press_holder, press_operator, press_auditor;
