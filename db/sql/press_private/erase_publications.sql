/* What is on the chain stays there, and so do the rows that say so, by the opaque id. What was not sent must not become public any more: it fails, and its text goes.
   What is in a transaction whose bytes are stored may be out already; one that is not signed yet is given up. A signature over a name tells, to who guesses the name, whether it is right: so it goes too, and so do
   reasons, which may name people.
   To be called under the holder's lock, when the holder is among those who are forgotten. Locks: their keys, what is queued, by id; the transactions that are given up,
   and their coins. */
create or replace function press_private.erase_publications(holder_id uuid, erased_by text)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
begin
  perform from press.publishing_keys k where k.holder_id = erase_publications.holder_id order by k.id for no key update;
  update press.publishing_keys k set revocation_reason = null
  where k.holder_id = erase_publications.holder_id and k.revocation_reason is not null;
  perform press_private.revoke_key(k.id, erase_publications.erased_by, 'Its holder was forgotten.')
  from press.publishing_keys k where k.holder_id = erase_publications.holder_id and k.revoked_at is null;
  -- Whoever had claimed some has committed now, and nobody claims more: all is failed, or in a transaction.
  perform press_private.release_transaction(t.id)
  from press.chain_transactions t
  where t.state = 'reserved' and t.replaces_id is null and t.id in (
    select p.transaction_id from press.publications p where p.holder_id = erase_publications.holder_id and p.state = 'processing');
  set constraints press._200_guard_transaction immediate;  -- see press_private.tg_publications__guard_transaction
  set constraints press._200_guard_transaction deferred;
  perform press_private.fail_queued_records(k.id) from press.publishing_keys k where k.holder_id = erase_publications.holder_id;
  update press.publishing_keys k set possession_signature = null
  where k.holder_id = erase_publications.holder_id and k.possession_signature is not null;
  update press.publications p set payload = null
  where p.holder_id = erase_publications.holder_id and p.state = 'failed' and p.payload is not null
    and not exists (select from press_private.chain_outputs o where o.publication_id = p.id);
end
$$;
comment on function press_private.erase_publications is 'Takes the holder''s keys out of use, and removes the signatures that name them, the reasons why keys were revoked, and the records that never went out.';
revoke all on function press_private.erase_publications from public;
