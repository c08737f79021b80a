/* A checkpoint as this press writes it (C2SP tlog-checkpoint and signed-note): three lines, an empty one, and one signature line under the name
   of the origin. A note is only taken apart here; what it says was composed from the tree. */
create or replace function press_private.checkpoint_signature(note text, body text, origin text, public_key bytea)
  returns bytea
  language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  v_start   text := checkpoint_signature.body || E'\n— ' || checkpoint_signature.origin || ' ';
  v_base64  text := rtrim(substr(checkpoint_signature.note, length(v_start) + 1), E'\n');
  v_key_id  bytea := substr(sha256(convert_to(checkpoint_signature.origin || E'\n\x01', 'UTF8') || checkpoint_signature.public_key), 1, 4);
  v_blob    bytea;
begin
  -- The key id and 64 bytes, in the one form that Base64 has for them.
  if v_base64 !~ '^[A-Za-z0-9+/]{91}=$' or checkpoint_signature.note <> v_start || v_base64 || E'\n' then
    return null;
  end if;
  v_blob := decode(v_base64, 'base64');
  if substr(v_blob, 1, 4) <> v_key_id or replace(encode(v_blob, 'base64'), E'\n', '') <> v_base64 then
    return null;
  end if;
  return substr(v_blob, 5);
end
$$;
comment on function press_private.checkpoint_signature is 'The signature in a note that has exactly this body and one signature line, by this key under the name of the origin; null for any other note.';
revoke all on function press_private.checkpoint_signature from public;
