/* Stores signatures, and drops the credentials' entries into the ledger's inbox. The document is put together here from what was stored before it was handed out, and a
   signature that does not verify is refused, because a document comes once. The same signature twice is fine. Locks: the credentials, by id. A crash before the
   commit leaves them pending, to be claimed again when the lease has run out. */
create or replace function press_worker.attach_credential_signatures(key_id text, credential_ids uuid[], signatures text[])
  returns table (credential_id uuid, outcome text)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  set lock_timeout = '5s' set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
  set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_key        press.signing_keys;
  v_ids        uuid[];
  v_documents  text[];
  v_attached   uuid[];
begin
  perform press_private.require_running();
  if cardinality(attach_credential_signatures.credential_ids) is distinct from cardinality(attach_credential_signatures.signatures)
     or exists (select from unnest(attach_credential_signatures.signatures) s where coalesce(s collate "C" !~ '^[0-9a-f]{128}$', true)) then
    perform press_private.refuse('INVALID_INPUT', 'There is one signature of 128 lower-case hex characters for each credential.');
  end if;
  v_key := press_private.active_signing_key(attach_credential_signatures.key_id, 'credential');

  perform from press.credentials c where c.id = any (attach_credential_signatures.credential_ids) order by c.id for no key update;
  select array_agg(s.credential_id), array_agg(press_private.credential_document(p.unsigned_document, p.proof_options, s.signature))
  into v_ids, v_documents
  from unnest(attach_credential_signatures.credential_ids, attach_credential_signatures.signatures) s (credential_id, signature)
  left join press_private.credential_payloads p on p.credential_id = s.credential_id and p.key_id = v_key.key_id
    and press.ed25519_verify(
      decode(v_key.public_key, 'hex'), press_private.credential_digest(p.unsigned_document, p.proof_options), decode(s.signature, 'hex'));

  with attached as (
    update press.credentials c set status = 'signed', document = s.document
    from unnest(v_ids, v_documents) s (credential_id, document)
    where c.id = s.credential_id and c.status = 'pending' and s.document is not null
      and exists (select from press.attestations a where a.id = c.attestation_id and a.status = 'verified')
    returning c as credential
  ), recorded as (
    insert into press_private.ledger_inbox (type, leaf)
    select 'credential.issued', press_private.credential_leaf(a.credential, 'credential.issued', clock_timestamp())
    from attached a
    order by (a.credential).id
  )
  select coalesce(array_agg((a.credential).id), '{}') into v_attached from attached a;

  if v_attached <> '{}' then
    perform pg_notify('press_signed', '');  -- a hint that wakes whoever waits; it says nothing
  end if;

  return query
  select s.credential_id,
    case when c.id is null or s.document is null or c.document is distinct from s.document then 'refused'
         when s.credential_id = any (v_attached) then 'attached' else 'repeated' end
  from unnest(v_ids, v_documents) s (credential_id, document)
  left join press.credentials c on c.id = s.credential_id;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_worker.attach_credential_signatures is 'Stores the signatures (128 lower-case hex characters each) of credentials claimed under the key. outcome: attached; repeated (the same was there); refused (it does not verify, another is there, the claim went to another key, the credential was revoked before, its attestation is not verified, or there is none). Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY, UNKNOWN_KEY.';
revoke all on function press_worker.attach_credential_signatures from public;
grant execute on function press_worker.attach_credential_signatures to press_worker;
