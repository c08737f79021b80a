/* The rules of issuing, as a ladder: the first that applies is the answer, in the order of press_private.refusals. Pure, and inlined into its
   caller like press_private.entry_refusal. */
create or replace function press_private.judge_issue_request(
    fact press_private.issue_facts_record, edition press.editions, closed_reason text, issued_count integer, held_count integer)
  returns press_private.issue_verdict_record
  language sql stable
begin atomic
  select case
    when (fact).replayed_number is not null and (fact).quantity = (fact).replayed_quantity and (fact).holder_id = (fact).replayed_holder then
      row((fact).replayed_number, null::integer, null::text, null::text)::press_private.issue_verdict_record
    when (fact).replayed_number is not null then
      press_private.refused('REQUEST_KEY_REUSED', 'The first request under this key differs in its quantity or its recipient.')
    when closed_reason is not null then
      press_private.refused('EDITION_NOT_OPEN', closed_reason)
    when (fact).ineligibility is not null then
      press_private.refused('NOT_ELIGIBLE', (fact).ineligibility)
    when held_count + (fact).quantity > (edition).per_holder_limit then
      press_private.refused('HOLDER_LIMIT_REACHED', format('The limit is %s, the holder has %s, the request is for %s.',
        (edition).per_holder_limit, held_count, (fact).quantity))
    when issued_count + (fact).quantity > (edition).cap then
      press_private.refused('CAP_REACHED', format('The cap is %s, %s were issued, the request is for %s.',
        (edition).cap, issued_count, (fact).quantity))
    else
      row(issued_count + 1, held_count + 1, null::text, null::text)::press_private.issue_verdict_record
  end;
end;
comment on function press_private.judge_issue_request is 'The answer to one request, given what is already there.';
revoke all on function press_private.judge_issue_request from public;
