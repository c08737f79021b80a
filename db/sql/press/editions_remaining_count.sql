/* Runs as the owner, because people who may not see each other's tickets may know how many are left. */
create or replace function press.editions_remaining_count(edition press.editions)
  returns integer
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return edition.cap - press_private.issued_count(edition.id);
end
$$;
comment on function press.editions_remaining_count is 'How many tickets of the edition are left.';
revoke all on function press.editions_remaining_count from public;
grant execute on function press.editions_remaining_count to press_anonymous, press_holder, press_operator, press_auditor;
