/* Facts stay in the row for as long as it is there, so nothing else comes in with them: times and a count, and a sentence where evidence is invalid. */
create or replace function press_private.facts_problem(kind press.attestation_kind, facts jsonb, problem text)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_form  text := '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$';  -- of what PostgreSQL takes, "yesterday" is a moment, too
begin
  return case
    when jsonb_typeof(facts_problem.facts) is distinct from 'object' then 'Facts are an object.'
    when (facts_problem.problem = 'evidence_invalid') is false then 'The one problem there is by name is evidence_invalid.'
    when facts_problem.problem is null and facts_problem.facts ? 'problem' then 'A sentence about a problem comes with the problem.'
    when facts_problem.problem is not null and not press_private.is_one_line(facts_problem.facts ->> 'problem', 500) then
      'With a problem, the fact "problem" is a sentence about it, of 1 to 500 characters.'
    when exists (
      select from jsonb_each(facts_problem.facts) f
      where not case f.key
        when 'problem' then jsonb_typeof(f.value) = 'string'
        when 'repository_size_kb' then facts_problem.kind = 'repository'
          and (f.value = 'null' or (jsonb_typeof(f.value) = 'number' and (f.value #>> '{}')::bigint >= 0))
        when 'repository_created_at' then facts_problem.kind = 'repository' and (f.value = 'null' or f.value #>> '{}' ~ v_form and isfinite((f.value #>> '{}')::timestamptz))
        when 'account_created_at' then facts_problem.kind = 'repository' and (f.value = 'null' or f.value #>> '{}' ~ v_form and isfinite((f.value #>> '{}')::timestamptz))
        else false end) then
      'The facts of a repository are repository_created_at and account_created_at, timestamps, and repository_size_kb, an integer; of an ID token there are none.'
  end;
exception
  when data_exception then
    return 'A time is an ISO timestamp, a size an integer.';
end
$$;
comment on function press_private.facts_problem is 'What is wrong with the facts that a worker brings; null: nothing.';
revoke all on function press_private.facts_problem from public;
