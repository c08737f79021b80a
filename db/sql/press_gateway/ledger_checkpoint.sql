/* The ledger as it stands, for everybody: the gateway asks once for many readers. */
create or replace function press_gateway.ledger_checkpoint()
  returns table (note text, public_key text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select c.note, k.public_key from press.checkpoints c join press.signing_keys k on k.key_id = c.key_id
  order by c.tree_size desc limit 1;
end
$$;
comment on function press_gateway.ledger_checkpoint is 'The latest checkpoint (a signed note, C2SP tlog-checkpoint) with the key that signed it; no row before the first.';
revoke all on function press_gateway.ledger_checkpoint from public;
grant execute on function press_gateway.ledger_checkpoint to press_gateway;
