create or replace function press_worker.drafts_to_commit()
  returns table (edition_id integer, edition text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select e.id, e.slug from press.editions e
  where e.status = 'draft' and e.draw_mode::text = 'sealed' and e.draw_commitment is null and press_private.stop_reason() is null
  order by e.id;
end
$$;
comment on function press_worker.drafts_to_commit is 'The drafts whose sealed draw has no commitment yet, by id and slug, to be given to press_worker.commit_draw one by one; none while the press is stopped.';
revoke all on function press_worker.drafts_to_commit from public;
grant execute on function press_worker.drafts_to_commit to press_worker;
