create or replace function press_gateway.status_list(list integer)
  returns text
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return (select s.document from press_private.status_lists s where s.list = status_list.list);
end
$$;
comment on function press_gateway.status_list is 'The signed status list (a BitstringStatusListCredential) of that number; null: there is none.';
revoke all on function press_gateway.status_list from public;
grant execute on function press_gateway.status_list to press_gateway;
