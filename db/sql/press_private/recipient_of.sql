create or replace function press_private.recipient_of(actor press_hidden.actor_record, recipient text)
  returns text
  language sql immutable
begin atomic
  -- A login is not a person, so it cannot be its own recipient.
  select case when recipient_of.recipient is not null then recipient_of.recipient
              when (recipient_of.actor).kind <> 'login' then (recipient_of.actor).subject end;
end;
comment on function press_private.recipient_of is 'The subject that a request is for: the named one, else the caller.';
revoke all on function press_private.recipient_of from public;
