/* Locks: the tickets, by id. */
create or replace function press_private.erase_envelopes(holder_id uuid)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
begin
  perform from press.tickets t where t.holder_id = erase_envelopes.holder_id order by t.id for no key update;

  insert into press_private.erased_envelopes (edition_id, ticket_number, envelope_hash)
  select t.edition_id, t.ticket_number, press_private.envelope_hash(t.envelope)
  from press.tickets t where t.holder_id = erase_envelopes.holder_id and t.envelope is not null;
  update press.tickets t set envelope = null where t.holder_id = erase_envelopes.holder_id and t.envelope is not null;
end
$$;
comment on function press_private.erase_envelopes is 'Removes the envelopes of the holder, and keeps their hashes.';
revoke all on function press_private.erase_envelopes from public;
