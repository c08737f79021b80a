/* The leaves of the ledger are made by the functions *_leaf, as envelopes are by press_private.ticket_envelope: the canonical JSON of an
   object is its members in the order of their names, without white space. This one is the edition's manifest: its terms, as promised. What came
   with a later mode of drawing is a member only where that is the mode, so that older leaves are made again as they were. */
create or replace function press_private.edition_opened_leaf(edition press.editions)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339((edition).opened_at)
      || '"' || coalesce((
           select ',"beacon_chain_hash":"' || c.chain_hash
               || '","beacon_genesis_at":"' || press_private.rfc3339(c.genesis_at)
               || '","beacon_period_seconds":' || c.period_seconds
               || ',"beacon_public_key":"' || c.public_key || '"'
           from press.beacon_chains c where c.chain_hash = (edition).beacon_chain_hash), '')
      || ',"cap":' || (edition).cap
      || ',"closes_at":' || coalesce('"' || press_private.rfc3339((edition).closes_at) || '"', 'null')
      || coalesce(',"draw_commitment":"' || (edition).draw_commitment || '"', '')
      || coalesce(',"draw_delay_seconds":' || (edition).draw_delay_seconds, '')
      || ',"draw_mode":"' || (edition).draw_mode
      || '","edition":"' || (edition).slug
      || '","opens_at":' || coalesce('"' || press_private.rfc3339((edition).opens_at) || '"', 'null')
      || ',"per_holder_limit":' || (edition).per_holder_limit
      || ',"rule_set_hash":' || coalesce('"' || encode(sha256(convert_to(press_private.eligibility_terms(edition), 'UTF8')), 'hex') || '"', 'null')
      || ',"type":"edition.opened"}';
end;
comment on function press_private.edition_opened_leaf is 'The leaf of an edition that was opened: its manifest.';
revoke all on function press_private.edition_opened_leaf from public;
