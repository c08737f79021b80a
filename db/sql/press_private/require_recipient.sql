create or replace function press_private.require_recipient(actor press_hidden.actor_record, recipient text)
  returns void
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  perform press_private.refuse(v.refusal, v.refusal_detail)
  from press_private.entry_refusal(
    actor, require_recipient.recipient, 1,
    (select h.is_active from press.holders h where h.subject = press_private.recipient_of(actor, require_recipient.recipient)), 'open') v
  where v.refusal is not null;
end
$$;
comment on function press_private.require_recipient is 'Lets pass who acts for themselves, or an operator who names somebody. Refuses: NOT_SIGNED_IN, NOT_ALLOWED, HOLDER_INACTIVE, INVALID_INPUT.';
revoke all on function press_private.require_recipient from public;
