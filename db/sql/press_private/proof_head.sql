create or replace function press_private.proof_head(entry press.ledger_entries)
  returns text
  language sql stable
begin atomic
  select E'c2sp.org/tlog-proof@v1\nextra ' || replace(encode(convert_to((entry).leaf, 'UTF8'), 'base64'), E'\n', '')
      || E'\nindex ' || (entry).place || E'\n';
end;
comment on function press_private.proof_head is 'The lines with which every proof of the entry begins (C2SP tlog-proof): the entry itself and its place.';
revoke all on function press_private.proof_head from public;
