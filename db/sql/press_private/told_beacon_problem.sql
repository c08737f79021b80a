/* Quicknet is written here once more, because a name that everybody trusts must not go with a key that nobody knows. */
create or replace function press_private.told_beacon_problem(inputs jsonb, opened jsonb, closed jsonb, closed_place bigint)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return case
    when opened ->> 'beacon_chain_hash' = '52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971'
         and ((opened ->> 'beacon_public_key', (opened ->> 'beacon_genesis_at')::timestamptz, (opened ->> 'beacon_period_seconds')::integer) = (
           '83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a',
           timestamptz '2023-08-23T15:09:27Z', 3)) is not true then
      'Its beacon is named quicknet, and has another key or other times than quicknet.'
    when ((closed ->> 'at')::timestamptz >= (opened ->> 'closes_at')::timestamptz) is not true then
      'The edition was closed early.'
    when ((inputs ->> 'checkpoint_at')::timestamptz >= (closed ->> 'at')::timestamptz) is not true then
      'The checkpoint that its delay counts from is older than the closing.'
    when ((inputs ->> 'tree_size')::bigint > told_beacon_problem.closed_place) is not true then
      'The checkpoint that its delay counts from does not cover the closing.'
    when ((inputs ->> 'round')::bigint = press_private.beacon_round((opened ->> 'beacon_genesis_at')::timestamptz,
         (opened ->> 'beacon_period_seconds')::integer, (inputs ->> 'checkpoint_at')::timestamptz, (opened ->> 'draw_delay_seconds')::integer)) is not true then
      'Its round is not the first one after the delay.'
    when not exists (
        select from press.ledger_entries e
        where e.type = 'beacon.archived' and e.leaf::jsonb ->> 'chain_hash' = opened ->> 'beacon_chain_hash'
          and e.leaf::jsonb ->> 'round' = inputs ->> 'round' and e.leaf::jsonb ->> 'signature' = inputs ->> 'signature') then
      'The round of its beacon is not in the ledger with this signature.'
  end;
end
$$;
comment on function press_private.told_beacon_problem is 'What in the ledger contradicts the inputs of a draw by beacon, as a sentence; null: nothing. opened, closed: the leaves of its edition.';
revoke all on function press_private.told_beacon_problem from public;
