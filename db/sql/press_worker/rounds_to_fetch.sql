/* Asked at every look: a few draws at a time are requested. Apart from press_worker.draws_to_make, because a draw whose round is here needs no server. */
create or replace function press_worker.rounds_to_fetch()
  returns table (chain_hash text, public_key text, round bigint)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  return query
  select distinct c.chain_hash, c.public_key, d.beacon_round
  from press.draws d
  join press.editions e on e.id = d.edition_id
  join press.beacon_chains c on c.chain_hash = e.beacon_chain_hash
  where d.status = 'requested' and press_private.stop_reason() is null
    and not exists (select from press.beacon_rounds r where r.chain_hash = e.beacon_chain_hash and r.round = d.beacon_round)
  order by 1, 3;
end
$$;
comment on function press_worker.rounds_to_fetch is 'The rounds that draws wait for and nobody has archived yet, with the chain and its key; each once. None while the press is stopped.';
revoke all on function press_worker.rounds_to_fetch from public;
grant execute on function press_worker.rounds_to_fetch to press_worker;
