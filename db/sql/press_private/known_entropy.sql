/* A secret that was revealed is everybody's, so that a replacement needs no worker that has the key. */
create or replace function press_private.known_entropy(draw press.draws, edition press.editions)
  returns text
  language sql stable
begin atomic
  select case (edition).draw_mode::text
    when 'sealed' then (select d.entropy from press.draws d where d.edition_id = (draw).edition_id and d.attempt = 1 and (draw).attempt > 1)
    when 'beacon' then (
      select r.signature from press.beacon_rounds r where r.chain_hash = (edition).beacon_chain_hash and r.round = (draw).beacon_round)
  end;
end;
comment on function press_private.known_entropy is 'What decides a draw, where the database has it: of a replacement of a sealed draw the secret that the draw revealed, of a beacon the round that is archived; otherwise null.';
revoke all on function press_private.known_entropy from public;
