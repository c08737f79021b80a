create or replace function press_private.draw_terms_problem(
    draw_mode text, closes_at timestamptz, draw_delay_seconds integer, beacon_chain_hash text)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return case
    when draw_mode <> 'beacon' and (draw_delay_seconds is not null or beacon_chain_hash is not null) then
      'A delay and a chain are terms of a draw by beacon.'
    when draw_mode = 'beacon' and closes_at is null then
      'An edition with a draw by beacon says when it closes.'
    when draw_delay_seconds not between 1 and 604800 then
      'The delay of a draw by beacon is from 1 second to 604800 (a week).'
    when not exists (select from press.beacon_chains c where c.chain_hash = draw_terms_problem.beacon_chain_hash) and beacon_chain_hash is not null then
      'There is no beacon chain of this hash here.'
  end;
end
$$;
comment on function press_private.draw_terms_problem is 'What is wrong with the terms of a draw, as a sentence; null when nothing is. Nulls: the defaults.';
revoke all on function press_private.draw_terms_problem from public;
