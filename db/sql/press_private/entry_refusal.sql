/* What can be refused before the edition is locked, as a ladder in the order of press_private.refusals. Pure, and inlined into its caller:
   it is asked for every request, and a call would cost more than the answer. */
create or replace function press_private.entry_refusal(
    actor press_hidden.actor_record, recipient text, quantity integer, is_active boolean, edition_status press.edition_status)
  returns press_private.issue_verdict_record
  language sql immutable
begin atomic
  select case
    when (entry_refusal.actor).kind = 'nobody' then
      press_private.refused('NOT_SIGNED_IN')
    when (entry_refusal.actor).kind = 'holder' and entry_refusal.recipient <> (entry_refusal.actor).subject then
      press_private.refused('NOT_ALLOWED', 'Only an operator may name another recipient.')
    when not entry_refusal.is_active then
      press_private.refused('HOLDER_INACTIVE')
    when press_private.recipient_of(entry_refusal.actor, entry_refusal.recipient) is null then
      press_private.refused('INVALID_INPUT', 'A database login must name the recipient.')
    when not press_private.is_one_line(press_private.recipient_of(entry_refusal.actor, entry_refusal.recipient), 255) then
      press_private.refused('INVALID_INPUT', 'A recipient has 1 to 255 characters, none of them a control character.')
    -- An envelope of somebody who was forgotten names them so, and of nobody else.
    when starts_with(press_private.recipient_of(entry_refusal.actor, entry_refusal.recipient), 'erased:') then
      press_private.refused('INVALID_INPUT', 'A recipient does not begin with "erased:".')
    when (entry_refusal.quantity between 1 and 1000) is not true then
      press_private.refused('INVALID_INPUT', 'A quantity is from 1 to 1000.')
    -- A draft is nobody's business but the operators'.
    when entry_refusal.edition_status is null or (entry_refusal.edition_status = 'draft' and (entry_refusal.actor).kind = 'holder') then
      press_private.refused('EDITION_NOT_FOUND')
  end;
end;
comment on function press_private.entry_refusal is 'The refusal of a request that need not go to the core; null: it goes there. is_active is null for a recipient who is new; edition_status is null where there is no such edition.';
revoke all on function press_private.entry_refusal from public;
