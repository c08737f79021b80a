/* Persists a result, once: the row, the edition's status and the entry for the ledger, in one transaction. A worker that died before the commit
   leaves the draw requested, and nobody has seen what it chose; one that asks again afterwards hears what is there. Locks: the edition. */
create or replace function press_worker.record_draw(edition_id integer, attempt integer, choice integer, entropy text)
  returns press.draws
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_edition  press.editions;
  v_draw     press.draws;
  v_closed   press.ledger_entries;
  v_entries  integer[];
  v_entropy  text;
  v_choice   integer;
begin
  perform press_private.require_running();
  if not exists (select from press.draws d where d.edition_id = record_draw.edition_id and d.attempt = record_draw.attempt) then
    perform press_private.refuse('INVALID_INPUT', 'Nobody has asked for this draw.');
  end if;
  perform press_private.lock_edition(record_draw.edition_id);
  perform press_private.require_running();

  -- Statements from here on see all that was committed before the lock was granted.
  select d.* into strict v_draw from press.draws d where d.edition_id = record_draw.edition_id and d.attempt = record_draw.attempt;
  if v_draw.status <> 'requested' then
    return v_draw;
  end if;
  select e.* into strict v_edition from press.editions e where e.id = v_draw.edition_id;
  v_closed := press_private.closed_entry(v_draw.edition_id);
  perform press_private.refuse('DRAW_NOT_READY', 'Its closing is not in the ledger yet.') where v_closed.place is null;
  v_entropy := coalesce(case when v_edition.draw_mode::text <> 'beacon' then record_draw.entropy end, press_private.known_entropy(v_draw, v_edition));
  -- The one time that anybody goes over them.
  v_entries := array(select press_private.draw_entries(v_draw.edition_id, v_closed.place, v_draw.attempt));
  v_choice := press_private.draw_choice(
    v_draw, v_edition, cardinality(v_entries), v_closed.leaf::jsonb ->> 'entries_hash', record_draw.choice, v_entropy);

  return press_private.decide_draw(v_draw, 'drawn', v_closed, cardinality(v_entries), v_entries[1 + v_choice], v_entropy, null);
end
$$;
comment on function press_worker.record_draw is 'Decides a draw that was asked for; one that is decided stays as it is. choice: of random_int the index among its entries, from 0 (null: there are none). entropy: of a sealed draw its secret, 64 lower-case hex characters (null of a replacement: the secret that the draw revealed). A beacon decides by the round that is archived, with both of them null. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY, DRAW_NOT_READY (the closing is not in the ledger yet, or the round is not archived).';
revoke all on function press_worker.record_draw from public;
grant execute on function press_worker.record_draw to press_worker;
