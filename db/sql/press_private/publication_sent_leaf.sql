create or replace function press_private.publication_sent_leaf(publication press.publications, txid text, at timestamptz)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339(publication_sent_leaf.at)
      || '","payload_hash":"' || (publication).payload_hash
      || '","publication_id":"' || (publication).id
      || '","txid":"' || publication_sent_leaf.txid
      || '","type":"publication.sent"}';
end;
comment on function press_private.publication_sent_leaf is 'The leaf of a publication that the chain''s nodes have taken, in the transaction txid.';
revoke all on function press_private.publication_sent_leaf from public;
