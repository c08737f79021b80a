create or replace function press.current_holder()
  returns press.holders
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_holder  press.holders;
begin
  select h.* into v_holder from press.holders h where h.id = press_hidden.current_holder_id();
  return v_holder;
end
$$;
comment on function press.current_holder is 'The caller as a holder; null for a caller who is none, or not known yet: asking for a first ticket makes known.';
revoke all on function press.current_holder from public;
grant execute on function press.current_holder to press_anonymous, press_holder, press_operator;
