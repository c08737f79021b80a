/* What stands on the chain: OP_FALSE OP_RETURN, so that nobody can ever spend the output, and then what it says. Who reads a record there can verify it without us. */
create or replace function press_private.publication_script(payload text, signature text, public_key text)
  returns bytea
  language sql stable
begin atomic
  select '\x006a'::bytea
      || press_private.script_push(convert_to('golden-press', 'UTF8'))
      || press_private.script_push(convert_to(publication_script.payload, 'UTF8'))
      || case
           when publication_script.signature is null then ''::bytea
           -- What is no base64 or hex has no script, which the audit can say, while an error would end it.
           when publication_script.signature collate "C" ~ '^([A-Za-z0-9+/]{4})*[A-Za-z0-9+/]{2}([A-Za-z0-9+/]{2}|[A-Za-z0-9+/]=|==)$' and publication_script.public_key collate "C" ~ '^([0-9a-f]{2})+$' then
             press_private.script_push(decode(publication_script.signature, 'base64')) || press_private.script_push(decode(publication_script.public_key, 'hex')) end;
end;
comment on function press_private.publication_script is 'The script of the output that publishes the payload: of a record with its signature (base64) and its key (hex), of a checkpoint (nulls) without. Null where one of these is not of its form.';
revoke all on function press_private.publication_script from public;
