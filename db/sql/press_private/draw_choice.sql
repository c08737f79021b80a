/* Where the inputs decide, the worker only brings them: the winner is computed here. random_int alone is the worker's word. */
create or replace function press_private.draw_choice(draw press.draws, edition press.editions, entries_count integer, entries_hash text, choice integer, entropy text)
  returns integer
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  case edition.draw_mode::text
    when 'random_int' then
      if draw_choice.entropy is not null or (case when draw_choice.entries_count = 0 then draw_choice.choice is null
          else draw_choice.choice between 0 and draw_choice.entries_count - 1 end) is not true then
        perform press_private.refuse('INVALID_INPUT', format('A choice is one of %s entries, counted from 0; null where there are none.', draw_choice.entries_count));
      end if;
      return draw_choice.choice;
    when 'sealed' then
      if (draw_choice.choice is null and draw_choice.entropy collate "C" ~ '^[0-9a-f]{64}$'
          and encode(sha256(decode(draw_choice.entropy, 'hex')), 'hex') = edition.draw_commitment) is not true then
        perform press_private.refuse('INVALID_INPUT', 'A sealed draw is decided by the secret that the edition committed to, and nothing else.');
      end if;
    else
      if draw_choice.choice is not null then
        perform press_private.refuse('INVALID_INPUT', 'A draw by beacon is decided by the round that is archived, and nothing else.');
      end if;
      perform press_private.refuse('DRAW_NOT_READY', format('Round %s of its beacon is not archived.', draw.beacon_round)) where draw_choice.entropy is null;
  end case;
  return press_private.drawn_index(
    press_private.draw_seed(edition.draw_mode::text, edition.slug, draw_choice.entries_hash, draw_choice.entropy, draw.attempt), draw_choice.entries_count);
end
$$;
comment on function press_private.draw_choice is 'Which of its entries a draw has for its winner, from 0; null: there are none. Refuses: INVALID_INPUT, DRAW_NOT_READY.';
revoke all on function press_private.draw_choice from public;
