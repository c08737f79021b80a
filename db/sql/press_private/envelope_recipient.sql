create or replace function press_private.envelope_recipient(holder press.holders)
  returns text
  language sql immutable
begin atomic
  select coalesce((holder).subject, 'erased:' || (holder).id);
end;
comment on function press_private.envelope_recipient is 'Whom an envelope names: the subject of its holder; of one who was forgotten, erased: and the opaque id.';
revoke all on function press_private.envelope_recipient from public;
