/* The one place that writes a result: the row, the status of the edition, and the entry for the ledger, in the caller's transaction. */
create or replace function press_private.decide_draw(
    draw press.draws, status press.draw_status, closed press.ledger_entries, entries_count integer, ticket_number integer, entropy text, reason text)
  returns press.draws
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_draw     press.draws;
  v_edition  press.editions;
begin
  update press.draws d
  set status = decide_draw.status,
      reason = coalesce(decide_draw.reason, d.reason),
      entries_count = decide_draw.entries_count,
      entries_hash = closed.leaf::jsonb ->> 'entries_hash',
      entropy = decide_draw.entropy,
      ticket_number = decide_draw.ticket_number,
      drawn_at = clock_timestamp()
  where d.edition_id = draw.edition_id and d.attempt = draw.attempt
  returning d.* into v_draw;

  update press.editions e set status = 'drawn' where e.id = v_draw.edition_id and e.status = 'closed';
  select e.* into strict v_edition from press.editions e where e.id = v_draw.edition_id;
  perform press_private.append_entry(
    case v_draw.attempt when 1 then 'edition.drawn' else 'winner.replaced' end, v_edition.id, null, press_private.draw_leaf(v_draw, v_edition));
  return v_draw;
end
$$;
comment on function press_private.decide_draw is 'Writes the result of a draw: drawn, with this winner (null: none) of so many entries, or void. closed: the entry edition.closed. To be called under the edition''s lock.';
revoke all on function press_private.decide_draw from public;
