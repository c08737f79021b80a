/* A worker may have been given a payload with a recipient that is not theirs any more. Its signature comes back without the payload, so that the database
   could not tell: what is claimed now is marked, and press_worker.attach_signatures verifies the signatures of what is marked. While the caller's
   transaction lasts no worker claims or attaches anything, so that none is between the two.
   Locks: the table of claims. */
create or replace function press_private.doubt_claims(holder_ids uuid[])
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
begin
  -- An older snapshot would not show every claim that the lock waited for.
  if current_setting('transaction_isolation') <> 'read committed' then
    perform press_private.refuse('INVALID_INPUT', 'A person is forgotten, or known again, at READ COMMITTED only: begin the transaction at that isolation level.');
  end if;
  lock table press_private.signing_claims in share row exclusive mode;
  update press_private.signing_claims c set is_doubtful = true
  from press.tickets t
  where t.holder_id = any (doubt_claims.holder_ids) and t.status = 'pending' and c.edition_id = t.edition_id and c.ticket_number = t.ticket_number;
end
$$;
comment on function press_private.doubt_claims is 'Has the signatures verified, when they come, of what is being signed for these holders. To be called before their recipient changes, and before other locks are taken. Refuses: INVALID_INPUT (at another isolation level than READ COMMITTED).';
revoke all on function press_private.doubt_claims from public;
