/* Everything but the winner and the BLS signature of a beacon, for which PostgreSQL has no arithmetic: the SDK checks that. */
create or replace function press_private.told_draw_problem(told jsonb, opened jsonb, closed jsonb, closed_place bigint, entries_count integer, last_number integer)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_inputs   jsonb := told -> 'inputs';
  v_is_void  boolean := (told ->> 'type' = 'edition.drawn' and told ->> 'reason' is not null) is true;
begin
  return case
    when (told ->> 'edition' = opened ->> 'edition') is not true then
      format('It is a draw of %s, and the edition is %s.', coalesce(told ->> 'edition', 'no edition'), opened ->> 'edition')
    when (told ->> 'mode' = opened ->> 'draw_mode') is not true then
      format('It is a draw of the mode %s, and the edition was opened with %s.', coalesce(told ->> 'mode', 'none'), opened ->> 'draw_mode')
    when opened ?| case told ->> 'mode' when 'sealed' then '{beacon_chain_hash,draw_delay_seconds}'::text[]
           when 'beacon' then '{draw_commitment}' else '{beacon_chain_hash,draw_commitment,draw_delay_seconds}' end then
      'The edition was opened with the terms of another mode.'
    when (v_inputs ->> 'entries_hash' = closed ->> 'entries_hash') is not true then
      'It names other entries than the closing of the edition.'
    when ((v_inputs ->> 'entries_count')::integer = told_draw_problem.entries_count) is not true then
      format('It counts %s entries, and there were %s to draw from.', coalesce(v_inputs ->> 'entries_count', 'no'), told_draw_problem.entries_count)
    when (told ->> 'replaced_number')::integer is distinct from told_draw_problem.last_number then
      format('It replaces %s, and the winner was %s.', coalesce(told ->> 'replaced_number', 'nobody'), coalesce(told_draw_problem.last_number::text, 'nobody'))
    when v_is_void and told ->> 'ticket_number' is not null then
      'It is void, and has a winner.'
    when not v_is_void and told ->> 'mode' in ('sealed', 'beacon') and v_inputs ->> case told ->> 'mode' when 'sealed' then 'secret' else 'signature' end is null then
      'It does not say what decided it.'
    when (select array_agg(k.key order by k.key collate "C") from jsonb_object_keys(v_inputs) k (key)) is distinct from
         case when v_is_void then '{entries_count,entries_hash}'::text[] else case told ->> 'mode'
           when 'sealed' then '{entries_count,entries_hash,secret}'::text[]
           when 'beacon' then '{checkpoint_at,entries_count,entries_hash,round,signature,tree_size}'::text[]
           else '{entries_count,entries_hash}'::text[] end end then
      'Its inputs are not those of a draw in this mode.'
    when not v_is_void and told ->> 'mode' = 'sealed' and (case when v_inputs ->> 'secret' collate "C" ~ '^[0-9a-f]{64}$'
           then encode(sha256(decode(v_inputs ->> 'secret', 'hex')), 'hex') = opened ->> 'draw_commitment' end) is not true then
      'Its secret is not the one that the edition committed to.'
    when not v_is_void and told ->> 'mode' = 'beacon' then
      press_private.told_beacon_problem(v_inputs, opened, closed, told_draw_problem.closed_place)
  end;
end
$$;
comment on function press_private.told_draw_problem is 'What in the ledger contradicts the inputs of a draw (told: its leaf), as a sentence; null: nothing. opened, closed: the leaves of its edition; entries_count: how many tickets there were to draw from; last_number: the winner that it replaces.';
revoke all on function press_private.told_draw_problem from public;
