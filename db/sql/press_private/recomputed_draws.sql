/* As the SDK does it, from the leaves of one edition in the order of the ledger. It reads every entry of the edition. */
create or replace function press_private.recomputed_draws(edition_id integer)
  returns setof press.draw_recomputation
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_closed   press.ledger_entries := press_private.closed_entry(recomputed_draws.edition_id);
  v_opened   jsonb;
  v_hash     text;
  v_count    bigint;
  v_number   integer;  -- of a ticket that entries contradict
  v_problem  text;
  v_entries  integer[];
  v_told     jsonb;
  v_first    jsonb;
  v_draw     press.draw_recomputation;
begin
  v_opened := (
    select e.leaf::jsonb from press.ledger_entries e
    where e.edition_id = recomputed_draws.edition_id and e.ticket_number is null and e.type = 'edition.opened');
  select coalesce(array_agg(t.number order by t.number) filter (where not t.is_revoked), '{}'),
    encode(sha256(coalesce(string_agg(convert_to(t.number || ' ' || t.envelope_hash || E'\n', 'UTF8'), ''::bytea order by t.number), '')), 'hex'), count(*),
    min(t.number) filter (where t.is_contradicted)
  into v_entries, v_hash, v_count, v_number
  from press_private.told_tickets(recomputed_draws.edition_id, v_closed.place) t;
  -- The entries_hash does not say who was revoked: without this, a revocation could be passed off as another ticket's.
  v_problem := coalesce(
    press_private.told_edition_problem(v_closed, v_count, v_hash), 'An entry is about another ticket than the ticket.issued of ' || v_number || '.');

  for v_told in
    select e.leaf::jsonb from press.ledger_entries e
    where e.edition_id = recomputed_draws.edition_id and e.type in ('edition.drawn', 'winner.replaced') order by e.place
  loop
    v_draw.attempt := coalesce(v_draw.attempt, 0) + 1;
    v_first := coalesce(v_first, v_told);
    begin
      v_draw.mode := (v_opened ->> 'draw_mode')::press.draw_mode;
      v_draw.finding := case
        when v_problem is not null then v_problem
        when coalesce((v_told ->> 'attempt')::integer, 1) <> v_draw.attempt then format('It says to be attempt %s.', coalesce(v_told ->> 'attempt', '1'))
        -- Whoever could name another checkpoint for a replacement could choose its winner.
        when v_told #>> '{inputs,checkpoint_at}' is distinct from v_first #>> '{inputs,checkpoint_at}' then 'Its delay counts from another checkpoint than that of the first draw.'
        else press_private.told_draw_problem(
          v_told, v_opened, v_closed.leaf::jsonb, v_closed.place, cardinality(v_entries), v_draw.recorded_number) end;
      v_draw.recorded_number := (v_told ->> 'ticket_number')::integer;
      v_draw := press_private.recomputed_draw(v_draw, v_told, v_hash, v_entries);
    exception
      when data_exception then  -- a number, a time or a mode that is none
        v_draw := (v_draw.attempt, v_draw.mode, false, null, null, false, 'It cannot be read: ' || sqlerrm);
    end;
    return next v_draw;
    v_entries := array_remove(v_entries, v_draw.recorded_number);
  end loop;
end
$$;
comment on function press_private.recomputed_draws is 'Every draw of the edition that the ledger tells of, computed again from its entries.';
revoke all on function press_private.recomputed_draws from public;
