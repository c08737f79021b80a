create or replace function press_private.audit_publications()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'a record is what a key of its holder signed, and a published checkpoint is one of the ledger', format('press.publications (%s)', p.id),
    format('It is a %s of the holder %s under the nonce %s, until %s, by the key %s of the holder %s.', p.kind, p.holder_id, p.nonce, p.expires_at, k.public_key, k.holder_id)
  from press.publications p
  left join press.publishing_keys k on k.id = p.key_id
  left join press.checkpoints c on c.tree_size = p.checkpoint_size
  cross join lateral (select press_private.read_json(p.payload)) r (record)
  where (p.payload_hash = press_private.envelope_hash(p.payload) or (p.payload is null and p.state = 'failed')) is not true
     or case p.kind
          when 'checkpoint' then c.note = p.payload and num_nonnulls(p.key_id, p.holder_id, p.nonce, p.expires_at, p.signature) = 0
          else k.holder_id = p.holder_id and press_private.is_low_s(press_private.ecdsa_signature_parts(p.signature)) and p.checkpoint_size is null
           and (p.payload is null or (r.record ->> 'nonce' = p.nonce and press_private.moment_of(r.record ->> 'expires_at') = p.expires_at)) end is not true;

  return query
  select 'a key has what its holder showed to have it by, or was revoked', format('press.publishing_keys (%s)', k.id),
    format('The key %s was registered by the signature %s, and is %s.', k.public_key, k.possession_signature, case when k.revoked_at is null then 'in use' else 'revoked' end)
  from press.publishing_keys k
  where (k.public_key collate "C" ~ '^0[23][0-9a-f]{64}$' and exists (select from press.holders h where h.id = k.holder_id)
    and case when k.possession_signature is null then k.revoked_at is not null
             else press_private.is_low_s(press_private.ecdsa_signature_parts(k.possession_signature)) end) is not true;
end
$$;
comment on function press_private.audit_publications is 'What does not hold of records, of checkpoints on their way to the chain, and of the keys of records.';
revoke all on function press_private.audit_publications from public;
