create or replace function press_private.attestation_decided_leaf(attestation press.attestations, rule_set_hash text)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339((attestation).decided_at)
      || '","attestation_id":"' || (attestation).id
      || '","evidence_digest":"' || (attestation).evidence_digest
      || '","holder":"' || (attestation).holder_id
      || '","kind":"' || (attestation).kind
      || '","rule_set_hash":"' || attestation_decided_leaf.rule_set_hash
      || '","type":"attestation.decided","verdict":"' || (attestation).status
      || '","violations":' || array_to_json((attestation).violations) || '}';
end;
comment on function press_private.attestation_decided_leaf is 'The leaf of an attestation that was verified or rejected. rule_set_hash: of the rules that it was decided under.';
revoke all on function press_private.attestation_decided_leaf from public;
