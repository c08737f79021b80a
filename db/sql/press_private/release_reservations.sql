/* Those that replace another transaction keep their coins, because that one may be out: they are handed out again instead. */
create or replace function press_private.release_reservations()
  returns integer
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_now    timestamptz := clock_timestamp();  -- an index serves what does not change within a statement
  v_ids    bigint[];
begin
  -- No reservation lasts for more than an hour, unless the clock was set back meanwhile.
  if exists (select from press.chain_transactions t where t.state = 'reserved' and t.reserved_until > v_now + interval '61 minutes') then
    update press.chain_transactions t set reserved_until = v_now
    where t.id in (
      select o.id from press.chain_transactions o where o.state = 'reserved' and o.reserved_until > v_now + interval '61 minutes'
      order by o.id for no key update skip locked);
  end if;

  v_ids := array(
    select t.id from press.chain_transactions t
    where t.state = 'reserved' and t.reserved_until <= v_now and t.replaces_id is null
    order by t.reserved_until
    limit 1000
    for no key update of t skip locked);
  if v_ids <> '{}' then
    perform press_private.release_transaction(id) from unnest(v_ids) id;
    set constraints press._200_guard_transaction immediate;  -- see press_private.tg_publications__guard_transaction
    set constraints press._200_guard_transaction deferred;
  end if;
  return cardinality(v_ids);
end
$$;
comment on function press_private.release_reservations is 'Releases up to 1000 reservations whose time is over; how many.';
revoke all on function press_private.release_reservations from public;
