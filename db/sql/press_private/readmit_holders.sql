/* Who was forgotten is judged as who they are, and becomes known again only by what is not refused at the door: not while they are inactive, nor where nothing can be had
   any more, unless it is what they were given under the same request key. Of press_private.issue_for_actors, the part that nobody comes to before anybody was forgotten.
   Locks: as press_private.return_holders. */
create or replace function press_private.readmit_holders(
    edition press.editions, requests press_private.actor_request_record[], inout entries press_private.issue_verdict_record[], inout holder_ids uuid[],
    inout newcomers text[])
  language plpgsql set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_is_over    boolean := press_private.edition_is_over(edition);
  v_forgotten  press.holders[] := array(
    select jsonb_populate_record(h, jsonb_build_object('subject', s.subject))
    from (select distinct n.subject from unnest(readmit_holders.newcomers) n (subject)) s
    join press_private.erased_holders e on e.subject_hash = press_private.keyed_hash('subject', s.subject)
    join press.holders h on h.id = e.holder_id);
  v_returning  text[] := array(
    select f.subject from unnest(v_forgotten) f
    where f.is_active and (not v_is_over or exists (
      select from unnest(readmit_holders.requests) r
      cross join lateral press_private.tickets_of_request(edition.id, f.id, press_private.issuer_label(r.actor), r.request_key) t
      where press_private.recipient_of(r.actor, r.recipient) = f.subject and t.holder_id = f.id)));
begin
  if v_forgotten = '{}' then
    return;
  end if;
  perform press_private.return_holders(v_returning) where v_returning <> '{}';

  select array_agg(case when f.is_active is false then press_private.refused('HOLDER_INACTIVE') else readmit_holders.entries[r.index] end order by r.index),
         array_agg(coalesce(readmit_holders.holder_ids[r.index], f.id) order by r.index)
  into readmit_holders.entries, readmit_holders.holder_ids
  from unnest(readmit_holders.requests) with ordinality r (actor, recipient, quantity, request_key, index)
  left join unnest(v_forgotten) f
    on f.subject = press_private.recipient_of(r.actor, r.recipient) and readmit_holders.entries[r.index].refusal is null;
  readmit_holders.newcomers := array(
    select n.subject from unnest(readmit_holders.newcomers) n (subject) where n.subject not in (select f.subject from unnest(v_forgotten) f));
end
$$;
comment on function press_private.readmit_holders is 'Of the subjects who have no holder by name (newcomers), finds those who were forgotten: their holders'' ids, the refusal of those who are inactive, and who is new indeed; has them known again who are admitted. Refuses: INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.readmit_holders from public;
