/* From who asks to what the core takes: the one path of every issuing front door (press.issue_ticket, press.issue_tickets and
   press_gateway.issue_tickets). It refuses what can be refused without the lock, makes sure that every recipient is a holder, and hands the
   rest to the core. Whether a holder has what the edition demands is read here, and only where it demands something. Locks: the rows of holders who are
   new here.
   For all that is called from here, seq scans are off and each row is looked up for itself: a plan that was made while a table was small must still be
   the right one in the same session at ten million rows. Plans are generic, because PostgreSQL would take the length of the arrays for a
   reason to plan every call anew, which takes twice as long as the call; and never compiled, because what they cost is guessed far too high. */
create or replace function press_private.issue_for_actors(edition_slug text, requests press_private.actor_request_record[])
  returns setof press_private.issue_outcome_record
  language plpgsql set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_edition        press.editions;
  v_is_demanding   boolean;
  v_entries        press_private.issue_verdict_record[];
  v_holder_ids     uuid[];     -- null where the recipient is new here
  v_newcomers      text[];     -- those of them whose requests go on
  v_has_operators  boolean;
  v_admitted       integer[];  -- the places of the requests that go on to the core
  v_requests       press_private.issue_request_record[];
begin
  perform press_private.require_running();
  select e.* into v_edition from press.editions e where e.slug = issue_for_actors.edition_slug;
  v_is_demanding := v_edition.required_trust_level > 0 or v_edition.required_kind is not null;

  select array_agg(press_private.entry_refusal(r.actor, r.recipient, r.quantity, h.is_active, v_edition.status) order by r.index),
         array_agg(h.id order by r.index), bool_or((r.actor).kind = 'operator')
  into v_entries, v_holder_ids, v_has_operators
  from unnest(issue_for_actors.requests) with ordinality r (actor, recipient, quantity, request_key, index)
  left join lateral (select i.* from press.holders i where i.subject = press_private.recipient_of(r.actor, r.recipient) offset 0) h on true;

  v_newcomers := array(
    select press_private.recipient_of(r.actor, r.recipient)
    from unnest(issue_for_actors.requests) with ordinality r (actor, recipient, quantity, request_key, index)
    where v_entries[r.index].refusal is null and v_holder_ids[r.index] is null);
  if v_newcomers <> '{}' and exists (select from press_private.erased_holders) then
    select m.* into v_entries, v_holder_ids, v_newcomers
    from press_private.readmit_holders(v_edition, issue_for_actors.requests, v_entries, v_holder_ids, v_newcomers) m;
  end if;

  return query
  select v.index::integer, v.refusal, v.refusal_detail, null::press.tickets
  from unnest(v_entries) with ordinality v (first_number, first_slot, refusal, refusal_detail, index)
  where v.refusal is not null;

  select array_agg(v.index order by v.index) into v_admitted
  from unnest(v_entries) with ordinality v (first_number, first_slot, refusal, refusal_detail, index)
  where v.refusal is null;
  if v_admitted is null then
    return;
  end if;

  -- Where nothing can be had any more nobody becomes known by asking: the core refuses whoever has no row. And nothing will name an operator.
  if (v_newcomers <> '{}' or v_has_operators) and not press_private.edition_is_over(v_edition) then
    perform press_private.insert_holders(v_newcomers) where v_newcomers <> '{}';
    perform press_private.hold_operators(array(
      select (r.actor).subject from unnest(issue_for_actors.requests, v_entries) r (actor, recipient, quantity, request_key, first_number, first_slot, refusal)
      where r.refusal is null and (r.actor).kind = 'operator')) where v_has_operators;
  end if;

  select array_agg(
    row(i.holder_id, press_private.issuer_label(r.actor), r.quantity, r.request_key,
        case when v_is_demanding then press_private.ineligibility(v_edition, i.holder_id) end)::press_private.issue_request_record
    order by r.index)
  into v_requests
  from unnest(issue_for_actors.requests) with ordinality r (actor, recipient, quantity, request_key, index)
  cross join lateral (
    select coalesce(v_holder_ids[r.index], (
      select h.id from press.holders h where h.subject = press_private.recipient_of(r.actor, r.recipient) and h.is_active)) as holder_id offset 0) i
  where v_entries[r.index].refusal is null;

  return query
  select v_admitted[o.request_index], o.refusal, o.refusal_detail, o.ticket
  from press_private.issue_batch(v_edition.id, v_requests) o;
end
$$;
comment on function press_private.issue_for_actors is 'Answers each request with its tickets or its refusal; in no particular order, see request_index. Refuses the whole call only with PRESS_STOPPED, LOCK_TIMEOUT or RETRY; and with INVALID_INPUT where somebody who was forgotten is known again, if the transaction is not at READ COMMITTED.';
revoke all on function press_private.issue_for_actors from public;
