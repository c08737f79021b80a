/* The worker signs outside, and this believes nothing of what it brings: the note must say what the tree is, under a signature that verifies.
   Several workers may publish, also out of order; every checkpoint is of the one tree. A crash before the commit leaves nothing, and the next look
   signs again. */
create or replace function press_worker.publish_checkpoint(key_id text, tree_size bigint, root_hash bytea, note text)
  returns press.checkpoints
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_key         press.signing_keys;
  v_origin      text := split_part(publish_checkpoint.note, E'\n', 1);
  v_body        text;
  v_checkpoint  press.checkpoints;
begin
  perform press_private.require_running();
  if (publish_checkpoint.tree_size >= 1
      and press_worker.ledger_root(publish_checkpoint.tree_size) = publish_checkpoint.root_hash) is not true then
    perform press_private.refuse('INVALID_INPUT', 'This is not the root of the ledger at this size.');
  end if;
  if v_origin is null or v_origin <> coalesce(press_private.ledger_origin(), v_origin) then
    perform press_private.refuse('INVALID_INPUT', format('The origin of this ledger is %s.', press_private.ledger_origin()));
  end if;
  v_key := press_private.active_signing_key(publish_checkpoint.key_id, 'checkpoint');
  v_body := format(E'%s\n%s\n%s\n', v_origin, publish_checkpoint.tree_size, encode(publish_checkpoint.root_hash, 'base64'));
  if not press.ed25519_verify(decode(v_key.public_key, 'hex'), convert_to(v_body, 'UTF8'),
      press_private.checkpoint_signature(publish_checkpoint.note, v_body, v_origin, decode(v_key.public_key, 'hex'))) then
    perform press_private.refuse('INVALID_INPUT', 'The note is not that size and root under a signature of the key.');
  end if;

  insert into press.checkpoints (tree_size, root_hash, key_id, note)
  values (publish_checkpoint.tree_size, publish_checkpoint.root_hash, publish_checkpoint.key_id, publish_checkpoint.note)
  on conflict on constraint checkpoints_pkey do nothing
  returning * into v_checkpoint;

  if v_checkpoint.tree_size is null then
    select c.* into strict v_checkpoint from press.checkpoints c where c.tree_size = publish_checkpoint.tree_size;
    if v_checkpoint.note <> publish_checkpoint.note then
      perform press_private.refuse('INVALID_INPUT', 'Another checkpoint of this size was published.');
    end if;
    return v_checkpoint;
  end if;
  perform pg_notify('press_ledger', '');  -- a hint that wakes whoever waits; it says nothing
  return v_checkpoint;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_worker.publish_checkpoint is 'Publishes a signed checkpoint (C2SP tlog-checkpoint) of the ledger; the same again is fine. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY, UNKNOWN_KEY.';
revoke all on function press_worker.publish_checkpoint from public;
grant execute on function press_worker.publish_checkpoint to press_worker;
