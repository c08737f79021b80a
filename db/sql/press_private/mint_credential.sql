/* One credential of one attestation: the unique key of press.credentials is the third layer. Its place in the status list is chosen at random, so that it does not
   tell when it was minted or what was minted beside it; a list takes no more than half of its places, so that a free one is found at the second try. Where the count
   is behind, as after rows were restored without it, the next list has one. */
create or replace function press_private.mint_credential(attestation press.attestations)
  returns press.credentials
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_list        integer := 1 + (nextval('press_private.credential_numbers') - 1) / 65536;
  v_credential  press.credentials;
begin
  for v_try in 1..1000 loop
    insert into press.credentials (attestation_id, holder_id, kind, trust_level, status_list, status_index, valid_from, valid_until)
    values (
      attestation.id, attestation.holder_id, attestation.kind, press_private.trust_level_of(attestation.kind), v_list + v_try / 100,
      ('x' || right(gen_random_uuid()::text, 5))::bit(20)::integer & 131071,
      attestation.decided_at, attestation.decided_at + make_interval(hours => 365 * 24))
    on conflict on constraint credentials_status_index_key do nothing
    returning * into v_credential;
    exit when v_credential.id is not null;
  end loop;
  -- Verified without a credential would be a half-state; the next try counts on.
  perform press_private.refuse('RETRY') where v_credential.id is null;

  update press.holders h set trust_level = v_credential.trust_level
  where h.id = v_credential.holder_id and h.trust_level < v_credential.trust_level;
  return v_credential;
end
$$;
comment on function press_private.mint_credential is 'Mints the credential of an attestation that was verified, pending its signature, for 365 days, and raises the trust level of its holder, never lowers it. To be called under the attestation''s lock. Refuses: RETRY (no place in a list was free).';
revoke all on function press_private.mint_credential from public;
