select plan(34);
select tests.make_edition('golden-ticket', 5, 2);
select press.issue_ticket('golden-ticket', '00000000-0000-4000-8000-000000000001', 'alice') is not null;

select throws_ok(format('update press.tickets set %s', change), 'PRDEN', null, 'cannot be changed: ' || change)
from unnest(array['id = gen_random_uuid()', 'edition_id = 0', 'ticket_number = 2', 'holder_id = gen_random_uuid()', 'holder_slot = 2', 'cap = 6',
  'per_holder_limit = 3', 'issued_at = now() - interval ''1 day''', 'issued_by = null', 'request_key = null', 'request_position = 2',
  'ticket_number = null', 'status = ''redeemed'', envelope = ''x''', 'status = ''revoked'', envelope = ''x''']) change;
select throws_ok('update press.tickets set status = ''signed''', 'PRDEN', null, 'signed needs an envelope');
select throws_ok('update press.tickets set envelope = ''x''', 'PRDEN', null, 'an envelope needs signed');
select lives_ok('update press.tickets set status = ''signed'', envelope = ''x''', 'signed with its envelope is how it goes on');
select throws_ok('update press.tickets set envelope = ''y''', 'PRDEN', null, 'the envelope cannot be changed');
select throws_ok('update press.tickets set envelope = null, status = ''pending''', 'PRDEN', null, 'nor taken away');
select throws_ok('update press.tickets set status = ''pending''', 'PRDEN', null, 'it never goes back');
select lives_ok('update press.tickets set status = ''redeemed''', 'redeemed comes after signed');
select throws_ok('update press.tickets set status = ''revoked''', 'PRDEN', null, 'redeemed is the end');
select throws_ok('update press.tickets set status = ''signed''', 'PRDEN', null, 'and stays so');

select throws_ok('delete from press.tickets', 'PRDEN', null, 'it is never deleted');
select throws_ok('truncate press.tickets cascade', 'PRDEN', null, 'nor truncated');
select throws_ok('delete from press.holders', 'PRDEN', null, 'a holder is never deleted');
select throws_ok('truncate press.holders cascade', 'PRDEN', null, 'nor truncated');
select throws_ok('update press.holders set id = gen_random_uuid()', 'PRDEN', null, 'nor given another id');
select throws_ok('update press.holders set subject = ''mallory''', 'PRDEN', null, 'nor made another person');
select throws_ok('truncate press.editions cascade', 'PRDEN', null, 'editions are never truncated');
select throws_ok('delete from press.editions', 'PRDEN', null, 'an opened edition is never deleted');
set local session_replication_role = replica;
select throws_ok('delete from press.tickets', 'PRDEN', null, 'also not in a session that plays replica');
select throws_ok('update press.tickets set ticket_number = 2', 'PRDEN', null, 'where nothing changes either');
set local session_replication_role = origin;
select press.create_edition('draft', 'A draft', 1) is not null;
select lives_ok('delete from press.editions where slug = ''draft''', 'a draft may go');
select * from finish();
