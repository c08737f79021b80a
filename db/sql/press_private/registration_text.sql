/* Of a type of its own, and with the name of the ledger, so that no signature can serve for something else or elsewhere. */
create or replace function press_private.registration_text(public_key text, subject text)
  returns text
  language sql stable
begin atomic
  select '{"ledger":' || to_json(press_private.ledger_origin())
      || ',"public_key":"' || registration_text.public_key
      || '","subject":' || to_json(registration_text.subject)
      || ',"type":"golden-press/key/v1"}';
end;
comment on function press_private.registration_text is 'What a key signs to show that who registers it has it (RFC 8785); null before the ledger has a name, and for somebody who was forgotten.';
revoke all on function press_private.registration_text from public;
