/* Of a ticket whose envelope was removed with its holder's name nothing said any more when it was issued: its seal does now. Those that have a seal over the list
   before get one over the list of today; one that was changed beside the press has none, and stays without. */
set local timezone = 'UTC';
set local datestyle = 'ISO';
insert into press_private.row_seals (hash)
select press_private.row_seal('press.tickets',
  row(t.edition_id, t.ticket_number, t.issued_by, t.request_key, concat_ws(' issued ', t.request_position, t.issued_at))::text)
from press_private.erased_envelopes x
join press.tickets t on t.edition_id = x.edition_id and t.ticket_number = x.ticket_number
where exists (
  select from press_private.row_seals s
  where s.hash = press_private.row_seal('press.tickets', row(t.edition_id, t.ticket_number, t.issued_by, t.request_key, t.request_position)::text));
set local timezone = default;
set local datestyle = default;
