/* A holder who was deactivated redeems nothing, and nothing of theirs is redeemed at the gate. Another holder is not told of it. */
create or replace function press_private.require_redeemer(actor press_hidden.actor_record, ticket_id uuid)
  returns void
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  if actor.kind = 'nobody' then
    perform press_private.refuse('NOT_SIGNED_IN');
  end if;
  perform press_private.refuse('HOLDER_INACTIVE')
  from press.holders h
  where not h.is_active
    and case actor.kind when 'holder' then h.subject = actor.subject
        else h.id = (select t.holder_id from press.tickets t where t.id = require_redeemer.ticket_id) end;
end
$$;
comment on function press_private.require_redeemer is 'Refuses: NOT_SIGNED_IN, HOLDER_INACTIVE (the calling holder; for an operator, the holder of the ticket).';
revoke all on function press_private.require_redeemer from public;
