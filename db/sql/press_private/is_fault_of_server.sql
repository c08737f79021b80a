/* No connection, something that is not there while a migration is under way, others in the way, no memory or no space, a shutdown: the same query may be answered a moment later. */
create or replace function press_private.is_fault_of_server(code text)
  returns boolean
  language sql immutable
begin atomic
  select left(is_fault_of_server.code, 2) in ('08', '0A', '25', '40', '42', '53', '55', '57', '58');
end;
comment on function press_private.is_fault_of_server is 'Whether an error with this SQLSTATE says something of the server, and nothing of what is stored.';
revoke all on function press_private.is_fault_of_server from public;
