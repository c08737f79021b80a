/* Everything but the winner and the BLS signature of a beacon, for which PostgreSQL has no arithmetic: the SDK checks that. */
create or replace function press_private.told_draw_problem(told jsonb, opened jsonb, closed jsonb, closed_place bigint, entries_count integer, last_number integer)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_inputs  jsonb := told -> 'inputs';
begin
  return case
    when (told ->> 'mode' = opened ->> 'draw_mode' and told ->> 'edition' = opened ->> 'edition') is not true then
      format('It is a draw of the mode %s, and the edition was opened with %s.', told ->> 'mode', opened ->> 'draw_mode')
    when (v_inputs ->> 'entries_hash' = closed ->> 'entries_hash') is not true then
      'It names other entries than the closing of the edition.'
    when ((v_inputs ->> 'entries_count')::integer = told_draw_problem.entries_count) is not true then
      format('It counts %s entries, and there were %s to draw from.', v_inputs ->> 'entries_count', told_draw_problem.entries_count)
    when (told ->> 'replaced_number')::integer is distinct from told_draw_problem.last_number then
      format('It replaces %s, and the winner was %s.', coalesce(told ->> 'replaced_number', 'nobody'), coalesce(told_draw_problem.last_number::text, 'nobody'))
    when told ->> 'reason' is not null and told ->> 'type' = 'edition.drawn' then
      case when told ->> 'ticket_number' is not null then 'It is void, and has a winner.' end
    when told ->> 'mode' in ('sealed', 'beacon') and v_inputs ->> case told ->> 'mode' when 'sealed' then 'secret' else 'signature' end is null then
      'It does not say what decided it.'
    when told ->> 'mode' = 'sealed'
         and (encode(sha256(decode(v_inputs ->> 'secret', 'hex')), 'hex') = opened ->> 'draw_commitment') is not true then
      'Its secret is not the one that the edition committed to.'
    when told ->> 'mode' = 'beacon' and ((closed ->> 'at')::timestamptz >= (opened ->> 'closes_at')::timestamptz
         and (v_inputs ->> 'checkpoint_at')::timestamptz >= (closed ->> 'at')::timestamptz) is not true then
      'The edition was closed early, or its checkpoint is older than its closing.'
    when told ->> 'mode' = 'beacon' and ((v_inputs ->> 'tree_size')::bigint > told_draw_problem.closed_place
         and (v_inputs ->> 'round')::bigint = press_private.beacon_round((opened ->> 'beacon_genesis_at')::timestamptz,
           (opened ->> 'beacon_period_seconds')::integer, (v_inputs ->> 'checkpoint_at')::timestamptz, (opened ->> 'draw_delay_seconds')::integer)) is not true then
      'Its round is not the first one after the delay.'
    when told ->> 'mode' = 'beacon' and not exists (
        select from press.ledger_entries e
        where e.type = 'beacon.archived' and e.leaf::jsonb ->> 'chain_hash' = opened ->> 'beacon_chain_hash'
          and e.leaf::jsonb ->> 'round' = v_inputs ->> 'round' and e.leaf::jsonb ->> 'signature' = v_inputs ->> 'signature') then
      'The round of its beacon is not in the ledger with this signature.'
  end;
end
$$;
comment on function press_private.told_draw_problem is 'What in the ledger contradicts the inputs of a draw (told: its leaf), as a sentence; null: nothing. opened, closed: the leaves of its edition; entries_count: how many tickets there were to draw from; last_number: the winner that it replaces.';
revoke all on function press_private.told_draw_problem from public;
