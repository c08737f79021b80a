/* Withdraws a credential, for ever; its holder keeps the trust of those that are left. Locks: the holder's row, then the credential's. */
create or replace function press.revoke_credential(credential_id uuid, reason text)
  returns press.credentials
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_actor       press_hidden.actor_record;
  v_credential  press.credentials;
begin
  perform press_private.require_running();
  v_actor := press_private.require_operator();
  if not press_private.is_one_line(revoke_credential.reason, 500) then
    perform press_private.refuse('INVALID_INPUT', 'A reason has 1 to 500 characters, none of them a control character.');
  end if;
  select c.* into v_credential from press.credentials c where c.id = revoke_credential.credential_id;
  if v_credential.id is null then
    perform press_private.refuse('INVALID_INPUT', 'There is no such credential.');
  end if;
  perform press_private.hold_operators(array[v_actor.subject]) where v_actor.kind = 'operator';
  perform from press.holders h where h.id = v_credential.holder_id for no key update;
  perform press_private.require_running();

  select c.* into strict v_credential from press.credentials c where c.id = revoke_credential.credential_id for no key update;
  if v_credential.status = 'revoked' then
    return v_credential;
  end if;
  update press.credentials c
  set status = 'revoked', revoked_at = date_trunc('milliseconds', clock_timestamp()),
      revoked_by = press_private.issuer_label(v_actor), reason = revoke_credential.reason
  where c.id = v_credential.id
  returning c.* into v_credential;

  update press.holders h
  set trust_level = coalesce((
    select max(c.trust_level) from press.credentials c join press.attestations a on a.id = c.attestation_id and a.status = 'verified'
    where c.holder_id = h.id and c.status <> 'revoked'), 0)
  where h.id = v_credential.holder_id;
  perform press_private.append_entry('credential.revoked', null, null,
    press_private.credential_leaf(v_credential, 'credential.revoked', v_credential.revoked_at));
  return v_credential;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.revoke_credential is 'Withdraws a credential: its status list says so to everybody, and the trust level of its holder is the highest of the credentials that are left. The reason (1 to 500 characters) is for its holder, operators and auditors; the ledger has the fact alone. One that was revoked stays as it is. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT (also: there is no such credential), LOCK_TIMEOUT, RETRY.';
revoke all on function press.revoke_credential from public;
grant execute on function press.revoke_credential to press_anonymous, press_holder, press_operator;
