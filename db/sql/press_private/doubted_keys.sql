/* What did not hold is looked at every time, so that it is forgotten when it holds again. What a finding is about is in its words. */
create or replace function press_private.doubted_keys()
  returns setof press_private.row_key_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  with doubted as materialized (
    select split_part(v.subject, ' ', 1) as relation, v."check" = 'the key of an envelope signed it' as is_signature,
      case when k.parts[1] collate "C" ~ '^\d{1,18}$' then k.parts[1]::bigint end as number,
      case when k.parts[2] collate "C" ~ '^\d{1,18}$' then k.parts[2]::bigint end as second,
      case when k.parts[1] collate "C" ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then k.parts[1]::uuid end as id
    from press_private.violations v
    cross join lateral string_to_array(substring(v.subject from '\((.*)\)$'), ',') k (parts)
  )
  select 'press.tickets', t.id, null::bigint
  from doubted d join press.tickets t on t.edition_id = d.number and t.ticket_number = d.second
  where d.relation in ('press.tickets', 'press.redemptions', 'press.revocations')
  union all
  select 'signatures', t.id, null
  from doubted d join press.tickets t on t.edition_id = d.number and t.ticket_number = d.second where d.is_signature
  union all
  select 'press.attestations', coalesce(c.attestation_id, d.id), null
  from doubted d left join press.credentials c on d.relation = 'press.credentials' and c.id = d.id
  where d.relation in ('press.attestations', 'press.credentials', 'press_private.attestation_work')
  union all
  select d.relation, d.id, null from doubted d where d.relation in ('press.publications', 'press.tickets') and d.id is not null
  union all
  select 'press.draws', null, d.number from doubted d where d.relation in ('press.editions', 'press.draws', 'press_private.draw_requests')
  union all
  select d.relation, null, d.number from doubted d where d.relation in ('press.chain_transactions', 'press.utxos', 'press.ledger_entries', 'press.checkpoints')
  union all
  -- A node is looked at with the last entry below it.
  select 'press.ledger_entries', null, ((d.second + 1) << d.number::integer) - 1 from doubted d where d.relation = 'press_private.ledger_nodes' and d.number < 63
  union all
  -- An entry tells of a ticket, or of the draw of an edition.
  select case when t.id is null then 'press.draws' else 'press.tickets' end, t.id, case when t.id is null then e.edition_id end
  from (
    select i.edition_id, i.ticket_number from doubted d join press.ledger_entries i on i.place = d.number where d.relation = 'press.ledger_entries'
    union all
    select i.edition_id, i.ticket_number from doubted d join press_private.ledger_inbox i on i.id = d.number where d.relation = 'press_private.ledger_inbox'
    union all
    -- What has left the inbox has one of the places that were given since.
    select i.edition_id, i.ticket_number
    from press_private.last_look l join press.ledger_entries i on i.place between l.ledger_size and l.ledger_size + 4999
    where exists (
      select from doubted d where d.relation = 'press_private.ledger_inbox' and not exists (select from press_private.ledger_inbox o where o.id = d.number))
  ) e
  left join press.tickets t on t.edition_id = e.edition_id and t.ticket_number = e.ticket_number
  where e.edition_id is not null;
end
$$;
comment on function press_private.doubted_keys is 'The rows that something did not hold of at the last look.';
revoke all on function press_private.doubted_keys from public;
