/* Numbers are given out in the order of issue, so the n-th ticket was issued when n were: a lookup a point, whatever the size of the edition. */
create or replace function press.sales_over_time(edition_slug text, points integer default 100)
  returns setof press.sale_point
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_actor       press_hidden.actor_record := press_private.require_operator();
  v_edition_id  integer;
  v_count       bigint;
begin
  if (sales_over_time.points between 1 and 1000) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A sale is told in 1 to 1000 points.');
  end if;
  v_edition_id := press_private.visible_edition_id(sales_over_time.edition_slug, v_actor);
  v_count := press_private.issued_count(v_edition_id);

  return query
  select t.issued_at::timestamptz, t.ticket_number
  from (select distinct (n.step * v_count + sales_over_time.points - 1) / sales_over_time.points as number
        from generate_series(1, sales_over_time.points) n (step) where v_count > 0) n
  cross join lateral (
    select t.issued_at, t.ticket_number from press.tickets t where t.edition_id = v_edition_id and t.ticket_number = n.number offset 0) t
  order by t.ticket_number;
end
$$;
comment on function press.sales_over_time is 'How many tickets of an edition had been issued when, for operators: points (1 to 1000) moments at even steps of the count, or as many as there are tickets; the last is the latest ticket. Refuses: NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT, EDITION_NOT_FOUND.';
revoke all on function press.sales_over_time from public;
grant execute on function press.sales_over_time to press_anonymous, press_holder, press_operator;
