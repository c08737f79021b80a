create or replace function press_private.audit_keys()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'the id of a key is its fingerprint', format('press.signing_keys (%s)', k.key_id), format('The public key is %s.', k.public_key)
  from press.signing_keys k
  where case when k.public_key collate "C" ~ '^[0-9a-f]{64}$' then k.key_id <> left(encode(sha256(decode(k.public_key, 'hex')), 'hex'), 16) else true end;

  return query
  select 'the comb of a key is computed from it', format('press_private.ed25519_combs (%s)', c.public_key),
    'Its rows in press_private.ed25519_comb_points are other numbers: signatures would be misjudged.'
  from press_private.faulty_ed25519_combs() c (public_key);
end
$$;
comment on function press_private.audit_keys is 'What does not hold of the public keys.';
revoke all on function press_private.audit_keys from public;
