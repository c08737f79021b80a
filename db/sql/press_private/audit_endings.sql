create or replace function press_private.audit_endings()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  with endings as (
    select 'press.redemptions' as relation, d.edition_id, d.ticket_number, 'redeemed'::press.ticket_status as status from press.redemptions d
    union all
    select 'press.revocations', v.edition_id, v.ticket_number, 'revoked' from press.revocations v
  ), wrong as (
    select e.relation, t.status, coalesce(e.edition_id, t.edition_id) as edition_id, coalesce(e.ticket_number, t.ticket_number) as ticket_number,
      t.id is not null as is_ticket, e.relation is not null as is_ending
    from endings e
    full join press.tickets t on t.edition_id = e.edition_id and t.ticket_number = e.ticket_number
    where case when e.relation is null then t.status in ('redeemed', 'revoked') else t.status is distinct from e.status end
  )
  select 'a ticket is redeemed or revoked where a row says by whom, and nowhere else', format('%s (%s,%s)', s.relation, w.edition_id, w.ticket_number),
    format('The ticket is %s, and in %s.', coalesce(w.status::text, 'not there'), coalesce(w.relation, 'neither press.redemptions nor press.revocations'))
  from wrong w
  cross join lateral (values ('press.tickets', w.is_ticket), (w.relation, w.is_ending)) s (relation, is_there)
  where s.is_there;
end
$$;
comment on function press_private.audit_endings is 'What does not hold of redemptions and revocations.';
revoke all on function press_private.audit_endings from public;
