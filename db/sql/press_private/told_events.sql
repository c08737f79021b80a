/* For a reader who has the leaves and nothing else. In a leaf every quote within a string is escaped, so that what looks like a member is one. */
create or replace function press_private.told_events()
  returns table (subject text, place bigint, type text, edition text, ticket_number numeric, holder text, cap numeric, per_holder_limit numeric, issued_count numeric)
  language sql stable
begin atomic
  select e.subject, e.place, t.type, split_part(split_part(e.leaf, '"edition":"', 2), '"', 1),
    case when t.type like 'ticket.%' then substring(split_part(e.leaf, '"ticket_number":', 2) from '^\d+')::numeric end,
    split_part(split_part(e.leaf, '"holder":"', 2), '"', 1),
    case t.type when 'edition.opened' then substring(split_part(e.leaf, '"cap":', 2) from '^\d+')::numeric end,
    case t.type when 'edition.opened' then substring(split_part(e.leaf, '"per_holder_limit":', 2) from '^\d+')::numeric end,
    case t.type when 'edition.closed' then substring(split_part(e.leaf, '"issued_count":', 2) from '^\d+')::numeric end
  from (
    select format('press.ledger_entries (%s)', l.place) as subject, l.place, l.leaf from press.ledger_entries l
    union all
    select format('press_private.ledger_inbox (%s)', i.id), null, i.leaf from press_private.ledger_inbox i
  ) e
  cross join lateral split_part(split_part(e.leaf, '"type":"', 2), '"', 1) t (type);
end;
comment on function press_private.told_events is 'What the leaves alone tell of editions and tickets; place is null in the inbox.';
revoke all on function press_private.told_events from public;
