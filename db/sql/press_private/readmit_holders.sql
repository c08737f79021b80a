/* Who was forgotten is judged as who they are, and becomes known again only by what is not refused at the door: not while they are inactive, nor where nothing can be had
   any more, unless it is what they were given under the same request key. Locks: as press_private.return_holders. */
create or replace function press_private.readmit_holders(edition press.editions, requests press_private.actor_request_record[], subjects text[])
  returns table (subject text, holder_id uuid, is_active boolean)
  language plpgsql set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
declare
  v_is_over    boolean := press_private.edition_is_over(edition);
  v_forgotten  press.holders[] := array(
    select jsonb_populate_record(h, jsonb_build_object('subject', s.subject))
    from (select distinct u.subject from unnest(readmit_holders.subjects) u (subject)) s
    join press_private.erased_holders e on e.subject_hash = press_private.keyed_hash('subject', s.subject)
    join press.holders h on h.id = e.holder_id);
  v_returning  text[] := array(
    select f.subject from unnest(v_forgotten) f
    where f.is_active and (not v_is_over or exists (
      select from unnest(readmit_holders.requests) r
      cross join lateral press_private.tickets_of_request(edition.id, f.id, press_private.issuer_label(r.actor), r.request_key) t
      where press_private.recipient_of(r.actor, r.recipient) = f.subject and t.holder_id = f.id)));
begin
  perform press_private.return_holders(v_returning) where v_returning <> '{}';
  return query select f.subject, f.id, f.is_active from unnest(v_forgotten) f;
end
$$;
comment on function press_private.readmit_holders is 'Those of the subjects who were forgotten, as the holders that they are; has them known again who are admitted. Refuses: INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.readmit_holders from public;
