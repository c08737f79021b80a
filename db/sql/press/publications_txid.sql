create or replace function press.publications_txid(publication press.publications)
  returns text
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return (press_private.visible_transaction(publication.id)).txid;
end
$$;
comment on function press.publications_txid is 'The id of the chain''s transaction that it is in, in hex; null while there is none, or none that is stored. It is the final one when the publication is sent.';
revoke all on function press.publications_txid from public;
grant execute on function press.publications_txid to press_anonymous, press_holder, press_operator, press_auditor;
