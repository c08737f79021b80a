/* An operator who never held a ticket becomes a holder here, because a holder's id is the only name that the ledger has for a person. To be
   called before the edition is locked, as press_private.ensure_holders. */
create or replace function press_private.ledger_label(actor press_hidden.actor_record)
  returns text
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  if actor.kind = 'login' then
    return press_private.issuer_label(actor);
  end if;
  if not press_private.is_one_line(actor.subject, 255) then
    perform press_private.refuse('INVALID_INPUT', 'Your token''s subject has more than 255 characters, or control characters.');
  end if;
  if starts_with(actor.subject, 'erased:') then
    perform press_private.refuse('INVALID_INPUT', 'Your token''s subject begins with "erased:", as envelopes name people who were forgotten.');
  end if;
  perform press_private.hold_operators(array[actor.subject]) where actor.kind = 'operator';
  perform press_private.ensure_holders(array[actor.subject])
  where not exists (select from press.holders h where h.subject = actor.subject);
  return (select actor.kind || ':' || h.id from press.holders h where h.subject = actor.subject);
end
$$;
comment on function press_private.ledger_label is 'How leaves name who acted: holder:ID or operator:ID, by the id of their row in press.holders, or login:NAME. Refuses: INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.ledger_label from public;
