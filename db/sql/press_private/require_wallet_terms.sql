create or replace function press_private.require_wallet_terms(wallet_script text, fee_satoshis_per_kb integer, dust_satoshis integer, reserve_seconds integer)
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (wallet_script collate "C" ~ '^76a914[0-9a-f]{40}88ac$') is not true then
    perform press_private.refuse('INVALID_INPUT', 'The wallet''s script is P2PKH in lower-case hex: 76a914, 20 bytes, 88ac.');
  end if;
  if (fee_satoshis_per_kb between 0 and 1000000 and dust_satoshis between 1 and 1000000) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A fee is 0 to 1000000 satoshis a kilobyte, dust 1 to 1000000.');
  end if;
  if (reserve_seconds between 1 and 3600) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A reservation is 1 to 3600 seconds.');
  end if;
end
$$;
comment on function press_private.require_wallet_terms is 'Refuses: INVALID_INPUT.';
revoke all on function press_private.require_wallet_terms from public;
