create or replace function press_private.require_attester(actor press_hidden.actor_record, recipient text, client_address text)
  returns void
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  perform press_private.refuse('NOT_ALLOWED', 'Only an operator may name a network address.')
  where actor.kind = 'holder' and require_attester.client_address is not null;
  perform press_private.require_recipient(actor, require_attester.recipient);
end
$$;
comment on function press_private.require_attester is 'Lets pass who attests for themselves, or an operator who names somebody. Refuses: NOT_SIGNED_IN, NOT_ALLOWED, HOLDER_INACTIVE, INVALID_INPUT.';
revoke all on function press_private.require_attester from public;
