create or replace function press_private.recorded_label(label text, holder_id uuid)
  returns text
  language sql stable
begin atomic
  select case
    when recorded_label.label = 'holder' then 'holder:' || recorded_label.holder_id
    when starts_with(recorded_label.label, 'operator:') then 'operator:' || (select h.id from press.holders h where h.subject = substr(recorded_label.label, 10))
    else recorded_label.label end;
end;
comment on function press_private.recorded_label is 'How the ledger names whom a row of press.redemptions or press.revocations names: see press_private.ledger_label. holder_id: of the ticket.';
revoke all on function press_private.recorded_label from public;
