/* Freezes what was issued: whoever has the ledger can recompute entries_hash from the entries ticket.issued of the edition. The lines are one
   value of PostgreSQL while they are hashed, which has room for the tickets of an edition of some 13 million. */
create or replace function press_private.edition_closed_leaf(edition press.editions)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339((edition).closed_at)
      || '","edition":"' || (edition).slug
      || '","entries_hash":"' || encode(sha256(coalesce(string_agg(
           convert_to(t.ticket_number || ' ' || coalesce(x.envelope_hash, press_private.envelope_hash(t.envelope)) || E'\n', 'UTF8'), ''::bytea order by t.ticket_number), '')), 'hex')
      || '","issued_count":' || count(*)
      || ',"type":"edition.closed"}'
  from press.tickets t
  left join press_private.erased_envelopes x on x.edition_id = t.edition_id and x.ticket_number = t.ticket_number
  where t.edition_id = (edition).id;
end;
comment on function press_private.edition_closed_leaf is 'The leaf of an edition that was closed, once all of its tickets are signed. entries_hash: SHA-256, in hex, of a line "ticket_number envelope_hash" for each ticket, by number.';
revoke all on function press_private.edition_closed_leaf from public;
