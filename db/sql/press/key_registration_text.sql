/* For a client to sign: it has the subject of the token that it calls with, and need not know the rest. */
create or replace function press.key_registration_text(public_key text, recipient text default null)
  returns text
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_actor  press_hidden.actor_record := press_hidden.current_actor();
  v_text   text;
begin
  perform press_private.require_recipient(v_actor, key_registration_text.recipient);
  perform press_private.require_public_key(key_registration_text.public_key);
  v_text := press_private.registration_text(key_registration_text.public_key, press_private.recipient_of(v_actor, key_registration_text.recipient));
  if v_text is null then
    perform press_private.refuse('INVALID_INPUT', 'The ledger has no name yet: a worker gives it one with its first checkpoint.');
  end if;
  return v_text;
end
$$;
comment on function press.key_registration_text is 'The text that a key signs to be registered (register_public_key) for the caller, or the recipient that an operator names: canonical JSON of the ledger''s name, the key, the subject and the type golden-press/key/v1. public_key: a compressed point of secp256k1 in hex. Refuses: NOT_SIGNED_IN, NOT_ALLOWED (another recipient), HOLDER_INACTIVE, INVALID_INPUT (also: the ledger has no name yet).';
revoke all on function press.key_registration_text from public;
grant execute on function press.key_registration_text to press_anonymous, press_holder, press_operator;
