create or replace function press_private.recomputed_draw(draw press.draw_recomputation, told jsonb, entries_hash text, entries integer[])
  returns press.draw_recomputation
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_draw     press.draw_recomputation := draw;
  v_is_void  boolean := (told ->> 'type' = 'edition.drawn' and told ->> 'reason' is not null) is true;
  v_entropy  text := told -> 'inputs' ->> case draw.mode::text when 'sealed' then 'secret' when 'beacon' then 'signature' end;
begin
  v_draw.is_recomputable := draw.mode::text in ('sealed', 'beacon') and not v_is_void;
  v_draw.recomputed_number := null;
  if v_draw.is_recomputable then
    v_draw.recomputed_number := recomputed_draw.entries[1 + press_private.drawn_index(
      press_private.draw_seed(draw.mode::text, told ->> 'edition', recomputed_draw.entries_hash, v_entropy, draw.attempt),
      cardinality(recomputed_draw.entries))];
  end if;
  v_draw.finding := coalesce(draw.finding, case
    when v_draw.is_recomputable and v_draw.recomputed_number is distinct from draw.recorded_number then
      format('Its inputs give %s.', coalesce(v_draw.recomputed_number::text, 'no winner'))
    when not v_draw.is_recomputable and not v_is_void and (case when cardinality(recomputed_draw.entries) = 0 then draw.recorded_number is null
        else draw.recorded_number = any (recomputed_draw.entries) end) is not true then
      'Its winner is none of the entries.'
  end);
  v_draw.agrees := v_draw.finding is null;
  v_draw.finding := coalesce(v_draw.finding, case
    when v_is_void then 'not recomputable: it is void, and has no winner'
    when not v_draw.is_recomputable then 'not recomputable: the worker chose by its own random number generator' end);
  return v_draw;
end
$$;
comment on function press_private.recomputed_draw is 'Completes the recomputation of a draw whose inputs were judged (finding): by the winner that they give. told: its leaf; entries: the numbers that it draws from, in their order.';
revoke all on function press_private.recomputed_draw from public;
