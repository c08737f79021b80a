create or replace function press_worker.record_tip(height integer, hash text)
  returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
begin
  perform press_private.require_running();
  if (record_tip.height >= 0 and record_tip.hash collate "C" ~ '^[0-9a-f]{64}$') is not true then
    perform press_private.refuse('INVALID_INPUT', 'A tip is a height (0 or more) and a hash of 64 lower-case hex characters.');
  end if;
  insert into press_private.chain_tip as t (height, hash) values (record_tip.height, record_tip.hash)
  on conflict on constraint chain_tip_pkey
  do update set height = excluded.height, hash = excluded.hash, seen_at = clock_timestamp() where (t.height, t.hash) <> (excluded.height, excluded.hash);
  if found then
    perform pg_notify('press_publications', '');  -- confirmations are counted from it
  end if;
  return found;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
end
$$;
comment on function press_worker.record_tip is 'Notes where the chain ends; the last one told counts, also a lower one. False: that was known. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT.';
revoke all on function press_worker.record_tip from public;
grant execute on function press_worker.record_tip to press_worker;
