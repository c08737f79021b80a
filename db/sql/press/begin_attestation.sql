/* Gives a person the number that their proof has to name, so that nobody can show somebody else's. The same one while it is valid, and from now on as long as a new one: a
   page that is opened twice spoils nothing. One that has expired never comes back; evidence that was submitted while it was valid has taken it along
   (press.submit_attestation). Locks: the holder's row, then the nonce's. */
create or replace function press.begin_attestation(kind press.attestation_kind, recipient text default null)
  returns press.attestation_challenge
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_actor      press_hidden.actor_record := press_hidden.current_actor();
  v_holder     press.holders;
  v_challenge  press.attestation_challenge;
begin
  perform press_private.require_running();
  perform press_private.require_attester(v_actor, begin_attestation.recipient, null);
  if begin_attestation.kind is null then
    perform press_private.refuse('INVALID_INPUT', 'Say what the attestation is to rest on: oidc or repository.');
  end if;
  v_holder := press_private.lock_holder_of(press_private.recipient_of(v_actor, begin_attestation.recipient));
  perform press_private.require_running();

  insert into press_private.attestation_nonces as n (holder_id, kind, nonce, expires_at)
  values (
    v_holder.id, begin_attestation.kind,
    encode(sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')), 'hex'),
    clock_timestamp() + case begin_attestation.kind when 'oidc' then interval '15 minutes' else interval '24 hours' end)
  on conflict on constraint attestation_nonces_pkey
  do update set expires_at = excluded.expires_at, nonce = case when n.expires_at > clock_timestamp() then n.nonce else excluded.nonce end;

  select n.nonce, n.expires_at into strict v_challenge
  from press_private.attestation_nonces n where n.holder_id = v_holder.id and n.kind = begin_attestation.kind;
  return v_challenge;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.begin_attestation is 'Gives the number (nonce) that a proof of this holder has to name: an ID token as its nonce, within 15 minutes; a repository as a line of the file golden-press.txt in the root of its default branch, within 24 hours. Asking again gives the same one until it expires, and has it expire later; it counts once. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED (another recipient; only an operator may name one), HOLDER_INACTIVE, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press.begin_attestation from public;
grant execute on function press.begin_attestation to press_anonymous, press_holder, press_operator;
