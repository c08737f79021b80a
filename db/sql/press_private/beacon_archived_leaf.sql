create or replace function press_private.beacon_archived_leaf(round press.beacon_rounds)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339((round).archived_at)
      || '","chain_hash":"' || (round).chain_hash
      || '","round":' || (round).round
      || ',"signature":"' || (round).signature
      || '","type":"beacon.archived"}';
end;
comment on function press_private.beacon_archived_leaf is 'The leaf of a round of a beacon that was archived.';
revoke all on function press_private.beacon_archived_leaf from public;
