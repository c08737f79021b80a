create or replace function press_private.ineligibility(edition press.editions, holder_id uuid)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return (select string_agg(p, ' ') from press_private.eligibility_problems(edition, ineligibility.holder_id) p);
end
$$;
comment on function press_private.ineligibility is 'Why the holder is not eligible for the edition, with all the reasons; null: is.';
revoke all on function press_private.ineligibility from public;
