/* The keys take turns, so that who floods the queue waits behind their own records. Keys are looked up one after the other in the index, however many records each has.
   Of those that look at once each locks others; a key that was not verified yet waits. */
create or replace function press_private.queued_publications(publication_count integer)
  returns table (publication_id uuid, submitted_at timestamptz, bundle_limit integer, output_bytes bigint)
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  v_now  timestamptz := clock_timestamp();
begin
  return query
  with recursive keys as (
    (select p.key_id from press.publications p
     where p.state = 'queued' and p.after_transaction_id is null and p.key_id is not null order by p.key_id limit 1)
    union all
    select (select p.key_id from press.publications p
            where p.state = 'queued' and p.after_transaction_id is null and p.key_id > k.key_id order by p.key_id limit 1)
    from keys k where k.key_id is not null
  ), shares as (
    select k.key_id, ceil(queued_publications.publication_count::numeric / count(*) over ())::integer as share
    from keys k join press.publishing_keys y on y.id = k.key_id where y.verified_at is not null
  ), taken as (
    select s.key_id, q.id, q.submitted_at, q.bundle_limit, q.output_bytes
    from shares s
    cross join lateral (
      select p.id, p.submitted_at, p.bundle_limit, press_private.publication_output_bytes(p) as output_bytes
      from press.publications p
      where p.state = 'queued' and p.after_transaction_id is null and p.key_id = s.key_id and p.expires_at > v_now
      order by p.submitted_at
      limit s.share
      for no key update of p skip locked
    ) q
    union all
    select null, q.id, q.submitted_at, q.bundle_limit, q.output_bytes
    from (
      select p.id, p.submitted_at, p.bundle_limit, press_private.publication_output_bytes(p) as output_bytes
      from press.publications p
      where p.state = 'queued' and p.after_transaction_id is null and p.key_id is null
      for no key update of p skip locked
    ) q
  )
  select t.id, t.submitted_at::timestamptz, t.bundle_limit, t.output_bytes
  from (select *, row_number() over (partition by i.key_id order by i.submitted_at, i.id) as turn from taken i) t
  order by t.turn, t.submitted_at, t.id
  limit queued_publications.publication_count;
end
$$;
comment on function press_private.queued_publications is 'Publications that can go out, keys in turn and the oldest of each first, locked; with the bytes of their outputs.';
revoke all on function press_private.queued_publications from public;
