/* Of each queue the one that has waited longest. A draw by beacon waits for its round, evidence for its provider, and a transaction for a block: how long is
   not the press's to say. While the press is stopped everything waits. */
create or replace function press_private.audit_waiting(overdue_seconds integer)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_checkpoint_size  bigint := (select coalesce(max(c.tree_size), 0) from press.checkpoints c);
begin
  return query
  select 'the stream has no event that no checkpoint covers', 'press_private.event_stream',
    format('It has %s events, and the latest checkpoint covers %s entries.', s.stream_size, v_checkpoint_size)
  from press_private.event_stream s where s.stream_size > v_checkpoint_size;

  if press_private.stop_reason() is not null then
    return;
  end if;
  return query
  select 'nothing waits for longer than it should', w.subject, format('It waits %s, since %s.', w.what, press_private.rfc3339(w.since))
  from (
    (select format('press.tickets (%s,%s)', t.edition_id, t.ticket_number), 'to be signed', t.issued_at
     from press.tickets t where t.status = 'pending' order by t.issued_at limit 1)
    union all
    (select format('press_private.ledger_inbox (%s)', i.id), 'for its place in the ledger', press_private.moment_of(substr(i.leaf, 8, 24))
     from press_private.ledger_inbox i order by i.id limit 1)
    union all
    (select format('press.ledger_entries (%s)', e.place), 'for a checkpoint', e.recorded_at from press.ledger_entries e where e.place = v_checkpoint_size)
    union all
    (select format('press.draws (%s,%s)', d.edition_id, d.attempt), 'to be drawn', d.requested_at
     from press.draws d join press.editions e on e.id = d.edition_id
     where d.status = 'requested' and e.draw_mode <> 'beacon' order by d.requested_at limit 1)
    union all
    (select format('press_private.closings_to_record (%s)', q.edition_id), 'to be recorded as closed', e.closed_at
     from press_private.closings_to_record q join press.editions e on e.id = q.edition_id order by e.closed_at limit 1)
    union all
    (select format('press.credentials (%s)', c.id), 'to be signed', c.valid_from
     from press.credentials c where c.status = 'pending' order by c.valid_from limit 1)
    union all
    (select format('press.publications (%s)', p.id), 'for a transaction', p.submitted_at
     from press.publications p where p.state = 'queued' and p.sent_at is null and p.after_transaction_id is null order by p.submitted_at limit 1)
    union all
    (select format('press.chain_transactions (%s)', x.id), 'for an answer', x.stored_at
     from press.chain_transactions x where x.state in ('sending', 'unknown') order by x.stored_at limit 1)
  ) w (subject, what, since)
  where w.since < clock_timestamp() - make_interval(secs => audit_waiting.overdue_seconds);
end
$$;
comment on function press_private.audit_waiting is 'What is ahead of what it follows, and what has waited for more than overdue_seconds for what the press itself does.';
revoke all on function press_private.audit_waiting from public;
