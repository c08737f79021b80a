create or replace function press_private.proof_document(entry press.ledger_entries, checkpoint press.checkpoints)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return press_private.proof_head(entry)
      || array_to_string(
           press_private.base64_of_all(press_private.inclusion_path(entry.place, checkpoint.tree_size)) || array['', ''], E'\n')
      || checkpoint.note;
end
$$;
comment on function press_private.proof_document is 'The proof that the entry is under the checkpoint, which covers it (C2SP tlog-proof); null where one of them is missing.';
revoke all on function press_private.proof_document from public;
