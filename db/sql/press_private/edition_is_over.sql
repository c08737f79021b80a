/* Each of these, once true, is so for ever: so it can be asked without the lock. */
create or replace function press_private.edition_is_over(edition press.editions)
  returns boolean
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return edition.status in ('closed', 'drawn')
      or coalesce(edition.closes_at <= clock_timestamp(), false)
      or press_private.issued_count(edition.id) >= edition.cap;
end
$$;
comment on function press_private.edition_is_over is 'Whether the edition will never issue anything more: it was closed, its window has ended, or all is issued.';
revoke all on function press_private.edition_is_over from public;
