create or replace function press_private.refused(refusal text, detail text default null)
  returns press_private.issue_verdict_record
  language sql immutable
begin atomic
  select row(null::integer, null::integer, refused.refusal, refused.detail)::press_private.issue_verdict_record;
end;
comment on function press_private.refused is 'The verdict on one request of many that is refused: what press_private.refuse is for a single one.';
revoke all on function press_private.refused from public;
