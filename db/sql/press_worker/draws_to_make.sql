/* Asked at every look: a few draws at a time are requested, and only those whose closing has its place are answered, by lookups alone. That edition.closed has its place means
   that every ticket is signed, and has its place before it. */
create or replace function press_worker.draws_to_make()
  returns table (edition_id integer, attempt integer, edition text, mode text, entries_count integer, commitment text,
    chain_hash text, public_key text, round bigint, entropy text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  return query
  select d.edition_id, d.attempt, e.slug, e.draw_mode::text,
    case e.draw_mode when 'random_int' then press_private.draw_entries_count(n.closed, d.attempt) end,
    e.draw_commitment, e.beacon_chain_hash, c.public_key, d.beacon_round, press_private.known_entropy(d, e)
  from press.draws d
  join press.editions e on e.id = d.edition_id
  left join press.beacon_chains c on c.chain_hash = e.beacon_chain_hash
  cross join lateral (select press_private.closed_entry(d.edition_id) as closed) n
  where d.status = 'requested' and (n.closed).place is not null and press_private.stop_reason() is null
  order by d.edition_id, d.attempt;
end
$$;
comment on function press_worker.draws_to_make is 'The draws that were asked for and can be decided now: of random_int how many tickets there are to choose from; of a sealed one the commitment; of one by beacon the chain, its key and the round; and what decides, if that is here already: the round''s signature, or of a replacement the secret that the draw revealed. None while the press is stopped.';
revoke all on function press_worker.draws_to_make from public;
grant execute on function press_worker.draws_to_make to press_worker;
