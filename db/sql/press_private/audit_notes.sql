create or replace function press_private.audit_notes()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'the key of a checkpoint signed it', format('press.checkpoints (%s)', f.tree_size), 'Its key did not sign its note.'
  from press_private.checkpoint_facts() f
  where not press.ed25519_verify(f.public_key, convert_to(f.body, 'UTF8'), f.signature);
end
$$;
comment on function press_private.audit_notes is 'The checkpoints that their keys did not sign.';
revoke all on function press_private.audit_notes from public;
