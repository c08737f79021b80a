/* The ledger writes years in four digits. */
create or replace function press_private.edition_problem(
    slug text, title text, cap integer, per_holder_limit integer, opens_at timestamptz, closes_at timestamptz)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return case
    when slug is null or length(slug) > 63 or slug collate "C" !~ '^[a-z0-9]+(-[a-z0-9]+)*$' then
      'A slug is words of a-z and 0-9 joined by single hyphens, 63 characters at most.'
    when not press_private.is_one_line(title, 200) then
      'A title has 1 to 200 characters, none of them a control character.'
    when cap is null or cap < 1 then
      'A cap is at least 1.'
    when per_holder_limit not between 1 and cap then
      'A limit per holder is from 1 to the cap.'
    when closes_at <= greatest(opens_at, clock_timestamp()) then
      'An edition closes after it opens, and not in the past.'
    when least(opens_at, closes_at) < '0001-01-01T00:00:00Z' or greatest(opens_at, closes_at) >= '10000-01-01T00:00:00Z' then
      'A window has bounds in the years 1 to 9999; leave one out for none.'
  end;
end
$$;
comment on function press_private.edition_problem is 'What is wrong with the terms of a new edition, as a sentence; null when nothing is.';
revoke all on function press_private.edition_problem from public;
