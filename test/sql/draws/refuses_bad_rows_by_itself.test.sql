/* The third layer alone: raw statements as a superuser, past every lock and guard. */
select plan(35);
select tests.make_raffle('raffle', 'random_int', 10);
select tests.make_raffle('other', 'random_int', 10);
select press.issue_tickets('raffle', 4, recipient => 'alice') is not null;
select press.issue_tickets('other', 9, recipient => 'alice') is not null;
create function pg_temp.insert_draw(attempt integer, status text default 'requested', ticket_number integer default null, replaced_number integer default null, reason text default null,
    entries_count integer default 4, drawn_at timestamptz default now()) returns void language sql as $$
  insert into press.draws (edition_id, attempt, status, ticket_number, replaced_number, reason, entries_count, entries_hash, drawn_at)
  select e.id, insert_draw.attempt, insert_draw.status::press.draw_status, insert_draw.ticket_number, insert_draw.replaced_number, insert_draw.reason,
    case when insert_draw.status <> 'requested' then insert_draw.entries_count end, case when insert_draw.status <> 'requested' then repeat('a', 64) end,
    case when insert_draw.status <> 'requested' then insert_draw.drawn_at end
  from press.editions e where e.slug = 'raffle' $$;
set local role press_owner;

select throws_ok('select pg_temp.insert_draw(0)', '23514', null, 'attempt 0 is refused');
select throws_ok('select pg_temp.insert_draw(null)', '23502', null, 'no attempt is refused');
select throws_ok('select pg_temp.insert_draw(2)', '23514', null, 'a second attempt that replaces nobody is refused');
select throws_ok('select pg_temp.insert_draw(1, replaced_number => 1)', '23514', null, 'a first one that replaces somebody is refused');
select throws_ok('select pg_temp.insert_draw(2, replaced_number => 1, reason => ''because'')', '23503', null, 'a replacement of nobody''s win is refused');
select throws_ok('select pg_temp.insert_draw(1, reason => ''because'')', '23514', null, 'a reason for nothing is refused');
select throws_ok('select pg_temp.insert_draw(1, ''void'')', '23514', null, 'a void draw without a reason is refused');
select throws_ok('select pg_temp.insert_draw(1, ''void'', 1, reason => ''because'')', '23514', null, 'a void draw with a winner is refused');
select throws_ok('select pg_temp.insert_draw(1, ''requested'', 1)', '23514', null, 'a winner before it is drawn is refused');
select throws_ok('select pg_temp.insert_draw(1, ''drawn'', null)', '23514', null, 'no winner among four entries is refused');
select throws_ok('select pg_temp.insert_draw(1, ''drawn'', 1, entries_count => 0)', '23514', null, 'a winner among no entries is refused');
select throws_ok('select pg_temp.insert_draw(1, ''drawn'', 1, entries_count => null)', '23514', null, 'entries that were not counted are refused');
select throws_ok('select pg_temp.insert_draw(1, ''drawn'', 1, drawn_at => null)', '23514', null, 'no moment is refused');
select throws_ok('select pg_temp.insert_draw(1, ''drawn'', 7)', '23503', null, 'a winner that is no ticket of the edition is refused');
select lives_ok('select pg_temp.insert_draw(1, ''drawn'', 2)', 'a draw fits');
select throws_ok('select pg_temp.insert_draw(1, ''drawn'', 3)', '23505', null, 'a second result is refused');
select throws_ok('select pg_temp.insert_draw(1)', '23505', null, 'asking twice is refused');
select throws_ok('select pg_temp.insert_draw(2, ''drawn'', 2, 2, ''because'')', '23505', null, 'a second win is refused');
select throws_ok('select pg_temp.insert_draw(2, ''void'', null, 2, ''because'')', '23514', null, 'a void replacement is refused');
select throws_ok('select pg_temp.insert_draw(2, replaced_number => 2)', '23514', null, 'a replacement without a reason is refused');
select throws_ok(E'select pg_temp.insert_draw(2, replaced_number => 2, reason => E''two\\nlines'')', '23514', null, 'a reason of two lines is refused');
select lives_ok('select pg_temp.insert_draw(2, ''drawn'', 3, 2, ''because'')', 'a replacement fits');
select throws_ok('select pg_temp.insert_draw(3, ''drawn'', 4, 2, ''because'')', '23505', null, 'a second replacement of one winner is refused');
select throws_ok('update press.draws set ticket_number = 4', 'PRDEN', null, 'a result is never changed');
select throws_ok('update press.draws set reason = ''other''', 'PRDEN', null, 'nor anything else of it');
select throws_ok('delete from press.draws', 'PRDEN', null, 'nor removed');
select throws_ok('truncate press.draws cascade', 'PRDEN', null, 'nor all of them');

select lives_ok('select pg_temp.insert_draw(3, replaced_number => 3, reason => ''because'')', 'what was not decided waits');
select throws_ok(format('update press.draws set %s where status = ''requested''', change), 'PRDEN', null, 'what was asked for is never changed: ' || change)
from unnest(array['edition_id = (select id from press.editions where slug = ''other'')', 'attempt = 4', 'requested_at = ''2020-01-01''', 'replaced_number = 2', 'beacon_round = 1, tree_size = 1',
  'reason = ''other''']) change;
select lives_ok('update press.draws set status = ''drawn'', ticket_number = 4, entries_count = 2, entries_hash = repeat(''a'', 64), drawn_at = now() where status = ''requested''', 'its result is written');
select * from finish();
