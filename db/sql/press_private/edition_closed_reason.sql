/* The one place that judges whether an edition issues. The guard asks it under the lock, editions_is_open for people to see. */
create or replace function press_private.edition_closed_reason(edition press.editions, at timestamptz)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return case
    when edition.status = 'draft'  then 'It is a draft that was not opened yet.'
    when edition.status <> 'open'  then format('It closed at %s.', press_private.rfc3339(edition.closed_at))
    when at < edition.opens_at     then format('It opens at %s.', press_private.rfc3339(edition.opens_at))
    when at >= edition.closes_at   then format('It closed at %s.', press_private.rfc3339(edition.closes_at))
  end;
end
$$;
comment on function press_private.edition_closed_reason is 'Why the edition issues nothing at that moment, as a sentence; null when it does issue.';
revoke all on function press_private.edition_closed_reason from public;
