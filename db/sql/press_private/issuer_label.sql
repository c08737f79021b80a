create or replace function press_private.issuer_label(actor press_hidden.actor_record)
  returns text
  language sql immutable
begin atomic
  select case when (issuer_label.actor).kind in ('operator', 'login') then (issuer_label.actor).kind || ':' || (issuer_label.actor).subject end;
end;
comment on function press_private.issuer_label is 'How rows name who acted: operator:SUBJECT or login:NAME; null for a holder acting for themselves.';
revoke all on function press_private.issuer_label from public;
