/* The worker has verified the signature, which the database cannot (it has no BLS); whoever recomputes the draw does it again. Several workers may
   bring the same round, whose signature is the same whoever asks for it. A round that no draw waits for is refused: the ledger keeps it for ever. */
create or replace function press_worker.archive_beacon_round(chain_hash text, round bigint, signature text)
  returns press.beacon_rounds
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_round  press.beacon_rounds;
begin
  perform press_private.require_running();
  if coalesce(archive_beacon_round.signature collate "C" !~ '^[0-9a-f]{96}$', true) or not exists (
      select from press.beacon_rounds r where r.chain_hash = archive_beacon_round.chain_hash and r.round = archive_beacon_round.round
      union all
      select from press.draws d join press.editions e on e.id = d.edition_id
      where d.status = 'requested' and d.beacon_round = archive_beacon_round.round and e.beacon_chain_hash = archive_beacon_round.chain_hash) then
    perform press_private.refuse('INVALID_INPUT', 'A round is one that a draw waits for, with a signature of 96 lower-case hex characters.');
  end if;

  insert into press.beacon_rounds (chain_hash, round, signature)
  values (archive_beacon_round.chain_hash, archive_beacon_round.round, archive_beacon_round.signature)
  on conflict on constraint beacon_rounds_pkey do nothing
  returning * into v_round;

  if v_round.round is not null then
    perform press_private.append_entry('beacon.archived', null, null, press_private.beacon_archived_leaf(v_round));
    return v_round;
  end if;
  select r.* into strict v_round from press.beacon_rounds r
  where r.chain_hash = archive_beacon_round.chain_hash and r.round = archive_beacon_round.round;
  if v_round.signature <> archive_beacon_round.signature then
    perform press_private.refuse('INVALID_INPUT', 'Another signature of this round is archived.');
  end if;
  return v_round;
end
$$;
comment on function press_worker.archive_beacon_round is 'Keeps the verified signature (96 lower-case hex characters) of a round that a draw waits for, here and in the ledger; the same again is fine. Refuses: PRESS_STOPPED, INVALID_INPUT.';
revoke all on function press_worker.archive_beacon_round from public;
grant execute on function press_worker.archive_beacon_round to press_worker;
