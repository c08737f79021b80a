/* All that the guard has to know about each request, read with a fixed number of statements however many requests there are.
   Holders and keys become small integers here (holder_index, key_index), so that the guard can count in arrays. */
create or replace function press_private.issue_facts(edition_id integer, requests press_private.issue_request_record[])
  returns press_private.issue_facts_record[]
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return (
    select array_agg(
      row(r.holder_id, r.quantity, r.holder_index, r.key_index, h.held_count, k.first_number, k.quantity, k.holder_id,
          r.ineligibility)::press_private.issue_facts_record
      order by r.index)
    from (
      select u.*,
        dense_rank() over (order by u.holder_id)::integer as holder_index,
        case when u.request_key is not null then
          dense_rank() over (order by u.request_key, coalesce(u.issued_by, u.holder_id::text) collate "C")::integer end as key_index
      from unnest(issue_facts.requests) with ordinality u (holder_id, issued_by, quantity, request_key, ineligibility, index)
    ) r
    cross join lateral (
      select coalesce(max(t.holder_slot), 0) as held_count
      from press.tickets t where t.edition_id = issue_facts.edition_id and t.holder_id = r.holder_id
    ) h
    left join lateral (
      select b.ticket_number as first_number, b.holder_id, (
        select count(*)::integer
        from press_private.tickets_of_request(issue_facts.edition_id, r.holder_id, r.issued_by, r.request_key)) as quantity
      from press_private.tickets_of_request(issue_facts.edition_id, r.holder_id, r.issued_by, r.request_key) b
      where b.request_position = 1
        -- Who has none here has used no key here; with OFFSET the planner asks this before it looks, not after.
        and (r.issued_by is not null or h.held_count > 0)
      offset 0
    ) k on true
  );
end
$$;
comment on function press_private.issue_facts is 'For each request, in order: its holder''s count so far, and what was issued under its key before. To be called under the edition''s lock.';
revoke all on function press_private.issue_facts from public;
