/* Reasons that operators write may name people. What is in the ledger is everybody's, for ever; what only the press has goes. Locks: credentials, by id. To be called when the
   holder is among those who are forgotten. */
create or replace function press_private.erase_reasons(holder_id uuid)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
begin
  perform from press.credentials c where c.holder_id = erase_reasons.holder_id and c.reason is not null order by c.id for no key update;
  update press.credentials c set reason = null where c.holder_id = erase_reasons.holder_id and c.reason is not null;
  update press.revocations r set reason = null from press.tickets t
  where t.holder_id = erase_reasons.holder_id and t.status = 'revoked' and r.edition_id = t.edition_id and r.ticket_number = t.ticket_number
    and r.reason is not null and not r.is_reason_published;
end
$$;
comment on function press_private.erase_reasons is 'Removes the reasons why credentials of the holder were revoked, and of their tickets those that are not in the ledger.';
revoke all on function press_private.erase_reasons from public;
