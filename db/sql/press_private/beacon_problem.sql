create or replace function press_private.beacon_problem(edition press.editions, beacon press_private.beacon_record)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return case
    when edition.closes_at > clock_timestamp() then
      format('It closes at %s, and is drawn after that.', press_private.rfc3339(edition.closes_at))
    when beacon.tree_size is null then
      format('Its closing at %s is not under a published checkpoint yet; try again in a moment.', press_private.rfc3339(edition.closes_at))
    when beacon.due_at > clock_timestamp() then
      format('Round %s of its beacon is due at %s.', beacon.round, press_private.rfc3339(beacon.due_at))
  end;
end
$$;
comment on function press_private.beacon_problem is 'Why a draw by beacon has to wait, as a sentence that says until when; null when it has not.';
revoke all on function press_private.beacon_problem from public;
