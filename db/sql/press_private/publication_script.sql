/* What stands on the chain: OP_FALSE OP_RETURN, so that nobody can ever spend the output, and then what it says. Who reads a record there can verify it without us. */
create or replace function press_private.publication_script(payload text, signature text, public_key text)
  returns bytea
  language sql stable
begin atomic
  select '\x006a'::bytea
      || press_private.script_push(convert_to('golden-press', 'UTF8'))
      || press_private.script_push(convert_to(publication_script.payload, 'UTF8'))
      || coalesce(
           press_private.script_push(decode(publication_script.signature, 'base64'))
           || press_private.script_push(decode(publication_script.public_key, 'hex')), '');
end;
comment on function press_private.publication_script is 'The script of the output that publishes the payload: of a record with its signature (base64) and its key (hex), of a checkpoint (nulls) without.';
revoke all on function press_private.publication_script from public;
