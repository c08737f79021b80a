/* What press.issue_ticket would answer, without asking for a ticket: not the first reason alone, but all of them, in the order of precedence. It promises
   nothing: others buy meanwhile. */
create or replace function press.eligibility(edition_slug text)
  returns setof press.ineligibility
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_actor    press_hidden.actor_record := press_hidden.current_actor();
  v_edition  press.editions;
  v_holder   press.holders;
  v_now      timestamptz := clock_timestamp();
begin
  if v_actor.kind = 'nobody' then
    perform press_private.refuse('NOT_SIGNED_IN');
  end if;
  if v_actor.kind = 'login' then
    perform press_private.refuse('INVALID_INPUT', 'A database login is nobody who could have a ticket.');
  end if;
  select e.* into v_edition from press.editions e where e.id = press_private.visible_edition_id(eligibility.edition_slug, v_actor);
  -- Who was forgotten would be who they were by asking for a ticket.
  select h.* into v_holder from press.holders h
  where h.id = coalesce(
    press_hidden.current_holder_id(),
    (select e.holder_id from press_private.erased_holders e where e.subject_hash = press_private.keyed_hash('subject', v_actor.subject)));

  return query
  select f.name, f.sentence, r.detail
  from (
    select 'PRESS_STOPPED' as name, press_private.stop_reason() as detail where press_private.stop_reason() is not null
    union all
    select 'HOLDER_INACTIVE', null where not v_holder.is_active
    union all
    select 'EDITION_NOT_OPEN', c.reason from press_private.edition_closed_reason(v_edition, v_now) c (reason) where c.reason is not null
    union all
    select 'NOT_ELIGIBLE', p from press_private.eligibility_problems(v_edition, v_holder.id) p
    union all
    select 'HOLDER_LIMIT_REACHED', format('The limit is %s, and the holder has %s.', v_edition.per_holder_limit, t.held_count)
    from (select max(i.holder_slot) as held_count from press.tickets i where i.edition_id = v_edition.id and i.holder_id = v_holder.id) t
    where t.held_count >= v_edition.per_holder_limit
    union all
    select 'CAP_REACHED', format('All %s were issued.', v_edition.cap) where press_private.issued_count(v_edition.id) >= v_edition.cap
  ) r
  join press_private.refusals() with ordinality f (name, code, is_retryable, sentence, hint, index) on f.name = r.name
  order by f.index, r.detail;
end
$$;
comment on function press.eligibility is 'Every reason for which the caller would be refused one ticket of the edition now, those that it demands something of its holders for each by itself; no row: would get one. Refuses: NOT_SIGNED_IN, INVALID_INPUT (a database login), EDITION_NOT_FOUND.';
revoke all on function press.eligibility from public;
grant execute on function press.eligibility to press_anonymous, press_holder, press_operator;
