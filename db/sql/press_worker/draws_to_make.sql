/* Asked at every look: a few draws at a time are requested, and only those that can be decided now are answered. That edition.closed has its place means
   that every ticket is signed, and has its place before it. */
create or replace function press_worker.draws_to_make()
  returns table (edition_id integer, attempt integer, edition text, mode text, entries_count integer, commitment text,
    chain_hash text, public_key text, round bigint, signature text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  return query
  select d.edition_id, d.attempt, e.slug, e.draw_mode::text,
    case e.draw_mode when 'random_int' then (
      select count(*)::integer from press_private.draw_entries(d.edition_id, (press_private.closed_entry(d.edition_id)).place, d.attempt)) end,
    e.draw_commitment, e.beacon_chain_hash, c.public_key, d.beacon_round, r.signature
  from press.draws d
  join press.editions e on e.id = d.edition_id
  left join press.beacon_chains c on c.chain_hash = e.beacon_chain_hash
  left join press.beacon_rounds r on r.chain_hash = e.beacon_chain_hash and r.round = d.beacon_round
  where d.status = 'requested' and (press_private.closed_entry(d.edition_id)).place is not null and press_private.stop_reason() is null
  order by d.edition_id, d.attempt;
end
$$;
comment on function press_worker.draws_to_make is 'The draws that were asked for and can be decided now: of random_int how many tickets there are to choose from; of a sealed one the commitment; of one by beacon the chain, its key, the round, and the round''s signature if it is archived. None while the press is stopped.';
revoke all on function press_worker.draws_to_make from public;
grant execute on function press_worker.draws_to_make to press_worker;
