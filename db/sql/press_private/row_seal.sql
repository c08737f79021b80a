create or replace function press_private.row_seal(relation text, content text)
  returns bytea
  language sql stable
begin atomic
  select sha256(convert_to(row_seal.relation || row_seal.content, 'UTF8'));
end;
comment on function press_private.row_seal is 'The hash of the sealed columns of a row. Times and bytes are written as the session writes them: callers fix TimeZone, DateStyle and bytea_output.';
revoke all on function press_private.row_seal from public;
