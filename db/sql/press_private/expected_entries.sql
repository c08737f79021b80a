/* What must be in the ledger, from the rows alone. When a ticket or a credential was signed no row says: its leaf is
   made for some moment, and compared without it. */
create or replace function press_private.expected_entries(ticket_ids uuid[] default null, drawn_ids bigint[] default null)
  returns table (subject text, type text, edition_id integer, ticket_number integer, is_moment_known boolean, leaf text)
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
    select format('press.editions (%s)', e.id), x.type, e.id, null::integer, true, x.leaf
    from press.editions e
    cross join lateral (
      select 'edition.opened', press_private.edition_opened_leaf(e) where e.opened_at is not null
      union all
      select 'edition.closed', press_private.edition_closed_leaf(e)
      where e.closed_at is not null and not exists (select from press_private.closings_to_record q where q.edition_id = e.id)
    ) x (type, leaf)
    where expected_entries.ticket_ids is null
  union all
    select format('press.tickets (%s,%s)', t.edition_id, t.ticket_number), 'ticket.issued', t.edition_id, t.ticket_number, false,
      press_private.ticket_issued_leaf(t, e.slug, coalesce(x.envelope_hash, press_private.envelope_hash(t.envelope)), 'epoch')
    from press.tickets t join press.editions e on e.id = t.edition_id
    left join press_private.erased_envelopes x on x.edition_id = t.edition_id and x.ticket_number = t.ticket_number
    where t.status <> 'pending' and (expected_entries.ticket_ids is null or t.id = any (expected_entries.ticket_ids))
  union all
    select format('press.redemptions (%s,%s)', d.edition_id, d.ticket_number), 'ticket.redeemed', d.edition_id, d.ticket_number, true,
      press_private.ticket_redeemed_leaf(t, e.slug, press_private.recorded_label(d.redeemed_by, t.holder_id), d.redeemed_at)
    from press.redemptions d
    join press.tickets t on t.edition_id = d.edition_id and t.ticket_number = d.ticket_number join press.editions e on e.id = d.edition_id
    where expected_entries.ticket_ids is null or t.id = any (expected_entries.ticket_ids)
  union all
    select format('press.revocations (%s,%s)', v.edition_id, v.ticket_number), 'ticket.revoked', v.edition_id, v.ticket_number, true,
      press_private.ticket_revoked_leaf(t, e.slug, press_private.recorded_label(v.revoked_by, t.holder_id),
        case when v.is_reason_published then v.reason end, v.revoked_at)
    from press.revocations v
    join press.tickets t on t.edition_id = v.edition_id and t.ticket_number = v.ticket_number join press.editions e on e.id = v.edition_id
    where expected_entries.ticket_ids is null or t.id = any (expected_entries.ticket_ids)
  union all
    select format('press.draws (%s,%s)', d.edition_id, d.attempt), case d.attempt when 1 then 'edition.drawn' else 'winner.replaced' end, e.id, null, true,
      press_private.draw_leaf(d, e)
    from press.draws d join press.editions e on e.id = d.edition_id 
    where d.status <> 'requested' and (expected_entries.ticket_ids is null or d.edition_id = any (expected_entries.drawn_ids))
  union all
    select format('press.beacon_rounds (%s,%s)', r.chain_hash, r.round), 'beacon.archived', null, null, true, press_private.beacon_archived_leaf(r)
    from press.beacon_rounds r where expected_entries.ticket_ids is null
  union all
    select format('press.attestations (%s)', a.id), 'attestation.decided', null, null, true, press_private.attestation_decided_leaf(a, r.rule_set_hash)
    from press.attestations a join press.rule_sets r on r.id = a.rule_set_id where expected_entries.ticket_ids is null
  union all
    select format('press.credentials (%s)', c.id), x.type, null, null, x.is_moment_known, press_private.credential_leaf(c, x.type, x.at)
    from press.credentials c
    cross join lateral (
      select 'credential.issued', false, 'epoch'::timestamptz where c.document is not null
      union all
      select 'credential.revoked', true, c.revoked_at where c.status = 'revoked'
    ) x (type, is_moment_known, at)
    where expected_entries.ticket_ids is null
  union all
    select format('press.publications (%s)', p.id), 'publication.sent', null, null, true, press_private.publication_sent_leaf(p, t.txid, o.sent_at)
    from press_private.chain_outputs o
    join press.publications p on p.id = o.publication_id join press.chain_transactions t on t.id = o.transaction_id where o.sent_at is not null and expected_entries.ticket_ids is null
  union all
    select format('press.signing_keys (%s)', k.key_id), x.type, null, null, true, press_private.key_leaf(k, x.type)
    from press.signing_keys k
    cross join lateral (select 'key.activated' union all select 'key.retired' where k.retired_at is not null
      union all select 'key.revoked' where k.revoked_at is not null) x (type)
    where expected_entries.ticket_ids is null;
end
$$;
comment on function press_private.expected_entries is 'The entries that the rows say there must be, with or without a place; subject: the row that says so. All of them (nulls), or those of the tickets and of the draws of the editions with the ids.';
revoke all on function press_private.expected_entries from public;
