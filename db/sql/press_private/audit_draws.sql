/* One edition after the other, so that an entry that cannot be read is a finding of its own edition. */
create or replace function press_private.audit_draws()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_edition_id  integer;
begin
  for v_edition_id in select distinct e.edition_id from press.ledger_entries e where e.type in ('edition.drawn', 'winner.replaced') order by 1 loop
    begin
      return query
      select 'the entries alone give every winner that was drawn', format('press.draws (%s,%s)', v_edition_id, r.attempt), r.finding
      from press_private.recomputed_draws(v_edition_id) r where r.agrees is not true;
    exception
      when others then  -- a leaf that is none
        return query select 'the entries alone give every winner that was drawn', format('press.draws (%s)', v_edition_id), sqlerrm;
    end;
  end loop;

  return query
  select 'a draw was asked for, and is decided where its edition is drawn, by the first checkpoint that covers the closing', format('press.draws (%s,%s)', d.edition_id, d.attempt),
    format('It was asked for by %s; it is %s, the edition is %s; its round is %s at the size %s, and should be %s at %s.',
      coalesce(q.requested_by, 'nobody'), d.status, e.status, d.beacon_round, d.tree_size, b.round, b.tree_size)
  from press.draws d
  left join press.editions e on e.id = d.edition_id
  left join press_private.draw_requests q on q.edition_id = d.edition_id and q.attempt = d.attempt
  left join lateral press_private.beacon_of(e) b on e.beacon_chain_hash is not null
  where (q.requested_by is not null and case when d.attempt = 1 then e.status = case when d.status = 'requested' then 'closed' else 'drawn' end::press.edition_status else e.status = 'drawn' end
         and press_private.is_beacon_of(d, e)) is not true
  union all
  select 'a draw was asked for, and is decided where its edition is drawn, by the first checkpoint that covers the closing',
    format('press_private.draw_requests (%s,%s)', q.edition_id, q.attempt), format('It is there %s times, or for no draw.', count(*))
  from press_private.draw_requests q
  group by q.edition_id, q.attempt
  having count(*) > 1 or not exists (select from press.draws d where d.edition_id = q.edition_id and d.attempt = q.attempt)
  union all
  select 'a draw was asked for, and is decided where its edition is drawn, by the first checkpoint that covers the closing', format('press.editions (%s)', e.id), 'It is drawn, and there is no draw.'
  from press.editions e where e.status = 'drawn' and not exists (select from press.draws d where d.edition_id = e.id and d.attempt = 1);
end
$$;
comment on function press_private.audit_draws is 'What does not hold of draws.';
revoke all on function press_private.audit_draws from public;
