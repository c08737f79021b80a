/* The one place that says no. The message begins with the name, so that psql, pgTAP and GraphQL read the same. */
create or replace function press_private.refuse(name text, detail text default null)
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  v_refusal record;
begin
  select r.* into strict v_refusal from press_private.refusals() r where r.name = refuse.name;

  if refuse.detail is null then
    raise exception using
      errcode = v_refusal.code, message = v_refusal.name || ': ' || v_refusal.sentence, hint = v_refusal.hint;
  end if;
  raise exception using
    errcode = v_refusal.code, message = v_refusal.name || ': ' || v_refusal.sentence, hint = v_refusal.hint, detail = refuse.detail;
end
$$;
comment on function press_private.refuse is 'Raises the named refusal, with what is particular to this case as its DETAIL.';
revoke all on function press_private.refuse from public;
