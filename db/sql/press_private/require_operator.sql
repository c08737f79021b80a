create or replace function press_private.require_operator()
  returns press_hidden.actor_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_actor  press_hidden.actor_record := press_hidden.current_actor();
begin
  if v_actor.kind = 'nobody' then
    perform press_private.refuse('NOT_SIGNED_IN');
  end if;
  if v_actor.kind = 'holder' then
    perform press_private.refuse('NOT_ALLOWED');
  end if;
  return v_actor;
end
$$;
comment on function press_private.require_operator is 'The calling operator. Refuses: NOT_SIGNED_IN, NOT_ALLOWED.';
revoke all on function press_private.require_operator from public;
