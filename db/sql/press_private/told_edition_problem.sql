create or replace function press_private.told_edition_problem(closed press.ledger_entries, issued_count bigint, entries_hash text)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  return case
    when (told_edition_problem.entries_hash = closed.leaf::jsonb ->> 'entries_hash') is not true then
      'The closing of the edition names other tickets than were issued.'
    when ((closed.leaf::jsonb ->> 'issued_count')::bigint = told_edition_problem.issued_count) is not true then
      format('The closing of the edition counts %s tickets, and %s were issued.', coalesce(closed.leaf::jsonb ->> 'issued_count', 'no'), told_edition_problem.issued_count)
    when exists (select from press.ledger_entries e where e.edition_id = closed.edition_id and e.place > closed.place and e.type = 'ticket.issued') then
      'A ticket was issued after the closing of the edition.'
  end;
end
$$;
comment on function press_private.told_edition_problem is 'What in the ledger contradicts the closing of an edition (closed: its entry), as a sentence; null: nothing. issued_count, entries_hash: by the entries before it.';
revoke all on function press_private.told_edition_problem from public;
