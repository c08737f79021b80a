/* A ticket is who it was issued as. Only its status moves, forward, and its envelope comes once; it goes when its holder is forgotten, and its hash stays. */
create or replace function press_private.tg_tickets__guard_identity()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (NEW.id, NEW.edition_id, NEW.ticket_number, NEW.holder_id, NEW.holder_slot, NEW.cap, NEW.per_holder_limit, NEW.issued_at,
      NEW.issued_by, NEW.request_key, NEW.request_position)
    is distinct from
     (OLD.id, OLD.edition_id, OLD.ticket_number, OLD.holder_id, OLD.holder_slot, OLD.cap, OLD.per_holder_limit, OLD.issued_at,
      OLD.issued_by, OLD.request_key, OLD.request_position) then
    perform press_private.refuse('NOT_ALLOWED', 'What a ticket was issued as never changes.');
  end if;

  if OLD.envelope is not null and NEW.envelope is distinct from OLD.envelope and (
      NEW.envelope is null and NEW.status = OLD.status
      and press_private.tickets_envelope_hash(NEW) = press_private.envelope_hash(OLD.envelope)) is not true then
    perform press_private.refuse('NOT_ALLOWED', 'A signed envelope never changes.');
  end if;

  if OLD.envelope is null and (NEW.envelope is not null) <> (OLD.status = 'pending' and NEW.status = 'signed') then
    perform press_private.refuse('NOT_ALLOWED', 'An envelope comes with the signature, and not at another time.');
  end if;

  if NEW.status <> OLD.status and (OLD.status, NEW.status) not in (('pending', 'signed'), ('signed', 'redeemed'), ('signed', 'revoked')) then
    perform press_private.refuse('NOT_ALLOWED', 'A ticket goes from pending to signed, and from signed to redeemed or revoked; never back.');
  end if;

  return NEW;
end
$$;
comment on function press_private.tg_tickets__guard_identity is 'Refuses every change of a ticket but its next status, its first envelope, and the removal of one whose hash is kept. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_tickets__guard_identity from public;

create or replace trigger _200_guard_identity before update on press.tickets
  for each row execute function press_private.tg_tickets__guard_identity();
alter table press.tickets enable always trigger _200_guard_identity;
