/* An hour of an address has as many slots as checks are allowed, and the key of the table lets nobody have one twice. Whoever comes when none of them is free
   takes one of ten more, and hears of it with all other reasons, since the rule is judged with the others; only whoever goes on then is refused. */
create or replace function press_private.take_address_slot(address text)
  returns integer
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_hash   bytea := press_private.keyed_hash('address', take_address_slot.address);
  v_limit  integer := (press_private.rules_in_force()).checks_per_hour;
  v_slot   integer;
begin
  loop
    -- One of those that are taken and the one after them is free.
    select s.slot into v_slot
    from generate_series(1, least(v_limit + 10, 1 + (select count(*) from press_private.address_checks c where c.address_hash = v_hash))) s (slot)
    where not exists (
      select from press_private.address_checks c
      where c.address_hash = v_hash and c.slot = s.slot and c.checked_at > clock_timestamp() - interval '1 hour')
    order by s.slot limit 1;
    if v_slot is null then
      perform press_private.refuse('RATE_LIMITED', 'Far too many attestations were submitted from this network address within an hour.');
    end if;

    insert into press_private.address_checks as c (address_hash, slot, checks_per_hour)
    values (v_hash, v_slot, v_limit)
    on conflict on constraint address_checks_happen_once_an_hour
    do update set checks_per_hour = excluded.checks_per_hour, checked_at = excluded.checked_at
    where c.checked_at <= excluded.checked_at - interval '1 hour';
    exit when found;  -- or else somebody else was quicker with it
  end loop;
  return v_slot;
end
$$;
comment on function press_private.take_address_slot is 'The how-manieth attestation of the address this is within an hour. Refuses: RATE_LIMITED (ten more than are allowed were submitted).';
revoke all on function press_private.take_address_slot from public;
