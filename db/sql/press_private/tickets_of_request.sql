/* The one place that says what binds a request key: the actor, the edition and the key. Inlined into its callers' plans (it has no SET). */
create or replace function press_private.tickets_of_request(edition_id integer, holder_id uuid, issued_by text, request_key uuid)
  returns setof press.tickets
  language sql stable
begin atomic
  select t.* from press.tickets t
  where t.edition_id = tickets_of_request.edition_id and t.request_key = tickets_of_request.request_key
    and t.issued_by is null and t.holder_id = tickets_of_request.holder_id and tickets_of_request.issued_by is null
  union all
  select t.* from press.tickets t
  where t.edition_id = tickets_of_request.edition_id and t.request_key = tickets_of_request.request_key
    and t.issued_by = tickets_of_request.issued_by;
end;
comment on function press_private.tickets_of_request is 'The tickets that answered the request under this key: of the holder, where issued_by is null, else of that operator.';
revoke all on function press_private.tickets_of_request from public;
