/* The one place that says who calls. The session's claims are believed only when the gateway made the connection, because anybody with SQL
   can set a custom setting, and because inside SECURITY DEFINER current_user is the owner: session_user alone cannot be pretended.
   The role setting is safe to read, since SET ROLE asks for membership. Any other login acts in its own name, if it has the rights of an
   operator: to have made that role, and so to be able to grant it, is not enough. */
create or replace function press_hidden.current_actor()
  returns press_hidden.actor_record
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_actor press_hidden.actor_record;
begin
  v_actor.kind := 'nobody';

  if session_user = 'press_gateway' then
    -- A setting that was local to an earlier transaction reads as '', not as null.
    v_actor.subject := nullif(current_setting('press.subject', true), '');
    if v_actor.subject is not null then
      v_actor.kind := case current_setting('role')
        when 'press_holder' then 'holder' when 'press_operator' then 'operator' else 'nobody' end;
    end if;
  elsif pg_has_role(session_user, 'press_operator', 'usage') or current_setting('role') = 'press_operator' then
    v_actor.kind := 'login';
    v_actor.subject := session_user;
  end if;

  return v_actor;
end
$$;
comment on function press_hidden.current_actor is 'Who calls: a holder or an operator by token, a database login that is an operator, or nobody.';
revoke all on function press_hidden.current_actor from public;
grant execute on function press_hidden.current_actor to press_anonymous, press_holder, press_operator, press_auditor;
