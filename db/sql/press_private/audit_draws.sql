/* Computing a draw again reads every entry of its edition. One edition after the other, so that an entry that cannot be read is a finding of its own edition. */
create or replace function press_private.audit_draws(edition_ids bigint[] default null, recomputed_ids bigint[] default null)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_edition_id  integer;
begin
  for v_edition_id in
    select e.edition_id from press.ledger_entries e where e.type in ('edition.drawn', 'winner.replaced') and audit_draws.edition_ids is null
    union
    -- Of those that have changed a look has time for 20,000 tickets.
    select d.edition_id from press.draws d
    where d.status <> 'requested' and d.edition_id = any (audit_draws.recomputed_ids)
      and not exists (select from press.tickets t where t.edition_id = d.edition_id and t.ticket_number > 20000)
    order by 1
  loop
    begin
      return query
      select 'the entries alone give every winner that was drawn', format('press.draws (%s,%s)', v_edition_id, r.attempt),
        coalesce(r.finding, format('The entry has the winner %s, and the row %s.', r.recorded_number, d.ticket_number))
      from press_private.recomputed_draws(v_edition_id) r
      left join press.draws d on d.edition_id = v_edition_id and d.attempt = r.attempt
      where r.agrees is not true or d.ticket_number is distinct from r.recorded_number;
    exception
      when others then  -- a leaf that is none
        if press_private.is_fault_of_server(sqlstate) then
          raise;
        end if;
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
  where (audit_draws.edition_ids is null or d.edition_id = any (audit_draws.edition_ids)) and (q.requested_by is not null and case when d.attempt = 1 then e.status = case when d.status = 'requested' then 'closed' else 'drawn' end::press.edition_status else e.status = 'drawn' end
         and press_private.is_beacon_of(d, e)) is not true
  union all
  select 'a draw was asked for, and is decided where its edition is drawn, by the first checkpoint that covers the closing',
    format('press_private.draw_requests (%s,%s)', q.edition_id, q.attempt), format('It is there %s times, or for no draw.', count(*))
  from press_private.draw_requests q
  where audit_draws.edition_ids is null or q.edition_id = any (audit_draws.edition_ids)
  group by q.edition_id, q.attempt
  having count(*) > 1 or not exists (select from press.draws d where d.edition_id = q.edition_id and d.attempt = q.attempt)
  union all
  select 'a draw was asked for, and is decided where its edition is drawn, by the first checkpoint that covers the closing', format('press.editions (%s)', e.id), 'It is drawn, and there is no draw.'
  from press.editions e
  where (audit_draws.edition_ids is null or e.id = any (audit_draws.edition_ids)) and e.status = 'drawn'
    and not exists (select from press.draws d where d.edition_id = e.id and d.attempt = 1);
end
$$;
comment on function press_private.audit_draws is 'What does not hold of draws: of the editions with the ids, of which some with up to 20,000 tickets are computed again from the ledger, or of all (nulls).';
revoke all on function press_private.audit_draws from public;
