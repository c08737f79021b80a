create or replace function press_private.audit_endings(ids uuid[] default null)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  with endings as (
    select 'press.redemptions' as relation, d.edition_id, d.ticket_number, 'redeemed'::press.ticket_status as status, d.holder_id
    from press.redemptions d where audit_endings.ids is null
    union all
    select 'press.revocations', v.edition_id, v.ticket_number, 'revoked', null from press.revocations v where audit_endings.ids is null
    union all
    select 'press.redemptions', d.edition_id, d.ticket_number, 'redeemed', d.holder_id
    from press.tickets t join press.redemptions d on d.edition_id = t.edition_id and d.ticket_number = t.ticket_number where t.id = any (audit_endings.ids)
    union all
    select 'press.revocations', v.edition_id, v.ticket_number, 'revoked', null
    from press.tickets t join press.revocations v on v.edition_id = t.edition_id and v.ticket_number = t.ticket_number where t.id = any (audit_endings.ids)
  ), wrong as (
    select e.relation, t.status, coalesce(e.edition_id, t.edition_id) as edition_id, coalesce(e.ticket_number, t.ticket_number) as ticket_number,
      t.id is not null as is_ticket, e.relation is not null as is_ending
    from endings e
    full join (select * from press.tickets i where audit_endings.ids is null or i.id = any (audit_endings.ids)) t
      on t.edition_id = e.edition_id and t.ticket_number = e.ticket_number
    where case when e.relation is null then t.status in ('redeemed', 'revoked') else t.status is distinct from e.status or t.holder_id <> e.holder_id end
  )
  select 'a ticket is redeemed or revoked where a row says by whom, and nowhere else', format('%s (%s,%s)', s.relation, w.edition_id, w.ticket_number),
    format('The ticket is %s, and in %s.', coalesce(w.status::text, 'not there'), coalesce(w.relation, 'neither press.redemptions nor press.revocations'))
  from wrong w
  cross join lateral (values ('press.tickets', w.is_ticket), (w.relation, w.is_ending)) s (relation, is_there)
  where s.is_there;
end
$$;
comment on function press_private.audit_endings is 'What does not hold of redemptions and revocations: of the tickets with the ids, or of all (null).';
revoke all on function press_private.audit_endings from public;
