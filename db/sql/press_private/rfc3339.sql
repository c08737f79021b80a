/* The one form of a moment in envelopes and sentences. Milliseconds are cut, not rounded, as the issuing functions store them. */
create or replace function press_private.rfc3339(moment timestamptz)
  returns text
  language sql stable
begin atomic
  select to_char(rfc3339.moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
end;
comment on function press_private.rfc3339 is 'The moment as RFC 3339, in UTC with milliseconds: 2026-03-01T09:30:00.000Z.';
revoke all on function press_private.rfc3339 from public;
