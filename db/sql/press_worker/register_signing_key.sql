/* Called by every worker when it starts, also while the press is stopped: nothing is signed by it. A key that was retired stays so. */
create or replace function press_worker.register_signing_key(public_key text, purpose text)
  returns press.signing_keys
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_key_id  text;
  v_key     press.signing_keys;
begin
  if coalesce(register_signing_key.public_key collate "C" !~ '^[0-9a-f]{64}$', true) then
    perform press_private.refuse('INVALID_INPUT', 'A public key is 64 lower-case hex characters.');
  end if;
  if (register_signing_key.purpose in ('ticket', 'checkpoint', 'credential')) is not true then
    perform press_private.refuse('INVALID_INPUT', 'The purpose of a key is ticket, checkpoint or credential.');
  end if;
  if not press_private.build_ed25519_comb(decode(register_signing_key.public_key, 'hex')) then
    perform press_private.refuse('INVALID_INPUT', 'These 32 bytes are no Ed25519 public key: they encode no point, or one that is not of prime order.');
  end if;
  v_key_id := left(encode(sha256(decode(register_signing_key.public_key, 'hex')), 'hex'), 16);

  insert into press.signing_keys (key_id, public_key, purpose, activated_at)
  values (v_key_id, register_signing_key.public_key, register_signing_key.purpose, clock_timestamp())
  on conflict do nothing  -- whichever of its two keys another worker was quicker with
  returning * into v_key;

  if v_key.key_id is not null then
    perform press_private.append_entry('key.activated', null, null, press_private.key_leaf(v_key, 'key.activated'));
    return v_key;
  end if;
  select k.* into v_key from press.signing_keys k where k.key_id = v_key_id;
  if v_key.purpose <> register_signing_key.purpose then
    perform press_private.refuse('INVALID_INPUT', format('This key is registered for %ss; a key never serves for two purposes.', v_key.purpose));
  end if;
  return press_private.active_signing_key(v_key_id, register_signing_key.purpose);
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_worker.register_signing_key is 'Makes the public key (64 lower-case hex characters) known and in use for its purpose, ticket, checkpoint or credential; known already, it stays as it is. Refuses: INVALID_INPUT, LOCK_TIMEOUT, RETRY, UNKNOWN_KEY (it was retired).';
revoke all on function press_worker.register_signing_key from public;
grant execute on function press_worker.register_signing_key to press_worker;
