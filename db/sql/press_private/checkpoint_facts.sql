create or replace function press_private.checkpoint_facts()
  returns table (tree_size bigint, origin text, body text, public_key bytea, signature bytea)
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select b.tree_size, b.origin, b.body, b.public_key, press_private.checkpoint_signature(b.note, b.body, b.origin, b.public_key)
  from (
    select c.tree_size, c.note, n.origin, decode(k.public_key, 'hex') as public_key,
      format(E'%s\n%s\n%s\n', n.origin, c.tree_size, encode(c.root_hash, 'base64')) as body
    from press.checkpoints c
    cross join lateral split_part(c.note, E'\n', 1) n (origin)
    left join press.signing_keys k on k.key_id = c.key_id and k.purpose = 'checkpoint' and k.public_key collate "C" ~ '^[0-9a-f]{64}$'
  ) b;
end
$$;
comment on function press_private.checkpoint_facts is 'What the note of each checkpoint must say under its own origin, the key that must have signed it (null: none that is known), and the signature in it (null: it does not say that).';
revoke all on function press_private.checkpoint_facts from public;
