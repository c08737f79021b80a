/* The second layer: the guard. Called under the edition's lock, it reads what is there and answers every request before anything is written.
   Both counts are the highest entry of an index (numbers and slots run without a gap), so that ten million tickets cost what ten do.
   All tickets ever issued count: what was redeemed or revoked keeps its number and its slot. */
create or replace function press_private.judge_issue_requests(
    edition press.editions, at timestamptz, requests press_private.issue_request_record[])
  returns press_private.issue_verdict_record[]
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  v_issued_count   integer := press_private.issued_count(edition.id);
  v_closed_reason  text := press_private.edition_closed_reason(edition, judge_issue_requests.at);
  v_facts          press_private.issue_facts_record[];
  v_fact           press_private.issue_facts_record;
  v_holder_counts  integer[];  -- by holder_index
  v_bound_by       integer[];  -- by key_index: the request of this batch that bound the key
  v_verdicts       press_private.issue_verdict_record[] := array[]::press_private.issue_verdict_record[];
  v_verdict        press_private.issue_verdict_record;
begin
  v_facts := press_private.issue_facts(edition.id, requests);

  select coalesce(array_agg(f.held_count order by f.holder_index), '{}') into v_holder_counts
  from (select distinct u.holder_index, u.held_count from unnest(v_facts) u) f;

  for i in 1 .. cardinality(v_facts) loop
    v_fact := v_facts[i];

    -- A key that was bound earlier in this batch is a replay like any other.
    if v_fact.replayed_number is null and v_bound_by[v_fact.key_index] is not null then
      v_fact.replayed_number   := v_verdicts[v_bound_by[v_fact.key_index]].first_number;
      v_fact.replayed_quantity := v_facts[v_bound_by[v_fact.key_index]].quantity;
      v_fact.replayed_holder   := v_facts[v_bound_by[v_fact.key_index]].holder_id;
    end if;

    v_verdict := press_private.judge_issue_request(
      v_fact, edition, v_closed_reason, v_issued_count, v_holder_counts[v_fact.holder_index]);
    v_verdicts[i] := v_verdict;

    if v_verdict.first_slot is not null then
      v_issued_count := v_issued_count + v_fact.quantity;
      v_holder_counts[v_fact.holder_index] := v_holder_counts[v_fact.holder_index] + v_fact.quantity;
      if v_fact.key_index is not null then
        v_bound_by[v_fact.key_index] := i;
      end if;
    end if;
  end loop;

  return v_verdicts;
end
$$;
comment on function press_private.judge_issue_requests is 'The answer to each request, in order, each seeing what the earlier ones were granted. To be called under the edition''s lock.';
revoke all on function press_private.judge_issue_requests from public;
