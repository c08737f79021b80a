/* Everything that the winner follows from, so that whoever has the ledger recomputes it. A void draw has no winner to follow from anything. */
create or replace function press_private.draw_leaf(draw press.draws, edition press.editions)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339((draw).drawn_at) || '"'
      || case when (draw).attempt > 1 then ',"attempt":' || (draw).attempt else '' end
      || ',"edition":"' || (edition).slug
      || '","inputs":{'
      || case when i.is_beacon then '"checkpoint_at":"' || press_private.rfc3339(
           (select c.signed_at from press.checkpoints c where c.tree_size = (draw).tree_size)) || '",' else '' end
      || '"entries_count":' || (draw).entries_count || ',"entries_hash":"' || (draw).entries_hash || '"'
      || case when i.is_beacon then ',"round":' || (draw).beacon_round || ',"signature":"' || (draw).entropy || '","tree_size":' || (draw).tree_size
              when (draw).entropy is not null then ',"secret":"' || (draw).entropy || '"' else '' end
      || '},"mode":"' || (edition).draw_mode
      || '","reason":' || coalesce(to_json((draw).reason)::text, 'null')
      || case when (draw).attempt > 1 then ',"replaced_number":' || (draw).replaced_number else '' end
      || ',"ticket_number":' || coalesce((draw).ticket_number::text, 'null')
      || ',"type":"' || case when (draw).attempt > 1 then 'winner.replaced' else 'edition.drawn' end || '"}'
  from (select (edition).draw_mode::text = 'beacon' and (draw).status = 'drawn' as is_beacon) i;
end;
comment on function press_private.draw_leaf is 'The leaf of a draw that was decided or given up: edition.drawn, or winner.replaced of a later attempt.';
revoke all on function press_private.draw_leaf from public;
