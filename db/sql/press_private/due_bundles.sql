create or replace function press_private.due_bundles(window_ms integer, max_transaction_bytes integer, max_transactions integer)
  returns table (publication_ids uuid[], output_bytes bigint[])
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_now          timestamptz := clock_timestamp();
  v_publication  record;
  v_limit        integer;
  v_oldest       timestamptz;
  v_bytes        bigint;
  v_count        integer := 0;
begin
  publication_ids := '{}';
  for v_publication in
    -- A record takes 130 bytes or more; more than 10,000 are left for the next call.
    select * from press_private.queued_publications(least(10000, case window_ms when 0 then max_transactions else max_transactions::bigint * (max_transaction_bytes / 130) end)::integer)
  loop
    if publication_ids <> '{}' and (
         window_ms = 0 or cardinality(publication_ids) >= least(v_limit, v_publication.bundle_limit)
         or press_private.transaction_bytes(1, cardinality(publication_ids) + 2, v_bytes + v_publication.output_bytes + 34) > max_transaction_bytes) then
      return next;
      v_count := v_count + 1;
      publication_ids := '{}';
      exit when v_count = max_transactions;
    end if;
    if publication_ids = '{}' then
      output_bytes := '{}';
      v_limit := v_publication.bundle_limit;
      v_oldest := v_publication.submitted_at;
      v_bytes := 0;
    end if;
    publication_ids := publication_ids || v_publication.publication_id;
    output_bytes := output_bytes || v_publication.output_bytes;
    v_bytes := v_bytes + v_publication.output_bytes;
    v_limit := least(v_limit, v_publication.bundle_limit);
    v_oldest := least(v_oldest, v_publication.submitted_at);
  end loop;

  if publication_ids <> '{}' and (window_ms = 0 or v_oldest <= v_now - make_interval(secs => window_ms / 1000.0)) then
    return next;
  end if;
end
$$;
comment on function press_private.due_bundles is 'What goes out now, a row a transaction: each publication alone when the window is 0; otherwise as many as a transaction holds, or as there are when the oldest has waited for so long. The publications are locked.';
revoke all on function press_private.due_bundles from public;
