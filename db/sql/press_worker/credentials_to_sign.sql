/* Hands out pending credentials, oldest first, with the bytes to sign. They are stored before anybody sees them, and are the same ever after: whoever signs, however
   often and after whatever death, signs one document. Only when their key was retired are they written anew, for the key that asks; while it is in use no other
   key has them. Of two workers that reach for the same credentials at once, one locks and claims each, and the other passes over it.
   A credential that somebody planted, of an attestation that is not verified, is signed for nobody. */
create or replace function press_worker.credentials_to_sign(key_id text, issuer text, base_url text, batch_size integer, lease_seconds integer)
  returns table (credential_id uuid, unsigned_document text, proof_options text)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  v_now  timestamptz := clock_timestamp();
begin
  perform press_private.require_running();
  if (credentials_to_sign.batch_size between 1 and 1000 and credentials_to_sign.lease_seconds between 1 and 3600) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A batch is 1 to 1000 credentials, a lease 1 to 3600 seconds.');
  end if;
  if (credentials_to_sign.issuer collate "C" ~ '^did:[a-z0-9]+:[A-Za-z0-9._:%-]{1,200}$'
      and credentials_to_sign.base_url collate "C" ~ '^https?://[A-Za-z0-9._~:/%\[\]-]{0,200}[A-Za-z0-9\]]$') is not true then
    perform press_private.refuse('INVALID_INPUT', 'The issuer is a DID, such as did:web:press.example.org; the base URL is one without a slash at its end.');
  end if;
  perform press_private.active_signing_key(credentials_to_sign.key_id, 'credential');

  return query
  insert into press_private.credential_payloads as p (credential_id, key_id, unsigned_document, proof_options, claimed_until)
  select d.id, credentials_to_sign.key_id,
    press_private.unsigned_credential(d, credentials_to_sign.issuer, credentials_to_sign.base_url),
    press_private.proof_options(credentials_to_sign.issuer, credentials_to_sign.key_id, v_now),
    v_now + make_interval(secs => credentials_to_sign.lease_seconds)
  from (
    select c.*
    from press.credentials c
    where c.status = 'pending' and exists (select from press.attestations a where a.id = c.attestation_id and a.status = 'verified') and not exists (
      select from press_private.credential_payloads o
      where o.credential_id = c.id and (press_private.claim_holds(o.claimed_until) or o.key_id <> credentials_to_sign.key_id and exists (
        select from press.signing_keys k where k.key_id = o.key_id and k.retired_at is null)))
    order by c.valid_from
    limit credentials_to_sign.batch_size
    for no key update of c skip locked
  ) d
  on conflict on constraint credential_payloads_pkey
  do update set
    key_id = excluded.key_id,
    unsigned_document = case when p.key_id = excluded.key_id then p.unsigned_document else excluded.unsigned_document end,
    proof_options = case when p.key_id = excluded.key_id then p.proof_options else excluded.proof_options end,
    claimed_until = excluded.claimed_until
  where not press_private.claim_holds(p.claimed_until)
  returning p.credential_id, p.unsigned_document, p.proof_options;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_worker.credentials_to_sign is 'Claims up to batch_size (1 to 1000) pending credentials for lease_seconds (1 to 3600) under the key, and returns what is signed of each: SHA-256 of the proof''s options and SHA-256 of the document, one after the other. issuer: the DID of the press; base_url: where it serves, without a slash at the end. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY, UNKNOWN_KEY.';
revoke all on function press_worker.credentials_to_sign from public;
grant execute on function press_worker.credentials_to_sign to press_worker;
